"""The figures of EEMUA 191 over a stretch of time. They tell whether the alarms help those who watch, or drown them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bridge.domain.alarms.kinds import Priority
from bridge.domain.alarms.records import Alarm, AlarmState

PERIOD_S: Final = 600.0
FLOOD: Final = 10
"""More alarms in one period are a flood."""
STANDING_S: Final = 86_400.0
"""An alarm that has stood for so long is a standing one: nobody can act on it, or nobody does."""
NOISIEST: Final = 10


@dataclass(frozen=True, slots=True)
class Source:
    """One source of alarms, and how often it came."""

    key: str
    kind: str
    subject: str
    times: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one stretch.

    Attributes:
        from_s: Its beginning, wall time.
        to_s: Its end.
        total: Alarms that came in it, each time counted.
        latest: Those of the last period of 10 min.
        per_period: Alarms for each 10 min on average.
        flood_percent: The share of the periods with more than `FLOOD`.
        shares: Priority → percent of all.
        standing: Alarms that stand since `STANDING_S`.
        noisiest: The sources that came most often, at most `NOISIEST`.
    """

    from_s: float
    to_s: float
    total: int
    latest: int
    per_period: float
    flood_percent: float
    shares: dict[Priority, float]
    standing: int
    noisiest: tuple[Source, ...]


def figures(alarms: Sequence[Alarm], from_s: float, to_s: float) -> Figures:
    """Of the alarms that came between two instants.

    Args:
        alarms: Those raised in the stretch or before and not over, of all states. Those of exercises are left out.
        from_s: Wall time.
        to_s: Wall time, later.
    """
    real = [one for one in alarms if not one.exercise]
    came = [(at_s, one) for one in real for at_s in _instants(one) if from_s <= at_s <= to_s]
    periods = max(1, round((to_s - from_s) / PERIOD_S))
    by_period = Counter(min(periods - 1, int((at_s - from_s) // PERIOD_S)) for at_s, _ in came)
    by_priority = Counter(one.priority for _, one in came)
    by_key = Counter(one.key for _, one in came)
    known = {one.key: one for one in real}
    return Figures(
        from_s=from_s,
        to_s=to_s,
        total=len(came),
        latest=sum(at_s > to_s - PERIOD_S for at_s, _ in came),
        per_period=round(len(came) / periods, 2),
        flood_percent=round(100 * sum(count > FLOOD for count in by_period.values()) / periods, 1),
        shares={one: round(100 * by_priority[one] / len(came), 1) if came else 0.0 for one in Priority},
        standing=sum(
            one.standing and one.state is not AlarmState.ENDED and to_s - one.raised_at_s >= STANDING_S for one in real
        ),
        noisiest=tuple(
            Source(key, known[key].kind.value, known[key].subject, times)
            for key, times in sorted(by_key.items(), key=lambda one: (-one[1], one[0]))[:NOISIEST]
        ),
    )


def _instants(alarm: Alarm) -> list[float]:
    """When it came, each time. Of one that came often only the first and the last are known: the others lie between."""
    times = max(1, alarm.times)
    if times == 1:
        return [alarm.raised_at_s]
    step_s = (alarm.last_at_s - alarm.raised_at_s) / (times - 1)
    return [alarm.raised_at_s + number * step_s for number in range(times)]
