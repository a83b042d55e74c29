"""The kind and hours of numbers, persons with their rota, and the links by which organisations keep their own data."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("functions", "targets", "roll_entries"):
        op.add_column(table, sa.Column("number_uses", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("targets", sa.Column("left_out", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("organisations", sa.Column("email", sa.Text(), nullable=True))
    op.create_table(
        "persons",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("numbers", sa.Text(), nullable=False),
        sa.Column("number_uses", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_persons_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_persons")),
    )
    op.create_index(op.f("ix_persons_organisation_id"), "persons", ["organisation_id"])
    op.create_table(
        "rota",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("function_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("begins_at_s", sa.Double(), nullable=False),
        sa.Column("ends_at_s", sa.Double(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["function_id"], ["functions.id"], name=op.f("fk_rota_function_id")),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_rota_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rota")),
    )
    for column in ("function_id", "person_id", "ends_at_s"):
        op.create_index(op.f(f"ix_rota_{column}"), "rota", [column])
    op.create_table(
        "upkeep_links",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at_s", sa.Double(), nullable=False),
        sa.Column("expires_at_s", sa.Double(), nullable=False),
        sa.Column("revoked_at_s", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_upkeep_links_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upkeep_links")),
        sa.UniqueConstraint("sha256", name=op.f("uq_upkeep_links_sha256")),
    )
    op.create_index(op.f("ix_upkeep_links_organisation_id"), "upkeep_links", ["organisation_id"])
    op.create_table(
        "upkeep_reminders",
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("due_at_s", sa.Double(), nullable=False),
        sa.Column("claimed_at_s", sa.Double(), nullable=False),
        sa.Column("late_s", sa.Double(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_upkeep_reminders_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "due_at_s", name=op.f("pk_upkeep_reminders")),
    )
