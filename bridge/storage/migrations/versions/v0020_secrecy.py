"""The label of what may be said in a conference."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conferences", sa.Column("secrecy", sa.Text(), nullable=False, server_default="open"))
