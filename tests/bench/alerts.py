"""Call-out through the whole durable path, the trunk unlimited, beside Asterisk's call files to the same far end."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from bridge.ari.settings import TrunkSettings
from tests.bench.figures import Figure, Scale
from tests.bench.peers import bare_asterisk
from tests.harness import wait
from tests.harness.ports import free_port
from tests.harness.sipp import FICTION, Population
from tests.harness.world import World, samband_world

SCENARIO: Final = Path(__file__).parent / "uas.xml"
UNLIMITED: Final = (
    '[[trunk]]\nname = "wide"\ndial = "127.0.0.1:{port}"\ncalls_per_s = 1000\nchannels = 1000\nprefixes = ["+46"]\n'
)
DONE_S: Final = 60.0
MOST: Final = 0.85
"""Of the calls; the rest may have gone to the world's own trunk, where nobody is."""


async def callout(folder: Path, scale: Scale) -> Sequence[Figure]:
    count = scale.of(400, 60)
    ours = await _product(folder / "ours", count)
    peer = await _call_files(folder / "peer", count)
    how = (
        "answered calls divided by the time from the first INVITE to the last ACK at the far end (SIPp); each call's "
        "intent is committed before it is placed, and the prompt is played"
    )
    return (
        Figure(
            "call-out through the durable path, trunk unlimited", ours, "calls/s", 100, more_is_better=True,
            peer_name="call files", peer=peer, samples=count, how=how,
        ),
    )  # fmt: skip


@asynccontextmanager
async def _far_end(folder: Path, port: int) -> AsyncIterator[Path]:
    """SIPp that answers at once; gives its log."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "calls.log"
    with (folder / "sipp.out").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *("sipp", "-sf", str(SCENARIO), "-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", str(port), "-nostdin"),
            *("-trace_logs", "-log_file", str(log)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        yield log
    finally:
        await Population(process, folder).stop()


async def _rate(log: Path, count: int) -> float:
    def all_answered() -> bool:
        return log.exists() and log.read_text().count("answered ") >= count

    await wait.until(all_answered, DONE_S, every_s=0.2, what=f"{count} calls are answered")
    lines = [line.split() for line in log.read_text().splitlines() if line]
    first_ms = min(float(at) for what, at in lines if what == "invite")
    last_ms = max(float(at) for what, at in lines if what == "answered")
    answered = sum(what == "answered" for what, _ in lines)
    return 1000 * answered / max(1.0, last_ms - first_ms)


async def _product(folder: Path, count: int) -> float:
    folder.mkdir(parents=True)
    port = free_port()
    async with _far_end(folder / "sipp", port) as log:
        async with samband_world(folder, tables=UNLIMITED.format(port=port)) as world:
            await _directory(world, count)
            started = await world.api.post("activations", json={"list_id": "bench", "rounds": 1, "ring_s": 60})
            started.raise_for_status()
            rate = await _rate(log, round(count * MOST))
            (await world.api.post(f"activations/{started.json()['id']}/cancel")).raise_for_status()
            return rate


async def _directory(world: World, count: int) -> None:
    (await world.api.post("organisations", json={"id": "bench", "name": "Bench"})).raise_for_status()
    for number in FICTION[:count]:
        body = {"id": f"f{number[1:]}", "organisation_id": "bench", "name": number, "numbers": [number]}
        (await world.api.post("functions", json=body)).raise_for_status()
    ids = [f"f{number[1:]}" for number in FICTION[:count]]
    made = await world.api.post("activation-lists", json={"id": "bench", "name": "Bench", "function_ids": ids})
    made.raise_for_status()


async def _call_files(folder: Path, count: int) -> float:
    port = free_port()
    trunks = (TrunkSettings(dial=f"127.0.0.1:{port}"),)
    async with _far_end(folder / "sipp", port) as log, bare_asterisk(folder / "state", trunks=trunks) as world:
        outgoing, prepared = world.dirs.spool / "outgoing", folder / "prepared"
        for place in (outgoing, prepared):
            place.mkdir(parents=True)
        await world.process.rx("module load pbx_spool.so")
        for number in FICTION[:count]:
            text = f"Channel: PJSIP/{number}@trunk-main\nApplication: Playback\nData: samband/callout/intro\n"
            (prepared / f"{number}.call").write_text(text)
        for file in prepared.iterdir():
            shutil.move(file, outgoing / file.name)
        return await _rate(log, round(count * MOST))
