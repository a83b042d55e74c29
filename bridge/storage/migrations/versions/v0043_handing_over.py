"""Packages that are made in the background, their e-mails, and copies of disposed recordings."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "handovers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("conference", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at_s", sa.Double(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("of", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("began_at_s", sa.Double(), nullable=True),
        sa.Column("ended_at_s", sa.Double(), nullable=True),
        sa.Column("expires_at_s", sa.Double(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handovers")),
        sa.ForeignKeyConstraint(["conference"], ["conferences.id"], name=op.f("fk_handovers_conference")),
    )
    op.create_index(op.f("ix_handovers_conference"), "handovers", ["conference"])
    op.create_index(op.f("ix_handovers_state"), "handovers", ["state", "node"])
    for column in ("package", "attached"):
        op.add_column("outbox", sa.Column(column, sa.Text(), nullable=False, server_default=""))
    op.create_index(op.f("ix_outbox_package"), "outbox", ["package"])
    op.add_column("disposal_recordings", sa.Column("has_copy", sa.Boolean(), nullable=False, server_default=sa.false()))
    for column in ("copy_locked_until_s", "copy_gone_at_s"):
        op.add_column("disposal_recordings", sa.Column(column, sa.Double(), nullable=True))
    op.add_column("disposal_recordings", sa.Column("copy_fault", sa.Text(), nullable=True))
    copied = "SELECT recording FROM sound_copies WHERE uploaded_at_s IS NOT NULL AND upload_fault IS NULL"
    op.execute(
        "UPDATE disposal_recordings SET has_copy = true WHERE disposed_at_s IS NOT NULL"  # noqa: S608  no value
        f" AND recording IN ({copied})"
    )
    op.create_table(
        "meeting_words",
        sa.Column("word", sa.LargeBinary(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("word", "day", name=op.f("pk_meeting_words")),
    )
    op.create_table(
        "word_ends",
        sa.Column("ending", sa.LargeBinary(), nullable=False),
        sa.Column("word", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("ending", "word", name=op.f("pk_word_ends")),
    )
    # The rows of the index are made anew, the newest first, and their words with them.
    op.execute(
        "INSERT INTO meeting_stale (conference, marks) SELECT id, 1 FROM conferences"
        " WHERE id NOT IN (SELECT conference FROM meeting_stale)"
    )
    op.create_table(
        "foreign_heads",
        sa.Column("giver", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("public", sa.Text(), nullable=False),
        sa.Column("taken_at_s", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("giver", "sequence", name=op.f("pk_foreign_heads")),
    )
