"""The phrases of this room, by the names of their recordings."""

from typing import Final

from bridge.domain.kernel.phrases import Prompt

LINE_RESUMED: Final = Prompt("line/resumed")
"""To one who is back from hold."""
LINE_ISOLATED: Final = Prompt("line/isolated")
"""To the line itself: it sounds without a pause and is not heard; *6 lets it be heard."""
LINE_CEASELESS: Final = Prompt("line/ceaseless")
"""To the hosts: a line sounds without a pause."""
