"""Every prompt the program can name, of all rooms."""

from bridge.domain.kernel import phrases
from bridge.domain.kernel.phrases import HIGHEST_NUMBER, Prompt
from bridge.domain.step import CAPABILITIES


def catalogue() -> tuple[Prompt, ...]:
    """Numbers and tones included."""
    rooms = [room.prompts for room in CAPABILITIES if room.prompts is not None]
    named = (prompt for room in rooms for prompt in phrases.declared_in(room))
    return (*named, *(phrases.number(value) for value in range(HIGHEST_NUMBER + 1)))
