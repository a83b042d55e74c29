"""Call-out through the whole durable path, the trunk unlimited, beside Asterisk's call files to the same far end."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

from bridge.ari.settings import TrunkSettings
from tests.bench.figures import Figure, Scale
from tests.bench.peers import bare_asterisk
from tests.harness import wait
from tests.harness.asterisk import AsteriskWorld
from tests.harness.ports import free_port
from tests.harness.sipp import FICTION, Population
from tests.harness.world import World, samband_world

SCENARIO: Final = Path(__file__).parent / "uas.xml"
UNLIMITED: Final = 'calls_per_s = 1000\nchannels = 1000\nprefixes = ["+46"]'
DONE_S: Final = 60.0


async def callout(folder: Path, scale: Scale) -> Sequence[Figure]:
    count = scale.of(400, 60)
    ours = await _product(folder / "ours", count)
    peer = await _call_files(folder / "peer", count)
    how = (
        "all calls divided by the time from the first INVITE to the last ACK at the far end (SIPp), the slowest among "
        "them; each call's intent is committed before it is placed, and the prompt is played; nine tenths were "
        f"answered at {ours.most_per_s:.0f} calls/s"
    )
    return (
        Figure(
            "call-out through the durable path, trunk unlimited", ours.per_s, "calls/s", 100,
            more_is_better=True, peer_name="call files", peer=peer.per_s, samples=ours.answered, least=count,
            wanting=fell_away(ours, count), how=how,
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


class Answered(NamedTuple):
    """What came of a number of calls.

    Attributes:
        per_s: All of them, to the last.
        most_per_s: The first nine tenths of them.
    """

    answered: int
    per_s: float
    most_per_s: float


def fell_away(calls: Answered, count: int) -> str:
    return "" if calls.answered >= count else f"{count - calls.answered} of {count} calls fell away"


async def _answered(log: Path, count: int) -> Answered:
    """Waits for every call, and takes what there is when no more come."""

    def all_answered() -> bool:
        return log.exists() and log.read_text().count("answered ") >= count

    with suppress(wait.Waited):
        await wait.until(all_answered, DONE_S, every_s=0.2, what=f"{count} calls are answered")
    return rates([line.split() for line in log.read_text().splitlines() if line])


def rates(lines: Sequence[Sequence[str]]) -> Answered:
    """From the far end's log: what, and when in ms."""
    first_ms = min((float(at) for what, at in lines if what == "invite"), default=0.0)
    done_ms = sorted(float(at) - first_ms for what, at in lines if what == "answered")
    if not done_ms:
        return Answered(0, 0.0, 0.0)
    most = done_ms[: max(1, len(done_ms) * 9 // 10)]
    return Answered(len(done_ms), 1000 * len(done_ms) / max(1, done_ms[-1]), 1000 * len(most) / max(1, most[-1]))


async def _product(folder: Path, count: int) -> Answered:
    folder.mkdir(parents=True)
    async with samband_world(folder, trunk=UNLIMITED) as world, _far_end(folder / "sipp", world.trunk_port) as log:
        await directory(world, FICTION[:count])
        started = await world.api.post("activations", json={"list_id": "bench", "rounds": 1, "ring_s": 60})
        started.raise_for_status()
        calls = await _answered(log, count)
        (await world.api.post(f"activations/{started.json()['id']}/cancel")).raise_for_status()
        return calls


async def directory(world: World, numbers: Sequence[str]) -> None:
    """A list of functions with one number each."""
    (await world.api.post("organisations", json={"id": "bench", "name": "Bench"})).raise_for_status()
    ids = [f"f{number[1:]}" for number in numbers]
    for one, number in zip(ids, numbers, strict=True):
        body = {"id": one, "organisation_id": "bench", "name": number, "numbers": [number]}
        (await world.api.post("functions", json=body)).raise_for_status()
    made = await world.api.post("activation-lists", json={"id": "bench", "name": "Bench", "function_ids": ids})
    made.raise_for_status()


async def _call_files(folder: Path, count: int) -> Answered:
    port = free_port()
    trunks = (TrunkSettings(dial=f"127.0.0.1:{port}"),)
    async with _far_end(folder / "sipp", port) as log, bare_asterisk(folder / "state", trunks=trunks) as world:
        await place_call_files(world, folder, FICTION[:count])
        return await _answered(log, count)


async def place_call_files(world: AsteriskWorld, folder: Path, numbers: Sequence[str], wait_s: int = 45) -> None:
    """Asterisk alone calls them all, and plays a phrase to those who answer within `wait_s`."""
    outgoing, prepared = world.dirs.spool / "outgoing", folder / "prepared"
    for place in (outgoing, prepared):
        place.mkdir(parents=True)
    await world.process.rx("module load pbx_spool.so")
    for number in numbers:
        what = f"WaitTime: {wait_s}\nApplication: Playback\nData: samband/callout/intro\n"
        (prepared / f"{number}.call").write_text(f"Channel: PJSIP/{number}@trunk-main\n{what}")
    for file in prepared.iterdir():
        shutil.move(file, outgoing / file.name)
