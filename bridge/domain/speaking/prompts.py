"""The phrases of this room, by the names of their recordings."""

from typing import Final

from bridge.domain.kernel.phrases import Prompt

SPEAKING_LISTED: Final = Prompt("speaking/listed")
"""You are on the speaking list, you are number … (a number follows)."""
SPEAKING_NEXT: Final = Prompt("speaking/next")
SPEAKING_SECOND: Final = Prompt("speaking/second")
SPEAKING_WARNING: Final = Prompt("speaking/warning")
"""Thirty seconds left."""
SPEAKING_OVER: Final = Prompt("speaking/over")
SPEAKING_OVER_FOR_HOST: Final = Prompt("speaking/over-for-host")
"""To the host; a name may follow."""
SPEAKING_LOST: Final = Prompt("speaking/lost")
"""To the host. The line of the person with the floor is lost, and the floor is held for a while."""
