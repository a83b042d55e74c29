"""Why a part of a participant's track is missing, and whether two who talk in private are recorded."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("recordings", sa.Column("cut_short", sa.Text(), nullable=True))
    op.add_column("rooms", sa.Column("recorded", sa.Boolean(), nullable=False, server_default=sa.false()))
