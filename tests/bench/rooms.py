"""Great rooms and restless ones: how fast somebody is heard, and what a steady tone in them loses."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench.cost import in_room
from tests.bench.figures import Figure, Scale, percentile
from tests.bench.gaps import TONE, longest_gap_ms
from tests.bench.peers import ROOM, bare_asterisk
from tests.harness.phones import Phone, Phones
from tests.harness.sipp import LISTENS, stays, talkers
from tests.harness.world import Meeting, World, samband_world

PEER: Final = "ConfBridge"
ARRIVE_S: Final = 120.0
JOINS_S: Final = 1.0
PER_S: Final = 20
STAY_MS: Final = 2000
TONE_S: Final = 900.0


@dataclass(frozen=True, slots=True)
class Place:
    """A room with a host who listens.

    Attributes:
        number, code: How a crowd comes in.
        enters: Brings a telephone in that talks already; gives the time from which it may be heard.
        has: Waits until so many are in it.
    """

    sip_port: int
    number: str
    code: str
    listener: Phone
    phones: Phones
    enters: Callable[[Phone], Awaitable[float]]
    has: Callable[[int], Awaitable[None]]


@asynccontextmanager
async def _ours(folder: Path) -> AsyncIterator[Place]:
    folder.mkdir(parents=True)
    async with samband_world(folder) as world:
        meeting = await world.opens_conference("Bench", recorded=False)
        listener = await world.phones.instrument("L")
        await world.joins(listener, meeting, as_host=True)

        async def enters(phone: Phone) -> float:
            return await _keys_in(world, meeting, phone)

        async def has(count: int) -> None:
            await meeting.has(count, ARRIVE_S)

        yield Place(world.sip_port, "085555555", meeting.code, listener, world.phones, enters, has)


async def _keys_in(world: World, meeting: Meeting, phone: Phone) -> float:
    """Heard is whoever has heard the last word at the door."""
    await phone.calls(world.number)
    await phone.keys(f"{meeting.code}#")
    await phone.talks()
    door = await phone.hears_the_end_of(world.prompt("entry/joining"), 20, since_s=phone.answered_at_s)
    return door.ends_s


@asynccontextmanager
async def _confbridge(folder: Path) -> AsyncIterator[Place]:
    async with bare_asterisk(folder) as world, Phones(folder / "phones", world.sip_port) as phones:
        listener = await phones.instrument("L")
        await listener.calls(ROOM)

        async def enters(phone: Phone) -> float:
            await phone.calls(ROOM)
            return await phone.talks()

        async def has(count: int) -> None:
            await in_room(world, count)

        yield Place(world.sip_port, ROOM, "", listener, phones, enters, has)


async def room(folder: Path, scale: Scale) -> Sequence[Figure]:
    """Telephones come one by one into a room of two hundred who listen, and talk at once."""
    count, times = scale.of(200, 30), scale.of(100, 4)
    ours = await _heard_after(_ours(folder / "ours"), folder / "sipp-ours", count, times)
    peer = await _heard_after(_confbridge(folder / "peer"), folder / "sipp-peer", count, times)
    how = (
        f"{count} silent telephones (SIPp); ours from the end of the last word at the door, the peer's from the first "
        "packet of a telephone that was answered; to the first sample of its voice at another telephone"
    )
    return (
        Figure(
            f"in a room of {count}: join → heard, p99", percentile(ours, 99), "ms", 300, peer_name=PEER,
            peer=percentile(peer, 99), samples=len(ours), least=times, how=how, raw={"ours_ms": ours, "peer_ms": peer},
        ),
    )  # fmt: skip


async def _heard_after(place: AbstractAsyncContextManager[Place], sipp: Path, count: int, times: int) -> list[float]:
    async with place as made:
        sitting = talkers(sipp, made.sip_port, made.number, made.code, count, per_s=PER_S, first_ms=1500, then=LISTENS)
        async with sitting:
            await made.has(count + 1)
            spent = []
            for number in range(times):
                phone = await made.phones.instrument(f"A{number}")
                open_s = await made.enters(phone)
                heard = await made.listener.hears(phone.voice, 10, since_s=open_s - JOINS_S)
                spent.append(1000 * max(0.0, heard.begins_s - open_s))
                await phone.hangs_up()
            return spent


async def churn(folder: Path, scale: Scale) -> Sequence[Figure]:
    """Twenty come and twenty go in each second, and a tone goes on."""
    lasts_s = scale.of(60, 10)
    ours_ms = await _gap_in(_ours(folder / "ours"), folder / "sipp-ours", lasts_s)
    peer_ms = await _gap_in(_confbridge(folder / "peer"), folder / "sipp-peer", lasts_s)
    how = f"{PER_S} calls a second for {lasts_s} s, each 2 s in the room; a tone of 997 Hz at another telephone"
    return (
        Figure(
            f"{PER_S} joins and leaves a second: longest gap in a tone", ours_ms, "ms", 40, peer_name=PEER,
            peer=peer_ms, samples=PER_S * lasts_s, how=how,
        ),
    )  # fmt: skip


async def _gap_in(place: AbstractAsyncContextManager[Place], sipp: Path, lasts_s: int) -> float:
    async with place as made:
        sounds = await made.phones.instrument("T")
        await made.enters(sounds)
        began_s = await sounds.says(TONE, TONE_S) + 1
        coming = talkers(
            sipp, made.sip_port, made.number, made.code, PER_S * lasts_s, per_s=PER_S, first_ms=500,
            then=stays(STAY_MS),
        )  # fmt: skip
        async with coming as process:
            await asyncio.wait_for(process.wait(), lasts_s + 60)
        return longest_gap_ms(made.listener.heard(), began_s, time.monotonic() - 0.5)


async def crowd(folder: Path, scale: Scale) -> Sequence[Figure]:
    """Five hundred in one room for ten minutes, and a tone goes on."""
    count, lasts_s = scale.of(500, 60), scale.of(600, 15)
    ours_ms = await _gap_among(_ours(folder / "ours"), folder / "sipp-ours", count, lasts_s)
    peer_ms = await _gap_among(_confbridge(folder / "peer"), folder / "sipp-peer", count, lasts_s)
    how = f"{count} silent telephones (SIPp) for {lasts_s} s; a tone of 997 Hz at another telephone"
    return (
        Figure(
            f"{count} in one room: longest gap in a tone", ours_ms, "ms", 60, peer_name=PEER, peer=peer_ms,
            samples=count, how=how,
        ),
    )  # fmt: skip


async def _gap_among(place: AbstractAsyncContextManager[Place], sipp: Path, count: int, lasts_s: int) -> float:
    async with place as made:
        sounds = await made.phones.instrument("T")
        await made.enters(sounds)
        await sounds.says(TONE, TONE_S)
        sitting = talkers(sipp, made.sip_port, made.number, made.code, count, per_s=PER_S, first_ms=1500, then=LISTENS)
        async with sitting:
            await made.has(count + 2)
            began_s = time.monotonic() + 1
            await asyncio.sleep(lasts_s + 1)
            over_s = time.monotonic() - 0.5
        return longest_gap_ms(made.listener.heard(), began_s, over_s)
