"""The engine: commit before effect, order within a lane, and a database that fails while calls go on."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from bridge.domain.callout.commands import NewTarget, StartActivation
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.callout.reasons import CalloutReason
from bridge.domain.callout.records import TARGETS, Attempt
from bridge.domain.conference import legs
from bridge.domain.conference.commands import LockConference, OpenConference, SetFloorMode
from bridge.domain.conference.records import (
    CONFERENCES,
    PARTICIPANTS,
    Conference,
    FloorMode,
    Leg,
    Role,
    Room,
    Seat,
    SeatState,
)
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.events import Event
from bridge.domain.kernel.ids import (
    ActivationId,
    ChannelId,
    ConferenceId,
    MixId,
    RecordingId,
    TargetId,
    TerminalName,
    TrunkName,
)
from bridge.domain.kernel.journal import Audit, Note
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.reasons import WELL, GeneralReason
from bridge.domain.kernel.records import Record
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.recording.records import ArchiveState, Recording
from bridge.domain.saved import Saved
from bridge.domain.telephony.events import (
    CallArrived,
    DigitPressed,
    LegEnded,
    LegRinging,
    MixJoined,
    TalkingStarted,
    TalkingStopped,
    TelephonyDown,
    TelephonyUp,
)
from bridge.engine import Devices, Engine
from bridge.engine.clock import RandomIds, SteadyClock
from bridge.engine.faults import fault_of
from bridge.engine.saver import PROBE_S
from bridge.ports import CodeOwner, Codes, PortError, RecordsRefused
from bridge.storage import SqlStore, open_database
from tests.harness.principals import somebody
from tests.harness.reasons import english
from tests.harness.restart import empty_database

CONFERENCE = ConferenceId("cnf-00000000000000000000000001")
MIX = MixId("mix-00000000000000000000000001")


class Diary:
    """A device that writes down what it is asked, and can be told to refuse or to dawdle."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[Any, ...]]] = []
        self.refuses: set[str] = set()
        self.crashes: set[str] = set()
        self.gate = asyncio.Event()
        self.gate.set()

    def __getattr__(self, name: str) -> Any:
        async def ask(*args: Any, **options: Any) -> Any:
            await self.gate.wait()
            if name in self.refuses:
                raise PortError("asterisk", GeneralReason.LEGACY(text="refused"), retry=True)
            if name in self.crashes:
                raise ZeroDivisionError(name)
            self.asked.append((name, (*args, *options.values())))
            return None

        return ask

    def verbs(self) -> list[str]:
        return [name for name, _ in self.asked]


class OneCode:
    """Codes with one door."""

    async def resolve(self, digits: str) -> CodeOwner | None:
        return CodeOwner(CONFERENCE, Role.HOST) if digits == "12345678" else None

    async def withdraw(self, conference: ConferenceId) -> None:
        return None


class BreakableStore:
    """A real store whose disk can be filled."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self.is_full = False
        self.poison: set[str] = set()
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked = 0
        self.commits: list[list[Record]] = []
        self.notes: list[Note] = []
        self.audited: list[Audit] = []

    async def commit(self, records: Sequence[Record], notes: Sequence[Note] = (), audit: Sequence[Audit] = ()) -> None:
        is_full = self.is_full
        self.asked += 1
        await self.gate.wait()
        if is_full:
            raise PortError("database", GeneralReason.LEGACY(text="the disk is full"), retry=False)
        if poison := [record for record in records if record.id in self.poison]:
            raise RecordsRefused(poison, evidence="a name in use")
        await self._store.commit(records, notes, audit)
        self.commits.append(list(records))
        self.notes.extend(notes)
        self.audited.extend(audit)

    async def load(self) -> Saved:
        return await self._store.load()

    async def probe(self) -> None:
        if self.is_full:
            raise PortError("database", GeneralReason.LEGACY(text="the disk is full"), retry=False)
        await self._store.probe()


class World:
    def __init__(self, engine: Engine, store: BreakableStore, devices: Diary, clock: SteadyClock) -> None:
        self.engine = engine
        self.store = store
        self.devices = devices
        self.clock = clock

    def happens(self, event: Event) -> None:
        self.engine.emit(event)

    async def until(self, wanted: Any) -> None:
        async with asyncio.timeout(5):
            while not wanted():  # noqa: ASYNC110  the engine is asked by its public face only
                await asyncio.sleep(0.002)

    async def opens(self) -> None:
        opened = await self.engine.ask(somebody(), OpenConference(CONFERENCE, MIX, "M", "+4685555555", recorded=False))
        assert opened == Done(CONFERENCE)

    def person(self, channel: str) -> Seat | None:
        return legs.seat_on(self.engine.node(), ChannelId(channel))


@asynccontextmanager
async def running(folder: Path, *, up: bool = True) -> AsyncIterator[World]:
    await empty_database(folder / "samband.db")
    database = await open_database(f"sqlite:///{folder / 'samband.db'}")
    clock = SteadyClock()
    store = BreakableStore(SqlStore(database))
    policy = Policy(CalloutPolicy(trunks=(TrunkPolicy(TrunkName("t"), calls_per_s=0),)))
    engine = Engine(store=store, codes=cast("Codes", OneCode()), clock=clock, ids=RandomIds(clock), policy=policy)
    await engine.start([TerminalName("rakel-1")])
    diary = Diary()
    devices = Devices(diary, diary, diary, diary, {})
    task = asyncio.create_task(engine.run(devices))
    if up:
        engine.emit(TelephonyUp(clock.now_s(), (), frozenset(), frozenset()))
    try:
        yield World(engine, store, diary, clock)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await database.close()


async def arrives(world: World, channel: str) -> None:
    world.happens(CallArrived(world.clock.now_s(), ChannelId(channel), "+4685555555", "x", TrunkName("t")))
    for digit in "12345678#":
        world.happens(DigitPressed(world.clock.now_s(), ChannelId(channel), digit))
    await world.until(lambda: world.person(channel) is not None)


async def test_a_command_is_answered_after_its_commit(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        await world.opens()
        assert [type(record) for record in world.store.commits[-1]] == [Conference, Room]


async def test_a_call_goes_all_the_way_through_codes_commit_and_devices(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        await world.opens()
        await arrives(world, "in-1")
        await world.until(lambda: "create_mix" in world.devices.verbs() and world.devices.verbs().count("play") == 2)
        assert world.devices.verbs()[0] == "answer"
        person = world.person("in-1")
        assert person is not None
        assert person.role is Role.HOST


async def test_the_intent_is_on_disk_before_the_call_is_placed(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        await world.opens()
        world.devices.gate.clear()
        target = NewTarget(TargetId("tgt-1"), "TiB", "Kommun", ("+46846500401",))
        command = StartActivation(ActivationId("act-1"), "key", CONFERENCE, "L", (target,))
        await world.engine.ask(somebody(), command)
        attempts = (await world.store.load())[Attempt]
        assert len(attempts) == 1
        assert world.devices.asked == []
        world.devices.gate.set()
        await world.until(lambda: "dial" in world.devices.verbs())
        assert world.devices.asked[0][1][0].channel == attempts[0].id


async def test_a_full_disk_refuses_wishes_follows_facts_and_places_no_call(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        await world.opens()
        world.store.is_full = True
        refused = await world.engine.ask(somebody(), LockConference(CONFERENCE, True))
        assert isinstance(refused, Refused)
        assert refused.code == "unavailable"
        assert not world.engine.node()[CONFERENCES][CONFERENCE].locked
        await arrives(world, "in-1")
        await world.until(lambda: world.devices.verbs().count("play") == 2)
        assert "disk is full" in english(world.engine.health()["database"])
        world.store.is_full = False
        await world.until(lambda: world.engine.health()["database"] == WELL)
        kept = await world.store.load()
        assert [one.channel for one in kept[Leg]] == ["in-1"]
        assert [one.leg for one in kept[Seat]] == [one.id for one in kept[Leg]]


async def test_asterisk_is_back_when_everybody_can_see_who_is_lost_and_not_before(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        await world.opens()
        await arrives(world, "in-1")
        world.happens(MixJoined(world.clock.now_s(), ChannelId("in-1"), MIX))
        here = cast("Seat", world.person("in-1"))
        await world.until(lambda: world.engine.node()[PARTICIPANTS][here.id].state is SeatState.PRESENT)
        world.happens(TelephonyDown(world.clock.now_s(), CalloutReason.BUSY()))
        await world.until(lambda: world.engine.health()["asterisk"] == CalloutReason.BUSY())
        world.store.gate.clear()
        asked = world.store.asked
        world.happens(TelephonyUp(world.clock.now_s(), (), frozenset(), frozenset()))
        await world.until(lambda: world.store.asked > asked)
        assert world.engine.node()[PARTICIPANTS][here.id].state is SeatState.PRESENT, "what is not kept is not shown"
        assert world.engine.health()["asterisk"] != WELL
        world.store.gate.set()
        await world.until(lambda: world.engine.health()["asterisk"] == WELL)
        assert world.engine.node()[PARTICIPANTS][here.id].state is not SeatState.PRESENT


async def test_a_device_that_refuses_becomes_an_event_not_a_standstill(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        await world.opens()
        world.devices.refuses.add("dial")
        target = NewTarget(TargetId("tgt-1"), "TiB", "Kommun", ("+46846500401",))
        await world.engine.ask(somebody(), StartActivation(ActivationId("a"), "key", CONFERENCE, "L", (target,)))
        await world.until(
            lambda: world.engine.node()[TARGETS][TargetId("tgt-1")].reason == CalloutReason.TRUNK_CONGESTED()
        )


async def test_a_slip_in_an_adapter_stops_no_lane(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        await world.opens()
        world.devices.crashes.add("answer")
        await arrives(world, "in-1")
        await world.until(lambda: "play" in world.devices.verbs())


async def test_what_was_promised_is_known_again_after_a_restart(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        await world.opens()
        await arrives(world, "in-1")
    async with running(tmp_path) as world:
        assert world.engine.live_channels() == ["in-1"]
        assert len(world.engine.node()[PARTICIPANTS]) == 1


async def test_changes_are_numbered_and_can_be_resumed(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        await world.opens()
        before = world.engine.number()
        await world.engine.ask(somebody(), LockConference(CONFERENCE, True))
        seen = []
        async for change in world.engine.changes(after=before - 1):
            seen.append((change.number, change.kind, change.conference))
            if change.number == before + 1:
                break
        assert seen == [(before, "conference", CONFERENCE), (before + 1, "conference", CONFERENCE)]


async def test_ids_are_of_one_length_and_in_order_of_time() -> None:
    clock = SteadyClock()
    ids = RandomIds(clock)
    first = ids.mint("channel")
    await asyncio.sleep(0.002)
    second = ids.mint("channel")
    assert len(first) == len(second) == 30
    assert first < second
    assert first.startswith("leg-")


# --- an event that goes wrong ---


class Poisoned(LegRinging):
    """An event whose rule raises, as a slip of ours would make it."""

    @property
    def at_s(self) -> float:  # type: ignore[override]
        raise ZeroDivisionError("a slip of ours")


async def test_one_event_that_goes_wrong_changes_nothing_and_the_meeting_goes_on(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        await world.opens()
        poisoned = object.__new__(Poisoned)
        object.__setattr__(poisoned, "channel", ChannelId("in-1"))
        world.happens(poisoned)
        await arrives(world, "in-1")
        [fault] = world.engine.faults()
        assert (fault.event, fault.subject, fault.error) == ("Poisoned", "in-1", "ZeroDivisionError: a slip of ours")
        assert "went wrong" in english(world.engine.health()["engine"])
        crashed = [line for line in world.store.audited if line.action == "event.crashed"]
        assert [line.object for line in crashed] == ["in-1"]


async def test_the_one_whose_command_goes_wrong_is_told(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        await world.opens()
        broken = cast("Command", SetFloorMode(cast("ConferenceId", ["unhashable"]), FloorMode.OPEN))
        refused = await world.engine.ask(somebody(), broken)
        assert isinstance(refused, Refused)
        assert "nothing was changed" in english(refused.reason)
        assert await world.engine.ask(somebody(), LockConference(CONFERENCE, True)) == Done(CONFERENCE)


async def test_no_evidence_holds_a_key_that_was_pressed(tmp_path: Path) -> None:
    fault = fault_of(DigitPressed(1.0, ChannelId("in-1"), "7"), _raised(), 1.0)
    assert "7" not in fault.evidence
    assert fault.subject == "in-1"


def _raised() -> Exception:
    try:
        raise ValueError("x")
    except ValueError as error:
        return error


# --- what the beginning decides ---


async def test_what_the_start_decides_is_carried_out(tmp_path: Path) -> None:
    """A recording that lay closed in the spool is archived, and timers run, before Asterisk has said a word."""
    async with running(tmp_path) as world:
        await world.opens()
        conference = world.engine.node()[CONFERENCES][CONFERENCE]
        spooled = Recording(RecordingId("rec-1"), CONFERENCE, 1.0, ArchiveState.SPOOLED)
        await world.store.commit([conference, spooled])
    async with running(tmp_path, up=False) as world:
        await world.until(lambda: "archive" in world.devices.verbs())


async def test_the_seats_are_asked_about_as_well_as_the_calls(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        await world.opens()
        await arrives(world, "in-1")
        assert world.engine.live_channels() == ["in-1"]


async def test_notes_that_come_while_a_commit_fails_are_not_lost(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        await world.opens()
        await arrives(world, "in-1")
        world.happens(MixJoined(world.clock.now_s(), ChannelId("in-1"), MIX))
        world.store.is_full = True
        world.store.gate.clear()
        world.happens(LegEnded(world.clock.now_s(), ChannelId("nobody"), 16))
        world.happens(TalkingStarted(world.clock.now_s(), ChannelId("in-1")))
        await asyncio.sleep(0)
        world.happens(TalkingStopped(world.clock.now_s(), ChannelId("in-1")))
        world.store.gate.set()
        world.store.is_full = False
        await world.until(lambda: {"talk_started", "talk_stopped"} <= {one.kind.value for one in world.store.notes})


# --- a record that the database will not take ---

OTHER = ConferenceId("cnf-00000000000000000000000002")


async def test_one_wish_that_cannot_be_kept_refuses_no_other_of_the_same_moment(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        await world.opens()
        world.store.poison.add(OTHER)
        wish = OpenConference(OTHER, MixId("mix-2"), "M", "+4685555555", recorded=False)
        refused, done = await asyncio.gather(
            world.engine.ask(somebody(), wish), world.engine.ask(somebody(), LockConference(CONFERENCE, True))
        )
        assert isinstance(refused, Refused)
        assert (refused.code, done) == ("conflict", Done(CONFERENCE))
        assert OTHER not in world.engine.node()[CONFERENCES]
        assert "went wrong" in english(world.engine.health()["engine"])


async def test_a_fact_that_cannot_be_kept_is_followed_and_does_not_stand_in_the_way_for_ever(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        await world.opens()
        await arrives(world, "in-1")
        person = world.person("in-1")
        assert person is not None
        world.store.poison.add(person.id)
        world.happens(MixJoined(world.clock.now_s(), ChannelId("in-1"), MIX))
        await world.until(lambda: [line.object for line in world.store.audited if line.action == "record.refused"])
        assert await world.engine.ask(somebody(), LockConference(CONFERENCE, True)) == Done(CONFERENCE)
        assert world.engine.health()["database"] == WELL
        joined = world.person("in-1")
        assert joined is not None
        assert joined.state is SeatState.PRESENT


async def test_what_waited_for_the_database_and_is_poison_is_set_aside(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        await world.opens()
        world.store.is_full = True
        await arrives(world, "in-1")
        person = world.person("in-1")
        assert person is not None
        world.store.poison.add(person.id)
        world.store.is_full = False
        await world.until(lambda: world.engine.health()["database"] == WELL)
        assert await world.engine.ask(somebody(), LockConference(CONFERENCE, True)) == Done(CONFERENCE)


async def test_no_call_is_placed_whose_intent_cannot_be_kept(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        await world.opens()
        world.devices.refuses.add("dial")
        target = NewTarget(TargetId("tgt-1"), "TiB", "Kommun", ("+46846500401",))
        world.store.poison.add(TargetId("tgt-1"))
        refused = await world.engine.ask(
            somebody(), StartActivation(ActivationId("a"), "key", CONFERENCE, "L", (target,))
        )
        assert isinstance(refused, Refused)
        assert "dial" not in world.devices.verbs()
        assert not world.engine.node()[TARGETS]


async def test_a_disk_that_takes_nothing_is_found_out_although_nothing_is_asked_for(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        await world.opens()
        world.store.is_full = True
        world.engine._saver._proved_at_s -= PROBE_S
        await world.until(lambda: "disk is full" in english(world.engine.health()["database"]))
        world.store.is_full = False
        await world.until(lambda: world.engine.health()["database"] == WELL)
