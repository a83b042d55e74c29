"""The radio patch: approval, lease, keying, tracks of talkgroups, the rules of the directory, orders by radio.

Older records keep their behaviour: a free talkgroup keyed by voice, the radio first, no lease. A patch that lives
through the upgrade was made without a notice on the air, and ends without one.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _conferences()
    _patches()
    _recordings()
    _directory()


def _conferences() -> None:
    op.add_column("conferences", sa.Column("radio_only_since_s", sa.Double(), nullable=True))


def _patches() -> None:
    for column in (
        sa.Column("keying", sa.Text(), nullable=False, server_default="voice"),
        sa.Column("keyed_by", sa.Text(), nullable=True),
        sa.Column("precedence", sa.Text(), nullable=False, server_default="radio"),
        sa.Column("asked_by", sa.Text(), nullable=False, server_default=""),
        sa.Column("terminals", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("lease_s", sa.Double(), nullable=True),
        sa.Column("lease_until_s", sa.Double(), nullable=True),
        sa.Column("idle_s", sa.Double(), nullable=True),
        sa.Column("used_at_s", sa.Double(), nullable=False, server_default="0"),
        sa.Column("notice", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("spoken_end", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("talk_began_at_s", sa.Double(), nullable=True),
        sa.Column("breaking_in", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("announced", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("ending", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("looped", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("closing", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("track", sa.Text(), nullable=True),
    ):
        op.add_column("patches", column)
    op.execute(sa.text("UPDATE patches SET used_at_s = created_at_s"))


def _recordings() -> None:
    op.add_column("recordings", sa.Column("patch", sa.Text(), nullable=True))
    op.add_column("recordings", sa.Column("gssi", sa.Integer(), nullable=True))


def _directory() -> None:
    op.add_column("functions", sa.Column("radio_orders", sa.Boolean(), nullable=False, server_default=sa.false()))
    for column in (
        sa.Column("rule", sa.Text(), nullable=False, server_default="free"),
        sa.Column("keying", sa.Text(), nullable=False, server_default="voice"),
        sa.Column("precedence", sa.Text(), nullable=False, server_default="radio"),
        sa.Column("lease_s", sa.Double(), nullable=True),
        sa.Column("idle_s", sa.Double(), nullable=True),
        sa.Column("notice", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("spoken_end", sa.Boolean(), nullable=False, server_default=sa.false()),
    ):
        op.add_column("talkgroups", column)
