"""The rules of packages that are made in the background."""

from collections.abc import Container, Mapping
from typing import Final

from bridge.domain.handover.reasons import HandoverReason
from bridge.domain.handover.records import MOST_TRIES, MOST_WAITING, Handover, HandoverState, Step
from bridge.domain.kernel.ids import RecordingId
from bridge.domain.kernel.reasons import Reason
from bridge.domain.recording.release import Release

_PARTS: Final[Mapping[Step, tuple[float, float]]] = {
    Step.PROVING: (0.0, 30.0),
    Step.WRITING: (30.0, 5.0),
    Step.PACKING: (35.0, 60.0),
    Step.PLACING: (95.0, 5.0),
}
"""Step → where it begins, and how long it is, in percent of the whole. Reading sound and writing it take the time."""
_OPEN: Final = frozenset({HandoverState.WAITING, HandoverState.MAKING})


def percent(job: Handover) -> int:
    """How far it is, 0…100. It never goes back while one package is made, and is 100 only when it is there."""
    if job.state is HandoverState.READY:
        return 100
    if job.state is not HandoverState.MAKING:
        return 0
    begins, long = _PARTS[job.step]
    part = min(1.0, max(0.0, job.done / job.of)) if job.of > 0 else 0.0
    return min(99, int(begins + long * part))


def not_taken(waiting: int) -> Reason | None:
    """Why another one cannot be asked for; `None`: it can."""
    return HandoverReason.TOO_MANY(most=MOST_WAITING) if waiting >= MOST_WAITING else None


def not_released(release: Release, recordings: Container[RecordingId]) -> Reason | None:
    """Why parts cannot be taken out of a meeting with these recordings; `None`: they can."""
    for one in release.masks:
        if one.recording not in recordings:
            return HandoverReason.MASK_OF_NONE(recording=one.recording)
        if not 0 <= one.start_s < one.end_s:
            return HandoverReason.MASK_SHAPE(start_s=one.start_s, end_s=one.end_s)
    return None


def after_restart(job: Handover) -> HandoverState:
    """Of one in whose making the program ended."""
    return HandoverState.FAILED if job.tries >= MOST_TRIES else HandoverState.WAITING


def taken_away(job: Handover) -> HandoverState | None:
    """The state once somebody has cancelled or removed it; `None`: it is over, and stays as it is."""
    if job.state in _OPEN:
        return HandoverState.CANCELLED
    return HandoverState.EXPIRED if job.state is HandoverState.READY else None


def is_attached(length: int, most_bytes: int, *, open_to_all: bool) -> bool:
    """Whether a package goes in the e-mail itself. E-mail is no secret, so nothing under secrecy ever does.

    Args:
        length: Of the package, in bytes.
        most_bytes: By the settings; 0: none is attached.
        open_to_all: Neither its meeting nor any of its recordings is under secrecy.
    """
    return open_to_all and 0 < length <= most_bytes


def not_fetched(job: Handover, now_s: float) -> Reason | None:
    """Why it cannot be fetched; `None`: it can."""
    if job.state in _OPEN:
        return HandoverReason.NOT_READY()
    if job.state is not HandoverState.READY or (job.expires_at_s is not None and job.expires_at_s <= now_s):
        return job.reason or HandoverReason.OVER()
    return None
