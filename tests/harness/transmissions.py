"""How long transmissions lasted and who ended each: all of them count."""

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol, Self

LONGEST_S: Final = 58.5
"""From the grant to the end as the network counts. The cut is at 58 s, and takes at most half a second."""
BY_THE_RADIO: Final = frozenset({"tot", "guard"})
"""The terminal's own time-out, and a guard in its wiring: what stands behind our rule, and must not be needed."""
NOT_ENDED: Final = "still on the air"


class Sent(Protocol):
    """A transmission as the simulated network keeps it, or tells of it."""

    @property
    def start_s(self) -> float: ...
    @property
    def end_s(self) -> float | None: ...
    @property
    def reason(self) -> str: ...


class Ended(NamedTuple):
    """One transmission.

    Attributes:
        by: Why it ended, in the simulated network's word.
        beyond_us: The program could not have ended it: the terminal's line was out when the minute was up.
    """

    lasted_s: float
    by: str
    beyond_us: bool = False

    @classmethod
    def of(cls, sent: Sent, now_s: float, *, beyond_us: bool = False) -> Self:
        end_s = now_s if sent.end_s is None else sent.end_s
        return cls(end_s - sent.start_s, NOT_ENDED if sent.end_s is None else sent.reason, beyond_us)


def longest_s(ended: Sequence[Ended]) -> float:
    return max((one.lasted_s for one in ended), default=0.0)


def too_long(ended: Sequence[Ended], longest_s: float = LONGEST_S) -> list[Ended]:
    """Those that were longer than they may be, or that the radio had to end itself. A cut-off terminal's own are not
    the program's."""
    return [one for one in ended if not one.beyond_us and (one.lasted_s > longest_s or one.by in BY_THE_RADIO)]


def told(ended: Sequence[Ended]) -> str:
    """How many ended by whom."""
    by = Counter(one.by + (", its line being out" if one.beyond_us else "") for one in ended)
    return ", ".join(f"{count} {reason}" for reason, count in sorted(by.items())) or "none"
