"""Recordings: started, found, closed, archived, tried again."""

from dataclasses import replace

from bridge.domain.conference import rooms, voices
from bridge.domain.conference.passing import EMPTY_SINCE_S
from bridge.domain.conference.policy import ConferencePolicy
from bridge.domain.conference.records import (
    CONFERENCES,
    Conference,
    ConferenceRecording,
    ConferenceState,
    RecordingState,
)
from bridge.domain.kernel.ids import RecordingId
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.step import Step
from bridge.domain.recording import names, notices, offrecord
from bridge.domain.recording import prompts as recording_prompts
from bridge.domain.recording.effects import ArchiveRecording, StartRecording, StopRecording
from bridge.domain.recording.events import RecordingArchived
from bridge.domain.recording.gap import missing_s
from bridge.domain.recording.notes import RecordingNote
from bridge.domain.recording.records import RECORDINGS, ArchiveState, Recording, RecordingKind
from bridge.domain.recording.timers import RecordingTimer


def start_recording(step: Step, conference: Conference, *, announced: bool = False) -> None:
    """`announced`: everybody hears it when it runs. Otherwise each heard it at the door. None begins off the record."""
    if conference.recording.state in (RecordingState.STARTING, RecordingState.ON) or offrecord.is_off(conference):
        return
    recording = RecordingId(step.mint("recording"))
    side = ConferenceRecording(
        wanted=True, state=RecordingState.STARTING, recording=recording, failure=conference.recording.failure
    )
    step.put(replace(conference, recording=side))
    room = rooms.main(step.node, conference.id).id
    step.put(Recording(recording, conference.id, step.at_s, room=room))
    if announced:
        notices.begin_anew(step, conference)
    step.do(StartRecording(room, recording))


def recording_started(step: Step, recording: Recording) -> None:
    if recording.kind is not RecordingKind.MIX:
        step.put(replace(recording, started_at_s=step.at_s))
        return
    conference = step.node[CONFERENCES].get(recording.conference)
    if conference is None or conference.recording.recording != recording.id:
        return
    if conference.recording.state is RecordingState.STARTING:
        if conference.recording.failure is not None:
            notices.begin_anew(step, conference)
        side = replace(conference.recording, state=RecordingState.ON, failure=None)
        step.put(replace(conference, recording=side))
        step.put(replace(recording, started_at_s=step.at_s))
        step.note(conference.id, RecordingNote.RECORDING_STARTED, recording=recording.id)
        offrecord.make_sure(step, step.node[CONFERENCES][conference.id])
        notices.tell_all(step, step.node[CONFERENCES][conference.id])


def recording_found(step: Step, recording: Recording) -> None:
    """It runs, as a listing after a restart tells: orders and timers that died with the controller are given anew."""
    recording_started(step, recording)
    conference = step.node[CONFERENCES].get(recording.conference)
    if conference is None:
        return
    is_current = conference.recording.recording == recording.id
    if not is_current or conference.recording.state is RecordingState.STOPPING:
        _close(step, recording.id)
        return
    offrecord.found(step, step.node[CONFERENCES][conference.id])
    notices.tell_all(step, step.node[CONFERENCES][conference.id])


def want_recording(step: Step, conference: Conference) -> None:
    """Nobody is there: the next to come starts it. One that still runs, or is being closed, is not let go of."""
    if conference.recording.state is RecordingState.FAILED:
        step.put(replace(conference, recording=_off(conference.recording, wanted=True)))
    else:
        step.put(replace(conference, recording=replace(conference.recording, wanted=True)))


def stop_recording(step: Step, conference: Conference, *, wanted: bool = False, announced: bool = False) -> None:
    """`wanted`: it starts again, as a new recording, when somebody comes."""
    current = conference.recording
    if not wanted:
        conference = offrecord.forget(step, conference)
        current = conference.recording
    if current.recording is None or current.state not in (RecordingState.STARTING, RecordingState.ON):
        if current.wanted is not wanted or current.state is RecordingState.FAILED:
            step.put(replace(conference, recording=_off(current, wanted=wanted)))
        return
    step.put(replace(conference, recording=replace(current, wanted=wanted, state=RecordingState.STOPPING)))
    if announced:
        voices.announce_act(step, conference, recording_prompts.MEETING_RECORDING_STOPPED)
    _close(step, current.recording)


def _off(side: ConferenceRecording, *, wanted: bool) -> ConferenceRecording:
    """No recording is there. Off the record is off the record."""
    return ConferenceRecording(wanted=wanted, off_record=side.off_record, off_record_since_s=side.off_record_since_s)


def not_silenced(step: Step, recording: Recording) -> None:
    """It cannot be silenced, or not be made audible again: it is closed. The next one begins on the record."""
    conference = step.node[CONFERENCES].get(recording.conference)
    if conference is not None and conference.recording.recording == recording.id:
        stop_recording(step, conference, wanted=conference.recording.wanted)


def _close(step: Step, recording_id: RecordingId) -> None:
    """Asterisk closes the file of a room's mix, in the mix's lane. One that is known no more is closed already."""
    recording = step.node[RECORDINGS].get(recording_id)
    if recording is not None and recording.room is not None:
        step.do(StopRecording(recording.room, recording_id))


def recording_closed(step: Step, recording: Recording, duration_s: float | None) -> None:
    """Asterisk has closed the file, or it was found closed after a crash: on to the archive."""
    if recording.kind is RecordingKind.NAME:
        names.closed(step, recording, duration_s)
        return
    if recording.state is not ArchiveState.RECORDING:
        return
    ended_at_s = step.at_s
    if recording.kind is RecordingKind.PARTICIPANT:
        mix = step.node[RECORDINGS].get(recording.beside) if recording.beside is not None else None
        ended_at_s = (mix.ended_at_s if mix is not None else None) or step.at_s
    elif recording.patch is None:
        # Asterisk writes nothing of an empty mix, so the sound ended with the last one there.
        ended_at_s = step.node[EMPTY_SINCE_S].get(recording.conference, step.at_s)
    step.put(replace(recording, state=ArchiveState.SPOOLED, ended_at_s=ended_at_s, duration_s=duration_s))
    step.do(ArchiveRecording(recording.id))
    conference = step.node[CONFERENCES].get(recording.conference)
    if conference is None or conference.recording.recording != recording.id:
        return
    step.note(conference.id, RecordingNote.RECORDING_STOPPED, recording=recording.id)
    step.put(replace(conference, recording=_off(conference.recording, wanted=conference.recording.wanted)))
    if conference.recording.wanted and conference.state is ConferenceState.ACTIVE:
        start_recording(step, step.node[CONFERENCES][conference.id])


def archive_again(step: Step, recording: Recording) -> None:
    """It lies closed in the spool: a restart came between. Archiving is safe to repeat."""
    if recording.kind is RecordingKind.NAME:
        names.resume(step, recording)
    else:
        step.do(ArchiveRecording(recording.id))


def archived(step: Step, event: RecordingArchived) -> None:
    recording = step.node[RECORDINGS].get(event.recording)
    if recording is None:
        return
    manifest_sha256 = event.manifest_sha256 or None
    done = replace(
        recording,
        state=ArchiveState.ARCHIVED,
        file=event.file,
        sha256=event.sha256,
        duration_s=event.duration_s,
        manifest_sha256=manifest_sha256,
    )
    step.put(done)
    gap_s = missing_s(done, event.duration_s)
    if gap_s:
        step.note(recording.conference, RecordingNote.RECORDING_GAP, recording=recording.id, missing_s=gap_s)
    hashes = {"sha256": event.sha256} | ({} if manifest_sha256 is None else {"manifest_sha256": manifest_sha256})
    step.audit("samband", "recording.archived", recording.id, **hashes, duration_s=event.duration_s)
    step.forget(done)


def archive_failed(step: Step, recording: Recording, reason: Reason) -> None:
    """The file stays in the spool; `bridge.domain.joint.failures` has it archived again, until it is."""
    step.put(replace(recording, failure=reason))
    step.audit("samband", "recording.archive_failed", recording.id, reason=reason)


def recording_failed(step: Step, recording: Recording, reason: Reason) -> None:
    """The conference goes on, and everybody hears that it is not recorded now; it is tried again by itself. One that
    waited to be archived and of which there is no file is not asked for again."""
    if recording.kind is RecordingKind.NAME and recording.state is ArchiveState.RECORDING:
        names.failed(step, recording)
        return
    failed = replace(recording, state=ArchiveState.FAILED, ended_at_s=recording.ended_at_s or step.at_s, failure=reason)
    step.put(failed)
    step.audit("samband", "recording.failed", recording.id, reason=reason)
    step.forget(failed)
    conference = step.node[CONFERENCES].get(recording.conference)
    if conference is None or conference.recording.recording != recording.id:
        return
    was_told = conference.recording.failure is not None
    off = _off(conference.recording, wanted=conference.recording.wanted)
    side = replace(off, state=RecordingState.FAILED, failure=reason)
    step.put(replace(conference, recording=side))
    step.start_timer(RecordingTimer.RECORDING, conference.id, step.node.policy[ConferencePolicy].recording_retry_s)
    if not was_told:
        step.note(conference.id, RecordingNote.RECORDING_FAILED, reason=reason)
        voices.announce_act(step, conference, recording_prompts.MEETING_RECORDING_FAILED)


def follow(step: Step) -> None:
    """A conference that is recorded, and in which somebody is, has a recording, unless it is off the record."""
    names.keep(step)
    offrecord.follow(step)
    for conference in list(step.node[CONFERENCES].values()):
        is_wanted = conference.recording.wanted and conference.recording.state is RecordingState.OFF
        if is_wanted and conference.state is ConferenceState.ACTIVE:
            start_recording(step, conference)


def conference_empty(step: Step, conference: Conference) -> None:
    """The conference has stayed empty: its recording is closed and goes to the archive."""
    if conference.state is ConferenceState.OPEN:
        names.settle_left(step, conference.id)
        conference = offrecord.forget(step, conference)
        stop_recording(step, conference, wanted=conference.recording.wanted)


def record_again(step: Step, conference: Conference) -> None:
    """The pause after a failed recording is over. While nobody is there, the next to come starts it."""
    if conference.recording.state is not RecordingState.FAILED or not conference.recording.wanted:
        return
    if conference.state is ConferenceState.OPEN or offrecord.is_off(conference):
        step.put(replace(conference, recording=_off(conference.recording, wanted=True)))
    elif conference.state is ConferenceState.ACTIVE:
        start_recording(step, conference)
