"""The bearer that took an SMS, the names of its parts, tests of numbers, and functions with nobody on duty."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("by", sa.Text(), nullable=False, server_default=""))
    op.add_column("outbox", sa.Column("awaited", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("targets", sa.Column("nobody_on_duty", sa.Boolean(), nullable=False, server_default=sa.false()))
    for column in ("refused", "tests_number"):
        op.add_column("outbox", sa.Column(column, sa.Boolean(), nullable=False, server_default=sa.false()))
