"""The pace of a trunk: how many calls may begin on the wire in how long a time.

An operator counts INVITEs, and refuses those above its limit. The bound holds by causality. It does not hope that every
call takes the same time from us to the wire. A call takes a place when it is let go, before its INVITE. It gives the
place back `window_s` after the INVITE is *known* to have gone. So an observer of the wire sees no more INVITEs in any
`window_s` than there are places. It does not matter how late, early or out of order they come.

Two parts use it. The call-out decides whom to call, a little ahead of the pace (`gap_s`, `AHEAD_S`). So the commit
costs no time on the wire. The gate nearest the wire lets each call go when its place is free (`Pace`).
"""

import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import Final

AHEAD_S: Final = 0.25
"""A call is decided so far ahead of its pace. A commit, a busy moment or a late timer may cost so much. It is little
enough that a cancelled call-out has hardly a call waiting."""
_EVEN: Final = 0.8
"""So much of the even gap between two calls is kept. Late calls may catch up, and nothing goes in one burst."""
_EVEN_UP_TO: Final = 100.0
"""Calls a second, above which the gap is shorter than timers are exact."""
_WHOLE: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Bound:
    """At most so many calls in any window of so many seconds."""

    calls: int
    window_s: float


def bounds(calls_per_s: float) -> tuple[Bound, ...]:
    """The bounds of a rate. 5: five in any second; 0.5: one in any two seconds. 2.5: three in any second, and no more
    than two in any 0.8 s, which makes 2.5 on the average. 0 is no bound."""
    if calls_per_s <= 0:
        return ()
    nearest = round(calls_per_s)
    if nearest and abs(calls_per_s - nearest) < _WHOLE:
        return (Bound(nearest, 1.0),)
    whole = math.floor(calls_per_s)
    if whole == 0:
        return (Bound(1, 1.0 / calls_per_s),)
    return Bound(whole, whole / calls_per_s), Bound(whole + 1, 1.0)


def gap_s(calls_per_s: float) -> float:
    """Between two calls at an even pace; 0 where there is no bound."""
    return 1.0 / calls_per_s if calls_per_s > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Pace:
    """The places of one trunk. Times are seconds of any clock that never goes back; calls are named by the caller.

    Attributes:
        flying: Let go, and not yet known to be on the wire.
        known_at_s: When the latest calls were known to be on the wire, in order of time.
    """

    calls_per_s: float
    bounds: tuple[Bound, ...]
    flying: frozenset[str] = frozenset()
    known_at_s: tuple[float, ...] = ()
    last_at_s: float | None = None

    @classmethod
    def begin(cls, calls_per_s: float, at_s: float) -> "Pace":
        """Nothing is known of the time before: another may have placed calls up to now, as many as are allowed."""
        made = bounds(calls_per_s)
        most = max((bound.calls for bound in made), default=0)
        return cls(calls_per_s, made, known_at_s=(at_s,) * most)

    def ready_at_s(self) -> float | None:
        """When the next call may go. `None`: not before a call that was let go is known to be on the wire."""
        ready_s = self._even_at_s()
        for bound in self.bounds:
            places = bound.calls - len(self.flying)
            if places <= 0:
                return None
            if len(self.known_at_s) >= places:
                ready_s = max(ready_s, self.known_at_s[-places] + bound.window_s)
        return ready_s

    def _even_at_s(self) -> float:
        if self.last_at_s is None or not 0 < self.calls_per_s <= _EVEN_UP_TO:
            return -math.inf
        return self.last_at_s + _EVEN * gap_s(self.calls_per_s)

    def used(self, at_s: float) -> float:
        """Which part of the places is taken, at the tightest bound."""
        return max((self._taken(bound, at_s) / bound.calls for bound in self.bounds), default=0.0)

    def _taken(self, bound: Bound, at_s: float) -> int:
        return len(self.flying) + len(self.known_at_s) - bisect_right(self.known_at_s, at_s - bound.window_s)

    def let_go(self, call: str, at_s: float) -> "Pace":
        """The call takes a place."""
        return replace(self, flying=self.flying | {call}, last_at_s=at_s)

    def on_wire(self, call: str, at_s: float) -> "Pace":
        """Its INVITE has gone, or never will. Told twice, or of a call that was not let go, it changes nothing."""
        if call not in self.flying:
            return self
        most = max((bound.calls for bound in self.bounds), default=0)
        known_at_s = (*self.known_at_s, at_s)[-most:] if most else ()
        return replace(self, flying=self.flying - {call}, known_at_s=known_at_s)
