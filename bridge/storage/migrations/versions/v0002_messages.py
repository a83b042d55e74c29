"""Texts and statuses by radio."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at_s", sa.Double(), nullable=False),
        sa.Column("receiver", sa.Integer(), nullable=True),
        sa.Column("group", sa.Boolean(), nullable=False),
        sa.Column("sender", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("terminal", sa.Text(), nullable=True),
        sa.Column("terminals", sa.Text(), nullable=False),
        sa.Column("conference", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("parts_sent", sa.Integer(), nullable=False),
        sa.Column("parts_on_air", sa.Integer(), nullable=False),
        sa.Column("references", sa.Text(), nullable=False),
        sa.Column("delivered", sa.Text(), nullable=False),
        sa.Column("read", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("not_before_s", sa.Double(), nullable=False),
        sa.Column("expires_at_s", sa.Double(), nullable=True),
        sa.Column("sent_at_s", sa.Double(), nullable=True),
        sa.Column("on_air_at_s", sa.Double(), nullable=True),
        sa.Column("delivered_at_s", sa.Double(), nullable=True),
        sa.Column("read_at_s", sa.Double(), nullable=True),
        sa.Column("ended_at_s", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["conference"], ["conferences.id"], name=op.f("fk_messages_conference")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    for column in ("conference", "created_at_s", "ended_at_s"):
        op.create_index(op.f(f"ix_messages_{column}"), "messages", [column], unique=False)
