"""When a meeting is meant to end, and whether a participant's line is encrypted."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conferences", sa.Column("ends_at_s", sa.Double(), nullable=True))
    op.add_column("participants", sa.Column("encrypted", sa.Boolean(), nullable=True))
