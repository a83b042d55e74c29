"""Meetings that were handed over to another host."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None
lives_with_older = False


def upgrade() -> None:
    op.add_column("conferences", sa.Column("co_hosts", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("conferences", sa.Column("handed_from", sa.Text(), nullable=True))
    op.add_column("conferences", sa.Column("handed_by", sa.Text(), nullable=True))
    op.add_column("conferences", sa.Column("handed_at_s", sa.Double(), nullable=True))
