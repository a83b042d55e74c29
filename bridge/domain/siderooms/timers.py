"""Timers by name. Each is about one room."""

from enum import StrEnum


class SideRoomTimer(StrEnum):
    RECALL = "side_room_recall"
    EMPTY = "side_room_empty"
    TAKE_DOWN = "side_room_take_down"
    """A closed room's mix is taken down once its people are out of it."""
