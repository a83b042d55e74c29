"""Ways of an SMS and tests of numbers; functions with nobody on duty; confirmed orders by telephone."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("by", sa.Text(), nullable=False, server_default=""))
    op.add_column("outbox", sa.Column("awaited", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("targets", sa.Column("nobody_on_duty", sa.Boolean(), nullable=False, server_default=sa.false()))
    for column in ("refused", "tests_number"):
        op.add_column("outbox", sa.Column(column, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "confirmed_orders",
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("function_id", sa.Text(), nullable=False),
        sa.Column("function", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("list_name", sa.Text(), nullable=False),
        sa.Column("exercise", sa.Boolean(), nullable=False),
        sa.Column("confirmed_at_s", sa.Double(), nullable=False),
        sa.Column("ended_at_s", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmed_orders")),
    )
    op.create_index(op.f("ix_confirmed_orders_ended_at_s"), "confirmed_orders", ["ended_at_s"])
