"""A talkgroup hears on the air that a recording has begun in the middle of the meeting."""

from bridge.domain.conference import people
from bridge.domain.conference.records import CONFERENCES, LegKind, RecordingState
from bridge.domain.kernel.step import Step
from bridge.domain.radio import patches, prompts
from bridge.domain.radio.effects import SayOnAir
from bridge.domain.radio.records import PatchState
from bridge.domain.recording.events import RecordingStarted
from bridge.domain.recording.records import RECORDINGS


def recording_started(step: Step, event: RecordingStarted) -> None:
    """Before the telephones are told: some of them have not heard it. At the meeting's start all heard it at the door,
    and the talkgroup when it was linked."""
    recording = step.node[RECORDINGS].get(event.recording)
    conference = step.node[CONFERENCES].get(recording.conference) if recording is not None else None
    if conference is None or conference.recording.recording != event.recording:
        return
    if conference.recording.state is not RecordingState.STARTING:
        return
    telephones = [one for one in people.present(step, conference.id) if one.kind is not LegKind.RADIO]
    is_news = conference.recording.failure is not None or any(one.notice_heard_at_s is None for one in telephones)
    for patch in patches.patches_of(step, conference.id) if is_news else ():
        can_hear = patch.announced and patch.state not in (PatchState.PENDING_APPROVAL, PatchState.OFFLINE)
        if patch.notice and can_hear and not patch.closing:
            step.do(SayOnAir(patch.id, (prompts.AIR_RECORDED,), conference.language))
