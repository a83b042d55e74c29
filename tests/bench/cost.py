"""What a conference of a hundred talking telephones costs, with everything that is ours counted."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Final

from bridge.ari.install import ensure_tree
from tests.bench.figures import Figure, Scale
from tests.bench.peers import ROOM, bare_asterisk
from tests.bench.processes import cpu_s, descendants, rss_mb
from tests.harness import wait
from tests.harness.asterisk import AsteriskWorld
from tests.harness.sipp import talkers
from tests.harness.world import Meeting, World, samband_world

CROWD: Final = 100
TAKES: Final = 5
SETTLE_S: Final = 6.0
ARRIVE_S: Final = 60.0
PACKETS_PER_S: Final = 50
FLOWS: Final = 0.95
"""Of the packets that a telephone sends in a second; a stream with less does not flow."""
PEER: Final = "ConfBridge, no controller"
_UP: Final = re.compile(r"\d\d:\d\d:\d\d")

Rx = Callable[[str], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Spent:
    """One take, in percent of a core; `streams` is how many telephones' packets flowed the whole time."""

    percent: float
    streams: int


@dataclass(frozen=True, slots=True)
class Take:
    """Without a recording, and with one."""

    plain: Spent
    recorded: Spent
    resident_mb: float = 0.0


async def cpu(folder: Path, scale: Scale) -> Sequence[Figure]:
    """Peer, ours, peer, ours, …, peer: each of ours stands between two of its peer."""
    count, seconds, takes = scale.of(CROWD, 20), scale.of(12, 4), scale.of(TAKES, 1)
    peers = [await _confbridge(folder / "peer-0", count, seconds)]
    ours: list[Take] = []
    for number in range(1, takes + 1):
        ours.append(await product(folder / f"ours-{number}", count, seconds))
        peers.append(await _confbridge(folder / f"peer-{number}", count, seconds))
        print(f"bench: cpu: {ours[-1]}, {peers[-1]}", flush=True)
    name = f"CPU of {count} talking phones"
    resident = [one.resident_mb for one in ours]
    return (
        _figure(name, [one.plain for one in ours], [one.plain for one in peers], count, takes),
        _figure(f"{name}, recorded", [one.recorded for one in ours], [one.recorded for one in peers], count, takes),
        Figure(f"memory of the controller, {count} phones in the meeting", max(resident), "MB", 300,
               samples=len(resident), least=takes, spread=(min(resident), max(resident))),
    )  # fmt: skip


def _figure(name: str, ours: list[Spent], peers: list[Spent], count: int, takes: int) -> Figure:
    mine, theirs = [one.percent for one in ours], [one.percent for one in peers]
    ratios = [one / fmean(theirs[at : at + 2]) for at, one in enumerate(mine)]
    fewest = min(one.streams for one in (*ours, *peers))
    how = (
        "utime + stime of Asterisk and of all that `samband run` has started: supervisor, controller, reserve, media "
        f"worker; the telephones (SIPp) are not counted; the median of {takes}, each between two takes of the peer, to "
        f"whose mean it is {min(ratios):.2f}…{max(ratios):.2f} times; the peer {min(theirs):.1f}…{max(theirs):.1f} %"
    )
    return Figure(
        name, median(mine), "% of a core", 1.25, limits_ratio=True, peer_name=PEER, peer=median(theirs),
        samples=len(mine), least=takes, spread=(min(mine), max(mine)), how=how,
        wanting="" if fewest >= count else f"only {fewest} of {count} streams flowed",
        raw={"ours": ours, "peer": peers, "ratios": ratios},
    )  # fmt: skip


async def product(folder: Path, count: int, seconds: int) -> Take:
    folder.mkdir(parents=True)
    async with samband_world(folder) as world:
        meeting = await world.opens_conference("Bench", recorded=False)
        async with talkers(folder / "sipp", world.sip_port, "085555555", meeting.code, count, first_ms=1500):
            await meeting.has(count, ARRIVE_S)
            pids = [*{*world.asterisk.processes(), world.program.pid, *descendants(world.program.pid)}]
            rx = console(world)
            plain = await spent(seconds, count, rx, pids)
            await meeting.records()
            await wait.until(lambda: _is_recorded(meeting), ARRIVE_S, every_s=0.5, what="it is recorded")
            recorded = await spent(seconds, count, rx, pids)
            return Take(plain, recorded, rss_mb(world.controller.pid))


async def _is_recorded(meeting: Meeting) -> bool:
    return bool((await meeting.view())["recording"]["state"] == "on")


def console(world: World) -> Rx:
    """Of the product's own Asterisk."""
    (asterisk,) = world.asterisk.processes()
    words = Path(f"/proc/{asterisk}/cmdline").read_bytes().decode().split("\0")
    config = words[words.index("-C") + 1]

    async def rx(command: str) -> str:
        asked = await asyncio.create_subprocess_exec(
            *ensure_tree().command("-C", config, "-rx", command), stdout=asyncio.subprocess.PIPE
        )
        printed, _ = await asked.communicate()
        return printed.decode(errors="replace")

    return rx


async def _confbridge(folder: Path, count: int, seconds: int) -> Take:
    async with bare_asterisk(folder) as world:
        async with talkers(folder / "sipp", world.sip_port, ROOM, "", count, first_ms=1500):
            await in_room(world, count)
            pids, rx = [world.process.pid() or 0], world.process.rx
            plain = await spent(seconds, count, rx, pids)
            await rx("module load app_mixmonitor.so")
            said = await rx(f"confbridge record start bench {folder / 'bench.wav'}")
            if "started" not in said.lower():
                raise RuntimeError(f"ConfBridge does not record: {said}")
            return Take(plain, await spent(seconds, count, rx, pids))


async def in_room(world: AsteriskWorld, count: int) -> None:
    async def so() -> bool:
        listed = (await world.process.rx("confbridge list bench")).splitlines()
        return sum(line.startswith("PJSIP/") for line in listed) >= count

    await wait.until(so, ARRIVE_S, every_s=0.5, what=f"{count} in ConfBridge")


async def spent(seconds: int, count: int, rx: Rx, pids: Sequence[int]) -> Spent:
    """The packets are counted around the time, so that asking for them costs nothing within it."""
    await asyncio.sleep(SETTLE_S)
    before, began = packets(await rx("pjsip show channelstats")), asyncio.get_running_loop().time()
    used_s = cpu_s(*pids)
    await asyncio.sleep(seconds)
    percent = 100 * (cpu_s(*pids) - used_s) / seconds
    after = packets(await rx("pjsip show channelstats"))
    lasted_s = asyncio.get_running_loop().time() - began
    return Spent(percent, flowing(before, after, lasted_s, count))


def flowing(before: Mapping[str, int], after: Mapping[str, int], lasted_s: float, count: int) -> int:
    """How many of so many telephones brought their packets all the time; who came or went meanwhile did not."""
    wanted = FLOWS * PACKETS_PER_S * lasted_s
    return min(count, sum(after.get(channel, 0) - packets >= wanted for channel, packets in before.items()))


def packets(listed: str) -> dict[str, int]:
    """From `pjsip show channelstats`: channel, time up, codec, packets received, … Names are cut to 18 characters, so
    that several look alike. They are numbered, and the list's order stays while nobody comes or goes."""
    found: dict[str, int] = {}
    for line in listed.splitlines():
        words = line.split()
        up = next((at for at, word in enumerate(words) if _UP.fullmatch(word)), 0)
        if up and len(words) > up + 2 and words[up + 2].isdigit():
            found[f"{len(found)} {words[up - 1]}"] = int(words[up + 2])
    return found
