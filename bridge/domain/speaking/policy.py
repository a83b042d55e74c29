"""The figures of a turn."""

from dataclasses import dataclass

from bridge.domain.speaking.records import TurnEnds


@dataclass(frozen=True, slots=True)
class SpeakingPolicy:
    turn_s: float = 0.0
    """The time limit of a turn; 0: none. A host who leads has none."""
    turn_ends: TurnEnds = TurnEnds.TOLD
    turn_kept_s: float = 20.0
    """The floor is held so long for a speaker whose line is lost; 0: it goes on at once. They are first when back."""
