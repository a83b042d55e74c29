"""Timers by name."""

from enum import StrEnum


class ConferenceTimer(StrEnum):
    ENTRY_DIGITS = "entry_digits"
    ENTRY_BRAKE = "entry_brake"
    ENTRY_HELD = "entry_held"
    """A look-up that waits may be made now."""
    ENTRY_REMIND = "entry_remind"
    """Nothing has been keyed since the question: it is asked again, so that nobody hears silence."""
    ENTRY_NAME = "entry_name"
    """The end of a name that is being said has not been reported although it must be over."""
    KEYS = "keys"
    QUESTION = "question"
    """A question to somebody in the meeting has stood without an answer."""
    JOIN = "join"
    """A person has been on the way into the mix for long."""
    NOTICE = "notice"
    """Somebody should have heard by now that the meeting is recorded."""
    SEAT_KEPT = "seat_kept"
    """A person whose line was lost has had time to come back."""
    CONFERENCE_END = "conference_end"
    CONFERENCE_EMPTY = "conference_empty"
