"""The figures by which lines are watched."""

from dataclasses import dataclass
from enum import StrEnum


class Isolates(StrEnum):
    """When a line that sounds without a pause is taken out of the room by itself."""

    NEVER = "never"
    """The hosts are told, and mute it where they like."""
    RADIO = "radio"
    """While a talkgroup is patched in, since the sound would key the radio."""
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class LinePolicy:
    ceaseless_s: float = 180.0
    """Three transmissions. A line that has sounded for so long without a pause is hardly a person who talks."""
    isolates: Isolates = Isolates.NEVER
    """A mute by mistake costs words, so a region must want it."""
