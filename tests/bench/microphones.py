"""What a conference of a hundred costs a participant when one, three or ten of them are open."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, median
from typing import Final

from tests.bench.cost import PEER, Spent, console, in_room, spent
from tests.bench.figures import Figure, Scale
from tests.bench.peers import ROOM, bare_asterisk, manager
from tests.bench.processes import descendants
from tests.harness.sipp import talkers
from tests.harness.world import samband_world

OPEN: Final = (1, 3, 10)
CROWD: Final = 100
ARRIVE_S: Final = 60.0
DROPS_SILENCE: Final = "Set(CONFBRIDGE(user\\,dsp_drop_silence)=yes)"


async def microphones(folder: Path, scale: Scale) -> Sequence[Figure]:
    """Peer, ours, peer: everybody sends speech, and so many are let through."""
    count, seconds, takes = scale.of(CROWD, 20), scale.of(12, 4), scale.of(3, 1)
    opened = [min(one, count) for one in OPEN]
    peers = [await _confbridge(folder / "peer-0", count, seconds, opened)]
    ours: list[list[Spent]] = []
    for number in range(1, takes + 1):
        ours.append(await _product(folder / f"ours-{number}", count, seconds, opened))
        peers.append(await _confbridge(folder / f"peer-{number}", count, seconds, opened))
        print(f"bench: microphones: {ours[-1]}, {peers[-1]}", flush=True)
    found = []
    for at, is_open in enumerate(opened):
        mine = [one[at].percent / count for one in ours]
        theirs = [one[at].percent / count for one in peers]
        ratios = [one / fmean(theirs[turn : turn + 2]) for turn, one in enumerate(mine)]
        fewest = min(one[at].streams for one in (*ours, *peers))
        found.append(
            Figure(
                f"CPU a participant, {is_open} open of {count}", median(mine), "% of a core", 1.1, limits_ratio=True,
                peer_name=PEER, peer=median(theirs), samples=len(mine), least=takes, spread=(min(mine), max(mine)),
                how=f"all send speech; the others are muted; the peer drops silence; {min(ratios):.2f}…"
                f"{max(ratios):.2f} times its two neighbours",
                wanting="" if fewest >= count else f"only {fewest} of {count} streams flowed",
                raw={"ours": ours, "peer": peers},
            )
        )  # fmt: skip
    return found


async def _product(folder: Path, count: int, seconds: int, opened: Sequence[int]) -> list[Spent]:
    folder.mkdir(parents=True)
    async with samband_world(folder) as world:
        meeting = await world.opens_conference("Bench", recorded=False)
        async with talkers(folder / "sipp", world.sip_port, "085555555", meeting.code, count, first_ms=1500):
            people = await meeting.has(count, ARRIVE_S)
            pids = [*{*world.asterisk.processes(), world.program.pid, *descendants(world.program.pid)}]
            await asyncio.gather(*(meeting.mutes(one["id"]) for one in people))
            found, let_through = [], 0
            for wanted in opened:
                await asyncio.gather(*(meeting.unmutes(one["id"]) for one in people[let_through:wanted]))
                let_through = wanted
                found.append(await spent(seconds, count, console(world), pids))
            return found


async def _confbridge(folder: Path, count: int, seconds: int, opened: Sequence[int]) -> list[Spent]:
    async with bare_asterisk(folder) as world, manager(world) as managed:
        await world.process.rx(f"dialplan remove extension {ROOM}@samband-in")
        for priority, step in enumerate(("Answer()", DROPS_SILENCE, "ConfBridge(bench)"), 1):
            await world.process.rx(f"dialplan add extension {ROOM},{priority},{step} into samband-in")
        async with talkers(folder / "sipp", world.sip_port, ROOM, "", count, first_ms=1500):
            await in_room(world, count)
            listed = (await world.process.rx("confbridge list bench")).splitlines()
            channels = [line.split()[0] for line in listed if line.startswith("PJSIP/")]
            for channel in channels:
                await managed.action("ConfbridgeMute", Conference="bench", Channel=channel)
            found, let_through = [], 0
            for wanted in opened:
                for channel in channels[let_through:wanted]:
                    await managed.action("ConfbridgeUnmute", Conference="bench", Channel=channel)
                let_through = wanted
                found.append(await spent(seconds, count, world.process.rx, [world.process.pid() or 0]))
            return found
