"""The kind and hours of numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("functions", "targets", "roll_entries"):
        op.add_column(table, sa.Column("number_uses", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("targets", sa.Column("left_out", sa.Text(), nullable=False, server_default="[]"))
