"""Whose meeting it is. What an account opened so far is told by the audit log; the rest is nobody's."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conferences", sa.Column("opened_by", sa.Text(), nullable=True))
    op.add_column("occurrences", sa.Column("opened_by", sa.Text(), nullable=True))
    op.execute(
        "UPDATE conferences SET opened_by = told.actor FROM (SELECT object, actor FROM audit "
        "WHERE action = 'conference.open' AND actor IN (SELECT name FROM accounts)) AS told "
        "WHERE told.object = conferences.id"
    )
