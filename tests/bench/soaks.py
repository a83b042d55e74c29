"""Things that only time shows. They are an hour of talk without a stop and a day of traffic, on a clock that jumps."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bridge.audio.frame import GRAIN_MS
from tests.bench.figures import Figure, Scale
from tests.bench.transmissions import longest
from tests.harness.sound_loss import total_ms
from tests.soak.day import DayOfTraffic, HourOfDay, day_of_traffic
from tests.soak.hour import hour_of_talk

DAY_H: Final = 24
DAY_MOST_S: Final = 880.0
"""Real time for the day. On a machine that is too slow for it fewer hours are simulated, and the figure says so."""
GROWS_MB: Final = 10.0
HOUR: Final = "accelerated clock"


async def hour(folder: Path, scale: Scale) -> Sequence[Figure]:
    """One person talks for an hour into one talkgroup."""
    del folder
    seconds = scale.of(3600, 300)
    found = await asyncio.to_thread(hour_of_talk, float(seconds), scale.seed)
    what = f"{seconds / 60:g} min of talk, {HOUR}"
    compared = found.compared
    wrong_ms = compared.wrong_ms + total_ms(compared.foreign)
    how = (
        "engine, rules, terminal driver, the path's sound and the simulated network are real; cables, Asterisk and the "
        f"database are in memory; the longest that speech waited: {found.longest_delay_ms} ms"
    )
    raw: dict[str, object] = {"result": str(found)}
    return (
        *longest(what, found.ended, how),
        Figure(f"speech lost, doubled or out of order in {what}", wrong_ms, "ms", 0,
               samples=compared.asked_ms // GRAIN_MS, raw=raw,
               how=f"each 5 ms bit for bit, the automatic level off: {compared}"),
        Figure(f"logged as an error in {what}", len(found.errors), "times", 0),
    )  # fmt: skip


async def day(folder: Path, scale: Scale) -> Sequence[Figure]:
    """A day and a night of traffic with every fault that the network and the terminal have."""
    del folder
    hours, most_s = scale.of(DAY_H, 1), scale.of(round(DAY_MOST_S), 75)
    found = await asyncio.to_thread(as_much_as_fits, hours, float(most_s), scale.seed)
    return figures_of_the_day(found, hours)


def figures_of_the_day(found: DayOfTraffic, hours: int) -> Sequence[Figure]:
    """What a day is held to, however many of its hours there are."""
    counted, what = found.hours, f"{len(found.hours)} h of simulated traffic"
    how = "transmissions and faults at random; each hour ends in a quiet in which everything must come to rest"
    raw: dict[str, object] = {"hours": [str(one) for one in counted], "errors": found.errors, "stuck": found.stuck}
    drift_ms = max((one.delay_ms for one in counted), default=0)
    jitter_ms = counted[-1].radio_delay_ms - counted[0].radio_delay_ms if counted else 0
    short = "" if len(counted) >= hours else f"cut short after {len(counted)} of {hours} h"
    return (
        Figure("hours of simulated traffic", len(counted), "h", hours, more_is_better=True, how=how, raw=raw,
               samples=len(counted), wanting=short),
        Figure(f"{what}: not come to rest, or logged as an error", len(found.stuck) + len(found.errors), "times", 0,
               samples=len(counted), how="; ".join((*found.stuck, *found.errors))[:500]),
        *longest(what, found.ended),
        Figure(f"{what}: delay that is left in the quiet", max(drift_ms, jitter_ms), "ms", 20, samples=len(counted),
               how="held speech, most of all hours, or how much more of the radio's sound waits after the last hour"),
        Figure(f"{what}: memory grown in the second half", found.megabytes_grown if counted else 0, "MB", GROWS_MB,
               samples=len(counted), how="the first half fills what is kept of the past, up to its bounds"),
    )  # fmt: skip


def as_much_as_fits(hours: int, most_s: float, seed: int) -> DayOfTraffic:
    """Whole hours only; what was logged as an error in them is kept, however few they are."""
    began_s = time.monotonic()

    def told(one: HourOfDay) -> bool:
        spent_s = time.monotonic() - began_s
        print(f"bench: day: {one.hour} of {hours} h after {spent_s:.0f} s", flush=True)
        return one.hour >= hours or spent_s + spent_s / one.hour <= most_s

    return day_of_traffic(hours=hours, seed=seed, terminals=1, told=told)
