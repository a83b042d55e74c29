"""Wrong codes are counted by each node that saw them: no node writes over another's count."""

import sqlalchemy as sa
from alembic import context, op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The count of before belongs to the node that brings the database up."""
    op.rename_table("guesses", "guesses_of_before")
    op.create_table(
        "guesses",
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("pools", sa.Text(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("node", "id", name="pk_guesses_by_node"),
    )
    columns = "id, lines, pools, told, wrong"
    move = sa.text(f"INSERT INTO guesses (node, {columns}) SELECT :node, {columns} FROM guesses_of_before")  # noqa: S608
    op.execute(move.bindparams(node=context.config.attributes["node"]))
    op.drop_table("guesses_of_before")
