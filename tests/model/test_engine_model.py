"""The real engine over the real store, on a clock of its own. Devices fail, the disk fills and the process dies.

What was acknowledged is in the database. No call and no message goes out whose intent is not. Nobody is rung twice for
one intent. Nobody waits for nothing. And when all is calm again, nothing is left.
"""

import asyncio
import sqlite3
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.domain.callout.commands import NewTarget, StartActivation
from bridge.domain.callout.passing import TRUNKS
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.callout.records import TALLY, ActivationState
from bridge.domain.conference.commands import EndConference, LockConference, OpenConference
from bridge.domain.conference.effects import LookUpCode, WithdrawCodes
from bridge.domain.conference.records import CONFERENCES, Role
from bridge.domain.guessing.records import FAMILIAR_LINES, GUESSES
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.effects import DeviceEffect
from bridge.domain.kernel.events import Event, Fate, TimerDue
from bridge.domain.kernel.ids import (
    ActivationId,
    ChannelId,
    ConferenceId,
    Gssi,
    MessageId,
    MixId,
    ParticipantId,
    PatchId,
    TargetId,
    TerminalName,
    TrunkName,
)
from bridge.domain.kernel.journal import Audit, Note
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.reasons import GeneralReason
from bridge.domain.kernel.records import Record
from bridge.domain.kernel.replies import Done
from bridge.domain.kernel.timers import TimerKey
from bridge.domain.radio.commands import AddPatch, RemovePatch
from bridge.domain.radio.effects import (
    ArmVoice,
    CeaseTransmit,
    ClosePath,
    DemandTransmit,
    DropVoice,
    HoldVoice,
    OpenPath,
    SayOnAir,
    SelectTalkgroup,
    SendVoice,
    SetRadioHeard,
    StartTrack,
    StopTrack,
)
from bridge.domain.radio.events import (
    RadioTalkStarted,
    RadioTalkStopped,
    SpeechBegan,
    SpeechDrained,
    TerminalState,
    TransmissionCut,
    TransmitEnded,
    TransmitGranted,
    TransmitQueued,
    TransmitRefused,
)
from bridge.domain.radio.records import PATCHES, TERMINALS, PatchState
from bridge.domain.radio.timers import RadioTimer
from bridge.domain.recording.effects import ArchiveRecording, StartRecording, StopRecording
from bridge.domain.saved import Saved
from bridge.domain.shortdata.commands import SendSds, SendStatus
from bridge.domain.shortdata.effects import SubmitSds, SubmitStatus
from bridge.domain.shortdata.passing import ON_CALL
from bridge.domain.telephony.effects import (
    Announce,
    Answer,
    CreateMix,
    DestroyMix,
    Dial,
    HangUpLeg,
    JoinMix,
    LeaveMix,
    Play,
    SetHeard,
    StopPlaying,
    Whisper,
)
from bridge.domain.telephony.events import DigitPressed, PlaybackEnded, TelephonyDown
from bridge.engine import Devices, Engine
from bridge.engine.clock import RandomIds
from bridge.engine.timers import Timers
from bridge.ports import Clock, Codes, Emit, PortError
from bridge.storage import SqlStore, open_database
from bridge.storage.database import Database
from tests.harness.principals import somebody
from tests.harness.promises import broken
from tests.harness.reasons import because
from tests.harness.restart import empty_database
from tests.model.county import County, Outcome, at

MIX = MixId(f"mix-{1:026d}")
TERMINAL, TRUNK = TerminalName("rakel-1"), TrunkName("t")
GROUP = Gssi(2001)
CODE = "90817263"
NUMBERS: Final = [f"+468465004{index:02d}" for index in range(5)]
POLICY = Policy(CalloutPolicy(trunks=(TrunkPolicy(TRUNK, calls_per_s=0, channels=3),)))
STEPS = 30
_BARRIER = LockConference(ConferenceId("cnf-nobodys"), True)

ORDERS: Final[dict[str, Callable[..., DeviceEffect]]] = {
    "answer": Answer,
    "play": Play,
    "stop_playing": StopPlaying,
    "whisper": Whisper,
    "announce": Announce,
    "hang_up": HangUpLeg,
    "create_mix": lambda mix: CreateMix(mix, ConferenceId("")),
    "destroy_mix": DestroyMix,
    "join_mix": JoinMix,
    "leave_mix": LeaveMix,
    "set_heard": SetHeard,
    "dial": Dial,
    "start_recording": StartRecording,
    "stop_recording": lambda recording: StopRecording(MIX, recording),
    "archive": ArchiveRecording,
    "resolve": lambda digits: LookUpCode(ChannelId(""), digits),
    "withdraw": WithdrawCodes,
    "send_sds": lambda terminal, message, receiver, text, **more: SubmitSds(
        terminal, message, receiver, bool(more["group"]), text, int(more["first_part"])
    ),
    "send_status": SubmitStatus,
    "select_talkgroup": SelectTalkgroup,
    "demand_transmit": DemandTransmit,
    "cease_transmit": CeaseTransmit,
    "open_path": lambda patch, audio, mix: OpenPath(patch, TERMINAL, mix),
    "close_path": ClosePath,
    "set_radio_heard": SetRadioHeard,
    "send_voice": SendVoice,
    "hold_voice": HoldVoice,
    "drop_voice": DropVoice,
    "arm_voice": ArmVoice,
    "say_on_air": SayOnAir,
    "start_track": StartTrack,
    "stop_track": StopTrack,
}
_OF_A_MIX: Final = (CreateMix, DestroyMix, StartRecording, StopRecording)
HANGS: Final = 0.3
"""The share of orders that a hanging device does not answer."""


class OwnClock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.at_s = 1_800_000_000.0

    def now_s(self) -> float:
        return self.at_s


class OwnTimers(Timers):
    """Timers of that clock."""

    def __init__(self, clock: Clock, emit: Emit) -> None:
        super().__init__(clock, emit)
        self._now, self._tell = clock, emit
        self.due: dict[TimerKey, float] = {}

    def start(self, key: TimerKey, after_s: float) -> None:
        self.due[key] = self._now.now_s() + after_s

    def stop(self, key: TimerKey) -> None:
        self.due.pop(key, None)

    def stop_all(self) -> None:
        self.due.clear()

    def fire(self) -> None:
        """Tell the next one that is due."""
        key = min(self.due, key=lambda one: (self.due[one], str(one)))
        del self.due[key]
        self._tell(TimerDue(self._now.now_s(), key))


class Disk:
    """The real store, whose disk can be full, and which takes nothing from a process that is dead."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self.is_full = False

    async def commit(self, records: Sequence[Record], notes: Sequence[Note] = (), audit: Sequence[Audit] = ()) -> None:
        if self.is_full:
            raise PortError("database", GeneralReason.LEGACY(text="the disk is full"), retry=False)
        await self._store.commit(records, notes, audit)

    async def load(self) -> Saved:
        return await self._store.load()

    async def probe(self) -> None:
        if self.is_full:
            raise PortError("database", GeneralReason.LEGACY(text="the disk is full"), retry=False)


class Ports:
    """Every device of the engine: the county, with failures as they are drawn."""

    def __init__(self, county: County, draw: Random, file: Path) -> None:
        self.county = county
        self.is_rough = False
        self.is_hanging = False
        self.hung: list[DeviceEffect] = []
        """Orders that a device does not answer for now. What waits behind each in its lane is not given meanwhile."""
        self.under_way = 0
        self.orders = 0
        self.without_intent: list[DeviceEffect] = []
        self._draw = draw
        self._file = file
        self._answers_again = asyncio.Event()

    def lets_go(self) -> None:
        """The device goes on; what it was asked meanwhile has run into its time limit."""
        self.is_hanging = False
        self._answers_again.set()
        self._answers_again = asyncio.Event()

    async def _hangs(self, effect: DeviceEffect) -> None:
        self.hung.append(effect)
        try:
            await self._answers_again.wait()
        finally:
            self.hung.remove(effect)

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        make = ORDERS[name]

        async def order(*args: Any, **more: Any) -> Any:
            self.under_way += 1
            self.orders += 1
            try:
                return await self._carry_out(make(*args, **more))
            finally:
                self.under_way -= 1

        return order

    async def _carry_out(self, effect: DeviceEffect) -> Any:
        self._look_for_intent(effect)
        if self.is_hanging and self._draw.random() < HANGS:
            await self._hangs(effect)
            self.county.carry_out(effect, self._draw.choice([Outcome.NO_ANSWER, Outcome.DONE_WITHOUT_ANSWER]))
            raise PortError("county", GeneralReason.LEGACY(text="no answer in time"), retry=True, fate=Fate.UNKNOWN)
        outcome = self._draw.choice(list(Outcome)) if self.is_rough else Outcome.DONE
        if self.is_rough and self._draw.random() < 0.1:
            await asyncio.sleep(0.005)
            raise ZeroDivisionError("a slip in an adapter")
        if isinstance(effect, LookUpCode) and outcome is Outcome.DONE:
            return self.county.codes.get(effect.digits)
        fate = self.county.carry_out(effect, outcome)
        if fate is not None:
            raise PortError("county", GeneralReason.LEGACY(text="as it happens"), retry=True, fate=fate)
        return None

    def _look_for_intent(self, effect: DeviceEffect) -> None:
        """An order whose intent is not on disk at the very moment is kept as evidence."""
        if isinstance(effect, Dial | SubmitSds | SubmitStatus):
            table = "attempts" if isinstance(effect, Dial) else "messages"
            if not is_stored(self._file, table, effect.subject):
                self.without_intent.append(effect)


def rows(file: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    """What the file holds at this moment, read past the program."""
    connection = sqlite3.connect(file, timeout=5)
    try:
        return connection.execute(query, values).fetchall()
    finally:
        connection.close()


def is_stored(file: Path, table: str, subject: str) -> bool:
    queries = {
        "attempts": "select id from attempts where id = ?",
        "messages": "select id from messages where id = ?",
        "activations": "select id from activations where id = ?",
        "patches": "select id from patches where id = ?",
    }
    return bool(rows(file, queries[table], subject))


class Life:
    """The same database and the same county through several processes."""

    def __init__(self, database: Database, file: Path, seed: int) -> None:
        self.draw = Random(seed)
        self.county = County((TERMINAL,))
        self.clock = OwnClock()
        self.ports = Ports(self.county, self.draw, file)
        self.file = file
        self.count = 0
        self.room = ConferenceId("")
        self.locked = False
        self.acknowledged: set[tuple[str, str]] = set()
        self._database = database

    async def process_starts(self) -> None:
        self.disk = Disk(SqlStore(self._database))
        ids = RandomIds(cast("Any", self.clock))
        codes = cast("Codes", self.ports)
        self.engine = Engine(
            store=self.disk, codes=codes, clock=self.clock, ids=ids, policy=POLICY, make_timers=self._timers
        )
        await self.engine.start([TERMINAL])
        audio_of = {TERMINAL: "audiosocket://memory/1"}
        devices = Devices(*cast("tuple[Any, Any, Any, Any]", (self.ports,) * 4), audio_of)
        self._task = asyncio.create_task(self.engine.run(devices))
        await self.quiet()
        if self.draw.random() < 0.7:
            self.connects()
            await self.quiet()

    def _timers(self, clock: Clock, emit: Emit) -> OwnTimers:
        self.timers = OwnTimers(clock, emit)
        return self.timers

    async def process_dies(self) -> None:
        """Nothing more is written, and nothing that was under way is known."""
        self.disk.is_full = True
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self.county.controller_dies()
        self.ports.under_way = 0
        self.ports.lets_go()

    def happens(self, event: Event) -> None:
        self.engine.emit(at(event, self.clock.now_s()))

    def connects(self) -> None:
        self.happens(self.county.connects(self.clock.now_s(), self.engine.live_channels()))

    async def quiet(self) -> None:
        """Until nothing is under way: every event is stepped and committed, every order is done or has failed."""
        for _ in range(40):
            before = self.ports.orders
            await self.engine.ask(somebody(), _BARRIER)
            await asyncio.sleep(0)
            while self.ports.under_way > len(self.ports.hung):  # noqa: ASYNC110  an order is a coroutine of the engine's own lane
                await asyncio.sleep(0.001)
            news = [self.county.hear(source) for source, queue in self.county.news.items() for _ in range(len(queue))]
            for event in news:
                if not isinstance(event, PlaybackEnded) or self.draw.random() < 0.5:
                    self.happens(event)
            if not news and self.ports.orders == before:
                return

    async def passes(self, seconds: float) -> None:
        until_s = self.clock.at_s + seconds
        while self.timers.due and min(self.timers.due.values()) <= until_s:
            self.clock.at_s = max(self.clock.at_s, min(self.timers.due.values()))
            self.timers.fire()
            await self.quiet()
        self.clock.at_s = until_s

    async def asks(self, command: Command) -> bool:
        return isinstance(await self.engine.ask(somebody(), command), Done)

    # --- what happens ---

    async def somebody_joins(self) -> None:
        if not self.county.connected:
            return
        self.count += 1
        line = ChannelId(f"in-{self.count}")
        self.county.caller_comes(line, self.draw.choice(["", *NUMBERS]), TRUNK, rescued=False)
        await self.quiet()
        for digit in f"{CODE}#":
            self.happens(DigitPressed(0.0, line, digit))

    async def a_list_is_called_out(self) -> None:
        self.count += 1
        name = f"act-{self.count}"
        numbers = self.draw.sample(NUMBERS, 3)
        targets = tuple(NewTarget(TargetId(f"tgt-{self.count}-{one}"), "TiB", "K", (one,)) for one in numbers)
        if await self.asks(StartActivation(ActivationId(name), name, self.room, "L", targets, rounds=1)):
            self.acknowledged.add(("activations", name))

    async def a_text_is_sent(self) -> None:
        self.count += 1
        name = f"sds-{self.count}"
        self.county.terminal_is(TERMINAL, TerminalState.READY, None)
        text = SendSds(MessageId(name), 1234, self.draw.choice(["Samverkan 16.00", "Skogsbrand vid Älvdalen. " * 12]))
        wishes: list[Command] = [text, SendStatus(MessageId(name), 1234, 0x8004)]
        if await self.asks(self.draw.choice(wishes)):
            self.acknowledged.add(("messages", name))

    async def the_door_is_locked(self) -> None:
        locked = self.draw.random() < 0.5
        if await self.asks(LockConference(self.room, locked)):
            self.locked = locked

    async def the_meeting_ends_and_another_is_opened(self) -> None:
        """Where nothing can be written the old one goes on."""
        if self.room and not await self.asks(EndConference(self.room)):
            return
        if self.room and self.draw.random() < 0.5:
            await self.the_process_dies()
        self.count += 1
        room = ConferenceId(f"cnf-{self.count:026d}")
        if await self.asks(OpenConference(room, MixId(room.replace("cnf", "mix")), "M", "+4685555555")):
            self.room, self.locked = room, False
            self.county.codes[CODE] = (room, Role.HOST)

    async def phones_move(self) -> None:
        for line in list(self.county.lines.values()):
            chance = self.draw.random()
            if chance < 0.3:
                self.county.line_ends(line.channel, self.draw.choice([16, 17, 18, 34]))
            elif line.called and not line.answered:
                self.county.called_one_answers(line.channel)
            elif line.called:
                self.county.called_one_presses(line.channel, self.draw.choice("123"))

    # --- radio ---

    async def a_talkgroup_is_patched(self) -> None:
        self.count += 1
        patch, voice = PatchId(f"pat-{self.count:026d}"), ParticipantId(f"prt-radio{self.count}")
        if await self.asks(AddPatch(self.room, patch, voice, TERMINAL, GROUP, "Ledning")):
            self.acknowledged.add(("patches", patch))

    async def a_patch_is_removed(self) -> None:
        for patch in list(self.engine.node()[PATCHES].values()):
            await self.asks(RemovePatch(patch.conference, patch.id, at_once=self.draw.random() < 0.5))

    async def the_terminal_comes_or_goes(self) -> None:
        state = self.draw.choice([TerminalState.READY, TerminalState.READY, *TerminalState])
        self.county.terminal_is(TERMINAL, state, self.draw.choice([GROUP, None]))

    async def somebody_is_on_the_air(self) -> None:
        """Speech from the meeting, what the network makes of it, and radio users, in any order."""
        paths = sorted(self.county.paths)
        if not paths:
            return
        patch = self.draw.choice(paths)
        said: list[Event] = [
            SpeechBegan(0.0, patch),
            SpeechDrained(0.0, patch),
            TransmissionCut(0.0, patch),
            TransmitGranted(0.0, TERMINAL),
            TransmitQueued(0.0, TERMINAL),
            TransmitRefused(0.0, TERMINAL, because("busy"), retry=True),
            TransmitEnded(0.0, TERMINAL, lost=True, reason=because("x")),
            RadioTalkStarted(0.0, TERMINAL, GROUP, None),
            RadioTalkStopped(0.0, TERMINAL),
        ]
        for event in self.draw.sample(said, 3):
            self.happens(event)

    async def the_media_worker_dies(self) -> None:
        self.county.worker_dies()

    async def a_device_hangs_or_answers_again(self) -> None:
        if self.ports.is_hanging:
            self.ports.lets_go()
        else:
            self.ports.is_hanging = True

    async def asterisk_goes_or_comes(self) -> None:
        if not self.county.connected:
            self.connects()
        else:
            (self.county.asterisk_dies if self.draw.random() < 0.5 else self.county.disconnects)()
            self.happens(TelephonyDown(0.0, because("gone")))

    async def the_disk_fills_or_empties(self) -> None:
        self.disk.is_full = not self.disk.is_full

    async def devices_get_rough_or_calm(self) -> None:
        self.ports.is_rough = not self.ports.is_rough

    async def the_process_dies(self) -> None:
        await self.process_dies()
        await self.process_starts()

    async def time_passes(self) -> None:
        await self.passes(self.draw.choice([0.5, 3.0, 31.0]))

    async def night(self) -> None:
        acts = [
            self.somebody_joins,
            self.a_list_is_called_out,
            self.a_text_is_sent,
            self.the_door_is_locked,
            self.the_meeting_ends_and_another_is_opened,
            self.phones_move,
            self.phones_move,
            self.asterisk_goes_or_comes,
            self.a_talkgroup_is_patched,
            self.a_patch_is_removed,
            self.the_terminal_comes_or_goes,
            self.somebody_is_on_the_air,
            self.somebody_is_on_the_air,
            self.the_media_worker_dies,
            self.a_device_hangs_or_answers_again,
            self.the_disk_fills_or_empties,
            self.devices_get_rough_or_calm,
            self.the_process_dies,
            self.time_passes,
            self.time_passes,
        ]
        await self.process_starts()
        await self.the_meeting_ends_and_another_is_opened()
        for _ in range(STEPS):
            act = self.draw.choice(acts)
            await act()
            await self.quiet()
            self.promises_are_kept(act.__name__)
        await self.comes_to_rest()

    # --- what must never be ---

    def promises_are_kept(self, after: str) -> None:
        node = self.engine.node()
        found = broken(node, self.timers.due, self._is_heard_later)
        assert not found, (after, found)
        assert not self.engine.faults(), self.engine.faults()
        assert not self.ports.without_intent, (after, self.ports.without_intent)
        assert all(times == 1 for times in self.county.dialled.values()), self.county.dialled
        assert all(times == 1 for times in self.county.sent.values()), self.county.sent
        self._the_air_is_ours_only_when_granted()
        for table, name in self.acknowledged:
            assert is_stored(self.file, table, name), (after, table, name)
        [(locked,)] = rows(self.file, "select locked from conferences where id = ?", self.room)
        assert bool(locked) is self.locked, after

    def _is_heard_later(self, kind: type[DeviceEffect], subject: str) -> bool:
        """Of what is under way nothing is left when it is quiet, but for two things. One is prompts whose end is never
        told. The other is the orders to a device that hangs, and those behind them."""
        hung = {effect.lane for effect in self.ports.hung}
        if issubclass(kind, StartRecording | StopRecording):
            return any(isinstance(one, _OF_A_MIX) for one in self.ports.hung)
        if issubclass(kind, SubmitSds | SubmitStatus):
            return ("sds", TERMINAL) in hung
        if kind is ArchiveRecording:
            return "archive" in hung
        return subject in hung or any(isinstance(one, LookUpCode) for one in self.ports.hung)

    def _the_air_is_ours_only_when_granted(self) -> None:
        """And for less than a minute, whatever fails."""
        for patch in self.engine.node()[PATCHES].values():
            if patch.state is PatchState.TRANSMITTING:
                assert patch.transmission_began_at_s is not None
                assert self.clock.now_s() - patch.transmission_began_at_s <= 60.0
                assert TimerKey(RadioTimer.RADIO_CUT, patch.id) in self.timers.due
            if patch.state in (PatchState.DEMANDING, PatchState.QUEUED):
                assert TimerKey(RadioTimer.RADIO_GRANT, patch.id) in self.timers.due

    async def comes_to_rest(self) -> None:
        self.ports.is_rough = False
        self.ports.lets_go()
        self.disk.is_full = False
        if not self.county.connected:
            self.connects()
        self.county.terminal_is(TERMINAL, TerminalState.READY, None)
        await self.quiet()
        await self.passes(1.0)
        for seconds in (5.0, 61.0, 61.0, 400.0, 1000.0, 1000.0):
            for line in list(self.county.lines):
                self.county.line_ends(line, 16)
            await self.quiet()
            for conference in list(self.engine.node()[CONFERENCES]):
                await self.asks(EndConference(conference))
            await self.quiet()
            await self.passes(seconds)
            self.promises_are_kept("all is calm")
        self.nothing_is_left()

    def nothing_is_left(self) -> None:
        node = self.engine.node()
        stays = {TERMINALS, TRUNKS, ON_CALL, GUESSES, FAMILIAR_LINES, TALLY}
        left = {table.name: held for table, held in node.tables.items() if held and table not in stays}
        assert not left, left
        assert not rows(self.file, "select id from attempts where state != 'ended'")
        assert not rows(self.file, "select id from activations where state = ?", ActivationState.OPEN.value)
        assert not rows(self.file, "select id from recordings where state not in ('archived', 'failed')")


async def live(seed: int) -> None:
    with tempfile.TemporaryDirectory(prefix="samband-engine-model-") as folder:
        file = Path(folder) / "samband.db"
        await empty_database(file)
        database = await open_database(f"sqlite:///{file}")
        life = Life(database, file, seed)
        try:
            await life.night()
        finally:
            await life.process_dies()
            await database.close()


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_whatever_fails_and_dies_what_was_promised_is_kept(seed: int) -> None:
    asyncio.run(live(seed))
