"""The tables that keep no record of the domain. All others are in `bridge.storage.registry`; instants are seconds
since 1970.
"""

from typing import Final

from sqlalchemy import Boolean, Column, Double, ForeignKey, Index, Integer, LargeBinary, Table, UniqueConstraint

from bridge.domain.conference.records import Role
from bridge.storage.columns import Choice, CleanText
from bridge.storage.kinds import METADATA
from bridge.storage.registry import AUDIT, NOTES, ROTA

__all__ = [
    "METADATA",
    "activation_list_functions",
    "audit",
    "codes",
    "meeting_index",
    "meeting_labels",
    "meeting_stale",
    "meta",
    "notes",
    "personal_codes",
    "rota",
    "tokens",
    "upkeep_links",
    "upkeep_reminders",
]

audit: Final = AUDIT.table
notes: Final = NOTES.table
rota: Final = ROTA.table

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

upkeep_links: Final = Table(
    "upkeep_links",
    METADATA,
    Column("id", CleanText, primary_key=True),
    Column("organisation_id", CleanText, ForeignKey("organisations.id", ondelete="CASCADE"), nullable=False),
    Column("sha256", CleanText, nullable=False),
    Column("made_by", CleanText, nullable=False),
    Column("made_at_s", Double, nullable=False),
    Column("expires_at_s", Double, nullable=False),
    Column("revoked_at_s", Double, nullable=True),
    UniqueConstraint("sha256"),
    Index(None, "organisation_id"),
)
"""The secret of a link is kept as its hash alone."""

upkeep_reminders: Final = Table(
    "upkeep_reminders",
    METADATA,
    Column("organisation_id", CleanText, ForeignKey("organisations.id", ondelete="CASCADE"), primary_key=True),
    Column("due_at_s", Double, primary_key=True, autoincrement=False),
    Column("claimed_at_s", Double, nullable=False),
    Column("late_s", Double, nullable=False),
    Column("message", CleanText, nullable=True),
)
"""One row for each reminder that came due: it is claimed before it is sent, so that none goes twice."""

meta: Final = Table(
    "meta", METADATA, Column("key", CleanText, primary_key=True), Column("value", CleanText, nullable=False)
)

meeting_index: Final = Table(
    "meeting_index",
    METADATA,
    Column("conference", CleanText, ForeignKey("conferences.id", ondelete="CASCADE"), primary_key=True),
    Column("began_at_s", Double, nullable=False),
    Column("exercise", Boolean, nullable=False),
    Column("is_secret", Boolean, nullable=False),
    Column("forum", CleanText, nullable=True),
    Column("words", CleanText, nullable=False),
    Column("organisations", CleanText, nullable=False),
    Column("talkers", CleanText, nullable=False),
    Index(None, "began_at_s", "conference"),
    Index(None, "forum", "began_at_s", "conference"),
)
"""One row for each meeting, with all that it is found by, folded. It is made from the records, and can be made anew."""

meeting_stale: Final = Table(
    "meeting_stale",
    METADATA,
    Column("conference", CleanText, primary_key=True),
    Column("marks", Integer, nullable=False),
)
"""The meetings whose row of the index is to be made anew. The commit that changes a meeting marks it here."""

meeting_labels: Final = Table(
    "meeting_labels",
    METADATA,
    Column("conference", CleanText, ForeignKey("conferences.id", ondelete="CASCADE"), primary_key=True),
    Column("folded", CleanText, primary_key=True),
    Column("label", CleanText, nullable=False),
    Column("set_by", CleanText, nullable=False),
    Column("set_at_s", Double, nullable=False),
    Index(None, "folded", "conference"),
)
"""Labels that people have put on meetings. Two that differ in case or marks alone are one."""
