"""How long the node is without a controller, whichever way the one at work ends: quiet, and on a busy machine."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from tests.bench.figures import Figure, Scale, percentile
from tests.harness.endings import Ending, busy_machine, end, mortal_world
from tests.harness.world import World

LIMIT_S: Final = {Ending.EXCEPTION: 2.0, Ending.TERM: 2.0, Ending.KILL: 2.0, Ending.HANG: 6.0}
BUSY_SHARE: Final = 1
"""Programs for each core that only compute. With four nodes at once that load reserves all the time, each core has
three to four programs to share itself among."""


async def back(folder: Path, scale: Scale) -> Sequence[Figure]:
    """Each ending by turns at one node that has the machine; then all endings at once at four nodes on a busy one."""
    times, fresh = scale.of(20, 2), scale.of(5, 1)
    quiet: dict[Ending, list[float]] = {ending: [] for ending in Ending}
    async with mortal_world(folder / "quiet") as node:
        peer_s = sorted([await end(node, Ending.KILL, with_reserve=False) for _ in range(fresh)])[fresh // 2]
        for _ in range(times):
            for ending in Ending:
                quiet[ending].append(await end(node, ending))
    busy = await _on_a_busy_machine(folder, times)
    return [
        *(_figure(ending, "", taken, times, peer_s) for ending, taken in quiet.items()),
        *(_figure(ending, ", machine busy", taken, times, peer_s) for ending, taken in busy.items()),
    ]


async def _on_a_busy_machine(folder: Path, times: int) -> dict[Ending, list[float]]:
    async with AsyncExitStack() as stack:
        nodes = [await stack.enter_async_context(mortal_world(folder / ending.name)) for ending in Ending]
        await stack.enter_async_context(busy_machine(BUSY_SHARE))
        taken = await asyncio.gather(*(_ends(node, ending, times) for node, ending in zip(nodes, Ending, strict=True)))
    return dict(zip(Ending, taken, strict=True))


async def _ends(node: World, ending: Ending, times: int) -> list[float]:
    return [await end(node, ending) for _ in range(times)]


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
