"""Decisions as the contract's JSON."""

from bridge.api.text import Output, when
from bridge.domain.decisions.records import Acknowledgement
from bridge.ports import DecisionSheet


class AcknowledgementOut(Output):
    """The answer of one organisation."""

    organisation: str
    """The organisation that is asked."""
    answer: str
    """`awaited`, `acknowledged`, `reserved` or `unanswered` (asked in vain)."""
    answered_at: str | None
    """When the answer was given (RFC 3339, UTC)."""
    way: str | None
    """`key` (by a telephone of theirs), `radio` (by a text of theirs) or `operator` (entered for them)."""
    by: str | None
    """The name of the participant or client who gave it."""
    participant: str | None
    """The participant who answered by key."""


class DecisionOut(Output):
    """One decision of a meeting, with the stretch of the recording in which it was spoken."""

    id: str
    """Made by Samband."""
    number: int
    """Counted from 1 in each conference. The number of a cancelled one may be used again."""
    title: str | None
    """As it was given at its beginning."""
    state: str
    """`speaking`, `asking` (the organisations are being asked), `settled` or `cancelled`."""
    begun_at: str | None
    """When its beginning was marked (RFC 3339, UTC)."""
    begun_by: str
    """The host or client who marked it."""
    ended_at: str | None
    """When its end was marked (RFC 3339, UTC)."""
    ended_by: str | None
    """The host or client who marked it; none where the meeting ended first."""
    settled_at: str | None
    """When the last had answered, or was asked in vain (RFC 3339, UTC)."""
    cancelled_at: str | None
    """When the mark was cancelled (RFC 3339, UTC)."""
    cancelled_by: str | None
    """The host or client who cancelled it."""
    recording: str | None
    """The recording in which it was spoken; none while nothing was recorded."""
    from_s: float | None
    """Its beginning, in seconds from the beginning of that recording."""
    to_s: float | None
    """Its end, in seconds from the beginning of that recording; none while it is spoken."""
    audio: str | None
    """Where to hear it, once it has been spoken and its recording is archived."""
    acknowledgements: list[AcknowledgementOut]
    """An answer for each organisation, by name."""


def decision_out(sheet: DecisionSheet) -> DecisionOut:
    one = sheet.decision
    span = sheet.span
    return DecisionOut(
        id=one.id,
        number=one.number,
        title=one.title,
        state=one.state.value,
        begun_at=when(one.begun_at_s),
        begun_by=one.begun_by,
        ended_at=when(one.ended_at_s),
        ended_by=one.ended_by,
        settled_at=when(one.settled_at_s),
        cancelled_at=when(one.cancelled_at_s),
        cancelled_by=one.cancelled_by,
        recording=one.recording,
        from_s=span[0],
        to_s=span[1],
        audio=f"/api/v1/conferences/{one.conference}/decisions/{one.id}/audio" if sheet.is_audible else None,
        acknowledgements=[_acknowledgement_out(each) for each in sheet.acknowledgements],
    )


def _acknowledgement_out(one: Acknowledgement) -> AcknowledgementOut:
    return AcknowledgementOut(
        organisation=one.organisation,
        answer=one.answer.value,
        answered_at=when(one.answered_at_s),
        way=one.way.value if one.way is not None else None,
        by=one.by,
        participant=one.seat,
    )
