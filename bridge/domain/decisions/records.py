"""The records of decisions, and of what each organisation has answered."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bridge.domain.kernel.ids import AcknowledgementId, ConferenceId, DecisionId, ParticipantId, RecordingId
from bridge.domain.kernel.records import Record
from bridge.domain.kernel.tables import Records


class DecisionState(StrEnum):
    SPEAKING = "speaking"
    """Begun, and being spoken."""
    ASKING = "asking"
    """Spoken. The organisations are asked to acknowledge it."""
    SETTLED = "settled"
    """Every organisation has answered, or was asked in vain."""
    CANCELLED = "cancelled"
    """The mark was a mistake."""


class Answer(StrEnum):
    AWAITED = "awaited"
    ACKNOWLEDGED = "acknowledged"
    RESERVED = "reserved"
    """The organisation reserves itself against the decision."""
    UNANSWERED = "unanswered"
    """Asked in vain."""


class AnswerWay(StrEnum):
    KEY = "key"
    """By a key of the organisation's own telephone."""
    OPERATOR = "operator"
    """Entered for the organisation, by API or console."""
    RADIO = "radio"
    """By a text from a radio of the organisation."""


@dataclass(frozen=True, slots=True)
class Decision(Record):
    """One decision of a meeting. Its sound is the stretch of the recording from its beginning to its end."""

    id: DecisionId
    conference: ConferenceId
    number: int
    """Counted from 1 in each meeting."""
    begun_at_s: float
    begun_by: str
    state: DecisionState = DecisionState.SPEAKING
    title: str | None = None
    recording: RecordingId | None = None
    """The recording under way at its beginning; none while nothing is recorded."""
    ended_at_s: float | None = None
    ended_by: str | None = None
    rounds: int = 0
    """So many times the organisations have been asked and had their time to answer."""
    settled_at_s: float | None = None
    cancelled_at_s: float | None = None
    cancelled_by: str | None = None


@dataclass(frozen=True, slots=True)
class Acknowledgement(Record):
    """The answer of one organisation to one decision."""

    id: AcknowledgementId
    decision: DecisionId
    organisation: str
    answer: Answer = Answer.AWAITED
    answered_at_s: float | None = None
    way: AnswerWay | None = None
    by: str | None = None
    """The person's name in the meeting, or the operator's."""
    seat: ParticipantId | None = None
    """The seat that answered by key."""


DECISIONS: Final = Records[DecisionId, Decision]("decisions", Decision, "decision")
ACKNOWLEDGEMENTS: Final = Records[AcknowledgementId, Acknowledgement]("acknowledgements", Acknowledgement, None)
