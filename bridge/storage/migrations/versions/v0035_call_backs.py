"""Functions that ring back, forums that let them in, one person who answers for several, and orders by telephone."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("targets", sa.Column("rung", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("targets", sa.Column("issis", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("targets", sa.Column("call_backs", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("targets", sa.Column("was", sa.Text(), nullable=True))
    op.add_column("attempts", sa.Column("released", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("participants", sa.Column("also", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("activations", sa.Column("approved_by", sa.Text(), nullable=True))
    op.create_table(
        "call_tally",
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("since_s", sa.Double(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("lists", sa.Text(), nullable=False),
        sa.Column("ranges", sa.Text(), nullable=False),
        sa.Column("told_at_s", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("node", "id", name="pk_call_tally"),
    )
    op.add_column("activation_lists", sa.Column("phone_number", sa.Integer(), nullable=True))
    for table, column in (
        ("conferences", "door_calls_back_in"),
        ("forums", "calls_back_in"),
        ("functions", "phone_orders"),
    ):
        op.add_column(table, sa.Column(column, sa.Boolean(), nullable=False, server_default=sa.false()))
