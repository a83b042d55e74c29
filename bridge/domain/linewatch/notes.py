"""Lines of a conference's timeline."""

from enum import StrEnum


class LineNote(StrEnum):
    HELD = "held"
    """Their telephone has put the conference on hold: nobody hears the line, and they hear nobody."""
    RESUMED = "resumed"
    CEASELESS = "ceaseless"
    """The line sounds without a pause: hold music, a car, a television."""
    ISOLATED = "isolated"
    """Nobody hears the line for as long as it sounds."""
    SILENT_LINE = "silent_line"
    """Neither sound nor RTCP comes from their telephone, which is being asked whether it is there."""
    LINE_SOUNDS = "line_sounds"
    """Something comes from their telephone again."""
    QUIET = "quiet"
    """The line has paused again."""
