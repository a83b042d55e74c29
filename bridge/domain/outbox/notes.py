"""Lines of a conference's timeline."""

from enum import StrEnum


class OutboxNote(StrEnum):
    MESSAGE_ANSWER = "message_answer"
    """A function has answered its call-out by SMS."""
    LINK_ANSWER = "link_answer"
    """A function has answered its call-out by the link in its message."""
