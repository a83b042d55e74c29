"""The deadline and the quorum of a call-out, and of a list that is called out."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("activations", "activation_lists"):
        op.add_column(table, sa.Column("level", sa.Text(), nullable=True))
        op.add_column(table, sa.Column("quorum", sa.Integer(), nullable=True))
        op.add_column(table, sa.Column("stops_at_quorum", sa.Boolean(), nullable=False, server_default=sa.false()))
    for name in ("due_at_s", "quorum_at_s"):
        op.add_column("activations", sa.Column(name, sa.Double(), nullable=True))
    op.add_column("activations", sa.Column("missed", sa.Boolean(), nullable=False, server_default=sa.false()))
