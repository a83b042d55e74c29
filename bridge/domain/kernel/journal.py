"""The lines that are kept for people to read: a conference's timeline, and the audit log."""

from dataclasses import dataclass
from enum import StrEnum

from bridge.domain.kernel.ids import ConferenceId, ParticipantId

NoteKind = StrEnum
"""Each room has an enumeration of its own lines. Their values differ over all rooms."""


@dataclass(frozen=True, slots=True)
class Note:
    """One line of a conference's timeline."""

    conference: ConferenceId
    at_s: float
    kind: NoteKind
    participant: ParticipantId | None = None
    detail: tuple[tuple[str, str | int | float | bool], ...] = ()
    """Key and value pairs, e.g. `(("issi", 1234567),)`."""


@dataclass(frozen=True, slots=True)
class Audit:
    """One line of the audit log; the store adds number, previous hash and hash in the same transaction."""

    at_s: float
    actor: str
    action: str
    object: str
    detail: tuple[tuple[str, str | int | float | bool | None], ...] = ()
