"""When a called person who comes later will come; functions behind one number in one call; numbers called at once."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("targets", sa.Column("comes_at_s", sa.Double(), nullable=True))
    op.add_column("targets", sa.Column("tried", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("attempts", sa.Column("also", sa.Text(), nullable=False, server_default="[]"))
    for table in ("activations", "activation_lists"):
        op.add_column(table, sa.Column("parallel", sa.Boolean(), nullable=False, server_default=sa.false()))
