"""The phrases of this room, by the names of their recordings."""

from typing import Final

from bridge.domain.kernel.phrases import Prompt

SIDE_ENTERED: Final = Prompt("side/entered")
"""The room's name follows."""
SIDE_PRIVATE: Final = Prompt("side/private")
"""To each of the two of a consultation."""
SIDE_NOT_RECORDED: Final = Prompt("side/not-recorded")
SIDE_RECORDED: Final = Prompt("side/recorded")
"""To each of the two of a consultation, where they are heard in their own tracks."""
SIDE_WAY_BACK: Final = Prompt("side/way-back")
"""The keys that lead back."""
SIDE_ALONE: Final = Prompt("side/alone")
SIDE_BACK: Final = Prompt("side/back")
"""To somebody who is in the main room again."""
SIDE_RECALL_IN: Final = Prompt("side/recall-in")
"""A number and the next follow."""
SIDE_RECALL_SECONDS: Final = Prompt("side/recall-seconds")
SIDE_KEY_BACK: Final = Prompt("side/key-back")
SIDE_KEY_FOR: Final = Prompt("side/key-for")
"""A room's name, the next and a number follow."""
SIDE_KEY_PRESS: Final = Prompt("side/key-press")
SIDE_NONE: Final = Prompt("side/none")
SIDE_CLOSED: Final = Prompt("side/closed")
SIDE_NOT_NOW: Final = Prompt("side/not-now")
"""Other questions wait for an answer: the key is pressed again later."""
HELP_HASH_7: Final = Prompt("help/hash-7")
