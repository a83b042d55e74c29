"""A track for each talkgroup: what came from and went to the air, recorded beside the meeting's mix.

It runs while the conference is recorded, and while it goes on by radio alone; then it is the meeting's only recording.
"""

from dataclasses import replace

from bridge.domain import meeting
from bridge.domain.effects import StartTrack, StopTrack
from bridge.domain.ids import RecordingId
from bridge.domain.model import (
    ArchiveState,
    Conference,
    ConferenceState,
    Patch,
    PatchState,
    Recording,
    RecordingState,
)
from bridge.domain.turn import Turn


def refresh(turn: Turn, patch: Patch) -> None:
    """Start or stop the track, as the conference's recording says. One that failed is not tried again until then."""
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


def stop(turn: Turn, patch: Patch) -> None:
    if patch.track is not None:
        turn.do(StopTrack(patch.id, patch.track))
        turn.put_passing(replace(patch, track=None))


def close_left(turn: Turn) -> None:
    """After a restart of the controller: whatever was recorded died with its media worker, and goes to the archive."""
    for recording in list(turn.node.recordings.values()):
        if recording.patch is not None and recording.state is ArchiveState.RECORDING:
            meeting.recording_closed(turn, recording, None)
