"""Lines of a conference's timeline."""

from enum import StrEnum


class RecordingNote(StrEnum):
    RECORDING_STARTED = "recording_started"
    RECORDING_STOPPED = "recording_stopped"
    RECORDING_FAILED = "recording_failed"
    TRACK_FAILED = "track_failed"
    RECORDING_GAP = "recording_gap"
    NOTICE_HEARD = "recording_notice_heard"
    NAME_SAID = "name_said"
    """Somebody has said their name at the door."""
    OFF_RECORD = "off_record"
    ON_RECORD = "on_record"
