"""What a patch costs, and eight of them at once: no frame late, no word lost."""

import asyncio
import math
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.audio.frame import FRAME_SAMPLES
from tests.bench.figures import Figure, Scale
from tests.bench.leg import bare_room, brings_in
from tests.bench.phrases import speech
from tests.bench.processes import cpu_s
from tests.bench.stand import Line, Spoken, Stand, audio_address, stand
from tests.bench.tap import FRAME_S, Schedule, against_schedule, tapped
from tests.harness.radio import simulated_radio
from tests.harness.sound_loss import Compared, compare

EIGHT: Final = 8
ECHO: Final = "bare RTP echo leg, Python"
PACER: Final = "a process that only paces frames"
SETTLE_S: Final = 2.0
TAKES: Final = 5

Counts = npt.NDArray[np.float64]


async def one(folder: Path, scale: Scale) -> Sequence[Figure]:
    """The media worker whole, and what the controller does more than without the patch."""
    seconds = scale.of(6, 2)
    async with stand(folder / "ours", patched=False) as made:
        line = made.lines[0]
        controller = [one for (one,) in await _while_talking(line, seconds, made.world.controller.pid)]
        await line.patches()
        sending = await _while_talking(line, seconds, made.worker_pid(), made.world.controller.pid)
        await asyncio.sleep(SETTLE_S)
        hearing = await _while_user_talks(line, seconds, made.worker_pid(), made.world.controller.pid)
    async with bare_room(folder / "peer") as (app, talker, _), _echoes() as (process, port):
        await brings_in(app, port)
        await talker.talks()
        peer = [one for (one,) in await _spent(seconds, process.pid)]
    without = median(controller)
    how = (
        f"the median of {TAKES} takes of {seconds} s: the media worker whole and what the controller spent beyond the "
        f"{without:.1f} % of the same talk with no patch"
    )
    raw: dict[str, object] = {"without": controller, "sending": sending, "hearing": hearing, "peer": peer}
    return (
        _cost("CPU of one patch, sending", sending, without, peer, how, raw),
        _cost("CPU of one patch, a radio user talking", hearing, without, peer, "", {}),
    )


def _cost(
    name: str, takes: list[list[float]], without: float, peer: list[float], how: str, raw: dict[str, object]
) -> Figure:
    cost = [worker + max(0.0, controller - without) for worker, controller in takes]
    return Figure(
        name, median(cost), "% of a core", 5, peer_name=ECHO, peer=median(peer), samples=len(cost), least=TAKES,
        spread=(min(cost), max(cost)), how=how, raw=raw,
    )  # fmt: skip


async def _while_talking(line: Line, seconds: int, *pids: int) -> list[list[float]]:
    """Percent of a core of each process, take after take, from when the talk is under way."""
    lasting_s = TAKES * seconds + 2 * SETTLE_S
    await line.talker.says(speech(11, lasting_s).astype(np.float32) / np.float32(32767))
    await asyncio.sleep(SETTLE_S)
    spent = await _spent(seconds, *pids)
    await asyncio.sleep(2 * SETTLE_S)
    return spent


async def _while_user_talks(line: Line, seconds: int, *pids: int) -> list[list[float]]:
    said = speech(12, TAKES * seconds + SETTLE_S)
    await line.radio.user("Ledning").presses_ptt(saying=said, gssi=line.gssi)
    await asyncio.sleep(SETTLE_S / 2)
    return await _spent(seconds, *pids)


async def _spent(seconds: float, *pids: int) -> list[list[float]]:
    return [await _take(seconds, *pids) for _ in range(TAKES)]


async def _take(seconds: float, *pids: int) -> list[float]:
    before, began_s = [cpu_s(pid) for pid in pids], time.monotonic()
    await asyncio.sleep(seconds)
    lasted_s = time.monotonic() - began_s
    return [100 * (cpu_s(pid) - then) / lasted_s for pid, then in zip(pids, before, strict=True)]


@asynccontextmanager
async def _echoes() -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.leg", "1"), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        if process.stdout is None:
            raise RuntimeError("the echo has no output")
        yield process, int(await process.stdout.readline())
    finally:
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


async def eight(folder: Path, scale: Scale) -> Sequence[Figure]:
    """Eight talkgroups in eight meetings, all sending at once; each frame's time is taken at the terminal's end."""
    count, seconds = scale.of(EIGHT, 3), scale.of(50, 6)
    names = [f"rakel-{number}" for number in range(1, count + 1)]
    said = [speech(scale.seed * count + number, seconds) for number in range(count)]
    async with stand(folder / "ours", groups=count, listens=False, tapped=True) as made:
        if made.tap is None:
            raise RuntimeError("there is no tap")
        await made.tap.times()
        before = await _own_counts(made, names)
        spending = asyncio.create_task(_take(seconds, made.worker_pid()))
        spoken = await asyncio.gather(*(line.says(one) for line, one in zip(made.lines, said, strict=True)))
        percent, times = (await spending)[0], await made.tap.times()
        own = await _own_counts(made, names) - before
    wanted = said[0].size // FRAME_SAMPLES
    ours = [against_schedule(_of_speech(one, at_s), wanted) for one, at_s in zip(spoken, times, strict=True)]
    peer = [against_schedule(at_s, wanted) for at_s in await _paced(folder / "peer", count, float(seconds))]
    found = [compare(one, heard.sound) for one, heard in zip(said, spoken, strict=True)]
    return _of_eight(f"{count} patches sending for {seconds} s", ours, peer, own, percent / count, found)


def _of_speech(spoken: Spoken, times_s: Sequence[float]) -> list[float]:
    """Of a frame's times, those from the transmission's beginning on."""
    begins_s = min((one.start_s for one in spoken.transmissions), default=math.inf)
    return [at_s for at_s in times_s if at_s >= begins_s - FRAME_S]


async def _own_counts(made: Stand, terminals: list[str]) -> Counts:
    """Frames late, and times that Asterisk sent nothing for a while, by the product's own count."""
    levels = [await made.levels(name) for name in terminals]
    counts = [[one.get("late_frames", 0.0), one.get("overdue", 0.0)] for one in levels]
    return np.asarray(np.sum(counts, axis=0), np.float64)


async def _paced(folder: Path, count: int, seconds: float) -> list[list[float]]:
    """The same streams from a process that does nothing else, to the same simulated terminals."""
    folder.mkdir(parents=True)
    names = [f"rakel-{number}" for number in range(1, count + 1)]
    async with simulated_radio(folder, terminals=names) as radio:
        async with tapped([audio_address(one) for one in radio.terminals.values()]) as tap:
            ports = [str(port) for port in tap.ports]
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.bench.pacer", str(seconds), *ports
            )
            await process.wait()
            return await tap.times()


def _of_eight(
    what: str, ours: list[Schedule], peer: list[Schedule], own: Counts, percent: float, found: list[Compared]
) -> Sequence[Figure]:
    count, least = len(ours), 50 * len(ours)
    how = (
        "frames of speech that reach a terminal more than 20 ms after their turn in a schedule of one every 20 ms, or "
        f"never; their times are taken beside the program; the latest {max(one.worst_ms for one in ours):.1f} ms, the "
        f"peer's {max(one.worst_ms for one in peer):.1f} ms"
    )
    raw: dict[str, object] = {"ours": ours, "peer": peer, "found": list(map(str, found))}
    return (
        Figure(f"late frames, {what}", sum(one.late for one in ours), "frames", 0, peer_name=PACER,
               peer=sum(one.late for one in peer), samples=sum(one.frames for one in ours), least=least, how=how,
               raw=raw),
        Figure(f"late steps by the product's own count, {what}", float(own[0]), "steps", 0,
               samples=sum(one.frames for one in ours), least=least,
               how=f"both ways, in silence too; Asterisk, which paces it, sent nothing for 60 ms {own[1]:.0f} times"),
        Figure(f"speech lost, {what}, most", max(one.wrong_ms for one in found), "ms", 0, samples=count, least=count,
               how="; ".join(str(one) for one in found if not one.whole)[:500]),
        Figure(f"CPU of the media worker for each of {count} patches sending", percent, "% of a core", 5),
    )  # fmt: skip
