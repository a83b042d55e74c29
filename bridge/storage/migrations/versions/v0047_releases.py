"""A package may be a partial release."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("handovers", sa.Column("release", sa.Text(), nullable=True))
