"""Telephones: dialling in, muting, the floor, and two conferences that do not hear each other."""

import asyncio
import time
from dataclasses import dataclass
from typing import Final

import numpy as np

from bridge.main import region
from hardware.simulator.client import SimulatorClient
from tests.demo.ledger import Ledger
from tests.demo.stage import TALKER, Stage
from tests.harness import wait
from tests.harness.audio import voice
from tests.harness.phones import Phone
from tests.harness.world import Meeting

HEARD_AT_ONCE_MS: Final = 150
SILENT_MS: Final = 60
TIMES: Final = 5
LISTEN_S: Final = 0.8
CHANNEL_FREE_S: Final = 0.5


@dataclass
class Cast:
    """The first conference and its telephones: two by baresip, and the host's, which measures."""

    meeting: Meeting
    host: Phone
    first: Phone
    second: Phone
    ids: dict[str, str]

    def id_of(self, phone: Phone) -> str:
        return self.ids[phone.number]


async def opens(stage: Stage, name: str) -> Meeting:
    meeting = await stage.world.opens_conference(name)
    stage.opened.append(meeting.id)
    return meeting


async def dial_in(stage: Stage, ledger: Ledger) -> Cast:
    """Point 1."""
    ledger.scene("1. Two telephones dial in with number and code and hear each other")
    meeting = await opens(stage, "Demonstration")
    world = stage.world
    first, second = await world.phones.new("Kommun A"), await world.phones.new("Kommun B")
    host = await world.phones.instrument("TiB")
    came = await asyncio.gather(_host_comes(stage, ledger, meeting, host), _first_comes(stage, ledger, meeting, first))
    ids = {host.number: came[0], first.number: came[1]}
    await first.talks()
    ids[second.number] = await _second_comes(stage, ledger, meeting, first, second)
    await first.stops_talking()
    said_s = await second.says(second.voice, for_s=1)
    heard = await first.hears(second.voice, within_s=3, since_s=said_s)
    ledger.ms("from Kommun B's mouth to Kommun A's ear", heard.begins_s - said_s)
    return Cast(meeting, host, first, second, ids)


async def _host_comes(stage: Stage, ledger: Ledger, meeting: Meeting, host: Phone) -> str:
    participant = await stage.world.joins(host, meeting, as_host=True)
    ledger.checks("the host's code makes a host", participant["role"] == "host")
    return str(participant["id"])


async def _first_comes(stage: Stage, ledger: Ledger, meeting: Meeting, phone: Phone) -> str:
    world = stage.world
    await phone.calls("085555555")
    greeting = await phone.hears(world.prompt("entry/welcome"), within_s=12, since_s=phone.answered_at_s - 0.1)
    ledger.checks("08-555 55 55 greets in Swedish", met=True, measured=f"{greeting.lasts_s:.1f} s, heard whole")
    keyed_s = time.monotonic()
    await phone.keys("00000000#")
    await phone.hears(world.prompt("entry/wrong"), within_s=8, since_s=keyed_s)
    ledger.checks("a wrong code is asked for again", met=True)
    await phone.keys(meeting.code + "#")
    await phone.hears(world.prompt("entry/recorded"), within_s=10, since_s=keyed_s)
    ledger.checks("who comes late is told that it is recorded", met=True)
    return (await _present(meeting, phone))["id"]


async def _second_comes(stage: Stage, ledger: Ledger, meeting: Meeting, first: Phone, second: Phone) -> str:
    await second.calls("+4685555555")
    await second.keys(meeting.code + "#")
    participant = await _present(meeting, second)
    heard = await second.hears(first.voice, within_s=5, since_s=second.answered_at_s)
    prompt = await second.hears(stage.world.prompt("entry/joining"), within_s=5, since_s=second.answered_at_s)
    ledger.checks("+46 8 555 555 55 leads to the same place", met=True)
    ledger.ms("from the last prompt's end to the others' voices", heard.begins_s - prompt.ends_s, HEARD_AT_ONCE_MS)
    return participant["id"]


async def three_wrong(stage: Stage, ledger: Ledger) -> None:
    """Beside other scenes: it takes as long as the sentences do."""
    stranger = await stage.world.phones.new("a stranger")
    await stranger.calls("085555555")
    for _ in range(3):
        keyed_s = time.monotonic()
        await stranger.keys("11111111#")
        await stranger.hears(stage.world.prompt("entry/wrong"), within_s=15, since_s=keyed_s)
    await stranger.is_hung_up(within_s=10)
    await stranger.hears(stage.world.prompt("entry/goodbye"), within_s=1, since_s=stranger.answered_at_s)
    ledger.checks("three wrong codes end in a goodbye", met=True)


async def _present(meeting: Meeting, phone: Phone) -> dict[str, str]:
    async def present() -> dict[str, str]:
        one = await meeting.participant(phone.number)
        return one if one["state"] == "present" else {}

    return await wait.until(present, 15, every_s=0.05, what=f"{phone!r} is in {meeting.name}")


async def mute(stage: Stage, ledger: Ledger, cast: Cast) -> None:
    """Point 2."""
    ledger.scene("2. Mute, by one's own keys and by the host")
    talker, listener, world = cast.first, cast.host, stage.world
    await talker.talks()
    await listener.hears(talker.voice, within_s=5)
    before_s = time.monotonic()
    await talker.keys("*6")
    keyed_s = time.monotonic()
    await talker.hears(world.prompt("mute/muted"), within_s=5, since_s=before_s)
    ledger.ms("*6 to silence in the host's ear", _gone_after(listener, talker, keyed_s))
    await talker.keys("*6")
    await listener.hears(talker.voice, within_s=5)
    silent_s = []
    for _ in range(TIMES):
        asked_s = time.monotonic()
        await cast.meeting.mutes(cast.id_of(talker))
        await asyncio.sleep(0.6)
        silent_s.append(_gone_after(listener, talker, asked_s))
        await cast.meeting.unmutes(cast.id_of(talker))
        await listener.hears(talker.voice, within_s=5)
    ledger.ms(f"the host's mute to silence, the slowest of {TIMES}", max(silent_s), SILENT_MS)
    asked_s = time.monotonic()
    await cast.meeting.mutes(cast.id_of(talker))
    await talker.hears(world.prompt("mute/by-host"), within_s=8, since_s=asked_s)
    ledger.checks("the muted one is told", met=True)
    await cast.meeting.unmutes(cast.id_of(talker))
    await talker.stops_talking()


def _gone_after(listener: Phone, talker: Phone, asked_s: float) -> float:
    return max(0.0, listener.heard().spans(talker.voice, asked_s - 2)[-1].ends_s - asked_s)


async def floor(ledger: Ledger, cast: Cast, radio: SimulatorClient | None) -> None:
    """Point 5."""
    ledger.scene("5. The floor: open, lecture, queue")
    room = _Room(cast)
    for phone in (cast.first, cast.second):
        await phone.talks()
    await room.hears_exactly(ledger, "open: both are heard", cast.first, cast.second)
    await cast.meeting.sets_floor("lecture")
    await room.hears_exactly(ledger, "lecture: nobody but the host is heard")
    await cast.meeting.sets_floor("queue")
    await cast.second.keys("*5")
    await room.hears_exactly(ledger, "queue: *5, and the word is free: he has it", cast.second)
    await cast.first.keys("*5")
    await room.queue_is(cast.id_of(cast.first))
    await room.hears_exactly(ledger, "the next who asks waits", cast.second)
    await cast.second.keys("*5")
    await room.hears_exactly(ledger, "given back: the next has it", cast.first)
    if radio is not None:
        await _radio_asks(ledger, cast, room, radio)
    await cast.meeting.takes_floor()
    await room.hears_exactly(ledger, "taken back: nobody is heard")
    await cast.meeting.sets_floor("open")
    for phone in (cast.first, cast.second):
        await phone.stops_talking()


async def _radio_asks(ledger: Ledger, cast: Cast, room: "_Room", radio: SimulatorClient) -> None:
    """A radio's press is a request in the same queue as a telephone's key."""
    own = voice(71)
    await cast.first.stops_talking()
    await channel_free(cast.meeting, radio)
    pressed_s = time.monotonic()
    free = await radio.press(TALKER, region.GROUP, audio=np.asarray(own.lasting(7) * 32767, np.int16))
    assert free, "the network refused the radio user: the channel was not free"
    on_air = next(one["id"] for one in await cast.meeting.participants() if one["kind"] == "radio")
    await room.queue_is(on_air)
    await room.hears_exactly(ledger, "a radio user presses: he waits in the same queue")
    silent = not cast.host.heard().spans(own, pressed_s)
    ledger.checks("and is not heard yet", silent)
    given_s = time.monotonic()
    await cast.meeting.gives_floor()
    await cast.host.hears(own, within_s=5, since_s=given_s - 1)
    ledger.checks("the word to the radio: he is heard", met=True)


class _Room:
    def __init__(self, cast: Cast) -> None:
        self._cast = cast

    async def hears_exactly(self, ledger: Ledger, what: str, *talking: Phone) -> None:
        """By ear alone: the host's."""
        wanted = {phone.name for phone in talking}

        async def so() -> bool:
            since_s = time.monotonic()
            await asyncio.sleep(LISTEN_S)
            heard = self._cast.host.heard()
            both = (self._cast.first, self._cast.second)
            return {phone.name for phone in both if heard.spans(phone.voice, since_s)} == wanted

        await wait.until(so, 6, what=what)
        ledger.checks(what, met=True, measured=" and ".join(sorted(wanted)) or "silence")

    async def queue_is(self, *participants: str) -> None:
        async def so() -> bool:
            return bool((await self._cast.meeting.floor())["queue"] == list(participants))

        await wait.until(so, 5, every_s=0.1, what=f"{len(participants)} wait for the word")


async def isolation(stage: Stage, ledger: Ledger, cast: Cast) -> None:
    """Point 7."""
    ledger.scene("7. Two conferences at once do not hear each other")
    other = await opens(stage, "En annan konferens")
    inside, listener = await stage.world.phones.new("Kommun C"), await stage.world.phones.instrument("Kommun D")
    await asyncio.gather(stage.world.joins(inside, other), stage.world.joins(listener, other))
    since_s = time.monotonic()
    await asyncio.gather(cast.first.talks(), inside.talks())
    await listener.hears(inside.voice, within_s=5, since_s=since_s)
    await cast.host.hears(cast.first.voice, within_s=5, since_s=since_s)
    await asyncio.sleep(1)
    leaked = [
        *listener.heard().spans(cast.first.voice, since_s),
        *cast.host.heard().spans(inside.voice, since_s),
    ]
    ledger.checks("each hears its own and nothing of the other", not leaked)
    await asyncio.gather(cast.first.stops_talking(), inside.stops_talking())
    await other.ends()


async def channel_free(meeting: Meeting, radio: SimulatorClient) -> None:
    """Nobody is on the air and nothing waits to go there, for half a second. A notice of ours, or speech that is held,
    keys the terminal as soon as the channel is free. The network then refuses whoever presses meanwhile."""
    free_since_s = 0.0

    async def free() -> bool:
        nonlocal free_since_s
        patches = (await meeting.view())["patches"]
        ours = any(one["state"] != "idle" or one["voice_held"] for one in patches)
        if ours or any(one.end_s is None for one in await radio.air(region.GROUP)):
            free_since_s = 0.0
            return False
        free_since_s = free_since_s or time.monotonic()
        return time.monotonic() - free_since_s > CHANNEL_FREE_S

    await wait.until(free, 75, every_s=0.05, what="the channel is free")
