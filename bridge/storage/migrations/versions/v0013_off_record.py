"""How far off the record a meeting is, and since when."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conferences", sa.Column("recording_off_record", sa.Text(), nullable=False, server_default="no"))
    op.add_column("conferences", sa.Column("recording_off_record_since_s", sa.Double(), nullable=True))
