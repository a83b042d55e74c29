"""The database: what was promised. SQLite on one machine, PostgreSQL for several, by the same code."""

from bridge.ports import IntegrityConflict
from bridge.storage.archive import SqlArchive
from bridge.storage.audit import SqlAudit
from bridge.storage.codes import SealedCodes
from bridge.storage.database import Database, open_database
from bridge.storage.directory import SqlDirectory
from bridge.storage.settings import StorageSettings
from bridge.storage.store import SqlStore
from bridge.storage.tokens import SqlTokens

__all__ = [
    "Database",
    "IntegrityConflict",
    "SealedCodes",
    "SqlArchive",
    "SqlAudit",
    "SqlDirectory",
    "SqlStore",
    "SqlTokens",
    "StorageSettings",
    "open_database",
]
