"""Recordings, as the step sees them."""

from typing import Final

from bridge.domain.conference import keypad, rooms, voices
from bridge.domain.conference.records import CONFERENCES, Conference, OffRecord, RecordingState, Seat
from bridge.domain.conference.timers import ConferenceTimer
from bridge.domain.kernel.capability import Capability, carries_out, on, when_due
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.kernel.step import Step
from bridge.domain.recording import names, notices, offrecord, orders, prompts, recordings
from bridge.domain.recording.commands import SetOffRecord, SetRecording
from bridge.domain.recording.events import (
    RecordingArchived,
    RecordingDropped,
    RecordingEnded,
    RecordingFailed,
    RecordingSilenced,
    RecordingStarted,
)
from bridge.domain.recording.notes import RecordingNote
from bridge.domain.recording.records import RECORDINGS
from bridge.domain.recording.timers import RecordingTimer
from bridge.domain.telephony.events import MixJoined, PlaybackEnded


def _started(step: Step, event: RecordingStarted) -> None:
    recording = step.node[RECORDINGS].get(event.recording)
    if recording is not None:
        recordings.recording_started(step, recording)


def _ended(step: Step, event: RecordingEnded) -> None:
    recording = step.node[RECORDINGS].get(event.recording)
    if recording is not None:
        recordings.recording_closed(step, recording, event.duration_s)


def _failed(step: Step, event: RecordingFailed) -> None:
    recording = step.node[RECORDINGS].get(event.recording)
    if recording is not None:
        recordings.recording_failed(step, recording, event.reason)


def _retry_due(step: Step, subject: str) -> None:
    conference = step.node[CONFERENCES].get(ConferenceId(subject))
    if conference is not None:
        recordings.record_again(step, conference)


def _empty_due(step: Step, subject: str) -> None:
    conference = step.node[CONFERENCES].get(ConferenceId(subject))
    if conference is not None:
        recordings.conference_empty(step, conference)


def _not_silent_yet(step: Step, subject: str) -> None:
    conference = step.node[CONFERENCES].get(ConferenceId(subject))
    if conference is not None:
        offrecord.late(step, conference)


def _told(step: Step, subject: str) -> None:
    conference = step.node[CONFERENCES].get(ConferenceId(subject))
    if conference is not None:
        offrecord.told(step, conference)


def _off_record_key(step: Step, conference: Conference, host: Seat) -> None:
    """A second press goes back, whether the first has been carried out or not."""
    is_off = conference.recording.off_record in (OffRecord.ASKED, OffRecord.SILENCED, OffRecord.YES)
    if is_off:
        offrecord.return_to_record(step, conference)
    elif (refused := offrecord.refused(conference)) is not None:
        said = prompts.MEETING_STILL_RECORDED if refused.retry else prompts.MEETING_NOT_RECORDED
        voices.whisper(step, host, said)
        return
    else:
        offrecord.leave_record(step, conference)
    keypad.audit(step, host, "recording.on_record" if is_off else "recording.off_record")


def _key(step: Step, conference: Conference, host: Seat) -> None:
    is_on = conference.recording.state in (RecordingState.STARTING, RecordingState.ON) or offrecord.is_off(conference)
    if is_on:
        recordings.stop_recording(step, conference, announced=True)
    else:
        recordings.start_recording(step, conference, announced=True)
        if rooms.is_aside(step.node, host):
            voices.whisper(step, host, prompts.MEETING_RECORDING_STARTED)
    keypad.audit(step, host, "recording.stop" if is_on else "recording.start")


RECORDING: Final = Capability(
    "recording",
    records=(RECORDINGS,),
    heed=(
        on(RecordingStarted, _started),
        on(PlaybackEnded, notices.heard),
        on(MixJoined, notices.came_in),
        on(RecordingSilenced, offrecord.silenced),
        on(RecordingEnded, _ended),
        on(RecordingFailed, _failed),
        on(RecordingArchived, recordings.archived),
        on(RecordingDropped, names.dropped),
    ),
    commands=(carries_out(SetRecording, orders.set_recording), carries_out(SetOffRecord, orders.set_off_record)),
    timers=(
        when_due(RecordingTimer.RECORDING, _retry_due),
        when_due(RecordingTimer.OFF_RECORD, _not_silent_yet),
        when_due(RecordingTimer.ON_RECORD, _told),
        when_due(ConferenceTimer.CONFERENCE_EMPTY, _empty_due),
        when_due(ConferenceTimer.NOTICE, notices.overdue),
    ),
    keys=(
        keypad.for_hosts("*9", "recording on and off", prompts.HELP_STAR_9, _key),
        keypad.for_hosts("#6", "off the record, and back", prompts.HELP_HASH_6, _off_record_key),
    ),
    resume=offrecord.resume,
    keep=recordings.follow,
    notes=RecordingNote,
    prompts=prompts,
)
