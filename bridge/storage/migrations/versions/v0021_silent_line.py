"""A seat from whose telephone nothing comes."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("participants", sa.Column("silent_line", sa.Boolean(), nullable=False, server_default=sa.false()))
