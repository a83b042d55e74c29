"""Accounts of people, their factors, invitations and sessions. Tokens have permissions, an end and an owner."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column, kind in (
        ("permissions", sa.Text()),
        ("expires_at_s", sa.Double()),
        ("used_at_s", sa.Double()),
        ("owner", sa.Text()),
    ):
        op.add_column("tokens", sa.Column(column, kind, nullable=True))
    op.create_table(
        "accounts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("organisations", sa.Text(), nullable=True),
        sa.Column("forums", sa.Text(), nullable=True),
        sa.Column("meetings", sa.Text(), nullable=True),
        sa.Column("made_at_s", sa.Double(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("break_glass", sa.Boolean(), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("disabled_at_s", sa.Double(), nullable=True),
        sa.Column("login_at_s", sa.Double(), nullable=True),
        sa.Column("issuer", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("sound", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("name", name=op.f("uq_accounts_name")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_accounts_issuer")),
    )
    op.create_table(
        "account_factors",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("made_at_s", sa.Double(), nullable=False),
        sa.Column("used_at_s", sa.Double(), nullable=True),
        sa.Column("sealed", sa.Text(), nullable=True),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("credential", sa.Text(), nullable=True),
        sa.Column("public_key", sa.Text(), nullable=True),
        sa.Column("codes", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account"], ["accounts.id"], name=op.f("fk_account_factors_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_factors")),
        sa.UniqueConstraint("credential", name=op.f("uq_account_factors_credential")),
    )
    op.create_index(op.f("ix_account_factors_account"), "account_factors", ["account"])
    op.create_table(
        "account_invitations",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("expires_at_s", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"], ["accounts.id"], name=op.f("fk_account_invitations_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_account_invitations")),
    )
    op.create_index(op.f("ix_account_invitations_account"), "account_invitations", ["account"])
    op.create_table(
        "sessions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("made_at_s", sa.Double(), nullable=False),
        sa.Column("seen_at_s", sa.Double(), nullable=False),
        sa.Column("factor_at_s", sa.Double(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_sessions_account"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["token"], ["tokens.name"], name=op.f("fk_sessions_token"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("sha256", name=op.f("uq_sessions_sha256")),
    )
    for column in ("account", "token"):
        op.create_index(op.f(f"ix_sessions_{column}"), "sessions", [column])
