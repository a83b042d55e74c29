"""A track for each talkgroup: what came from and went to the air, recorded beside the meeting's mix.

It runs while the conference is recorded, and while it goes on by radio alone; then it is the meeting's only recording.
"""

from dataclasses import replace

from bridge.domain import meeting
from bridge.domain.effects import StartTrack, StopTrack
from bridge.domain.ids import PatchId, RecordingId
from bridge.domain.model import (
    ArchiveState,
    Conference,
    ConferenceState,
    Patch,
    PatchState,
    Recording,
    RecordingState,
)
from bridge.domain.timers import TimerKind
from bridge.domain.turn import Turn


def refresh(turn: Turn, patch: Patch) -> None:
    """Start or stop the track, as the conference's recording says."""
    conference = turn.node.conferences.get(patch.conference)
    wanted = conference is not None and _is_wanted(turn, conference, patch)
    if wanted and patch.track is None:
        recording = RecordingId(turn.mint("recording"))
        turn.put(Recording(recording, patch.conference, turn.at_s, patch=patch.id, gssi=patch.gssi))
        turn.put_passing(replace(patch, track=recording))
        turn.do(StartTrack(patch.id, recording))
    elif not wanted and patch.track is not None:
        stop(turn, patch)


def _is_wanted(turn: Turn, conference: Conference, patch: Patch) -> bool:
    if patch.closing or patch.id not in turn.node.paths or patch.state is PatchState.ASKED:
        return False
    if conference.radio_only_since_s is not None:
        return conference.recording.wanted or conference.recording.state is not RecordingState.OFF
    return conference.state is ConferenceState.ACTIVE and conference.recording.state is RecordingState.ON


def failed(turn: Turn, patch_id: PatchId, recording: RecordingId) -> None:
    """It is tried again after a pause; until then the patch keeps its name, so that it is not begun at every step."""
    patch = turn.patch_of(patch_id)
    if patch is not None and patch.track == recording:
        turn.start_timer(TimerKind.TRACK, patch.id, turn.node.policy.meeting.recording_retry_s)


def try_again(turn: Turn, patch: Patch) -> None:
    """The pause after a failed track is over: `refresh` starts a new one where it is still wanted."""
    if patch.track is not None and patch.track not in turn.node.recordings:
        turn.put_passing(replace(patch, track=None))


def stop(turn: Turn, patch: Patch) -> None:
    if patch.track is not None:
        turn.do(StopTrack(patch.id, patch.track))
        turn.put_passing(replace(patch, track=None))


def close_left(turn: Turn) -> None:
    """After a restart of the controller: whatever was recorded died with its media worker, and goes to the archive."""
    for recording in list(turn.node.recordings.values()):
        if recording.patch is not None and recording.state is ArchiveState.RECORDING:
            meeting.recording_closed(turn, recording, None)
