"""The rank of those who lead a forum's conferences without a host code."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("participants", sa.Column("host_rank", sa.Integer(), nullable=True))
    op.add_column("targets", sa.Column("host_rank", sa.Integer(), nullable=True))
    op.add_column("forums", sa.Column("host_function_ids", sa.Text(), nullable=False, server_default="[]"))
