"""When a participant had heard that the meeting is recorded."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("participants", sa.Column("notice_heard_at_s", sa.Double(), nullable=True))
