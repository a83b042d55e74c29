"""Lines of a conference's timeline."""

from enum import StrEnum


class HeadroomNote(StrEnum):
    CROWDED_OUT = "crowded_out"
    """Too many microphones were open for the mixing: this one was closed."""
    ROOM_AGAIN = "room_again"
    """There is room in the mixing again: it was opened."""
