"""The region's directory tells its telephone numbers."""

from dataclasses import dataclass

from bridge.domain.guessing.records import FamiliarLines, Guesses
from bridge.domain.kernel.events import Event


@dataclass(frozen=True, slots=True)
class NumbersListed(Event):
    """All telephone numbers of the directory, E.164 with plus, in place of those told before."""

    at_s: float
    numbers: frozenset[str]


@dataclass(frozen=True, slots=True)
class OthersGuessed(Event):
    """The wrong codes that the other nodes have counted, and their familiar lines, in place of those told before."""

    at_s: float
    guesses: tuple[Guesses, ...]
    familiar: tuple[FamiliarLines, ...] = ()
