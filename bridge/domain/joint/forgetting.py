"""The node forgets finished records; the store keeps them."""

from typing import Final

from bridge.domain.callout.records import ACTIVATIONS, ATTEMPTS, Attempt
from bridge.domain.conference import rooms
from bridge.domain.conference.passing import EMPTY_SINCE_S
from bridge.domain.conference.records import CONFERENCES, PARTICIPANTS, ConferenceState
from bridge.domain.conference.timers import ConferenceTimer
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.kernel.step import Step
from bridge.domain.radio.records import PATCHES
from bridge.domain.recording.records import RECORDINGS, ArchiveState
from bridge.domain.recording.timers import RecordingTimer

_TIMERS: Final = (ConferenceTimer.CONFERENCE_END, ConferenceTimer.CONFERENCE_EMPTY, RecordingTimer.RECORDING)


def forget_finished(step: Step) -> None:
    """An ended conference is forgotten when nobody is left in it or called to it. Its last recording has left for the
    archive, or failed for good."""
    for conference in list(step.node[CONFERENCES].values()):
        if conference.state is ConferenceState.ENDED and not _is_in_use(step, conference.id):
            rooms.forget_all(step, conference)
            step.forget(conference)
            step.drop_from(EMPTY_SINCE_S, conference.id)
            for kind in _TIMERS:
                step.stop_timer(kind, conference.id)


def _is_in_use(step: Step, conference: ConferenceId) -> bool:
    node = step.node
    return (
        any(
            one.conference == conference and one.state in (ArchiveState.RECORDING, ArchiveState.SPOOLED)
            for one in node[RECORDINGS].values()
        )
        or any(one.conference == conference for one in node[PARTICIPANTS].values())
        or any(one.conference == conference for one in node[PATCHES].values())
        or any(_is_called_to(step, attempt, conference) for attempt in node[ATTEMPTS].values())
    )


def _is_called_to(step: Step, attempt: Attempt, conference: ConferenceId) -> bool:
    activation = step.node[ACTIVATIONS].get(attempt.activation)
    return activation is not None and activation.conference == conference
