"""A seat whose line sounds without a pause."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("participants", sa.Column("ceaseless", sa.Boolean(), nullable=False, server_default=sa.false()))
