"""The person whose meeting it is, and the versions of the directory's entries.

The audit log tells what an account opened so far; the rest is nobody's.
"""

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
    op.create_table(
        "directory_versions",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at_s", sa.Double(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "key", "number", name=op.f("pk_directory_versions")),
    )
