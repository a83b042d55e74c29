"""The schedule: prepared conferences, what became of each date, and the situation reports to a meeting."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "schedules",
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at_s", sa.Double(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rule_first_on", sa.Text(), nullable=False),
        sa.Column("rule_time", sa.Text(), nullable=False),
        sa.Column("rule_weekdays", sa.Text(), nullable=False),
        sa.Column("rule_last_on", sa.Text(), nullable=True),
        sa.Column("rule_zone", sa.Text(), nullable=False),
        sa.Column("rule_skipped", sa.Text(), nullable=False),
        sa.Column("rule_moved", sa.Text(), nullable=False),
        sa.Column("forum", sa.Text(), nullable=True),
        sa.Column("activation_list", sa.Text(), nullable=True),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("options_language", sa.Text(), nullable=True),
        sa.Column("options_recorded", sa.Boolean(), nullable=True),
        sa.Column("options_exercise", sa.Boolean(), nullable=False),
        sa.Column("options_floor_mode", sa.Text(), nullable=False),
        sa.Column("options_waiting_room", sa.Boolean(), nullable=False),
        sa.Column("options_joins_muted", sa.Boolean(), nullable=False),
        sa.Column("options_entry_sound", sa.Text(), nullable=True),
        sa.Column("options_asks_name", sa.Boolean(), nullable=True),
        sa.Column("options_direct_number", sa.Text(), nullable=True),
        sa.Column("options_direct_code", sa.Boolean(), nullable=False),
        sa.Column("options_secrecy", sa.Text(), nullable=False),
        sa.Column("options_talkgroup", sa.Integer(), nullable=True),
        sa.Column("smarr_purpose", sa.Text(), nullable=False),
        sa.Column("smarr_goal", sa.Text(), nullable=False),
        sa.Column("smarr_agenda", sa.Text(), nullable=False),
        sa.Column("smarr_resources", sa.Text(), nullable=False),
        sa.Column("smarr_rules", sa.Text(), nullable=False),
        sa.Column("smarr_asks_reports", sa.Boolean(), nullable=False),
        sa.Column("open_before_s", sa.Double(), nullable=False),
        sa.Column("lasts_s", sa.Double(), nullable=True),
        sa.Column("rings", sa.Boolean(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("from_at_s", sa.Double(), nullable=False),
        sa.Column("removed_at_s", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedules")),
    )
    op.create_table(
        "occurrences",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("on", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("starts_at_s", sa.Double(), nullable=False),
        sa.Column("due_at_s", sa.Double(), nullable=False),
        sa.Column("decided_at_s", sa.Double(), nullable=False),
        sa.Column("conference", sa.Text(), nullable=False),
        sa.Column("mix", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("late_s", sa.Double(), nullable=False),
        sa.Column("opened_at_s", sa.Double(), nullable=True),
        sa.Column("ringing", sa.Text(), nullable=False),
        sa.Column("rung_late_s", sa.Double(), nullable=False),
        sa.Column("activation", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["schedule"], ["schedules.id"], name=op.f("fk_occurrences_schedule")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occurrences")),
    )
    op.create_index(op.f("ix_occurrences_schedule"), "occurrences", ["schedule"])
    op.create_index(op.f("ix_occurrences_conference"), "occurrences", ["conference"])
    op.create_table(
        "situation_reports",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("meeting", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("needs", sa.Text(), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("given_at_s", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_situation_reports")),
    )
    op.create_index(op.f("ix_situation_reports_meeting"), "situation_reports", ["meeting"])
