"""The node that owns a conference. Older records belong to the node that brings the database up."""

import sqlalchemy as sa
from alembic import context, op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conferences", sa.Column("node", sa.Text(), nullable=False, server_default=""))
    op.execute(sa.text("UPDATE conferences SET node = :node").bindparams(node=context.config.attributes["node"]))
