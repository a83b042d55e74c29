"""Side rooms: their names and keys, and the instants that a restart must know."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rooms", sa.Column("name", sa.Text(), nullable=False, server_default=""))
    op.add_column("rooms", sa.Column("number", sa.Integer(), nullable=True))
    for name in ("parallel", "private"):
        op.add_column("rooms", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    for name in ("empty_since_s", "recall_at_s"):
        op.add_column("rooms", sa.Column(name, sa.Double(), nullable=True))
