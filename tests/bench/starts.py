"""How long the second `make run` takes to be ready: the first has fetched and made everything."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.bench.figures import Figure, Scale, percentile
from tests.harness.asterisk import running_asterisk
from tests.harness.world import World, samband_world

LIMIT_S: Final = 5.0


async def second(folder: Path, scale: Scale) -> Sequence[Figure]:
    """From the command to `Samband ready`, with the simulated region, at a state directory that is there."""
    times = scale.of(10, 3)
    (folder / "world").mkdir()
    async with samband_world(folder / "world", region=True) as node:
        taken_s = [await _started(node) for _ in range(times)]
    peers_s = sorted([await _asterisk_alone(folder / f"alone-{at}") for at in range(3)])
    return [
        Figure(
            name="second start of make run, p95",
            value=percentile(taken_s, 95),
            unit="s",
            limit=LIMIT_S,
            peer_name="Asterisk alone, to its first answer",
            peer=peers_s[1],
            samples=len(taken_s),
            least=times,
            spread=(min(taken_s), max(taken_s)),
            how="from the start of the process to the line `Samband ready`, with the simulated region",
            raw={"start_s": taken_s, "asterisk_s": peers_s},
        )
    ]


async def _started(node: World) -> float:
    await node.program.stop()
    began_s = time.monotonic()
    await node.program.start()
    return time.monotonic() - began_s


async def _asterisk_alone(state: Path) -> float:
    began_s = time.monotonic()
    async with running_asterisk(state):
        return time.monotonic() - began_s
