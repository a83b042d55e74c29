"""Brings the schema up to what this program knows, at start, in one transaction.

A migration that says `lives_with_older = True` may be made while a program that does not know it is at work. Such a
program can start on the new schema too. The database itself tells the oldest one that can.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

import structlog
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, delete, insert, inspect, select, text

from bridge.ports import PortError
from bridge.storage.reasons import StorageReason
from bridge.storage.tables import schema_lives_with

log = structlog.get_logger(__name__)

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


def oldest_beside(schema: str) -> str:
    """The oldest version of the schema whose programs can live with this one."""
    scripts = ScriptDirectory(str(SCRIPTS))
    oldest = scripts.get_revision(schema)
    while getattr(oldest.module, "lives_with_older", False) and oldest.down_revision is not None:
        oldest = scripts.get_revision(str(oldest.down_revision))
    return str(oldest.revision)


def migrate(connection: Connection, target: str = "head", *, node: str, beside_older: bool = False) -> None:
    """Upgrade, inside the caller's transaction. Versions follow each other in one line.

    Args:
        connection: In a transaction, or (SQLite) before its first statement.
        target: The version to reach.
        node: The owner of records that have none yet.
        beside_older: The program that has written this database is still at work.

    Raises:
        PortError: The database was written by a newer program; running on would lose what that one added. Or the
            program at work could not live with the new schema.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # the driver begins none for what changes the schema
    found, known = current(connection), revisions()
    if found is not None and found not in known:
        if _oldest(connection, found) not in known:
            raise PortError("database", StorageReason.SCHEMA_NEWER(schema=found, known=known[-1]), retry=False)
        log.warning("schema_is_newer", schema=found, known=known[-1], action="goes on: this program can live with it")
        return
    if beside_older and found not in known[known.index(oldest_beside(known[-1])) :]:
        reason = StorageReason.SCHEMA_NOT_BESIDE(schema=known[-1], found=found or "")
        raise PortError("database", reason, retry=False)
    if found == known[-1] and target in ("head", found):
        return
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["node"] = node
    command.upgrade(config, target)
    if (reached := current(connection)) is not None and _is_told(connection):
        connection.execute(delete(schema_lives_with))
        connection.execute(insert(schema_lives_with).values(schema=reached, oldest=oldest_beside(reached)))


def _oldest(connection: Connection, schema: str) -> str | None:
    """As the newer program told it of this very schema."""
    if not _is_told(connection):
        return None
    query = select(schema_lives_with.c.oldest).where(schema_lives_with.c.schema == schema)
    return connection.execute(query).scalar_one_or_none()


def _is_told(connection: Connection) -> bool:
    """Whether the schema has come so far that it tells which programs can live with it."""
    return inspect(connection).has_table(schema_lives_with.name)
