"""A mailing (*utskick*): one text with one cause to all whom it concerns. The records."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bridge.domain.kernel.ids import ActivationId, ConferenceId, MailingId, ScheduleId
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.records import Record
from bridge.domain.kernel.tables import Records


class MailingKind(StrEnum):
    INVITATION = "invitation"
    """To a meeting of the schedule, to those who are on its list; also its change, and its cancellation."""
    REPORT = "report"
    """The question for a situation report to a date of the schedule, with a link for each organisation."""
    EVALUATION = "evaluation"
    """The questions about a conference that has ended, to those who took part."""
    REMINDER = "reminder"
    """Of a date of the schedule, to those who are on its list, by each bearer."""
    MEETING = "meeting"
    """Information that a meeting is prepared, changed or cancelled, to those who chose it for its forum."""
    CALLOUT_STARTED = "callout_started"
    """Information that others are called out, to those who chose it for the forum."""
    CALLOUT_ENDED = "callout_ended"
    CALLOUT_CANCELLED = "callout_cancelled"
    """To those who were told that it had started, and to those whom its calls had reached without a message."""


class MailingState(StrEnum):
    WRITING = "writing"
    """The directory is read, and the texts are made."""
    QUEUED = "queued"
    """Its messages are in the outbox, which has the fate of each."""
    SUPERSEDED = "superseded"
    """A later one of the same kind came before it was written."""
    FAILED = "failed"
    """It was not written, and will not be."""


@dataclass(frozen=True, slots=True)
class Mailing(Record):
    """One mailing. Its id is made of its cause, so that no cause has two."""

    id: MailingId
    kind: MailingKind
    created_at_s: float
    schedule: ScheduleId | None = None
    on: str | None = None
    """The date of the schedule, `YYYY-MM-DD`; `None`: the series, or the only date."""
    sequence: int = 0
    """Of the schedule (SEQUENCE of RFC 5545)."""
    activation: ActivationId | None = None
    conference: ConferenceId | None = None
    until_s: float | None = None
    """Wall time. Later it is of no use, and is not written any more."""
    state: MailingState = MailingState.WRITING
    without_address: tuple[str, ...] = ()
    """Functions whom it concerns, and who have no address that it could go to."""
    messages: int = 0
    """So many are in the outbox."""
    reason: Reason | None = None
    """Why it is not written yet, or will not be."""
    ended_at_s: float | None = None


MAILINGS: Final = Records[MailingId, Mailing]("mailings", Mailing, "mailing")
"""Those that are being written. The store keeps the others."""
