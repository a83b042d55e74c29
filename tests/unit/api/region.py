"""A region as it is, but for its devices. The real engine runs over the real domain and the real database, in
memory."""

import asyncio
import json
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import Engine as SqlEngine
from sqlalchemy import event as sql_event
from sqlalchemy import func, select

from bridge.api.app import create_app
from bridge.api.dependencies import Dependencies
from bridge.api.settings import ApiSettings
from bridge.bearers import LinkSecrets
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.conference import legs
from bridge.domain.conference.commands import EndConference
from bridge.domain.conference.policy import ConferencePolicy
from bridge.domain.conference.records import (
    PARTICIPANTS,
    Conference,
    ConferenceState,
    LegKind,
    Role,
    Room,
    Seat,
    SeatState,
)
from bridge.domain.directory.records import AuditRow, DirectoryEntry, Talkgroup
from bridge.domain.handover.records import Handover, Step
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.events import Event
from bridge.domain.kernel.ids import (
    PREFIXES,
    ChannelId,
    ConferenceId,
    Gssi,
    Issi,
    MixId,
    ParticipantId,
    PatchId,
    RecordingId,
    TerminalName,
    TrunkName,
)
from bridge.domain.kernel.journal import Audit, Note
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.principal import Principal
from bridge.domain.kernel.records import Record
from bridge.domain.kernel.replies import Refused, Reply
from bridge.domain.mailings.policy import MailingPolicy
from bridge.domain.outbox.policy import OutboxPolicy
from bridge.domain.radio.events import RadioTalkStarted, RadioTalkStopped
from bridge.domain.radio.policy import RadioPolicy, TerminalPolicy
from bridge.domain.radio.records import PATCHES, Patch, PatchState
from bridge.domain.recording.records import ArchiveState, Recording
from bridge.domain.saved import Saved
from bridge.domain.shortdata.events import SdsReceived
from bridge.domain.telephony.events import (
    CallArrived,
    DigitPressed,
    KeyTaken,
    LegAnswered,
    LegEnded,
    LegRinging,
    TalkingStarted,
)
from bridge.engine import Devices, Engine
from bridge.engine.performer import NoBearers
from bridge.identity.passkeys import WebAuthnPasskeys
from bridge.identity.passwords import ArgonPasswords
from bridge.identity.sealed import AccountKey
from bridge.main.alarm_watch import AlarmWatch
from bridge.ports import Bearers, Change, Parcel, PortError, ShownSetting
from bridge.proof.signing import SigningKey
from bridge.proof.verification import Verification
from bridge.proof.watch import HeadWatch
from bridge.recording import Peaks, spoken, timeline_json
from bridge.recording.clip import clip
from bridge.recording.documentation import documentation
from bridge.recording.handing import HandingOver, NotMadeError
from bridge.recording.package import package
from bridge.recording.sip import sip
from bridge.reports import ReportWriters, document, sheet
from bridge.service import Ports, Refusal, Service
from bridge.service.handovers import made_of
from bridge.service.health import merged
from bridge.service.logins import BreakGlass, Logins
from bridge.service.mailings import DirectoryMailings
from bridge.service.meetings import DirectoryMeetings
from bridge.service.rolls import DirectoryRolls
from bridge.service.use_case import Identity
from bridge.storage import (
    Database,
    SealedCodes,
    SqlAccounts,
    SqlArchive,
    SqlAudit,
    SqlCopies,
    SqlDirectory,
    SqlHandovers,
    SqlKeeping,
    SqlMeetings,
    SqlProof,
    SqlSessions,
    SqlStore,
    SqlTokens,
    SqlUpkeepLinks,
    open_database,
)
from bridge.storage.reasons import StorageReason
from bridge.storage.tables import codes as code_rows
from tests.harness.principals import somebody
from tests.harness.restart import empty_database
from tests.harness.wait import until
from tests.unit.api.devices import AUDIO, Paths, Phones, Shelf, Terminals, terminal_is

NOW_S = 1_800_000_000.0
NUMBER = "+4685555555"
SESSION_KEY = b"aGVsbG8gaGVsbG8gaGVsbG8gaGVsbG8gaGVsbG8gaGU="
TRUNK = TrunkName("trunk")
NOBODY = ConferenceId("cnf-nobody")
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  a folder of our own is made in it
KEY_FILE = "codes.key"
WAIT_S = 30.0
"""Longer than a busy machine needs: a test that is right never waits so long."""
EVERY_S = 0.002


class Clock:
    """Stands until a test moves it. The engine's timers run in real time all the same."""

    def __init__(self) -> None:
        self.time_s = NOW_S

    def now_s(self) -> float:
        return self.time_s


class Ids:
    def __init__(self) -> None:
        self._count = 0

    def mint(self, kind: str) -> str:
        self._count += 1
        return f"{PREFIXES[kind]}-{self._count:026d}"


@dataclass
class Disk:
    """Where the database lies."""

    is_full: bool = False

    def write(self) -> None:
        if self.is_full:
            raise PortError("database", StorageReason.DISK_FULL(), retry=False)


class Store(SqlStore):
    """The real one, on a disk that can be full."""

    def __init__(self, database: Database, disk: Disk) -> None:
        super().__init__(database)
        self._disk = disk

    async def commit(self, records: Sequence[Record], notes: Sequence[Note] = (), audit: Sequence[Audit] = ()) -> None:
        self._disk.write()
        await super().commit(records, notes, audit)

    async def load(self) -> Saved:
        return await super().load()


class AuditLog(SqlAudit):
    """The real one, on a disk that can be full."""

    def __init__(self, database: Database, disk: Disk) -> None:
        super().__init__(database)
        self._disk = disk

    async def append(self, line: Audit) -> None:
        self._disk.write()
        await super().append(line)


@dataclass(frozen=True)
class Fresh:
    """A database as it is after the first start, its codes' key, and the operator's token. They are made once for all
    tests."""

    content: bytes
    key: bytes
    token: str

    made: ClassVar["Fresh | None"] = None

    @classmethod
    async def get(cls, folder: Path) -> "Fresh":
        if cls.made is None:
            path = folder / "fresh.db"
            await empty_database(path)
            database = await open_database(f"sqlite:///{path}")
            token = await SqlTokens(database, Clock()).issue("operator")
            codes = SealedCodes(database, Clock(), folder / KEY_FILE)
            await codes.issue(NOBODY)
            await codes.withdraw(NOBODY)
            await database.close()
            cls.made = cls(path.read_bytes(), (folder / KEY_FILE).read_bytes(), token)
        return cls.made


@dataclass(frozen=True)
class Proof:
    """The proof of the archive."""

    store: SqlProof
    key: SigningKey
    verification: Verification
    heads: HeadWatch
    """Signs when a test has it look."""

    @classmethod
    def of(cls, database: Database, audit: SqlAudit, folder: Path, clock: Clock) -> "Proof":
        store, key = SqlProof(database), SigningKey(folder / "archive.key")
        verification = Verification(store, audit, folder / "archive", key, clock)
        return cls(store, key, verification, HeadWatch(store, key, clock, every_s=3600.0))


class Region:
    """Made by `a_region`. Tells in the users' words what happens outside, and is `Control` for the API."""

    settings: Sequence[ShownSetting] = ()
    """What the program was set to."""

    def __init__(self, folder: Path, database: Database, token: str) -> None:
        self.folder = folder
        self.archive_folder = folder / "archive"
        self.database = database
        self.operator = token
        self.clock = Clock()
        self.ids = Ids()
        self._stores(folder, database)
        self.disk = Disk()
        """Where what the engine commits is written."""
        self.asked: list[tuple[str, Command]] = []
        """What the API has asked the engine for, and as whom."""
        self.audit_disk = Disk()
        """Where single lines of the audit log are written."""
        self.audit = AuditLog(database, self.audit_disk)
        self.proof = Proof.of(database, self.audit, folder, self.clock)
        self.glass = BreakGlass(self.clock)
        self.identity = Identity(
            accounts=self.accounts,
            tokens=self.tokens,
            sessions=self.sessions,
            passwords=ArgonPasswords(memory_kib=64),
            sealed=AccountKey(SESSION_KEY),
            passkeys=WebAuthnPasskeys(),
        )
        self.packer = HandingOver(self.handovers, folder / "packages", self._package_of, kept_s=3600.0)
        """Makes packages when a test has it look."""
        self._set_up: set[int] = set()
        """Lines of the audit log about what a test finds in place."""
        self.store = Store(database, self.disk)
        self.phones = Phones(self.happens, self.clock, self.archive_folder)
        self.radio = Terminals(self.happens, self.clock)
        self.paths = Paths(self.happens, self.clock)
        self.figures: dict[str, dict[str, float]] = {}
        """Patch → what its audio path tells."""
        self.trunk = TrunkPolicy(TRUNK, calls_per_s=0, channels=100)
        self.radio_only_after_s = 0.0
        """Telephony away for this long: meetings go on by radio alone; 0: never. Read when the program starts."""
        self.conferencing = ConferencePolicy(end_after_s=0.0)
        """Read when the program starts."""
        self.sending = OutboxPolicy()
        self.organizer: str | None = None
        self.link_url = ""
        self.mailing = MailingPolicy()
        """The bearers that are set up. Read when the program starts."""
        self.bearers: Bearers = NoBearers()
        self.sms_hook = ""
        self._alarm_watch: AlarmWatch | None = None
        self._terminals: dict[TerminalName, TerminalPolicy] = {}
        self._engine: Engine | None = None
        self._running: asyncio.Task[None] | None = None
        self.hangs = False
        """Commands are not answered."""
        self._refusal: Refused | None = None
        self._callers = 0

    def _stores(self, folder: Path, database: Database) -> None:
        self.directory = SqlDirectory(database, self.clock)
        self.codes = SealedCodes(database, self.clock, folder / KEY_FILE)
        self.tokens = SqlTokens(database, self.clock)
        self.link_secrets = LinkSecrets(b"k" * 32)
        self.links = SqlUpkeepLinks(database, self.clock, self.link_secrets.token)
        self.accounts = SqlAccounts(database, self.clock)
        self.sessions = SqlSessions(database, self.clock)
        self.archive = SqlArchive(database, self.archive_folder)
        self.copies = SqlCopies(database)
        self.meetings = SqlMeetings(database, self.clock)
        self.keeping = SqlKeeping(database, self.clock)
        self.handovers = SqlHandovers(database, self.clock)

    async def packed(self) -> int:
        """The packages that wait are made, as the program does in the background."""
        return await self.packer.look()

    async def _package_of(self, job: Handover, told: Callable[[Step, int, int], None]) -> Callable[[], Parcel]:
        try:
            return await made_of(self.ports(), job, told)
        except Refusal as refusal:
            raise NotMadeError(refusal.reason) from refusal

    def ports(self, **instead: Any) -> Ports:
        """What the use cases work with; `instead` names what a test puts in the place of the region's own."""
        ports = Ports(
            control=self,
            directory=self.directory,
            codes=self.codes,
            archive=self.archive,
            meetings=self.meetings,
            audit=self.audit,
            ids=self.ids,
            clock=self.clock,
            links=self.links,
            identity=self.identity,
            proof=self.proof.verification,
            keeping=self.keeping,
            copies=self.copies,
            number=NUMBER,
            organizer=self.organizer,
            link_url=self.link_url,
            numbers=(NUMBER, "+4685555556"),
            timeline=timeline_json,
            spooled=lambda recording: self.archive_folder / f"{recording}.wav",
            package=package,
            documentation=documentation,
            sip=sip,
            clip=clip,
            shape=Peaks(self.archive_folder),
            reports=ReportWriters(spoken, sheet, document),
            handovers=self.handovers,
            packer=self.packer,
            levels=self.figures.get,
            can_answer_sms=bool(self.sms_hook),
            settings=self.settings,
        )
        return replace(ports, **instead)

    def parts(self, **instead: Any) -> Dependencies:
        ports = self.ports(**instead)
        return Dependencies(
            service=Service.on(ports),
            control=ports.control,
            identity=ports.identity,
            logins=Logins(ports.identity, self.clock, self.audit, self.glass),
            clock=self.clock,
            links=self.links,
            health=[self.engine, self.radio, self.codes, self.glass],
            levels=self.figures.get,
            sms_hook=self.sms_hook,
            link_secrets=self.link_secrets,
        )

    def app(self, settings: ApiSettings | None = None, parts: Dependencies | None = None) -> Any:
        return create_app(parts or self.parts(), settings or ApiSettings())

    # --- Control ---

    async def ask(self, actor: Principal, command: Command) -> Reply:
        self.asked.append((actor.name, command))
        if self.hangs:
            await asyncio.Event().wait()
        if self._refusal is not None:
            refusal, self._refusal = self._refusal, None
            return refusal
        return await self.engine.ask(actor, command)

    def refuses_next(self, refusal: Refused) -> None:
        """The next command is refused so, and changes nothing: as by an engine whose database fails for a moment."""
        self._refusal = refusal

    def node(self) -> Node:
        return self.engine.node()

    def changes(self, after: int | None = None) -> AsyncIterator[Change]:
        return self.engine.changes(after)

    def number(self) -> int:
        return self.engine.number()

    # --- the life of the program ---

    @property
    def engine(self) -> Engine:
        assert self._engine is not None
        return self._engine

    async def start(self) -> None:
        """The program starts, and Asterisk answers; nobody is on a line."""
        policy = Policy(
            CalloutPolicy(trunks=(self.trunk,)),
            self.conferencing,
            RadioPolicy(terminals=tuple(self._terminals.values()), fallback_s=self.radio_only_after_s),
            self.sending,
            self.mailing,
        )
        shelf = Shelf(self.happens, self.clock, self.archive_folder)
        audio: Mapping[TerminalName, str] = defaultdict(lambda: "audiosocket://127.0.0.1:1")
        await self.codes.start()
        self._engine = Engine(store=self.store, codes=self.codes, clock=self.clock, ids=self.ids, policy=policy)
        await self._engine.start(tuple(self._terminals))
        rolls, meetings = DirectoryRolls(self.directory, self.clock), DirectoryMeetings(self.ports())
        devices = Devices(
            self.phones,
            self.radio,
            self.paths,
            shelf,
            audio,
            rolls,
            self.bearers,
            meetings,
            DirectoryMailings(self.ports()),
        )
        self._running = asyncio.create_task(self._engine.run(devices), name="engine")
        await self.happened(await self.phones.snapshot(()), *self.radio.last_words())

    async def stop(self) -> None:
        assert self._running is not None
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)

    async def restart(self) -> None:
        """Everybody has hung up meanwhile."""
        await self.stop()
        await self.start()

    def happens(self, event: Event) -> None:
        self.engine.emit(event)

    async def happened(self, *events: Event) -> None:
        """The events, and all that was told before them, are followed: what they changed can be read."""
        for event in events:
            self.happens(event)
        await self.engine.ask(somebody(), EndConference(NOBODY))

    async def looks(self, after_s: float = 0.0) -> None:
        """The watch of the alarms looks now, and again when so much time has passed."""
        if self._alarm_watch is None:
            self._alarm_watch = AlarmWatch(self, self.clock, self.happens, lambda: merged(self.parts().health))
        for passed_s in (0.0, after_s):
            self.clock.time_s += passed_s
            self._alarm_watch.look()
            await self.happened()

    # --- lines ---

    async def joins(self, conference: str, name: str, role: Role = Role.PARTICIPANT) -> ParticipantId:
        """Somebody whose telephone shows `name` dials in with the code and is in the meeting."""
        return await self._seated(await self.dials_in(conference, name, role))

    async def dials_in(self, conference: str, name: str, role: Role = Role.PARTICIPANT) -> ChannelId:
        """They key the right code."""
        code = (await self.codes_of(conference))[role is Role.HOST]
        self._callers += 1
        channel = ChannelId(f"in-{self._callers}")
        self.happens(CallArrived(self.clock.now_s(), channel, NUMBER, name, TRUNK))
        for key in code + "#":
            self.happens(DigitPressed(self.clock.now_s(), channel, key))
        return channel

    async def waits(self, conference: str, name: str) -> ParticipantId:
        """They key the right code, and are in the waiting room."""
        return await self._seated(await self.dials_in(conference, name), SeatState.WAITING)

    async def is_in(self, participant: ParticipantId) -> Seat:
        """On the way into the meeting, and then there."""
        channel = self.line_of(participant)
        assert channel is not None
        return self.node()[PARTICIPANTS][await self._seated(channel)]

    async def _seated(self, channel: ChannelId, state: SeatState = SeatState.PRESENT) -> ParticipantId:
        def present() -> Seat | None:
            person = legs.seat_on(self.node(), channel)
            return person if person is not None and person.state is state else None

        person = await until(present, WAIT_S, every_s=EVERY_S, what=f"{channel} is {state.value}")
        assert person is not None
        await self.happened()
        return person.id

    async def talks(self, participant: str) -> None:
        channel = self.line_of(ParticipantId(participant))
        assert channel is not None
        await self.happened(TalkingStarted(self.clock.now_s(), channel))

    def line_of(self, participant: ParticipantId) -> ChannelId | None:
        return legs.channel_of(self.node(), self.node()[PARTICIPANTS][participant])

    def heard(self, participant: ParticipantId) -> bool:
        """What was last asked of their microphone."""
        channel = self.line_of(participant)
        return channel is not None and self.phones.heard[channel]

    async def is_rung(self, number: str) -> ChannelId:
        """The call to the number is placed, and it rings."""
        channel = await until(lambda: self.phones.dialled.pop(number, None), WAIT_S, every_s=EVERY_S, what=number)
        assert channel is not None
        await self.happened(LegRinging(self.clock.now_s(), channel))
        return channel

    async def call_ends(self, channel: ChannelId, cause: int) -> None:
        await self.happened(LegEnded(self.clock.now_s(), channel, cause))

    async def answers(self, number: str, key: str = "") -> ChannelId:
        """Who is rung answers, and presses a key."""
        channel = await self.is_rung(number)
        await self.happened(LegAnswered(self.clock.now_s(), channel))
        if key:
            await self.happened(KeyTaken(self.clock.now_s(), channel, key))
        return channel

    async def is_called_in(self, number: str) -> ParticipantId:
        """Who is rung answers, presses 1 and is in the meeting."""
        return await self._seated(await self.answers(number, "1"))

    # --- radio ---

    async def terminal(self, name: str, state: str = "ready", *, spare: bool = False, **more: Any) -> None:
        """A terminal tells how it is; the first one's own ISSI is 1001. One that is not in the settings yet is put
        there, and the program restarted."""
        known = TerminalName(name)
        if known not in self._terminals:
            self._terminals[known] = TerminalPolicy(known, spare=spare)
            await self.restart()
        own = {"issi": Issi(1001 + list(self._terminals).index(known)), **more}
        self.radio.becomes(terminal_is(self.clock.now_s(), known, state, **own))
        await self.happened()

    async def patch_is(self, patch: str, state: PatchState) -> Patch:
        """The patch comes to be so."""

        def there() -> Patch | None:
            found = self.node()[PATCHES].get(PatchId(patch))
            return found if found is not None and found.state is state else None

        found = await until(
            there, WAIT_S, every_s=EVERY_S, what=f"{patch} is {state}", seen=lambda: self.node()[PATCHES]
        )
        assert found is not None
        return found

    async def radio_user_talks(self, terminal: str, gssi: int, issi: int) -> None:
        now_s = self.clock.now_s()
        await self.happened(RadioTalkStarted(now_s, TerminalName(terminal), Gssi(gssi), Issi(issi)))

    async def radio_user_stops(self, terminal: str) -> None:
        await self.happened(RadioTalkStopped(self.clock.now_s(), TerminalName(terminal)))

    async def text_comes(self, text: str, sender: int, *, receiver: int | None = None, group: bool = False) -> None:
        name = TerminalName("rakel-1")
        await self.happened(SdsReceived(self.clock.now_s(), name, Issi(sender), text, receiver, group))

    # --- what stands in the directory, the archive and the audit log ---

    async def has(self, *entries: DirectoryEntry) -> None:
        for entry in entries:
            await self.directory.put("keeper", entry)

    async def talkgroup(self, gssi: int, name: str, *terminals: str, **rules: Any) -> None:
        await self.has(Talkgroup(Gssi(gssi), name, tuple(TerminalName(one) for one in terminals), **rules))

    async def audited(self, prefix: str = "") -> list[AuditRow]:
        """Rows whose action begins so, but for those about what the test found in place."""
        rows = await self.audit.rows(limit=10_000)
        return [row for row in rows if row.action.startswith(prefix) and row.number not in self._set_up]

    async def codes_of(self, conference: str) -> tuple[str, str]:
        """The participants' code and the host's."""
        found = await self.codes.read(ConferenceId(conference))
        assert found is not None
        code, host_code = found
        assert code is not None
        assert host_code is not None
        return code, host_code

    async def codes_in_use(self) -> int:
        async with self.database.transaction() as connection:
            return int((await connection.execute(select(func.count()).select_from(code_rows))).scalar_one())

    def recording_file(self, name: str) -> Path:
        return self.archive_folder / name

    async def recorded(
        self,
        file: str,
        name: str = "Lägesmöte",
        gssi: int | None = None,
        *,
        alone: bool = False,
        sound: bytes = AUDIO,
    ) -> RecordingId:
        """A recording of a past conference lies in the archive: its mix, or the track of a talkgroup. With `alone` it
        is the track of the one who spoke."""
        self._callers += 1
        key = RecordingId(f"rec-{self._callers:026d}")
        self.recording_file(file).write_bytes(sound)
        past = ConferenceId("cnf-past")
        conference = Conference(past, name, NUMBER, NOW_S - 100, ConferenceState.ENDED)
        room = Room(MixId("mix-past"), past, NOW_S - 100)
        speaker = Seat(ParticipantId("prt-past"), past, room.id, LegKind.PHONE, "TiB Länsstyrelsen")
        patch = Patch(
            PatchId("pat-past"),
            past,
            TerminalName("rakel-1"),
            Gssi(gssi or 0),
            ParticipantId("prt-radio"),
            "RAPS-LED-1",
            PatchState.REMOVED,
        )
        voice = Seat(patch.participant, past, room.id, LegKind.RADIO, patch.name)
        recording = Recording(
            key,
            past,
            NOW_S - 90,
            ArchiveState.ARCHIVED,
            NOW_S - 30,
            60.0,
            file,
            sha256(sound).hexdigest(),
            room=room.id if gssi is None and not alone else None,
            seat=speaker.id if alone else None,
            beside=RecordingId("rec-mix") if alone else None,
            patch=None if gssi is None else patch.id,
            gssi=None if gssi is None else Gssi(gssi),
        )
        left = [replace(one, state=SeatState.LEFT, left_at_s=NOW_S - 30) for one in (speaker, voice)]
        track: list[Record] = [] if gssi is None else [left[1], patch]
        about = {"recording": key, "audio": {"sha256": recording.sha256}}
        manifest = json.dumps(about).encode()
        self.recording_file(file).with_suffix(".json").write_bytes(manifest)
        recording = replace(recording, manifest_sha256=sha256(manifest).hexdigest())
        hashes = (("sha256", recording.sha256), ("manifest_sha256", recording.manifest_sha256))
        line = Audit(NOW_S - 30, "samband", "recording.archived", key, hashes)
        await self.store.commit([conference, room, left[0], *track, recording], (), [line])
        self._set_up.add((await self.proof.store.head())[0])
        return key

    async def noted(self, *notes: Note) -> None:
        await self.store.commit([], notes)


@contextmanager
def questions() -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            asked.append(statement)

    sql_event.listen(SqlEngine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        sql_event.remove(SqlEngine, "before_cursor_execute", note)


@asynccontextmanager
async def a_region(on: Path | None = None) -> AsyncIterator[Region]:
    """Everything of it lies in memory, where the machine has a place for that. Else it is in a given folder."""
    with tempfile.TemporaryDirectory(dir=on or MEMORY, prefix="samband-test-") as name:
        folder = Path(name)
        fresh = await Fresh.get(folder)
        (folder / "samband.db").write_bytes(fresh.content)
        (folder / KEY_FILE).write_bytes(fresh.key)
        (folder / KEY_FILE).chmod(0o600)
        (folder / "archive").mkdir()
        database = await open_database(f"sqlite:///{folder / 'samband.db'}")
        region = Region(folder, database, fresh.token)
        await region.start()
        try:
            yield region
        finally:
            await region.stop()
            await database.close()
