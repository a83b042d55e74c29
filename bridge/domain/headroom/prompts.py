"""The phrases of this room, by the names of their recordings."""

from typing import Final

from bridge.domain.kernel.phrases import Prompt

CROWDED_OUT: Final = Prompt("mixing/crowded-out")
"""To one whose microphone is closed: too many are open, and *5 asks for the word."""
