"""A package may be a partial release."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None
lives_with_older = False  # an older program would go on with a release as with a whole package


def upgrade() -> None:
    op.add_column("handovers", sa.Column("release", sa.Text(), nullable=True))
