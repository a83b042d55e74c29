"""The whole radio side on a virtual clock: engine, domain, rakel's drivers, the paths' sound, and a simulated network.

Real are `bridge.engine`, `bridge.domain`, `bridge.rakel` from the bytes of the line on, and `bridge.media.path`. So is
`hardware.simulator` from its PEI and audio connectors on. In memory: the two cables, Asterisk, the database.
"""

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from unittest.mock import patch as replacing

import numpy as np
import structlog

from bridge.audio.frame import FRAME_SAMPLES, SILENCE, Samples
from bridge.domain.conference.commands import OpenConference
from bridge.domain.kernel.ids import (
    ChannelId,
    ConferenceId,
    Gssi,
    MixId,
    ParticipantId,
    PatchId,
    TerminalName,
    TrunkName,
)
from bridge.domain.kernel.replies import Done
from bridge.domain.radio.commands import AddPatch
from bridge.domain.radio.records import PATCHES, Patch
from bridge.domain.telephony.events import (
    CallArrived,
    DigitPressed,
    LegEnded,
    TalkingStarted,
    TalkingStopped,
    TelephonyUp,
)
from bridge.engine import Devices, Engine
from bridge.ports import Clock
from bridge.rakel.connection import Connection, OnIndication
from bridge.rakel.radio import RakelRadio
from bridge.rakel.settings import TerminalSettings
from hardware.simulator.audio import AudioSide
from hardware.simulator.identity import HomeNetwork
from hardware.simulator.listener import Address
from hardware.simulator.network import Network
from hardware.simulator.ports import Port
from hardware.simulator.settings import NetworkSettings
from hardware.simulator.simulator import Rig, Simulator, TerminalPlan
from hardware.simulator.users import User
from tests.harness.principals import somebody
from tests.soak.cables import AudioCable, SerialCable
from tests.soak.devices import (
    CODE,
    HOST_CODE,
    CountedIds,
    ForgetfulStore,
    MemoryMedia,
    MemoryTelephony,
    OneCode,
    OnePath,
)
from tests.soak.guards import GUARDS, Guards
from tests.soak.virtual import VirtualClock

CONFERENCE = ConferenceId("cnf-00000000000000000000000001")
MIX = MixId("mix-00000000000000000000000001")
FIRST_GSSI = 2001
FIRST_ISSI = 1_001_001
FIRST_USER = 1_002_001
NUMBER = "+4685555555"
SETTLE_S = 5.0


class CabledSimulator(Simulator):
    """The simulator with cables in memory. `after_tick` is called once for every 20 ms."""

    def make_port(self, plan: TerminalPlan) -> Port:
        return SerialCable(str(plan.pei))

    def make_audio(self, plan: TerminalPlan, transmit: Callable[[Samples, float], bool]) -> AudioSide:
        return AudioCable(transmit)

    def after_tick(self) -> None: ...

    def _tick(self, at_s: float) -> None:
        super()._tick(at_s)
        self.after_tick()


class Person:
    """Somebody at a telephone. Says what is put into `says`, 20 ms at a time, heard or not."""

    def __init__(self, channel: ChannelId) -> None:
        self.channel = channel
        self._words: list[Samples] = []
        self._at = 0
        self.talking = False

    def says(self, samples: Samples) -> None:
        """After what is not said yet. A multiple of 160 samples."""
        self._words.append(samples)

    @property
    def pieces_left(self) -> int:
        return len(self._words)

    async def has_left(self, pieces: int = 0) -> None:
        """Wait until no more than this is still to be said."""
        while self.pieces_left > pieces:  # noqa: ASYNC110 - in virtual time looking costs nothing
            await asyncio.sleep(0.5)

    def next(self) -> Samples | None:
        if not self._words:
            return None
        words = self._words[0]
        frame = words[self._at : self._at + FRAME_SAMPLES]
        self._at += FRAME_SAMPLES
        if self._at >= len(words):
            self._words.pop(0)
            self._at = 0
        return frame


class RadioWorld:
    """Made by `radio_world`. One conference, `terminals` terminals on talkgroups 2001, 2002, …, each with two users."""

    def __init__(self, terminals: int, guards: Guards, network: NetworkSettings) -> None:
        self.clock: Clock = VirtualClock()
        self.names = [f"rakel-{number}" for number in range(1, terminals + 1)]
        self.store = ForgetfulStore()
        self.engine = Engine(
            store=self.store,
            codes=OneCode(CONFERENCE),
            clock=self.clock,
            ids=CountedIds(),
            policy=guards.policy,
        )
        self.radio = RakelRadio(
            [_settings(name, at, guards) for at, name in enumerate(self.names)], self.clock, self.engine.emit
        )
        self.simulator = CabledSimulator(
            HomeNetwork(),
            {FIRST_GSSI + at: f"RAPS-{at + 1}" for at in range(terminals)},
            {FIRST_USER + at: f"Användare {at + 1}" for at in range(2 * terminals)},
            [_plan(name, at) for at, name in enumerate(self.names)],
            network,
        )
        self.telephony = MemoryTelephony(self.clock, self.engine.emit)
        self.media = MemoryMedia(self.clock, self.engine.emit, self._audio_cable, guards.media)
        self.people: list[Person] = []
        self._channels = itertools.count(1)
        self._spoken: Samples | None = None
        self.simulator.after_tick = self._step  # type: ignore[method-assign]

    # --- parts ---

    @property
    def network(self) -> Network:
        return self.simulator.network

    def rig(self, name: str) -> Rig:
        return self.simulator.rigs[name]

    def user(self, index: int) -> User:
        return self.network.users[FIRST_USER + index]

    def patches(self) -> list[Patch]:
        return list(self.engine.node()[PATCHES].values())

    def path(self, patch: PatchId) -> OnePath:
        return self.media.paths[patch]

    def _audio_cable(self, url: str) -> AudioCable:
        audio = self.rig(url.rpartition("/")[2]).audio
        if not isinstance(audio, AudioCable):
            raise TypeError(url)
        return audio

    def open_line(
        self,
        url: str,
        baud: int,
        *,
        rtscts: bool,
        name: str,
        clock: Clock,
        on_indication: OnIndication,
        gap_s: float = 0,
    ) -> Connection:
        port = self.rig(name).port
        if not isinstance(port, SerialCable):
            raise TypeError(url)
        return port.open(name, clock, on_indication, gap_s)

    # --- 20 ms ---

    def _step(self) -> None:
        spoken = [frame for person in self.people if (frame := self._next_of(person)) is not None]
        self._spoken = SILENCE if not spoken else spoken[0] if len(spoken) == 1 else _mixed(spoken)
        self.media.step(self._meeting)

    def _next_of(self, person: Person) -> Samples | None:
        frame = person.next()
        if (frame is not None) is not person.talking:
            person.talking = frame is not None
            said = TalkingStarted if person.talking else TalkingStopped
            self.engine.emit(said(self.clock.now_s(), person.channel))
        return frame if self.telephony.heard.get(person.channel, False) else None

    def _meeting(self, mix: MixId) -> Samples:
        return SILENCE if self._spoken is None else self._spoken

    # --- what people do ---

    async def joins(self, *, as_host: bool = False) -> Person:
        channel = ChannelId(f"leg-{next(self._channels):026d}")
        self.engine.emit(CallArrived(self.clock.now_s(), channel, NUMBER, "+46701740605", TrunkName("default")))
        await asyncio.sleep(1)
        for digit in (HOST_CODE if as_host else CODE) + "#":
            self.engine.emit(DigitPressed(self.clock.now_s(), channel, digit))
        await asyncio.sleep(1)
        person = Person(channel)
        self.people.append(person)
        return person

    def leaves(self, person: Person) -> None:
        self.people.remove(person)
        self.telephony.heard.pop(person.channel, None)
        self.engine.emit(LegEnded(self.clock.now_s(), person.channel, 16))

    async def patches_in(self, at: int, **wanted: object) -> PatchId:
        """Patch talkgroup number `at` in through the terminal of the same number, without a notice if not wanted."""
        patch = PatchId(f"pat-{at + 1:026d}")
        voice = ParticipantId(f"prt-{900_000 + at:026d}")
        terminal, gssi = TerminalName(self.names[at]), Gssi(FIRST_GSSI + at)
        command = AddPatch(CONFERENCE, patch, voice, terminal, gssi, f"RAPS-{at + 1}", notice=False)
        reply = await self.engine.ask(somebody(), replace(command, **wanted))  # type: ignore[arg-type]
        if not isinstance(reply, Done):
            raise AssertionError(reply)
        return patch


def _settings(name: str, at: int, guards: Guards) -> TerminalSettings:
    limit = {} if guards.transmit_limit_s is None else {"transmit_limit_s": guards.transmit_limit_s}
    return TerminalSettings(
        name=name, serial=f"/dev/{name}", audio=f"audiosocket://memory/{name}", profile="simulated",
        talkgroup=FIRST_GSSI + at,
    ).model_copy(update=limit)  # fmt: skip


def _plan(name: str, at: int) -> TerminalPlan:
    profile = "mtm5400" if at % 2 == 0 else "mtm800e"
    return TerminalPlan(name, FIRST_ISSI + at, Address(name, 0), Address(name, 0), profile, FIRST_GSSI + at)


def _mixed(frames: list[Samples]) -> Samples:
    total = np.sum([frame.astype(np.int32) for frame in frames], axis=0)
    mixed: Samples = np.clip(total, -32768, 32767).astype(np.int16)
    return mixed


@asynccontextmanager
async def radio_world(
    terminals: int = 1, network: NetworkSettings | None = None, guards: Guards = GUARDS
) -> AsyncIterator[RadioWorld]:
    """Everything started, the conference open, the terminals ready. Only inside `virtual.run_virtually`."""
    world = RadioWorld(terminals, guards, network or NetworkSettings())
    for rig in world.simulator.rigs.values():
        rig.terminal.change(tot_s=guards.tot_s)

    async def opened(url: str, baud: int, **options: object) -> Connection:
        return world.open_line(url, baud, **options)  # type: ignore[arg-type]

    with replacing("bridge.rakel.speeds.open_connection", opened):
        await world.engine.start([TerminalName(name) for name in world.names])
        audio_of = {TerminalName(name): f"audiosocket://memory/{name}" for name in world.names}
        devices = Devices(world.telephony, world.radio, world.media, None, audio_of)  # type: ignore[arg-type]
        await world.simulator.start()
        tasks = [asyncio.create_task(world.engine.run(devices)), asyncio.create_task(world.radio.run())]
        try:
            world.engine.emit(TelephonyUp(world.clock.now_s(), (), frozenset(), frozenset()))
            await world.engine.ask(somebody(), OpenConference(CONFERENCE, MIX, "Övning", NUMBER, recorded=False))
            await asyncio.sleep(SETTLE_S)
            yield world
        finally:
            for task in reversed(tasks):
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            await world.simulator.stop()
    for task in tasks:
        if not task.cancelled() and task.exception() is not None:
            raise RuntimeError("a part of the world died") from task.exception()


@contextmanager
def listening_for_errors() -> Iterator[list[str]]:
    """Logs nothing, and gathers what would have been logged as an error."""
    errors: list[str] = []

    def gather(logger: object, name: str, event: MutableMapping[str, object]) -> str:
        errors.append(f"{event}")
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[gather], wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        yield errors
    finally:
        structlog.configure(**before)
