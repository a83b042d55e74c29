"""The rules of a conference's door, and since when somebody waits to be let in."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "conferences", sa.Column("door_waiting_room", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("conferences", sa.Column("door_joins_muted", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("conferences", sa.Column("door_sound", sa.Text(), nullable=False, server_default="none"))
    op.add_column("participants", sa.Column("waits_since_s", sa.Double(), nullable=True))
