"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _conferences()
    _participants()
    _patches()
    _recordings()
    _notes()
    _activations()
    _targets()
    _attempts()
    _organisations()
    _functions()
    _activation_lists()
    _activation_list_functions()
    _forums()
    _talkgroups()
    _codes()
    _tokens()
    _audit()
    _meta()


def _conferences() -> None:
    op.create_table(
        "conferences",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("mix", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("created_at_s", sa.Double(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("exercise", sa.Boolean(), nullable=False),
        sa.Column("forum", sa.Text(), nullable=True),
        sa.Column("emergency", sa.Boolean(), nullable=False),
        sa.Column("floor_mode", sa.Text(), nullable=False),
        sa.Column("floor_holder", sa.Text(), nullable=True),
        sa.Column("floor_queue", sa.Text(), nullable=False),
        sa.Column("floor_given_at_s", sa.Double(), nullable=True),
        sa.Column("recording_wanted", sa.Boolean(), nullable=False),
        sa.Column("recording_state", sa.Text(), nullable=False),
        sa.Column("recording_recording", sa.Text(), nullable=True),
        sa.Column("recording_failure", sa.Text(), nullable=True),
        sa.Column("started_at_s", sa.Double(), nullable=True),
        sa.Column("ended_at_s", sa.Double(), nullable=True),
        sa.Column("search", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conferences")),
    )
    op.create_index(op.f("ix_conferences_created_at_s"), "conferences", ["created_at_s"], unique=False)
    op.create_index(op.f("ix_conferences_state"), "conferences", ["state"], unique=False)


def _participants() -> None:
    op.create_table(
        "participants",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("conference", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("patch", sa.Text(), nullable=True),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("function", sa.Text(), nullable=True),
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("muted", sa.Boolean(), nullable=False),
        sa.Column("talking", sa.Boolean(), nullable=False),
        sa.Column("joined_at_s", sa.Double(), nullable=True),
        sa.Column("left_at_s", sa.Double(), nullable=True),
        sa.Column("search", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["conference"], ["conferences.id"], name=op.f("fk_participants_conference")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participants")),
    )
    op.create_index(op.f("ix_participants_conference"), "participants", ["conference"], unique=False)


def _patches() -> None:
    op.create_table(
        "patches",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("conference", sa.Text(), nullable=False),
        sa.Column("terminal", sa.Text(), nullable=False),
        sa.Column("gssi", sa.Integer(), nullable=False),
        sa.Column("participant", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("talker", sa.Integer(), nullable=True),
        sa.Column("emergency", sa.Boolean(), nullable=False),
        sa.Column("voice_held", sa.Boolean(), nullable=False),
        sa.Column("transmission_began_at_s", sa.Double(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at_s", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["conference"], ["conferences.id"], name=op.f("fk_patches_conference")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patches")),
    )
    op.create_index(op.f("ix_patches_conference"), "patches", ["conference"], unique=False)


def _recordings() -> None:
    op.create_table(
        "recordings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("conference", sa.Text(), nullable=False),
        sa.Column("started_at_s", sa.Double(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ended_at_s", sa.Double(), nullable=True),
        sa.Column("duration_s", sa.Double(), nullable=True),
        sa.Column("file", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["conference"], ["conferences.id"], name=op.f("fk_recordings_conference")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recordings")),
    )
    op.create_index(op.f("ix_recordings_conference"), "recordings", ["conference"], unique=False)
    op.create_index(op.f("ix_recordings_started_at_s"), "recordings", ["started_at_s"], unique=False)
    op.create_index(op.f("ix_recordings_state"), "recordings", ["state"], unique=False)


def _notes() -> None:
    op.create_table(
        "notes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("conference", sa.Text(), nullable=False),
        sa.Column("at_s", sa.Double(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("participant", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["conference"], ["conferences.id"], name=op.f("fk_notes_conference")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    op.create_index(op.f("ix_notes_conference"), "notes", ["conference"], unique=False)


def _activations() -> None:
    op.create_table(
        "activations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("conference", sa.Text(), nullable=False),
        sa.Column("list_name", sa.Text(), nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("started_at_s", sa.Double(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ring_s", sa.Double(), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("round_pause_s", sa.Double(), nullable=False),
        sa.Column("exercise", sa.Boolean(), nullable=False),
        sa.Column("ended_at_s", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["conference"], ["conferences.id"], name=op.f("fk_activations_conference")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activations")),
    )
    op.create_index(op.f("ix_activations_state"), "activations", ["state"], unique=False)


def _targets() -> None:
    op.create_table(
        "targets",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("activation", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("function", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("numbers", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("next_number", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("not_before_s", sa.Double(), nullable=False),
        sa.Column("bad_numbers", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Text(), nullable=True),
        sa.Column("attempts_made", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("called_before", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["activation"], ["activations.id"], name=op.f("fk_targets_activation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_targets")),
    )
    op.create_index(op.f("ix_targets_activation"), "targets", ["activation"], unique=False)


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("activation", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("trunk", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("cause", sa.Integer(), nullable=True),
        sa.Column("intent_at_s", sa.Double(), nullable=False),
        sa.Column("ringing_at_s", sa.Double(), nullable=True),
        sa.Column("answered_at_s", sa.Double(), nullable=True),
        sa.Column("ended_at_s", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["activation"], ["activations.id"], name=op.f("fk_attempts_activation")),
        sa.ForeignKeyConstraint(["target"], ["targets.id"], name=op.f("fk_attempts_target")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index(op.f("ix_attempts_activation"), "attempts", ["activation"], unique=False)


def _organisations() -> None:
    op.create_table(
        "organisations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
    )


def _functions() -> None:
    op.create_table(
        "functions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("numbers", sa.Text(), nullable=False),
        sa.Column("issis", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_functions_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_functions")),
    )
    op.create_index(op.f("ix_functions_organisation_id"), "functions", ["organisation_id"], unique=False)


def _activation_lists() -> None:
    op.create_table(
        "activation_lists",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("ring_s", sa.Double(), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("round_pause_s", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activation_lists")),
    )


def _activation_list_functions() -> None:
    op.create_table(
        "activation_list_functions",
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("function_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["function_id"], ["functions.id"], name=op.f("fk_activation_list_functions_function_id")
        ),
        sa.ForeignKeyConstraint(
            ["list_id"], ["activation_lists.id"], name=op.f("fk_activation_list_functions_list_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("list_id", "position", name=op.f("pk_activation_list_functions")),
    )
    op.create_index(
        op.f("ix_activation_list_functions_function_id"), "activation_list_functions", ["function_id"], unique=False
    )


def _forums() -> None:
    op.create_table(
        "forums",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("activation_list_id", sa.Text(), nullable=True),
        sa.Column("talkgroup", sa.Integer(), nullable=True),
        sa.Column("recorded", sa.Boolean(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["activation_list_id"], ["activation_lists.id"], name=op.f("fk_forums_activation_list_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forums")),
    )


def _talkgroups() -> None:
    op.create_table(
        "talkgroups",
        sa.Column("gssi", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("terminals", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("gssi", name=op.f("pk_talkgroups")),
    )


def _codes() -> None:
    op.create_table(
        "codes",
        sa.Column("conference", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("lookup", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at_s", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("conference", "role", name=op.f("pk_codes")),
        sa.UniqueConstraint("lookup", name=op.f("uq_codes_lookup")),
    )


def _tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("issued_at_s", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_tokens")),
        sa.UniqueConstraint("sha256", name=op.f("uq_tokens_sha256")),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_s", sa.Double(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit")),
    )


def _meta() -> None:
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
    )
