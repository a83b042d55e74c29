"""The database: what was promised. SQLite on one machine, PostgreSQL for several, by the same code.

The exported names are imported when they are first asked for. The settings, which every command reads, need none of
them, and SQLAlchemy is half of a command's load.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from bridge.ports import IntegrityConflict

if TYPE_CHECKING:
    from bridge.storage.accounts import SqlAccounts
    from bridge.storage.archive import SqlArchive
    from bridge.storage.audit import SqlAudit
    from bridge.storage.codes import SealedCodes
    from bridge.storage.copies import SqlCopies
    from bridge.storage.database import Database, open_database, prepare_schema
    from bridge.storage.directory import SqlDirectory
    from bridge.storage.guessing import SqlGuesses
    from bridge.storage.handovers import SqlHandovers
    from bridge.storage.keeping import SqlKeeping
    from bridge.storage.meetings import SqlMeetings
    from bridge.storage.proof import SqlProof
    from bridge.storage.sessions import SqlSessions
    from bridge.storage.settings import StorageSettings
    from bridge.storage.store import SqlStore
    from bridge.storage.tokens import SqlTokens
    from bridge.storage.upkeep import SqlUpkeepLinks

_WHERE: Final = {
    "Database": "database",
    "SealedCodes": "codes",
    "SqlAccounts": "accounts",
    "SqlArchive": "archive",
    "SqlAudit": "audit",
    "SqlCopies": "copies",
    "SqlDirectory": "directory",
    "SqlGuesses": "guessing",
    "SqlHandovers": "handovers",
    "SqlSessions": "sessions",
    "SqlKeeping": "keeping",
    "SqlProof": "proof",
    "SqlMeetings": "meetings",
    "SqlStore": "store",
    "SqlTokens": "tokens",
    "SqlUpkeepLinks": "upkeep",
    "StorageSettings": "settings",
    "open_database": "database",
    "prepare_schema": "database",
}

__all__ = [
    "Database",
    "IntegrityConflict",
    "SealedCodes",
    "SqlAccounts",
    "SqlArchive",
    "SqlAudit",
    "SqlCopies",
    "SqlDirectory",
    "SqlGuesses",
    "SqlHandovers",
    "SqlKeeping",
    "SqlMeetings",
    "SqlProof",
    "SqlSessions",
    "SqlStore",
    "SqlTokens",
    "SqlUpkeepLinks",
    "StorageSettings",
    "open_database",
    "prepare_schema",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"{__name__} has no {name}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
