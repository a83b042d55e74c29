"""When a function's contact data was last confirmed."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("functions", sa.Column("confirmed_at_s", sa.Double(), nullable=True))
