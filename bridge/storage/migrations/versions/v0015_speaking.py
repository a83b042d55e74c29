"""Requests for the floor have a class, turns are counted and limited, and a meeting has a speaking list."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("floor_requests", "floor_listed", "floor_spoken"):
        op.add_column("conferences", sa.Column(name, sa.Text(), nullable=False, server_default="[]"))
    op.add_column("conferences", sa.Column("floor_share", sa.Text(), nullable=False, server_default=""))
    op.add_column("conferences", sa.Column("floor_turn_s", sa.Double(), nullable=False, server_default="0"))
    _keep_requests()
    op.drop_column("conferences", "floor_queue")
    op.create_table(
        "speaking",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("conference", sa.Text(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("turn_s", sa.Double()),
        sa.Column("turn_ends", sa.Text()),
        sa.ForeignKeyConstraint(["conference"], ["conferences.id"], name=op.f("fk_speaking_conference")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_speaking")),
    )


def _keep_requests() -> None:
    """Requests that stand are ordinary ones, in the order in which they stood. Nobody knows since when."""
    conferences = sa.table(
        "conferences", sa.column("id"), sa.column("created_at_s"), sa.column("floor_queue"), sa.column("floor_requests")
    )
    connection = op.get_bind()
    waiting = sa.select(conferences).where(conferences.c.floor_queue != "[]")
    for row in connection.execute(waiting).mappings().all():
        requests = [
            [one, "ordinary", row["created_at_s"] + place, "", 0, False]
            for place, one in enumerate(json.loads(row["floor_queue"]))
        ]
        connection.execute(
            sa.update(conferences)
            .where(conferences.c.id == row["id"])
            .values(floor_requests=json.dumps(requests, separators=(",", ":")))
        )
