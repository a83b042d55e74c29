"""What a patch costs, and eight of them at once: no frame late, no word lost."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from tests.bench.figures import Figure, Scale, cpu_s
from tests.bench.leg import bare_room, brings_in
from tests.bench.phrases import Phrase, result, speech
from tests.bench.stand import Line, Stand, audio_address, stand
from tests.bench.tap import Gaps, tapped
from tests.harness.radio import simulated_radio

EIGHT: Final = 8
ECHO: Final = "bare RTP echo leg, Python"
PACER: Final = "a process that only paces frames"
SETTLE_S: Final = 2.0

Counts = npt.NDArray[np.float64]


async def one(folder: Path, scale: Scale) -> Sequence[Figure]:
    """The media worker whole, and what the controller does more than without the patch."""
    seconds = scale.of(30, 6)
    async with stand(folder / "ours", patched=False) as made:
        line = made.lines[0]
        controller = await _while_talking(line, seconds, made.world.controller.pid)
        await line.patches()
        sending = await _while_talking(line, seconds, made.worker_pid(), made.world.controller.pid)
        await asyncio.sleep(SETTLE_S)
        hearing = await _while_user_talks(line, seconds, made.worker_pid(), made.world.controller.pid)
    async with bare_room(folder / "peer") as (app, talker, _), _echoes() as (process, port):
        await brings_in(app, port)
        await talker.talks()
        peer = (await _spent(seconds, process.pid))[0]
    how = (
        f"over {seconds} s: the media worker whole (sending {sending[0]:.1f} %, hearing {hearing[0]:.1f} %) and what "
        f"the controller spent beyond the {controller[0]:.1f} % of the same talk with no patch"
    )
    cost = [worker + max(0.0, more - controller[0]) for worker, more in (sending, hearing)]
    raw: dict[str, object] = {"without": controller, "sending": sending, "hearing": hearing}
    return (
        Figure("CPU of one patch, sending", cost[0], "% of a core", 5, peer_name=ECHO, peer=peer, samples=seconds,
               how=how, raw=raw),
        Figure("CPU of one patch, a radio user talking", cost[1], "% of a core", 5, peer_name=ECHO, peer=peer,
               samples=seconds),
    )  # fmt: skip


async def _while_talking(line: Line, seconds: int, *pids: int) -> list[float]:
    """Percent of a core of each process, from when the talk is under way."""
    await line.talker.says(speech(11, seconds + 2 * SETTLE_S).astype(np.float32) / np.float32(32767))
    await asyncio.sleep(SETTLE_S)
    spent = await _spent(seconds, *pids)
    await asyncio.sleep(2 * SETTLE_S)
    return spent


async def _while_user_talks(line: Line, seconds: int, *pids: int) -> list[float]:
    said = speech(12, seconds + SETTLE_S)
    await line.radio.user("Ledning").presses_ptt(saying=said, gssi=line.gssi)
    await asyncio.sleep(SETTLE_S / 2)
    return await _spent(seconds, *pids)


async def _spent(seconds: float, *pids: int) -> list[float]:
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
    said = [speech(100 + number, seconds) for number in range(count)]
    async with stand(folder / "ours", groups=count, listens=False, tapped=True) as made:
        if made.tap is None:
            raise RuntimeError("there is no tap")
        await made.tap.gaps()
        before = await _own_counts(made, names)
        spending = asyncio.create_task(_spent(seconds, made.worker_pid()))
        spoken = await asyncio.gather(*(line.says(one) for line, one in zip(made.lines, said, strict=True)))
        percent, gaps = (await spending)[0], await made.tap.gaps()
        own = await _own_counts(made, names) - before
    peer = await _paced(folder / "peer", count, float(seconds))
    found = [result(Phrase(one, (one,)), heard).air for one, heard in zip(said, spoken, strict=True)]
    return _of_eight(count, seconds, gaps, peer, own, percent, [one.all_ms for one in found])


async def _own_counts(made: Stand, terminals: list[str]) -> Counts:
    """Frames late, and times that Asterisk sent nothing for a while, by the product's own count."""
    levels = [await made.levels(name) for name in terminals]
    counts = [[one.get("late_frames", 0.0), one.get("overdue", 0.0)] for one in levels]
    return np.asarray(np.sum(counts, axis=0), np.float64)


async def _paced(folder: Path, count: int, seconds: float) -> list[Gaps]:
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
            return await tap.gaps()


def _of_eight(
    count: int, seconds: int, gaps: list[Gaps], peer: list[Gaps], own: Counts, percent: float, lost_ms: list[float]
) -> Sequence[Figure]:
    frames, what = sum(one.frames for one in gaps), f"{count} patches sending for {seconds} s"
    how = (
        "frames that reach a terminal more than 20 ms after their turn, their times taken beside the program; longest "
        f"gap {max(one.longest_ms for one in gaps):.1f} ms, the peer's {max(one.longest_ms for one in peer):.1f} ms; "
        f"by the product's own count of steps, both ways and in silence too: {own[0]:.0f}; times that Asterisk, which "
        f"paces them, sent nothing for 60 ms: {own[1]:.0f}"
    )
    raw: dict[str, object] = {"gaps": gaps, "peer": peer, "lost_ms": lost_ms, "worker_percent": percent}
    return (
        Figure(f"late frames, {what}", sum(one.late for one in gaps), "frames", 0, peer_name=PACER,
               peer=sum(one.late for one in peer), samples=frames, how=how, raw=raw),
        Figure(f"speech lost, {what}, most", max(lost_ms), "ms", 0, samples=count),
        Figure(f"CPU of the media worker for each of {count} patches sending", percent / count, "% of a core", 5,
               samples=count),
    )  # fmt: skip
