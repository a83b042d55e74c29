"""Lines of a conference's timeline."""

from enum import StrEnum


class AlarmNote(StrEnum):
    EMERGENCY_ACKNOWLEDGED = "emergency_acknowledged"
