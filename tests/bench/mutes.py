"""Mute: from the request to silence in another telephone's ear, beside ConfBridge's own mute by AMI.

A call keeps the phase between its frames and the mixer's beat for as long as it lasts. It is up to 20 ms, by chance,
which is as much as what is measured. So both are measured in several calls, in turn, and each call has its own phase.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Room:
    """A meeting with somebody who listens. `enters` brings somebody who talks, with their mute."""

    listener: Phone
    enters: Callable[[str], Awaitable[tuple[Phone, Switch]]]


async def mute(folder: Path, scale: Scale) -> Sequence[Figure]:
    calls, each = scale.of(9, 2), scale.of(5, 3)
    times = calls * each
    ours: list[float] = []
    peer: list[float] = []
    async with _product(folder / "ours") as own, confbridge(folder / "peer") as other:
        for number in range(calls):
            ours += await _call(own, f"A{number}", each)
            peer += await _call(other, f"A{number}", each)
    how = (
        "from before the request (a new HTTP connection each time) to the last sample of the voice at another "
        f"telephone; {calls} calls of each in turn, since a call keeps its phase"
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


@asynccontextmanager
async def _product(folder: Path) -> AsyncIterator[Room]:
    folder.mkdir(parents=True)
    async with samband_world(folder) as world:
        meeting = await world.opens_conference("Bench")
        listener = await world.phones.instrument("B")
        await world.joins(listener, meeting)

        async def enters(name: str) -> tuple[Phone, Switch]:
            talker = await world.phones.instrument(name)
            participant = (await world.joins(talker, meeting))["id"]

            async def switch(muted: bool) -> None:
                await (meeting.mutes(participant) if muted else meeting.unmutes(participant))

            return talker, switch

        yield Room(listener, enters)


@asynccontextmanager
async def confbridge(folder: Path) -> AsyncIterator[Room]:
    async with (
        bare_asterisk(folder) as world,
        Phones(folder / "phones", world.sip_port) as phones,
        manager(world) as managed,
    ):
        listener = await phones.instrument("B")
        await listener.calls(ROOM)
        listening = await _channel(world, "")

        async def enters(name: str) -> tuple[Phone, Switch]:
            talker = await phones.instrument(name)
            await talker.calls(ROOM)
            channel = await _channel(world, listening)
            return talker, lambda muted: _asked(managed, channel, muted)

        yield Room(listener, enters)


async def _asked(managed: Manager, channel: str, muted: bool) -> None:
    await managed.action("ConfbridgeMute" if muted else "ConfbridgeUnmute", Conference="bench", Channel=channel)


async def _channel(world: AsteriskWorld, other: str) -> str:
    """The one in the room that is not `other`."""

    async def found() -> str:
        listed = (await world.process.rx("confbridge list bench")).splitlines()
        channels = [line.split()[0] for line in listed if line.startswith("PJSIP/")]
        return next((channel for channel in channels if channel != other), "")

    return await wait.until(found, 10, every_s=0.2, what="somebody is in the room")


async def _call(room: Room, name: str, times: int) -> list[float]:
    talker, switch = await room.enters(name)
    spent = await _measured(talker, room.listener, switch, times)
    await talker.hangs_up()
    return spent


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
