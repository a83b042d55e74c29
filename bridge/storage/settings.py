"""How the database is reached."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class StorageSettings(BaseModel):
    """The `[storage]` table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: SecretStr | None = Field(
        default=None,
        description="`sqlite:///path` or `postgresql://user@host/name`; none: a SQLite file in the state folder. A "
        "PostgreSQL password belongs in the file that PGPASSFILE names rather than here.",
    )
    busy_timeout_s: float = Field(
        default=5.0, gt=0, le=60, description="How long a commit waits for a lock another program holds on the file."
    )
    command_timeout_s: float = Field(
        default=10.0, gt=0, le=300, description="PostgreSQL: after this a statement, or a connect, has failed."
    )
    pool_size: int = Field(
        default=5,
        ge=1,
        le=50,
        description="PostgreSQL: connections held open for reading, and as many for writing. SQLite always uses four "
        "and one.",
    )
