"""Recovery: the number at which a participant is rung back, the seat that a target rings back, a list's identity."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("participants", sa.Column("number", sa.Text(), nullable=True))
    op.add_column("targets", sa.Column("seat", sa.Text(), nullable=True))
    op.add_column("activations", sa.Column("list_id", sa.Text(), nullable=True))
