"""The rooms of a conference. An older conference has one: its only mix, where everybody sits."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rooms",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("conference", sa.Text(), nullable=False),
        sa.Column("opened_at_s", sa.Double(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("closed_at_s", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["conference"], ["conferences.id"], name=op.f("fk_rooms_conference")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rooms")),
    )
    op.create_index(op.f("ix_rooms_conference"), "rooms", ["conference"], unique=False)
    op.execute(
        sa.text(
            "INSERT INTO rooms (id, conference, opened_at_s, kind, closed_at_s)"
            " SELECT mix, id, created_at_s, 'main', ended_at_s FROM conferences"
        )
    )
    _of("participants", sa.true(), is_needed=True)
    _of("recordings", sa.column("patch").is_(None), is_needed=False)
    op.drop_column("conferences", "mix")


def _of(name: str, those: sa.ColumnElement[bool], *, is_needed: bool) -> None:
    op.add_column(name, sa.Column("room", sa.Text(), nullable=True))
    table = sa.table(name, sa.column("conference"), sa.column("room"))
    conferences = sa.table("conferences", sa.column("id"), sa.column("mix"))
    mix = sa.select(conferences.c.mix).where(conferences.c.id == table.c.conference).scalar_subquery()
    op.execute(table.update().where(those).values(room=mix))
    with op.batch_alter_table(name) as batch:
        batch.create_foreign_key(op.f(f"fk_{name}_room"), "rooms", ["room"], ["id"])
        batch.alter_column("room", existing_type=sa.Text(), nullable=not is_needed)
