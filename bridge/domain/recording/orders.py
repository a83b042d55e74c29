"""The commands of a recording."""

from bridge.domain.conference import orders
from bridge.domain.conference.records import ConferenceState
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.kernel.step import Step
from bridge.domain.recording import offrecord, recordings
from bridge.domain.recording.commands import SetOffRecord, SetRecording
from bridge.domain.recording.reasons import OffRecordReason


def set_recording(step: Step, actor: str, command: SetRecording) -> None:
    conference = orders.running(step, command.conference)
    if conference is None:
        return
    if command.on and offrecord.is_off(conference):
        step.reply = Refused("conflict", OffRecordReason.OFF())
        return
    step.audit(actor, "recording.start" if command.on else "recording.stop", conference.id)
    if not command.on:
        recordings.stop_recording(step, conference, announced=conference.state is ConferenceState.ACTIVE)
    elif conference.state is ConferenceState.ACTIVE:
        recordings.start_recording(step, conference, announced=True)
    else:
        recordings.want_recording(step, conference)
    step.reply = Done(conference.id)


def set_off_record(step: Step, actor: str, command: SetOffRecord) -> None:
    """To ask for what is so already changes nothing."""
    conference = orders.running(step, command.conference)
    if conference is None:
        return
    refused = offrecord.refused(conference) if command.off else None
    if refused is not None:
        step.reply = refused
        return
    step.audit(actor, "recording.off_record" if command.off else "recording.on_record", conference.id)
    (offrecord.leave_record if command.off else offrecord.return_to_record)(step, conference)
    step.reply = Done(conference.id)
