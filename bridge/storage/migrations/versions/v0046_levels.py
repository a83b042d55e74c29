"""The levels of a call-out of several lists, and the deadline of each of its functions."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None
lives_with_older = False


def upgrade() -> None:
    for name in ("goals", "also_lists"):
        op.add_column("activations", sa.Column(name, sa.Text(), nullable=False, server_default="[]"))
    op.add_column("targets", sa.Column("level", sa.Text(), nullable=True))
    op.add_column("targets", sa.Column("due_at_s", sa.Double(), nullable=True))
