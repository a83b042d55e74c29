"""The owner of a mute. Nobody knows the owner of an older mute: it is taken for their own, which their own key
lifts."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("participants", sa.Column("muted_by", sa.Text(), nullable=False, server_default="[]"))
    op.execute(sa.text("UPDATE participants SET muted_by = '[\"self\"]' WHERE muted"))
    op.drop_column("participants", "muted")
