"""Lines of a conference's timeline."""

from enum import StrEnum


class SituationNote(StrEnum):
    SITUATION_REPORT = "situation_report"
    """An organisation has sent its report."""
