"""The proof of the archive: signed heads and where they were put, disposals and holds, copies of sounds."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("recordings", sa.Column("manifest_sha256", sa.Text(), nullable=True))
    op.create_table(
        "signing_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("public", sa.Text(), nullable=False),
        sa.Column("made_at_s", sa.Double(), nullable=False),
        sa.Column("ended_at_s", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_keys")),
    )
    op.create_table(
        "signed_heads",
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("at_s", sa.Double(), nullable=False),
        sa.Column("recording", sa.Text(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_signed_heads")),
    )
    op.create_index(op.f("ix_signed_heads_recording"), "signed_heads", ["recording"])
    op.create_table(
        "anchors",
        sa.Column("anchor", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at_s", sa.Double(), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("anchor", "sequence", name=op.f("pk_anchors")),
    )
    op.create_table(
        "disposals",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at_s", sa.Double(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at_s", sa.Double(), nullable=True),
        sa.Column("done_at_s", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disposals")),
    )
    op.create_table(
        "disposal_recordings",
        sa.Column("disposal", sa.Text(), nullable=False),
        sa.Column("recording", sa.Text(), nullable=False),
        sa.Column("disposed_at_s", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["disposal"], ["disposals.id"], name=op.f("fk_disposal_recordings_disposal")),
        sa.ForeignKeyConstraint(["recording"], ["recordings.id"], name=op.f("fk_disposal_recordings_recording")),
        sa.PrimaryKeyConstraint("disposal", "recording", name=op.f("pk_disposal_recordings")),
    )
    op.create_index(op.f("ix_disposal_recordings_recording"), "disposal_recordings", ["recording"])
    op.create_table(
        "holds",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("conference", sa.Text(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("placed_at_s", sa.Double(), nullable=False),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.Column("lifted_at_s", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["conference"], ["conferences.id"], name=op.f("fk_holds_conference")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
    )
    op.create_index(op.f("ix_holds_conference"), "holds", ["conference"])
    op.create_table(
        "restrictions",
        sa.Column("recording", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at_s", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["recording"], ["recordings.id"], name=op.f("fk_restrictions_recording")),
        sa.PrimaryKeyConstraint("recording", name=op.f("pk_restrictions")),
    )
    op.create_table(
        "sound_copies",
        sa.Column("recording", sa.Text(), nullable=False),
        sa.Column("loudness_lufs", sa.Double(), nullable=True),
        sa.Column("peak_dbfs", sa.Double(), nullable=True),
        sa.Column("measured_at_s", sa.Double(), nullable=True),
        sa.Column("opus_file", sa.Text(), nullable=True),
        sa.Column("opus_at_s", sa.Double(), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("uploaded_at_s", sa.Double(), nullable=True),
        sa.Column("upload_fault", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["recording"], ["recordings.id"], name=op.f("fk_sound_copies_recording")),
        sa.PrimaryKeyConstraint("recording", name=op.f("pk_sound_copies")),
    )
