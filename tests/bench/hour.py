"""The controller's memory over an hour of a meeting of a hundred, played fast: engine, rules and a real database."""

import asyncio
import gc
import importlib
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, cast

from bridge.domain.conference.commands import OpenConference, SetFloorMode
from bridge.domain.conference.passing import SEATS
from bridge.domain.conference.records import FloorMode, Role
from bridge.domain.kernel.events import Event
from bridge.domain.kernel.ids import ChannelId, ConferenceId, MixId, PlaybackId, TrunkName
from bridge.domain.kernel.policy import Policy
from bridge.domain.telephony.events import (
    CallArrived,
    DigitPressed,
    LegEnded,
    MixJoined,
    MixLeft,
    PlaybackEnded,
    TalkingStarted,
    TalkingStopped,
    TelephonyUp,
)
from bridge.engine import Devices, Engine
from bridge.engine.clock import RandomIds, SteadyClock
from bridge.ports import CodeOwner, Codes
from bridge.storage import SqlStore, open_database
from tests.bench.figures import Figure, Scale
from tests.bench.processes import rss_mb
from tests.harness import wait
from tests.harness.principals import somebody

CONFERENCE: Final = ConferenceId("cnf-00000000000000000000000001")
MIX: Final = MixId("mix-00000000000000000000000001")
CROWD: Final = 100
TALKS_PER_S: Final = 10
FLAT_MB: Final = 10.0
"""The hour's last three quarters may add this much; the first one fills what is kept of the past."""


class FastClock:
    """Time as the measurement tells it."""

    def __init__(self) -> None:
        self.at_s = 1_750_000_000.0

    def now_s(self) -> float:
        return self.at_s


class Obliging:
    """Devices that do all they are asked at once and say so."""

    def __init__(self, clock: FastClock) -> None:
        self._clock = clock
        self.engine: Engine | None = None

    def __getattr__(self, name: str) -> Any:
        async def done(*args: Any, **options: Any) -> None:
            del args, options

        return done

    def _says(self, event: Event) -> None:
        if self.engine is not None:
            self.engine.emit(event)

    async def play(self, channel: ChannelId, playback: PlaybackId, *rest: Any) -> None:
        self._says(PlaybackEnded(self._clock.now_s(), playback, channel))

    async def join_mix(self, channel: ChannelId, mix: MixId, *, heard: bool) -> None:
        self._says(MixJoined(self._clock.now_s(), channel, mix))

    async def leave_mix(self, channel: ChannelId, mix: MixId) -> None:
        self._says(MixLeft(self._clock.now_s(), channel, mix))

    async def hang_up(self, channel: ChannelId) -> None:
        self._says(LegEnded(self._clock.now_s(), channel, 16))


class OneCode:
    async def resolve(self, digits: str) -> CodeOwner | None:
        return CodeOwner(CONFERENCE, Role.PARTICIPANT) if digits == "12345678" else None

    async def withdraw(self, conference: ConferenceId) -> None:
        return None


class _Meeting:
    """A hundred people who come, talk, mute, ask for the word and go."""

    def __init__(self, engine: Engine, clock: FastClock, seed: int) -> None:
        self._engine, self._clock = engine, clock
        self._chance = random.Random(seed)
        self._callers = 0
        self._present: list[ChannelId] = []

    def second(self) -> None:
        self._clock.at_s += 1
        if len(self._present) < CROWD:
            self._arrives()
        if self._chance.random() < 0.05 and len(self._present) > CROWD // 2:
            channel = self._present.pop(self._chance.randrange(len(self._present)))
            self._happens(LegEnded(self._clock.at_s, channel, 16))
        for _ in range(TALKS_PER_S // 2):
            channel = self._chance.choice(self._present)
            self._happens(TalkingStarted(self._clock.at_s, channel))
            self._happens(TalkingStopped(self._clock.at_s + 0.8, channel))
        if self._chance.random() < 0.3:
            self._keys(self._chance.choice(self._present), self._chance.choice(("*6", "*5", "**")))

    async def host(self, at_s: int) -> None:
        """Every ten seconds the host does something."""
        mode = (FloorMode.OPEN, FloorMode.LECTURE, FloorMode.QUEUE)[at_s // 10 % 3]
        await self._engine.ask(somebody("host"), SetFloorMode(CONFERENCE, mode))

    def _arrives(self) -> None:
        self._callers += 1
        channel = ChannelId(f"in-{self._callers}")
        self._present.append(channel)
        caller = f"+4670174{605 + self._callers % 95:04d}"
        self._happens(CallArrived(self._clock.at_s, channel, "+4685555555", caller, TrunkName("main")))
        self._keys(channel, "12345678#")

    def _keys(self, channel: ChannelId, keys: str) -> None:
        for key in keys:
            self._happens(DigitPressed(self._clock.at_s, channel, key))

    def _happens(self, event: Event) -> None:
        self._engine.emit(event)

    @property
    def present(self) -> int:
        return len(self._present)


async def memory(folder: Path, scale: Scale) -> Sequence[Figure]:
    importlib.import_module("bridge.main.controller")  # so that what is resident is what the controller has loaded
    seconds = scale.of(3600, 240)
    clock = FastClock()
    database = await open_database(f"sqlite:///{folder / 'samband.db'}")
    devices = Obliging(clock)
    engine = Engine(
        store=SqlStore(database),
        codes=cast("Codes", OneCode()),
        clock=clock,
        ids=RandomIds(cast("SteadyClock", clock)),
        policy=Policy(),
    )
    devices.engine = engine
    await engine.start([])
    hands = cast("Any", devices)
    running = asyncio.create_task(engine.run(Devices(hands, hands, hands, hands, {})))
    try:
        resident = await _an_hour(engine, clock, seconds, scale.seed)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await database.close()
    later = resident[len(resident) // 4 :]
    how = (
        "resident memory of a process that has loaded all that the controller loads, with engine, rules and SQLite at "
        "work, sampled each simulated minute; time is accelerated"
    )
    what = f"{CROWD} participants, {seconds / 60:g} min simulated"
    raw: dict[str, object] = {"resident_mb": resident}
    growth_mb = later[-1] - later[0]
    return (
        Figure(f"memory, {what}, most", max(resident), "MB", 300, samples=len(resident), how=how, raw=raw),
        Figure(f"memory, {what}, growth after the first quarter", growth_mb, "MB", FLAT_MB, samples=len(later)),
    )  # fmt: skip


async def _an_hour(engine: Engine, clock: FastClock, seconds: int, seed: int) -> list[float]:
    await engine.ask(somebody("host"), OpenConference(CONFERENCE, MIX, "Bench", "+4685555555", recorded=False))
    engine.emit(TelephonyUp(clock.now_s(), (), frozenset(), frozenset()))
    meeting, resident = _Meeting(engine, clock, seed), []
    for at_s in range(seconds):
        meeting.second()
        await asyncio.sleep(0)
        if at_s % 10 == 9:  # the answer comes when everything before it has been taken in
            await meeting.host(at_s)
        if at_s % 60 == 59:
            gc.collect()
            resident.append(rss_mb())
    await wait.until(
        lambda: len(engine.node()[SEATS]) >= meeting.present * 0.9, 10, what="the callers have their seats"
    )
    return resident
