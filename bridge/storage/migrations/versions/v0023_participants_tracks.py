"""A participant's track: whose voice it is, and the mix that it lies beside."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("recordings", sa.Column("seat", sa.Text(), nullable=True))
    op.add_column("recordings", sa.Column("beside", sa.Text(), nullable=True))
