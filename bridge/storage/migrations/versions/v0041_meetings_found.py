"""The index in which the archive's meetings are searched, and the labels that people put on them."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "meeting_index",
        sa.Column("conference", sa.Text(), nullable=False),
        sa.Column("began_at_s", sa.Double(), nullable=False),
        sa.Column("exercise", sa.Boolean(), nullable=False),
        sa.Column("is_secret", sa.Boolean(), nullable=False),
        sa.Column("forum", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("organisations", sa.Text(), nullable=False),
        sa.Column("talkers", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("conference", name=op.f("pk_meeting_index")),
        sa.ForeignKeyConstraint(
            ["conference"], ["conferences.id"], name=op.f("fk_meeting_index_conference"), ondelete="CASCADE"
        ),
    )
    op.create_index(op.f("ix_meeting_index_began_at_s"), "meeting_index", ["began_at_s", "conference"])
    op.create_index(op.f("ix_meeting_index_forum"), "meeting_index", ["forum", "began_at_s", "conference"])
    op.create_table(
        "meeting_stale",
        sa.Column("conference", sa.Text(), nullable=False),
        sa.Column("marks", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("conference", name=op.f("pk_meeting_stale")),
    )
    op.create_table(
        "meeting_labels",
        sa.Column("conference", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at_s", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("conference", "folded", name=op.f("pk_meeting_labels")),
        sa.ForeignKeyConstraint(
            ["conference"], ["conferences.id"], name=op.f("fk_meeting_labels_conference"), ondelete="CASCADE"
        ),
    )
    op.create_index(op.f("ix_meeting_labels_folded"), "meeting_labels", ["folded", "conference"])
    op.execute("INSERT INTO meeting_stale (conference, marks) SELECT id, 1 FROM conferences")
