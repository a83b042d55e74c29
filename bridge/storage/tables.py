"""The tables that keep no record of the domain. All others are in `bridge.storage.registry`; instants are seconds
since 1970.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
    false,
)

from bridge.domain.conference.records import Role
from bridge.domain.handover.records import Form, HandoverState, Step
from bridge.domain.kernel.reasons import as_json, from_json
from bridge.domain.recording.release import as_values, from_values
from bridge.storage.columns import Choice, CleanText, Coded
from bridge.storage.kinds import METADATA
from bridge.storage.registry import AUDIT, NOTES, ROTA

__all__ = [
    "METADATA",
    "account_factors",
    "account_invitations",
    "accounts",
    "activation_list_functions",
    "anchors",
    "audit",
    "codes",
    "disposal_recordings",
    "disposals",
    "foreign_heads",
    "handovers",
    "holds",
    "meeting_index",
    "meeting_labels",
    "meeting_stale",
    "meeting_words",
    "meta",
    "notes",
    "personal_codes",
    "restrictions",
    "rota",
    "sessions",
    "signed_heads",
    "signing_keys",
    "sound_copies",
    "tokens",
    "upkeep_links",
    "upkeep_reminders",
    "word_ends",
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

directory_versions: Final = Table(
    "directory_versions",
    METADATA,
    Column("kind", CleanText, primary_key=True),
    Column("key", CleanText, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at_s", Double, nullable=False),
    Column("actor", CleanText, nullable=False),
    Column("before", CleanText, nullable=True),
    Column("after", CleanText, nullable=True),
)
"""Each change of an organisation or a function, with its data before and after as JSON. The latest of each are kept."""

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
    Column("permissions", CleanText, nullable=True),
    Column("expires_at_s", Double, nullable=True),
    Column("used_at_s", Double, nullable=True),
    Column("owner", CleanText, nullable=True),
    UniqueConstraint("sha256"),
)
"""`permissions` is a JSON list; none: an operator's. `owner` is the id of an account."""

accounts: Final = Table(
    "accounts",
    METADATA,
    Column("id", CleanText, primary_key=True),
    Column("name", CleanText, nullable=False),
    Column("shown", CleanText, nullable=False),
    Column("roles", CleanText, nullable=False),
    Column("organisations", CleanText, nullable=True),
    Column("forums", CleanText, nullable=True),
    Column("meetings", CleanText, nullable=True),
    Column("made_at_s", Double, nullable=False),
    Column("made_by", CleanText, nullable=False),
    Column("break_glass", Boolean, nullable=False),
    Column("password", CleanText, nullable=True),
    Column("disabled_at_s", Double, nullable=True),
    Column("login_at_s", Double, nullable=True),
    Column("issuer", CleanText, nullable=True),
    Column("subject", CleanText, nullable=True),
    Column("language", CleanText, nullable=True),
    Column("theme", CleanText, nullable=False),
    Column("sound", Integer, nullable=False),
    UniqueConstraint("name"),
    UniqueConstraint("issuer", "subject"),
)
"""Roles and scopes are JSON lists. The password is kept as its Argon2id hash."""

account_factors: Final = Table(
    "account_factors",
    METADATA,
    Column("id", CleanText, primary_key=True),
    Column("account", CleanText, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("kind", CleanText, nullable=False),
    Column("name", CleanText, nullable=False),
    Column("made_at_s", Double, nullable=False),
    Column("used_at_s", Double, nullable=True),
    Column("sealed", CleanText, nullable=True),
    Column("step", Integer, nullable=False),
    Column("credential", CleanText, nullable=True),
    Column("public_key", CleanText, nullable=True),
    Column("codes", CleanText, nullable=True),
    UniqueConstraint("credential"),
    Index(None, "account"),
)
"""`sealed`: the secret of codes by time. `step`: the last that was used, or the count of a passkey's signatures.
`codes`: the hashes of the codes on paper that are left, as a JSON list."""

account_invitations: Final = Table(
    "account_invitations",
    METADATA,
    Column("sha256", CleanText, primary_key=True),
    Column("account", CleanText, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("made_by", CleanText, nullable=False),
    Column("expires_at_s", Double, nullable=False),
    Index(None, "account"),
)
"""One for each account: a new one takes the place of the former. It goes when it is used."""

sessions: Final = Table(
    "sessions",
    METADATA,
    Column("id", CleanText, primary_key=True),
    Column("sha256", CleanText, nullable=False),
    Column("account", CleanText, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=True),
    Column("token", CleanText, ForeignKey("tokens.name", ondelete="CASCADE"), nullable=True),
    Column("by", CleanText, nullable=False),
    Column("made_at_s", Double, nullable=False),
    Column("seen_at_s", Double, nullable=False),
    Column("factor_at_s", Double, nullable=False),
    Column("address", CleanText, nullable=False),
    Column("agent", CleanText, nullable=False),
    UniqueConstraint("sha256"),
    Index(None, "account"),
    Index(None, "token"),
)
"""The reference token in a browser's cookie is kept as its hash alone. A row is there as long as the session may be."""

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

signing_keys: Final = Table(
    "signing_keys",
    METADATA,
    Column("id", CleanText, primary_key=True),
    Column("node", CleanText, nullable=False),
    Column("public", CleanText, nullable=False),
    Column("made_at_s", Double, nullable=False),
    Column("ended_at_s", Double, nullable=True),
)
"""The public part (hexadecimal) of each key that has signed heads. The key itself is a file."""

signed_heads: Final = Table(
    "signed_heads",
    METADATA,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    Column("hash", CleanText, nullable=False),
    Column("at_s", Double, nullable=False),
    Column("recording", CleanText, nullable=True),
    Column("key", CleanText, nullable=False),
    Column("signature", CleanText, nullable=False),
    Index(None, "recording"),
)

anchors: Final = Table(
    "anchors",
    METADATA,
    Column("anchor", CleanText, primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("at_s", Double, nullable=False),
    Column("evidence", LargeBinary, nullable=True),
)
"""The signed heads that were put outside, where and when. `evidence`: a time stamp (RFC 3161)."""

foreign_heads: Final = Table(
    "foreign_heads",
    METADATA,
    Column("giver", CleanText, primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("line", CleanText, nullable=False),
    Column("public", CleanText, nullable=False),
    Column("taken_at_s", Double, nullable=False),
)
"""Signed heads of other nodes, by the token that handed them in. The first of a sequence stays."""

disposals: Final = Table(
    "disposals",
    METADATA,
    Column("id", CleanText, primary_key=True),
    Column("state", CleanText, nullable=False),
    Column("ground", CleanText, nullable=False),
    Column("decision", CleanText, nullable=False),
    Column("proposed_by", CleanText, nullable=False),
    Column("proposed_at_s", Double, nullable=False),
    Column("decided_by", CleanText, nullable=True),
    Column("decided_at_s", Double, nullable=True),
    Column("done_at_s", Double, nullable=True),
)

disposal_recordings: Final = Table(
    "disposal_recordings",
    METADATA,
    Column("disposal", CleanText, ForeignKey("disposals.id"), primary_key=True),
    Column("recording", CleanText, ForeignKey("recordings.id"), primary_key=True),
    Column("disposed_at_s", Double, nullable=True),
    Column("has_copy", Boolean, nullable=False, server_default=false()),
    Column("copy_locked_until_s", Double, nullable=True),
    Column("copy_gone_at_s", Double, nullable=True),
    Column("copy_fault", CleanText, nullable=True),
    Index(None, "recording"),
)

holds: Final = Table(
    "holds",
    METADATA,
    Column("id", CleanText, primary_key=True),
    Column("conference", CleanText, ForeignKey("conferences.id"), nullable=False),
    Column("ground", CleanText, nullable=False),
    Column("placed_by", CleanText, nullable=False),
    Column("placed_at_s", Double, nullable=False),
    Column("lifted_by", CleanText, nullable=True),
    Column("lifted_at_s", Double, nullable=True),
    Index(None, "conference"),
)
"""A legal hold: nothing of the conference is disposed of while it is in force."""

restrictions: Final = Table(
    "restrictions",
    METADATA,
    Column("recording", CleanText, ForeignKey("recordings.id"), primary_key=True),
    Column("label", CleanText, nullable=False),
    Column("by", CleanText, nullable=False),
    Column("at_s", Double, nullable=False),
)
"""A recording with a label is for those who may read what is restricted so."""

sound_copies: Final = Table(
    "sound_copies",
    METADATA,
    Column("recording", CleanText, ForeignKey("recordings.id"), primary_key=True),
    Column("loudness_lufs", Double, nullable=True),
    Column("peak_dbfs", Double, nullable=True),
    Column("measured_at_s", Double, nullable=True),
    Column("opus_file", CleanText, nullable=True),
    Column("opus_at_s", Double, nullable=True),
    Column("fault", CleanText, nullable=True),
    Column("uploaded_at_s", Double, nullable=True),
    Column("upload_fault", CleanText, nullable=True),
)
"""All that is made of an archived sound beside it. It can be made again, and none of it is proof."""

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

meeting_words: Final = Table(
    "meeting_words",
    METADATA,
    Column("word", LargeBinary, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
)
"""The days (of 86 400 s since 1970) on which meetings began that have a word, folded, in UTF-8. It only leads a search
to days: a row too many does no harm, and none is ever removed."""

word_ends: Final = Table(
    "word_ends",
    METADATA,
    Column("ending", LargeBinary, primary_key=True),
    Column("word", LargeBinary, primary_key=True),
)
"""Each word from each of its letters on: a part of a word is the beginning of a row. Bytes compare alike on
both databases, whatever their collation."""

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

handovers: Final = Table(
    "handovers",
    METADATA,
    Column("id", CleanText, primary_key=True),
    Column("conference", CleanText, ForeignKey("conferences.id"), nullable=False),
    Column("form", Choice(Form), nullable=False),
    Column("asked_by", CleanText, nullable=False),
    Column("asked_at_s", Double, nullable=False),
    Column("node", CleanText, nullable=False),
    Column("place", CleanText, nullable=False),
    Column("state", Choice(HandoverState), nullable=False),
    Column("step", Choice(Step), nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("of", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("began_at_s", Double, nullable=True),
    Column("ended_at_s", Double, nullable=True),
    Column("expires_at_s", Double, nullable=True),
    Column("name", CleanText, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("sha256", CleanText, nullable=False),
    Column("reason", Coded(as_json, from_json), nullable=True),
    Column("release", Coded(as_values, from_values), nullable=True),
    Index(None, "conference"),
    Index(None, "state", "node"),
)
"""Packages that are made in the background, and those whose file is gone."""

schema_lives_with: Final = Table(
    "schema_lives_with",
    METADATA,
    Column("schema", CleanText, primary_key=True),
    Column("oldest", CleanText, nullable=False),
)
"""One row: the schema that this database has, and the oldest whose programs can live with it."""
