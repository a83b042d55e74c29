"""Names that people say at the door, and the doors and forums that ask for them."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, column in (("conferences", "door_asks_name"), ("forums", "asks_name"), ("recordings", "is_passing")):
        op.add_column(table, sa.Column(column, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("forums", sa.Column("entry_sound", sa.Text(), nullable=False, server_default="none"))
    op.add_column("recordings", sa.Column("participant", sa.Text(), nullable=True))
    op.add_column("participants", sa.Column("said_name", sa.Text(), nullable=True))
