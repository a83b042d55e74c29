"""Mute: from the request to silence in another telephone's ear, beside ConfBridge's own mute by AMI."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from tests.bench.figures import Figure, Scale, percentile
from tests.bench.peers import ROOM, Manager, bare_asterisk, manager
from tests.harness import wait
from tests.harness.asterisk import AsteriskWorld
from tests.harness.phones import Phone, Phones
from tests.harness.world import samband_world

LISTEN_S = 0.5
PEER = "ConfBridge mute by AMI"
Switch = Callable[[bool], Awaitable[object]]


async def mute(folder: Path, scale: Scale) -> Sequence[Figure]:
    times = scale.of(45, 6)
    ours = await _product(folder / "ours", times)
    peer = await _confbridge(folder / "peer", times)
    how = (
        "from before the request (a new HTTP connection each time) to the last sample of his voice at another telephone"
    )
    raw: dict[str, object] = {"ours_ms": ours, "peer_ms": peer}
    mine, theirs = percentile(ours, 95), percentile(peer, 95)
    return (
        Figure(
            "API mute → silence in another phone's audio, p95", mine, "ms", 60, peer_name=PEER, peer=theirs,
            samples=len(ours), least=times, spread=(min(ours), max(ours)), how=how, raw=raw,
        ),
        Figure(
            "the same beside its peer", mine, "ms", 1.3, limits_ratio=True, peer_name=PEER, peer=theirs,
            samples=len(ours), least=times, how="the peer keeps its connection, ours is new each time",
        ),
    )  # fmt: skip


async def _product(folder: Path, times: int) -> list[float]:
    folder.mkdir(parents=True)
    async with samband_world(folder) as world:
        meeting = await world.opens_conference("Bench")
        talker, listener = await world.phones.instrument("A"), await world.phones.instrument("B")
        participant = (await world.joins(talker, meeting))["id"]
        await world.joins(listener, meeting)

        async def switch(muted: bool) -> None:
            await (meeting.mutes(participant) if muted else meeting.unmutes(participant))

        return await _measured(talker, listener, switch, times)


async def _confbridge(folder: Path, times: int) -> list[float]:
    async with (
        bare_asterisk(folder) as world,
        Phones(folder / "phones", world.sip_port) as phones,
        manager(world) as managed,
    ):
        talker, listener = await phones.instrument("A"), await phones.instrument("B")
        await talker.calls(ROOM)
        channel = await _only_channel(world)
        await listener.calls(ROOM)
        return await _measured(talker, listener, lambda muted: _asked(managed, channel, muted), times)


async def _asked(managed: Manager, channel: str, muted: bool) -> None:
    await managed.action("ConfbridgeMute" if muted else "ConfbridgeUnmute", Conference="bench", Channel=channel)


async def _only_channel(world: AsteriskWorld) -> str:
    async def found() -> str:
        listed = (await world.process.rx("confbridge list bench")).splitlines()
        return next((line.split()[0] for line in listed if line.startswith("PJSIP/")), "")

    return await wait.until(found, 10, every_s=0.2, what="the talker is in the room")


async def _measured(talker: Phone, listener: Phone, switch: Switch, times: int) -> list[float]:
    await talker.talks()
    await listener.hears(talker.voice, within_s=5)
    spent: list[float] = []
    for _ in range(times):
        asked_s = time.monotonic()
        await switch(True)
        await asyncio.sleep(LISTEN_S)
        last = listener.heard().spans(talker.voice, asked_s - 1)[-1]
        spent.append(1000 * max(0.0, last.ends_s - asked_s))
        await switch(False)
        await listener.hears(talker.voice, within_s=5)
        await asyncio.sleep(0.3)
    return spent
