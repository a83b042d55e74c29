"""Personal codes, numbers that lead straight to a conference, and how many have withheld their number in one."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "personal_codes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("conference", sa.Text(), nullable=False),
        sa.Column("function_id", sa.Text(), nullable=False),
        sa.Column("function", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("lookup", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at_s", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personal_codes")),
        sa.UniqueConstraint("lookup", name=op.f("uq_personal_codes_lookup")),
        sa.UniqueConstraint("conference", "function_id", name=op.f("uq_personal_codes_conference")),
    )
    op.add_column("conferences", sa.Column("withheld", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("conferences", sa.Column("direct_number", sa.Text(), nullable=True))
    op.add_column("conferences", sa.Column("direct_code", sa.Boolean(), nullable=False, server_default=sa.true()))
