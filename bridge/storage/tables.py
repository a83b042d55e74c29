"""The tables that keep no record of the domain. All others are in `bridge.storage.registry`; instants are seconds
since 1970.
"""

from typing import Final

from sqlalchemy import Column, Double, ForeignKey, Index, Integer, LargeBinary, Table, UniqueConstraint

from bridge.domain.conference.records import Role
from bridge.storage.columns import Choice, CleanText
from bridge.storage.kinds import METADATA
from bridge.storage.registry import AUDIT, NOTES

__all__ = ["METADATA", "activation_list_functions", "audit", "codes", "meta", "notes", "personal_codes", "tokens"]

audit: Final = AUDIT.table
notes: Final = NOTES.table

activation_list_functions: Final = Table(
    "activation_list_functions",
    METADATA,
    Column("list_id", CleanText, ForeignKey("activation_lists.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("function_id", CleanText, ForeignKey("functions.id"), nullable=False),
    Index(None, "function_id"),
)

codes: Final = Table(
    "codes",
    METADATA,
    Column("conference", CleanText, primary_key=True),
    Column("role", Choice(Role), primary_key=True),
    Column("lookup", CleanText, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("issued_at_s", Double, nullable=False),
    UniqueConstraint("lookup"),
)
"""No foreign key: the codes are kept before the conference is asked for."""

personal_codes: Final = Table(
    "personal_codes",
    METADATA,
    Column("id", CleanText, primary_key=True),
    Column("conference", CleanText, nullable=False),
    Column("function_id", CleanText, nullable=False),
    Column("function", CleanText, nullable=False),
    Column("organisation", CleanText, nullable=False),
    Column("role", Choice(Role), nullable=False),
    Column("lookup", CleanText, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("issued_at_s", Double, nullable=False),
    UniqueConstraint("lookup"),
    UniqueConstraint("conference", "function_id"),
)
"""The names are those of the directory when it was issued."""

tokens: Final = Table(
    "tokens",
    METADATA,
    Column("name", CleanText, primary_key=True),
    Column("sha256", CleanText, nullable=False),
    Column("issued_at_s", Double, nullable=False),
    UniqueConstraint("sha256"),
)

meta: Final = Table(
    "meta", METADATA, Column("key", CleanText, primary_key=True), Column("value", CleanText, nullable=False)
)
