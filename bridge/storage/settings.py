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
    node: str = Field(
        default="samband",
        pattern=r"^[a-z0-9][a-z0-9-]{0,62}$",
        description="This node's name among those that share a PostgreSQL database. A conference belongs to the node "
        "that made it, and only that one takes it up again. Never change it while conferences are open. A SQLite file "
        "has one node, whatever it is called.",
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
