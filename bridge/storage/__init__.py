"""The database: what was promised. SQLite on one machine, PostgreSQL for several, by the same code.

The exported names are imported when they are first asked for. The settings, which every command reads, need none of
them, and SQLAlchemy is half of a command's load.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from bridge.ports import IntegrityConflict

if TYPE_CHECKING:
    from bridge.storage.archive import SqlArchive
    from bridge.storage.audit import SqlAudit
    from bridge.storage.codes import SealedCodes
    from bridge.storage.database import Database, open_database
    from bridge.storage.directory import SqlDirectory
    from bridge.storage.guessing import SqlGuesses
    from bridge.storage.meetings import SqlMeetings
    from bridge.storage.settings import StorageSettings
    from bridge.storage.store import SqlStore
    from bridge.storage.tokens import SqlTokens
    from bridge.storage.upkeep import SqlUpkeepLinks

_WHERE: Final = {
    "Database": "database",
    "SealedCodes": "codes",
    "SqlArchive": "archive",
    "SqlAudit": "audit",
    "SqlDirectory": "directory",
    "SqlGuesses": "guessing",
    "SqlMeetings": "meetings",
    "SqlStore": "store",
    "SqlTokens": "tokens",
    "SqlUpkeepLinks": "upkeep",
    "StorageSettings": "settings",
    "open_database": "database",
}

__all__ = [
    "Database",
    "IntegrityConflict",
    "SealedCodes",
    "SqlArchive",
    "SqlAudit",
    "SqlDirectory",
    "SqlGuesses",
    "SqlMeetings",
    "SqlStore",
    "SqlTokens",
    "SqlUpkeepLinks",
    "StorageSettings",
    "open_database",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"{__name__} has no {name}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
