"""The phrases of this room, by the names of their recordings."""

from typing import Final

from bridge.domain.kernel.phrases import Prompt

PRESENCE_COUNT: Final = Prompt("presence/count")
"""Comes after a number: "… in the meeting"."""
PRESENCE_HOST: Final = Prompt("presence/host")
"""Comes before the names of the hosts."""
PRESENCE_UNNAMED: Final = Prompt("presence/unnamed")
"""Comes after a number: telephones of which no function is known."""
PRESENCE_NOT_ENCRYPTED: Final = Prompt("presence/not-encrypted")
"""Comes after a number: lines, where secrecy applies."""
PRESENCE_MORE: Final = Prompt("presence/more")
"""Comes after a number: so many more than are said by name."""
HELP_STAR_4: Final = Prompt("help/star-4")
