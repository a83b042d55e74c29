"""Names as people say them at the door: recorded, heard by the meeting, and kept as its recording is.

A name stays in Asterisk's spool while the meeting may hear it. Then it goes to the archive with the meeting. It is
deleted instead where the meeting is not recorded, is off the record or under secrecy. No fault of a name keeps anybody
out: they come in without it.
"""

from collections.abc import Iterable
from dataclasses import replace

from bridge.domain.conference import entry, legs
from bridge.domain.conference.passing import ENTRIES, Entry, EntryPhase
from bridge.domain.conference.policy import EntryPolicy
from bridge.domain.conference.records import (
    CONFERENCES,
    PARTICIPANTS,
    Conference,
    ConferenceState,
    OffRecord,
    SeatState,
    Secrecy,
)
from bridge.domain.kernel.ids import ChannelId, ConferenceId, RecordingId
from bridge.domain.kernel.step import Step
from bridge.domain.recording.effects import ArchiveRecording, DropRecording, RecordName, StopName
from bridge.domain.recording.events import RecordingDropped
from bridge.domain.recording.notes import RecordingNote
from bridge.domain.recording.passing import NAMING
from bridge.domain.recording.records import RECORDINGS, ArchiveState, Recording, RecordingKind


def keep(step: Step) -> None:
    """Callers who have heard the question are recorded. A meeting that is over lets go of its names."""
    if step.node[ENTRIES] is not step.before[ENTRIES]:
        for channel, caller in list(step.node[ENTRIES].items()):
            if caller.phase is EntryPhase.NAMING and channel not in step.node[NAMING]:
                _begin(step, caller)
        for channel, recording in list(step.node[NAMING].items()):
            found = step.node[ENTRIES].get(channel)
            if found is None or found.phase is not EntryPhase.NAMING:
                _break_off(step, channel, recording)
    if step.node[CONFERENCES] is not step.before[CONFERENCES]:
        for conference in step.node[CONFERENCES].values():
            was = step.before[CONFERENCES].get(conference.id)
            if conference.state is ConferenceState.ENDED and was is not None and was.state is not ConferenceState.ENDED:
                _settle_all(step, _of(step, conference.id))


def _begin(step: Step, caller: Entry) -> None:
    seat = step.node[PARTICIPANTS].get(caller.participant) if caller.participant else None
    if seat is None:
        return
    recording = RecordingId(step.mint("recording"))
    is_passing = not _is_kept(step.node[CONFERENCES][seat.conference])
    step.put(Recording(recording, seat.conference, step.at_s, seat=seat.id, is_passing=is_passing))
    step.set_in(NAMING, caller.channel, recording)
    step.do(RecordName(caller.channel, recording, step.node.policy[EntryPolicy].name_longest_s))


def _is_kept(conference: Conference) -> bool:
    side = conference.recording
    return side.wanted and side.off_record is OffRecord.NO and conference.secrecy is Secrecy.OPEN


def _break_off(step: Step, channel: ChannelId, recording: RecordingId) -> None:
    """They have hung up, or have come in without their name."""
    step.drop_from(NAMING, channel)
    found = step.node[RECORDINGS].get(recording)
    if found is not None and found.state is ArchiveState.RECORDING:
        step.put(replace(found, is_passing=True))
        step.do(StopName(channel, recording))


def closed(step: Step, recording: Recording, duration_s: float | None) -> None:
    """It has been said. Asterisk has closed the file, or the file was found closed after a crash."""
    if recording.state is not ArchiveState.RECORDING:
        return
    channel = _channel_of(step, recording)
    step.put(replace(recording, state=ArchiveState.SPOOLED, ended_at_s=step.at_s, duration_s=duration_s))
    caller = step.node[ENTRIES].get(channel) if channel is not None else None
    if channel is None or caller is None or caller.phase is not EntryPhase.NAMING:
        drop(step, step.node[RECORDINGS][recording.id])
        return
    step.drop_from(NAMING, channel)
    step.note(recording.conference, RecordingNote.NAME_SAID, recording.seat, recording=recording.id)
    entry.named(step, caller, recording.id)
    if step.node[CONFERENCES][recording.conference].state is ConferenceState.ENDED:
        _settle_all(step, [step.node[RECORDINGS][recording.id]])


def failed(step: Step, recording: Recording) -> None:
    """Nothing was said, or nothing could be recorded. They come in without their name."""
    if recording.state is not ArchiveState.RECORDING:
        return
    channel = _channel_of(step, recording)
    step.put(replace(recording, state=ArchiveState.SPOOLED, ended_at_s=step.at_s))
    drop(step, step.node[RECORDINGS][recording.id])
    caller = step.node[ENTRIES].get(channel) if channel is not None else None
    if channel is not None and caller is not None and caller.phase is EntryPhase.NAMING:
        step.drop_from(NAMING, channel)
        entry.named(step, caller, None)


def not_stopped(step: Step, recording: Recording) -> None:
    """It runs no more, or its end was never told: the file is deleted."""
    if recording.state is ArchiveState.RECORDING:
        closed(step, recording, None)


def _channel_of(step: Step, recording: Recording) -> ChannelId | None:
    return next((channel for channel, one in step.node[NAMING].items() if one == recording.id), None)


def found_running(step: Step, recording: Recording) -> None:
    """After a reconnect: its caller is let in without it."""
    seat = step.node[PARTICIPANTS].get(recording.seat) if recording.seat else None
    channel = legs.channel_of(step.node, seat) if seat is not None else None
    if channel is None:
        closed(step, recording, None)
        return
    step.put(replace(recording, is_passing=True))
    step.do(StopName(channel, recording.id))


# --- at the end of the meeting ---


def drop(step: Step, recording: Recording) -> None:
    """Delete it. Safe to repeat."""
    step.put(replace(recording, is_passing=True))
    step.do(DropRecording(recording.id))


def dropped(step: Step, event: RecordingDropped) -> None:
    recording = step.node[RECORDINGS].get(event.recording)
    if recording is not None:
        done = replace(recording, state=ArchiveState.DROPPED)
        step.put(done)
        step.forget(done)


def settle_left(step: Step, conference: ConferenceId) -> None:
    """The meeting has stayed empty: names of those who have left it are heard no more."""
    people_there = step.node[PARTICIPANTS]
    left = [
        one
        for one in _of(step, conference)
        if one.seat is None or one.seat not in people_there or people_there[one.seat].state is SeatState.LEFT
    ]
    _settle_all(step, left)


def resume(step: Step, recording: Recording) -> None:
    """After a restart it lies in the spool. A meeting that goes on may still hear it."""
    conference = step.node[CONFERENCES].get(recording.conference)
    seat = step.node[PARTICIPANTS].get(recording.seat) if recording.seat else None
    is_heard = conference is not None and conference.state is not ConferenceState.ENDED and seat is not None
    if not (is_heard and seat is not None and seat.said_name == recording.id):
        _settle_all(step, [recording])


def _of(step: Step, conference: ConferenceId) -> list[Recording]:
    names = [one for one in step.node[RECORDINGS].values() if one.kind is RecordingKind.NAME]
    return [one for one in names if one.conference == conference]


def _settle_all(step: Step, recordings: Iterable[Recording]) -> None:
    for one in recordings:
        if one.state is ArchiveState.SPOOLED:
            step.do(DropRecording(one.id) if one.is_passing else ArchiveRecording(one.id))
