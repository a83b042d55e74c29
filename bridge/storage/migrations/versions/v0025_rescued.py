"""People out of the emergency room, and the meeting they belong to. Familiar lines by node. One name for the person of
a recording."""

import sqlalchemy as sa
from alembic import context, op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in ("rescued_from", "bound_for"):
        op.add_column("participants", sa.Column(column, sa.Text(), nullable=True))
    op.execute(sa.text("UPDATE recordings SET seat = participant WHERE participant IS NOT NULL"))
    op.drop_column("recordings", "participant")
    _familiar_lines()


def _familiar_lines() -> None:
    """Those of before belong to the node that brings the database up. The others read them."""
    op.rename_table("familiar_lines", "familiar_lines_of_before")
    op.create_table(
        "familiar_lines",
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("node", "id", name="pk_familiar_lines_by_node"),
    )
    move = sa.text("INSERT INTO familiar_lines (node, id, lines) SELECT :node, id, lines FROM familiar_lines_of_before")
    op.execute(move.bindparams(node=context.config.attributes["node"]))
    op.drop_table("familiar_lines_of_before")
