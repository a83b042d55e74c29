"""The phrases of this room, by the names of their recordings."""

from typing import Final

from bridge.domain.kernel.phrases import Prompt

WAITING_PLACE: Final = Prompt("waiting/place")
"""A number follows: your place in the line."""
WAITING_NO_HOST: Final = Prompt("waiting/no-host")
WAITING_SOON: Final = Prompt("waiting/soon")
"""A host's words to those who wait."""
WAITING_DELAYED: Final = Prompt("waiting/delayed")
WAITING_BUSY: Final = Prompt("waiting/busy")
WAITING_HOST_SPEAKS: Final = Prompt("waiting/host-speaks")
"""To those who wait, and to the host who speaks."""
WAITING_YOU_SPEAK: Final = Prompt("waiting/you-speak")
"""To the host: the key that leads back."""
WAITING_BACK: Final = Prompt("waiting/back")
"""To the host, who is in the meeting again."""
WAITING_KEY_SPEAK: Final = Prompt("waiting/key-speak")
"""The key by which a host speaks to those who wait."""
WAITING_NOT_NOW: Final = Prompt("waiting/not-now")
"""Another host speaks to those who wait."""
WAITING_REMOVED: Final = Prompt("waiting/removed")
WAITING_ONE: Final = Prompt("waiting/one")
"""To a host: one waits, and the keys."""
WAITING_COUNT: Final = Prompt("waiting/count")
"""To a host, after a number: so many wait, and the keys."""
WAITING_LET_IN: Final = Prompt("waiting/let-in")
"""To a host who let somebody in; a name may follow."""
WAITING_ALL_LET_IN: Final = Prompt("waiting/all-let-in")
WAITING_NOBODY: Final = Prompt("waiting/nobody")
WAITING_TOGETHER_ONE: Final = Prompt("waiting/together-one")
"""To a host: one out of the emergency room waits, and the key."""
WAITING_TOGETHER: Final = Prompt("waiting/together")
"""To a host, after a number: so many out of the emergency room wait together, and the key."""
WAITING_TOGETHER_ASKED: Final = Prompt("waiting/together-asked")
"""To those who wait together."""
WAITING_TOGETHER_NO_HOST: Final = Prompt("waiting/together-no-host")
WAITING_TOGETHER_LET_IN: Final = Prompt("waiting/together-let-in")
"""To a host who let them in."""
WAITING_ALONE: Final = Prompt("waiting/alone")
"""To one who is left of those out of the emergency room."""
WAITING_KEY_DOOR: Final = Prompt("waiting/key-door")
"""The key that leads out of the emergency room's conference to the door."""
HELP_HASH_1: Final = Prompt("help/hash-1")
"""The line of a key in the spoken help. Its words begin with the keys."""
HELP_HASH_2: Final = Prompt("help/hash-2")
WAITING_COMES_IN: Final = Prompt("waiting/comes-in")
"""Comes after a name."""
WAITING_GOES: Final = Prompt("waiting/goes")
"""Comes after a name."""
TONE_JOINED: Final = Prompt("tone/joined")
TONE_LEFT: Final = Prompt("tone/left")
TONE_WAITING: Final = Prompt("tone/waiting")
"""Between the words. An operator's own recording of this name is the music on hold."""
