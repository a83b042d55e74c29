"""A track for each talkgroup: the sound from and to the air, recorded beside the meeting's mix.

It runs while the conference is recorded, and not off the record. It also runs while that goes on by radio alone.
Then it is the meeting's only recording.
"""

from dataclasses import replace

from bridge.domain.conference.policy import ConferencePolicy
from bridge.domain.conference.records import CONFERENCES, Conference, ConferenceState, OffRecord, RecordingState
from bridge.domain.kernel.ids import PatchId, RecordingId
from bridge.domain.kernel.step import Step
from bridge.domain.radio import patches
from bridge.domain.radio.effects import StartTrack, StopTrack
from bridge.domain.radio.passing import PATHS
from bridge.domain.radio.records import PATCHES, Patch, PatchState
from bridge.domain.radio.timers import RadioTimer
from bridge.domain.recording import recordings
from bridge.domain.recording.records import RECORDINGS, ArchiveState, Recording


def follow(step: Step) -> None:
    """After every event: each talkgroup's track is started or stopped, as its conference's recording says."""
    for patch in list(step.node[PATCHES].values()):
        if patch.state is not PatchState.REMOVED:
            refresh(step, patch)


def retry_due(step: Step, subject: str) -> None:
    patch = patches.patch_of(step, PatchId(subject))
    if patch is not None:
        try_again(step, patch)


def refresh(step: Step, patch: Patch) -> None:
    """Start or stop the track, as the conference's recording says."""
    conference = step.node[CONFERENCES].get(patch.conference)
    wanted = conference is not None and _is_wanted(step, conference, patch)
    if wanted and patch.track is None:
        recording = RecordingId(step.mint("recording"))
        step.put(Recording(recording, patch.conference, step.at_s, patch=patch.id, gssi=patch.gssi))
        step.put_passing(replace(patch, track=recording))
        step.do(StartTrack(patch.id, recording))
    elif not wanted and patch.track is not None:
        stop(step, patch)


def _is_wanted(step: Step, conference: Conference, patch: Patch) -> bool:
    if patch.closing or patch.id not in step.node[PATHS] or patch.state is PatchState.PENDING_APPROVAL:
        return False
    if conference.recording.off_record is not OffRecord.NO:
        return False
    if conference.radio_only_since_s is not None:
        return conference.recording.wanted or conference.recording.state is not RecordingState.OFF
    return conference.state is ConferenceState.ACTIVE and conference.recording.state is RecordingState.ON


def failed(step: Step, patch_id: PatchId, recording: RecordingId) -> None:
    """It is tried again after a pause. Until then the patch keeps its name, so that it is not begun at every step."""
    patch = patches.patch_of(step, patch_id)
    if patch is not None and patch.track == recording:
        step.start_timer(RadioTimer.TRACK, patch.id, step.node.policy[ConferencePolicy].recording_retry_s)


def try_again(step: Step, patch: Patch) -> None:
    """The pause after a failed track is over: `refresh` starts a new one where it is still wanted."""
    if patch.track is not None and patch.track not in step.node[RECORDINGS]:
        step.put_passing(replace(patch, track=None))


def stop(step: Step, patch: Patch) -> None:
    if patch.track is not None:
        step.stop_timer(RadioTimer.TRACK, patch.id)
        step.do(StopTrack(patch.id, patch.track))
        step.put_passing(replace(patch, track=None))


def close_left(step: Step) -> None:
    """After a restart of the controller: whatever was recorded died with its media worker, and goes to the archive."""
    for recording in list(step.node[RECORDINGS].values()):
        if recording.patch is not None and recording.state is ArchiveState.RECORDING:
            recordings.recording_closed(step, recording, None)
