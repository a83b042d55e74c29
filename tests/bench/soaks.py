"""What only time shows: an hour of talk without a stop, and a day of traffic, both on a clock that jumps."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.bench.figures import Figure, Scale
from tests.soak.day import DayOfTraffic, HourOfDay, day_of_traffic
from tests.soak.hour import hour_of_talk

DAY_H: Final = 24
DAY_MOST_S: Final = 880.0
"""Real time for the day: on a machine that is too slow for it fewer hours are simulated, and the figure says so."""
GROWS_MB: Final = 10.0
HOUR: Final = "accelerated clock"


async def hour(folder: Path, scale: Scale) -> Sequence[Figure]:
    """One person talks for an hour into one talkgroup."""
    del folder
    seconds = scale.of(3600, 300)
    found = await asyncio.to_thread(hour_of_talk, float(seconds))
    what = f"{seconds / 60:g} min of talk, {HOUR}"
    compared = found.compared
    wrong_ms = compared.lost_ms + compared.foreign_ms + compared.disordered_ms
    how = (
        "engine, rules, terminal driver, the path's sound and the simulated network are real; cables, Asterisk and the "
        f"database are in memory; the longest that speech waited: {found.longest_delay_ms} ms"
    )
    raw: dict[str, object] = {"result": str(found)}
    return (
        Figure(f"longest transmission in {what}", found.longest_transmission_s, "s", 60, samples=found.transmissions,
               how=how, raw=raw),
        Figure(f"speech lost, doubled or out of order in {what}", wrong_ms, "ms", 0, samples=found.transmissions),
    )  # fmt: skip


class _TimeIsUp(Exception):
    """The day has taken as long as it may."""


async def day(folder: Path, scale: Scale) -> Sequence[Figure]:
    """A day and a night of traffic with every fault that the network and the terminal have."""
    del folder
    hours, most_s = scale.of(DAY_H, 1), scale.of(round(DAY_MOST_S), 75)
    found = await asyncio.to_thread(_as_much_as_fits, hours, float(most_s))
    counted, what = found.hours, f"{len(found.hours)} h of simulated traffic"
    how = "transmissions and faults at random; each hour ends in a quiet in which everything must come to rest"
    raw: dict[str, object] = {"hours": [str(one) for one in counted], "errors": found.errors, "stuck": found.stuck}
    drift_ms = max((one.delay_ms for one in counted), default=0)
    jitter_ms = counted[-1].radio_delay_ms - counted[0].radio_delay_ms if counted else 0
    return (
        Figure("hours of simulated traffic", len(counted), "h", hours, more_is_better=True, how=how, raw=raw,
               samples=sum(one.transmissions + one.by_users for one in counted)),
        Figure(f"{what}: not come to rest, or logged as an error", len(found.stuck) + len(found.errors), "times", 0),
        Figure(f"{what}: longest transmission", found.longest_transmission_s if counted else 0, "s", 60,
               samples=sum(one.transmissions for one in counted)),
        Figure(f"{what}: delay that is left in the quiet", max(drift_ms, jitter_ms), "ms", 20, samples=len(counted),
               how="held speech, most of all hours, or how much more of the radio's sound waits after the last hour"),
        Figure(f"{what}: memory grown since the second hour", found.megabytes_grown if counted else 0, "MB", GROWS_MB,
               samples=len(counted)),
    )  # fmt: skip


def _as_much_as_fits(hours: int, most_s: float) -> DayOfTraffic:
    counted: list[HourOfDay] = []
    began_s = time.monotonic()

    def told(one: HourOfDay) -> None:
        counted.append(one)
        spent_s = time.monotonic() - began_s
        print(f"bench: day: {one.hour} of {hours} h after {spent_s:.0f} s", flush=True)
        if one.hour < hours and spent_s + spent_s / one.hour > most_s:
            raise _TimeIsUp

    try:
        return day_of_traffic(hours=hours, terminals=1, told=told)
    except _TimeIsUp:
        return DayOfTraffic(tuple(counted), ())
