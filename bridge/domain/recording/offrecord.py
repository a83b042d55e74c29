"""Off the record (*utanför protokollet*): what is said meanwhile is in no recording.

The mix is recorded as silence, so that later sound keeps its time. A talkgroup's track ends, and another begins
afterwards. A participant's track goes on with another part. Everybody is told only when nothing is recorded any more.
On the way back everybody is told first, and the sound is recorded when they have heard it. Where nobody was told yet
that it is off the record, nobody has to be told first. Through every failure and restart the sound stays away. A
recording that cannot be silenced is closed, and none is begun.
"""

from dataclasses import replace
from typing import Final

from bridge.domain.conference import rooms, voices
from bridge.domain.conference.records import (
    CONFERENCES,
    Conference,
    ConferenceRecording,
    ConferenceState,
    OffRecord,
    RecordingState,
)
from bridge.domain.kernel.replies import Refused
from bridge.domain.kernel.step import Step
from bridge.domain.recording import prompts
from bridge.domain.recording.effects import SilenceRecording
from bridge.domain.recording.events import RecordingSilenced
from bridge.domain.recording.notes import RecordingNote
from bridge.domain.recording.passing import TAPED
from bridge.domain.recording.reasons import OffRecordReason
from bridge.domain.recording.records import RECORDINGS, ArchiveState, RecordingKind
from bridge.domain.recording.timers import RecordingTimer
from bridge.domain.telephony.state import TELEPHONY

TOLD_S: Final = 6.0
"""So long the words that the recording goes on take, with another announcement before them."""
LATE_S: Final = 5.0
"""A longer wait for silence is told to those who lead."""
TOLD: Final = frozenset({OffRecord.YES, OffRecord.ENDING})
"""Everybody has heard that the meeting is off the record; nothing is recorded."""
_RECORDS_NOTHING: Final = frozenset({RecordingState.OFF, RecordingState.FAILED})


def is_off(conference: Conference) -> bool:
    """Whether no sound of it may be recorded, or is to be recorded no more."""
    return conference.recording.off_record is not OffRecord.NO


def refused(conference: Conference) -> Refused | None:
    """Why a meeting cannot go off the record now."""
    side = conference.recording
    if side.state is RecordingState.STOPPING:
        return Refused("conflict", OffRecordReason.CLOSING(), retry=True)
    return None if side.wanted else Refused("conflict", OffRecordReason.NOT_RECORDED())


def leave_record(step: Step, conference: Conference) -> None:
    """Silence first; `follow` tells everybody when it is there."""
    side = conference.recording
    if side.off_record in (OffRecord.ASKED, OffRecord.SILENCED, OffRecord.YES):
        return
    step.stop_timer(RecordingTimer.ON_RECORD, conference.id)
    step.start_timer(RecordingTimer.OFF_RECORD, conference.id, LATE_S)
    _put(step, conference, replace(side, off_record=OffRecord.ASKED, off_record_since_s=step.at_s))
    make_sure(step, step.node[CONFERENCES][conference.id])


def return_to_record(step: Step, conference: Conference) -> None:
    """The words first; the sound follows when they have been heard. Where nobody was told yet, it follows at once."""
    side = conference.recording
    if side.off_record not in (OffRecord.ASKED, OffRecord.SILENCED, OffRecord.YES):
        return
    step.stop_timer(RecordingTimer.OFF_RECORD, conference.id)
    voices.announce_act(step, conference, prompts.MEETING_ON_RECORD)
    if side.off_record is OffRecord.YES:
        step.start_timer(RecordingTimer.ON_RECORD, conference.id, TOLD_S)
        _put(step, conference, replace(side, off_record=OffRecord.ENDING))
    else:
        _return(step, conference)


def told(step: Step, conference: Conference) -> None:
    """Everybody has heard that the recording goes on."""
    if conference.recording.off_record is OffRecord.ENDING:
        _return(step, conference)


def _return(step: Step, conference: Conference) -> None:
    """The sound is recorded from now on."""
    _put(step, conference, replace(conference.recording, off_record=OffRecord.RETURNING))
    make_sure(step, step.node[CONFERENCES][conference.id])


def late(step: Step, conference: Conference) -> None:
    """Silence is not there yet: those who lead are told that the meeting is still recorded."""
    if conference.recording.off_record in (OffRecord.ASKED, OffRecord.SILENCED):
        voices.whisper_to_hosts(step, conference.id, prompts.MEETING_STILL_RECORDED)


def make_sure(step: Step, conference: Conference) -> None:
    """The running recording records what it shall: sound or silence. Safe to repeat."""
    side = conference.recording
    if side.recording is None or side.state is not RecordingState.ON or side.off_record_since_s is None:
        return
    recording = step.node[RECORDINGS].get(side.recording)
    if recording is not None:
        mix = recording.room or rooms.main(step.node, conference.id).id
        step.do(SilenceRecording(mix, side.recording, wants_silence(side), side.off_record_since_s))


def found(step: Step, conference: Conference) -> None:
    """The recording has outlived the controller. Silence that Asterisk has confirmed is there still; an order that may
    have been lost is given again."""
    if conference.recording.off_record in (OffRecord.ASKED, OffRecord.RETURNING):
        make_sure(step, conference)


def wants_silence(side: ConferenceRecording) -> bool:
    return side.off_record not in (OffRecord.NO, OffRecord.RETURNING)


def renewed(step: Step, effect: SilenceRecording) -> SilenceRecording | None:
    """The order as it is wanted now."""
    recording = step.node[RECORDINGS].get(effect.recording)
    conference = step.node[CONFERENCES].get(recording.conference) if recording is not None else None
    if conference is None:
        return None
    side = conference.recording
    if side.recording != effect.recording or side.state is not RecordingState.ON or side.off_record_since_s is None:
        return None
    return replace(effect, silent=wants_silence(side), since_s=side.off_record_since_s)


def silenced(step: Step, event: RecordingSilenced) -> None:
    """An answer about an earlier stretch says nothing about this one."""
    recording = step.node[RECORDINGS].get(event.recording)
    conference = step.node[CONFERENCES].get(recording.conference) if recording is not None else None
    if conference is None:
        return
    side = conference.recording
    if side.recording != event.recording or side.off_record_since_s != event.since_s:
        return
    if event.silent and side.off_record is OffRecord.ASKED:
        _put(step, conference, replace(side, off_record=OffRecord.SILENCED))
    elif not event.silent and side.off_record is OffRecord.RETURNING:
        _over(step, conference)


def follow(step: Step) -> None:
    """After every event: where nothing is recorded any more, nothing needs to be silenced."""
    for conference in list(step.node[CONFERENCES].values()):
        side = conference.recording
        if side.off_record is OffRecord.ASKED and side.state in _RECORDS_NOTHING:
            _put(step, conference, replace(side, off_record=OffRecord.SILENCED))
        elif side.off_record is OffRecord.RETURNING and side.state in _RECORDS_NOTHING:
            _over(step, conference)
        conference = step.node[CONFERENCES][conference.id]
        if conference.recording.off_record is OffRecord.SILENCED and not _has_open_track(step, conference):
            _tell(step, conference)


def _has_open_track(step: Step, conference: Conference) -> bool:
    """A telephone's may run on while nothing is known of Asterisk."""
    if any(one.conference == conference.id for one in step.node[TAPED].values()):
        return True
    is_up = step.node[TELEPHONY].up
    return any(
        one.is_track and one.conference == conference.id and one.state is ArchiveState.RECORDING
        for one in step.node[RECORDINGS].values()
        if one.kind is not RecordingKind.PARTICIPANT or not is_up
    )


def _tell(step: Step, conference: Conference) -> None:
    step.stop_timer(RecordingTimer.OFF_RECORD, conference.id)
    voices.announce_act(step, conference, prompts.MEETING_OFF_RECORD)
    step.note(conference.id, RecordingNote.OFF_RECORD)
    _put(step, conference, replace(conference.recording, off_record=OffRecord.YES))


def _over(step: Step, conference: Conference) -> None:
    """A recording that failed or was closed meanwhile is begun anew by `recordings.follow`."""
    step.note(conference.id, RecordingNote.ON_RECORD)
    side = replace(conference.recording, off_record=OffRecord.NO, off_record_since_s=None)
    if side.state is RecordingState.FAILED:
        step.stop_timer(RecordingTimer.RECORDING, conference.id)
        side = replace(side, state=RecordingState.OFF, recording=None)
    _put(step, conference, side)


def forget(step: Step, conference: Conference) -> Conference:
    """The recording is ended, or nobody is left: the stretch is over without a word. The recording stays silent.

    Returns:
        The conference as it is then.
    """
    side = conference.recording
    if side.off_record is OffRecord.NO:
        return conference
    for timer in (RecordingTimer.OFF_RECORD, RecordingTimer.ON_RECORD):
        step.stop_timer(timer, conference.id)
    if side.off_record in TOLD or side.off_record is OffRecord.RETURNING:
        step.note(conference.id, RecordingNote.ON_RECORD)
    _put(step, conference, replace(side, off_record=OffRecord.NO, off_record_since_s=None))
    return step.node[CONFERENCES][conference.id]


def resume(step: Step) -> None:
    """The controller has come up: the timers of its last life are given anew."""
    for conference in step.node[CONFERENCES].values():
        if conference.state is ConferenceState.ENDED:
            continue
        if conference.recording.off_record is OffRecord.ENDING:
            step.start_timer(RecordingTimer.ON_RECORD, conference.id, TOLD_S)
        elif conference.recording.off_record in (OffRecord.ASKED, OffRecord.SILENCED):
            step.start_timer(RecordingTimer.OFF_RECORD, conference.id, LATE_S)


def _put(step: Step, conference: Conference, side: ConferenceRecording) -> None:
    step.put(replace(conference, recording=side))
