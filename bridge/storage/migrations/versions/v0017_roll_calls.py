"""Roll calls and their rolls; the quorum of a forum, and the deputies of a function."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("functions", sa.Column("deputy_ids", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("forums", sa.Column("quorum", sa.Integer(), nullable=True))
    op.add_column("forums", sa.Column("quorum_function_ids", sa.Text(), nullable=False, server_default="[]"))
    op.create_table(
        "roll_calls",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("conference", sa.Text(), nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("started_at_s", sa.Double(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("summary_to", sa.Text(), nullable=False),
        sa.Column("quorum", sa.Integer(), nullable=True),
        sa.Column("called", sa.Integer(), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("activation", sa.Text(), nullable=True),
        sa.Column("ended_at_s", sa.Double(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["conference"], ["conferences.id"], name=op.f("fk_roll_calls_conference")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roll_calls")),
    )
    op.create_index(op.f("ix_roll_calls_conference"), "roll_calls", ["conference"])
    op.create_table(
        "roll_entries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("roll_call", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("function", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("numbers", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("host_rank", sa.Integer(), nullable=True),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("deputy_for", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("called_at_s", sa.Double(), nullable=True),
        sa.Column("seen_at_s", sa.Double(), nullable=True),
        sa.Column("seat", sa.Text(), nullable=True),
        sa.Column("ticked_by", sa.Text(), nullable=True),
        sa.Column("rung_at_s", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["roll_call"], ["roll_calls.id"], name=op.f("fk_roll_entries_roll_call")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roll_entries")),
    )
    op.create_index(op.f("ix_roll_entries_roll_call"), "roll_entries", ["roll_call"])
