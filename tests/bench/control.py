"""How long the node is without a controller, whichever way the one at work ends. Measured quiet, and on a busy
machine."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.bench.figures import Figure, Scale, percentile
from tests.harness.endings import Ending, busy_machine, end, mortal_world
from tests.harness.world import World

LIMIT_S: Final = {Ending.EXCEPTION: 2.0, Ending.TERM: 2.0, Ending.KILL: 2.0, Ending.HANG: 6.0}
BUSY_SHARE: Final = 2
"""Programs for each core that only compute, at the same priority. A beginning process has a third of a core at most."""


async def back(folder: Path, scale: Scale) -> Sequence[Figure]:
    """The endings by turns at one node: first it has the machine, then it shares it."""
    times, fresh = scale.of(20, 2), scale.of(5, 1)
    async with mortal_world(folder) as node:
        peer_s = sorted([await end(node, Ending.KILL, with_reserve=False) for _ in range(fresh)])[fresh // 2]
        quiet = await _each(node, times)
        async with busy_machine(BUSY_SHARE):
            busy = await _each(node, times)
    return [
        *(_figure(ending, "", taken, times, peer_s) for ending, taken in quiet.items()),
        *(_figure(ending, ", machine busy", taken, times, peer_s) for ending, taken in busy.items()),
    ]


async def _each(node: World, times: int) -> dict[Ending, list[float]]:
    taken: dict[Ending, list[float]] = {ending: [] for ending in Ending}
    for _ in range(times):
        for ending in Ending:
            taken[ending].append(await end(node, ending))
    return taken


def _figure(ending: Ending, where: str, taken_s: Sequence[float], times: int, peer_s: float) -> Figure:
    return Figure(
        name=f"control back after {ending}{where}, p95",
        value=percentile(taken_s, 95),
        unit="s",
        limit=LIMIT_S[ending],
        peer_name="a fresh start, quiet",
        peer=peer_s,
        samples=len(taken_s),
        least=times,
        spread=(min(taken_s), max(taken_s)),
        how="from the signal to the next controller's answer on the API that it has Asterisk, with a reserve loaded",
        raw={"back_s": list(taken_s)},
    )
