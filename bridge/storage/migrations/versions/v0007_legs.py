"""The legs of seats. Older records get one for each seat: its channel or its patch."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "legs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("seat", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("began_at_s", sa.Double(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("patch", sa.Text(), nullable=True),
        sa.Column("ended_at_s", sa.Double(), nullable=True),
        sa.Column("cause", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["seat"], ["participants.id"], name=op.f("fk_legs_seat")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legs")),
    )
    op.create_index(op.f("ix_legs_seat"), "legs", ["seat"], unique=False)
    op.add_column("participants", sa.Column("leg", sa.Text(), nullable=True))
    op.execute(sa.text("UPDATE participants SET leg = 'lin-' || substr(id, 5)"))
    op.execute(
        sa.text(
            "INSERT INTO legs (id, seat, kind, began_at_s, channel, patch, ended_at_s)"
            " SELECT p.leg, p.id, p.kind, coalesce(p.joined_at_s, p.left_at_s, c.started_at_s, c.created_at_s),"
            " p.channel, p.patch, CASE WHEN p.state IN ('lost', 'left') THEN"
            " coalesce(p.left_at_s, c.ended_at_s, c.created_at_s) END"
            " FROM participants p JOIN conferences c ON c.id = p.conference"
        )
    )
    op.drop_column("participants", "channel")
    op.drop_column("participants", "patch")
