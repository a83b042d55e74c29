"""The directory's identity of a function that is called, and the one that it stands in for."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("targets", sa.Column("function_id", sa.Text(), nullable=True))
    op.add_column("targets", sa.Column("deputy_for", sa.Text(), nullable=True))
