"""Timers by name."""

from enum import StrEnum


class RecordingTimer(StrEnum):
    RECORDING = "recording"
    """A recording that failed is tried again."""
    OFF_RECORD = "off_record"
    """Silence was asked for, and is not there yet."""
    ON_RECORD = "on_record"
    """The words that the recording goes on are being said."""
