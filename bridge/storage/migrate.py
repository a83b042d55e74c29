"""Brings the schema up to what this program knows, at start, in one transaction."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from bridge.ports import PortError
from bridge.storage.reasons import StorageReason

SCRIPTS: Final = Path(__file__).parent / "migrations"
_MIGRATION_LOCK: Final = 0x5341_4D42
"""PostgreSQL advisory lock: of several nodes that start at once, one migrates."""


@cache
def revisions() -> Sequence[str]:
    """Every version of the schema that this program knows, oldest first."""
    return tuple(script.revision for script in ScriptDirectory(str(SCRIPTS)).walk_revisions())[::-1]


def current(connection: Connection) -> str | None:
    """The version the database has; `None` when it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def migrate(connection: Connection, target: str = "head", *, node: str) -> None:
    """Upgrade, inside the caller's transaction. Versions follow each other in one line.

    Args:
        connection: In a transaction, or (SQLite) before its first statement.
        target: The version to reach.
        node: The owner of records that have none yet.

    Raises:
        PortError: The database was written by a newer program; running on would lose what that one added.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # the driver begins none for what changes the schema
    found, known = current(connection), revisions()
    if found is not None and found not in known:
        raise PortError("database", StorageReason.SCHEMA_NEWER(schema=found, known=known[-1]), retry=False)
    if found == known[-1] and target in ("head", found):
        return
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["node"] = node
    command.upgrade(config, target)
