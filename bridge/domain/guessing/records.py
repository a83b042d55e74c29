"""The memory of wrong and right codes, over hang-ups and restarts. It holds no digit of any code."""

from dataclasses import dataclass
from typing import Final

from bridge.domain.kernel.records import Record
from bridge.domain.kernel.tables import Fact, Records

GUESSES_ID: Final = "guesses"
FAMILIAR_ID: Final = "familiar"
MOST_LINES: Final = 256
"""Lines whose wrong codes are remembered. Overflow: the line whose last wrong code is oldest is forgotten; the pools
remember that it happened."""
MOST_FAMILIAR: Final = 500
"""Overflow: the line whose right code is oldest is a stranger again."""


@dataclass(frozen=True, slots=True)
class Guesses(Record):
    """Wrong codes lately, by their source. There is one for the node, which no other node writes."""

    id: str = GUESSES_ID
    lines: tuple[tuple[str, tuple[float, ...]], ...] = ()
    """Line → the instants of its wrong codes, oldest first; the line with the newest is last."""
    pools: tuple[tuple[str, float], ...] = ()
    """Pool → when all its wrong codes will have drained away."""
    told: tuple[tuple[str, float], ...] = ()
    """Source → when its guessing was written to the audit log."""
    wrong: int = 0
    """All wrong codes ever."""


@dataclass(frozen=True, slots=True)
class FamiliarLines(Record):
    """Lines from which a right code came lately, the newest last. There is one for the node, which no other node
    writes."""

    id: str = FAMILIAR_ID
    lines: tuple[tuple[str, float], ...] = ()


GUESSES: Final = Records[str, Guesses]("guesses", Guesses, None)
FAMILIAR_LINES: Final = Records[str, FamiliarLines]("familiar_lines", FamiliarLines, None)
LISTED: Final = Fact[frozenset[str]]("listed_numbers", frozenset())
"""The telephone numbers of the directory, E.164 with plus."""
OTHERS: Final = Fact[tuple[Guesses, ...]]("guesses_of_others", ())
"""The wrong codes that the other nodes of the database have counted."""
FAMILIAR_TO_OTHERS: Final = Fact[tuple[FamiliarLines, ...]]("familiar_to_others", ())
"""The lines that gave a right code to another node of the database."""
