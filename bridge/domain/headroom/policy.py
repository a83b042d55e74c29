"""The figures by which open microphones are bounded. `docs/how-to/measure.md` tells how they were found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HeadroomPolicy:
    full_percent: float = 70.0
    """The mixing is full when more than this share of its time is used. Each turn must be done within 20 ms."""
    full_for_s: float = 4.0
    """A shorter peak passes by itself."""
    room_percent: float = 40.0
    """A full mix is brought to this share, and below it microphones open again."""
    room_for_s: float = 10.0
    """Room must have been there for so long. Otherwise microphones would close and open in turn."""
    least_open: int = 4
    """So many always stay open in a meeting."""
