"""Lines of a conference's timeline."""

from enum import StrEnum


class SideRoomNote(StrEnum):
    SIDE_ROOM_OPENED = "side_room_opened"
    SIDE_ROOM_CLOSED = "side_room_closed"
    SIDE_ROOM_ENTERED = "side_room_entered"
    SIDE_ROOM_LEFT = "side_room_left"
    """Somebody is back in the main room."""
    SIDE_ROOM_RECALLED = "side_room_recalled"
    """Everybody in it has been told that they will be brought back."""
