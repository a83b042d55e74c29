"""Lines of a conference's timeline."""

from enum import StrEnum


class ConferenceNote(StrEnum):
    JOINED = "joined"
    LEFT = "left"
    LINE_LOST = "line_lost"
    """Their line is gone without a hang-up; the seat is kept."""
    TALK_STARTED = "talk_started"
    TALK_STOPPED = "talk_stopped"
    MUTED = "muted"
    UNMUTED = "unmuted"
    ROLE = "role"
    """Somebody has another role."""
    SPEECH_ASKED = "speech_asked"
    """A listener asks to be made a participant."""
    HOST_GONE = "host_gone"
    """No host is left in a meeting that goes on."""
    FLOOR_MODE = "floor_mode"
    FLOOR_REQUESTED = "floor_requested"
    FLOOR_WITHDRAWN = "floor_withdrawn"
    FLOOR_GIVEN = "floor_given"
    FLOOR_TAKEN = "floor_taken"
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    ENDED = "ended"
