"""When a called person who comes later will come."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("targets", sa.Column("comes_at_s", sa.Double(), nullable=True))
