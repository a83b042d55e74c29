"""Lines of a conference's timeline."""

from enum import StrEnum


class ShortDataNote(StrEnum):
    MESSAGE_IN = "message_in"
    MESSAGE_OUT = "message_out"
