"""Which older programs can live with this schema."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None
lives_with_older = True


def upgrade() -> None:
    op.create_table(
        "schema_lives_with",
        sa.Column("schema", sa.Text(), nullable=False),
        sa.Column("oldest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("schema", name=op.f("pk_schema_lives_with")),
    )
