"""The engine's ports to the world: one protocol per device. The adapters in the packages above implement them.

Rules for every port:

- A method returns when the peer has accepted the request, or raises `PortError`. It never blocks the event loop, and it
  bounds its own waiting.
- Later facts come as domain events through `emit`, which never blocks and never raises.
- A method may be called again with the same arguments: the second call changes nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, TypeVar

from bridge.domain.access.accounts import Account, Factor, FactorKind, Limits, LoginBy, Session, TokenHolder
from bridge.domain.access.permissions import Reach
from bridge.domain.alarms.records import Alarm
from bridge.domain.callout.records import Activation, Attempt, Target
from bridge.domain.conference.commands import OpenConference
from bridge.domain.conference.records import Conference, Holder, Role, Seat
from bridge.domain.decisions.records import Acknowledgement, Decision
from bridge.domain.directory.coverage import ExerciseCall
from bridge.domain.directory.records import AuditRow, DirectoryEntry, Reminder, RotaEntry, UpkeepLink
from bridge.domain.directory.versions import Version, Versioned
from bridge.domain.evaluation.records import Evaluation
from bridge.domain.guessing.records import FamiliarLines, Guesses
from bridge.domain.handover.records import Form, Handover, Step
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.events import Event, Fate
from bridge.domain.kernel.ids import (
    ActivationId,
    ChannelId,
    ConferenceId,
    DecisionId,
    Gssi,
    LinkId,
    MessageId,
    MixId,
    OccurrenceId,
    OutboxId,
    PatchId,
    PlaybackId,
    RecordingId,
    ScheduleId,
    TerminalName,
    TrunkName,
)
from bridge.domain.kernel.journal import Audit, Note
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.phrases import Manner, Prompt
from bridge.domain.kernel.principal import AccessRole, Principal
from bridge.domain.kernel.reasons import EVIDENCE, GeneralReason, Reason
from bridge.domain.kernel.records import Record
from bridge.domain.kernel.replies import Reply
from bridge.domain.mailings.events import Written
from bridge.domain.mailings.records import Mailing
from bridge.domain.outbox.commands import Receipt
from bridge.domain.outbox.effects import SendMessage
from bridge.domain.outbox.records import Bearer, OutboxMessage, OutboxState
from bridge.domain.proof.heads import ForeignHead, SignedHead
from bridge.domain.proof.reasons import REMARKS
from bridge.domain.proof.witness import Witnessed
from bridge.domain.radio.records import Patch
from bridge.domain.recording.finding import MeetingQuery
from bridge.domain.recording.records import ArchiveState, Recording, RecordingKind
from bridge.domain.recording.release import Release
from bridge.domain.retention.records import Disposal, DisposalState, Hold, Kept, Label
from bridge.domain.rollcall.commands import Roll
from bridge.domain.rollcall.records import RollCall, RollEntry
from bridge.domain.saved import Saved
from bridge.domain.schedule.events import CalledList
from bridge.domain.schedule.records import Occurrence, Schedule, Smarr
from bridge.domain.shortdata.records import Message, MessageDirection, MessageState
from bridge.domain.situation.records import SituationReport
from bridge.domain.telephony.effects import Dial
from bridge.domain.telephony.events import TelephonyUp
from bridge.words import say

E = TypeVar("E", bound=DirectoryEntry)
ReadCodes = tuple[str | None, str | None]
"""A conference's participant code and host code; `None`: there is one, and it cannot be read."""
Emit = Callable[[Event], None]


class PortError(Exception):
    """A device did not do what it was asked to.

    Attributes:
        device: The device at fault, in the user's words: `asterisk`, `terminal rakel-1`, `disk`, `database`.
        retry: Whether the same request can succeed later without anybody mending anything.
        evidence: The device's own words, already freed of codes and tokens.
        fate: The request's fate: refused, unknown (it may have been carried out), or about something gone.
        reason: A code of the adapter's own, for people in every language.
        message: The reason in English, for logs.
    """

    def __init__(
        self,
        device: str,
        reason: Reason,
        *,
        retry: bool,
        evidence: str = "",
        fate: Fate = Fate.REFUSED,
    ) -> None:
        self.reason = reason.proved(evidence)
        self.message = say(reason, Language.EN)
        evidence = str(self.reason.get(EVIDENCE) or "")
        super().__init__(f"{device}: {self.message}" + (f" ({evidence})" if evidence else ""))
        self.device = device
        self.retry = retry
        self.evidence = evidence
        self.fate = fate


class IntegrityConflict(PortError):
    """The database refuses rows that contradict others: a name in use, a reference to what is not there."""


class RecordsRefused(IntegrityConflict):
    """The database is there, and will never take some of the commit. A record contradicts others, or a value fits no
    column. Nothing of the commit is kept; the same commit without these is taken."""

    def __init__(
        self,
        records: Sequence[Record],
        notes: Sequence[Note] = (),
        audit: Sequence[Audit] = (),
        *,
        evidence: str = "",
    ) -> None:
        names = [f"{type(one).__name__} {one.id}" for one in records]
        names += [f"note {one.kind.value} of {one.conference}" for one in notes]
        names += [f"audit line {one.action} of {one.object}" for one in audit]
        reason = GeneralReason.RECORDS_REFUSED(records=", ".join(names[:3]), more=len(names) - 3 if names[3:] else None)
        super().__init__("database", reason, retry=False, evidence=evidence)
        self.records = tuple(records)
        self.notes = tuple(notes)
        self.audit = tuple(audit)


class CodesUnavailable(PortError):
    """A code cannot be looked up now: neither the database nor memory knows it. That says nothing about the code."""


class CodeRefused(ValueError):
    """A code that somebody chose cannot be used. `field` is `code` or `host_code`; the reason never holds the code."""

    def __init__(self, field: str, reason: Reason) -> None:
        super().__init__(str(reason))
        self.field = field
        self.reason = reason


class Clock(Protocol):
    """Steady wall time: starts at the true time and then follows the monotonic clock, so that it never jumps."""

    def now_s(self) -> float: ...


class Ids(Protocol):
    """Mints ids of `ID_LENGTH` characters: `kind` is a key of `bridge.domain.kernel.ids.PREFIXES`."""

    def mint(self, kind: str) -> str: ...


class Telephony(Protocol):
    """Asterisk. Events: all of `TelephonyEvent`."""

    async def answer(self, channel: ChannelId) -> None: ...

    async def play(
        self, channel: ChannelId, playback: PlaybackId, prompts: Sequence[Prompt], language: Language
    ) -> None: ...

    async def stop_playing(self, channel: ChannelId, playback: PlaybackId) -> None: ...

    async def whisper(
        self,
        channel: ChannelId,
        prompts: Sequence[Prompt],
        language: Language,
        manner: Manner,
        playback: PlaybackId | None,
    ) -> None:
        """Heard by this channel alone; it keeps hearing and being heard. One voice speaks at one ear at a time.

        Whispers to one channel queue up, 8 at most: courtesies and read-outs are dropped first, vital ones last. One
        waits for the end of the announcements in its mix, and they for its end. With a
        playback its end is told by `PlaybackEnded`.
        """

    async def announce(self, mix: MixId, prompts: Sequence[Prompt], language: Language, manner: Manner) -> None:
        """Play to everybody in the mix, over one lasting announcer leg (`/bridges/{id}/play` costs 2N events a
        time). The vital ends what is said there, and is said at once."""

    async def hang_up(self, channel: ChannelId) -> None:
        """A channel that is already gone is no error."""

    async def create_mix(self, mix: MixId) -> None: ...

    async def destroy_mix(self, mix: MixId) -> None:
        """With its announcer leg. The participants are not hung up by it."""

    async def join_mix(self, channel: ChannelId, mix: MixId, *, heard: bool) -> None:
        """Waits for a `create_mix` under way. Starts talk detection before the microphone is closed, so that a muted
        person who talks is still noticed."""

    async def leave_mix(self, channel: ChannelId, mix: MixId) -> None:
        """Out of the mix, with the line up. A channel that is not in it stays where it is."""

    async def set_heard(self, channel: ChannelId, *, heard: bool) -> None: ...

    async def dial(self, call: Dial) -> None:
        """A channel id in use is no error: the call is already placed."""

    async def start_recording(self, mix: MixId, recording: RecordingId) -> None: ...

    async def stop_recording(self, recording: RecordingId) -> None: ...

    async def record_name(self, channel: ChannelId, recording: RecordingId, longest_s: float) -> None:
        """Record a channel that is in no mix, until `#`, a silence, or the time is used up."""

    async def silence_recording(self, recording: RecordingId, *, silent: bool) -> None:
        """Record silence of the same length in place of the sound, or the sound again. Twice is as once."""

    async def start_leg_track(self, channel: ChannelId, recording: RecordingId) -> None:
        """Record what this telephone says alone, as another part of the track. Any other recording of it ends."""

    async def stop_leg_track(self, channel: ChannelId, recording: RecordingId) -> None:
        """When it returns, nothing of this telephone alone is recorded. Safe to repeat."""

    async def open_media_leg(self, channel: ChannelId, mix: MixId, host: str, port: int) -> int:
        """Make an external media channel that sends to host:port, and put it into the mix. Its RTP is `slin` 8 kHz, PT
        10/11, big-endian, 20 ms. Give Asterisk's own RTP port (`UNICASTRTP_LOCAL_PORT`) on 127.0.0.1."""
        raise NotImplementedError

    async def snapshot(self, ask: Sequence[ChannelId]) -> TelephonyUp:
        """List what is there now; for the channels asked for that are not, what CDR says of their end."""
        raise NotImplementedError


class Radio(Protocol):
    """All terminals. Events: all of `RadioEvent`."""

    async def select_talkgroup(self, terminal: TerminalName, gssi: Gssi) -> None:
        """Returns after the read-back equals the wanted group."""

    async def demand_transmit(self, terminal: TerminalName, gssi: Gssi, *, preempt: bool = False) -> None:
        """`preempt`: break in on the radio user who talks, where the network allows it; never on an emergency."""

    async def cease_transmit(self, terminal: TerminalName) -> None: ...

    async def send_sds(
        self,
        terminal: TerminalName,
        message: MessageId,
        receiver: int,
        text: str,
        *,
        group: bool = False,
        first_part: int = 1,
    ) -> None:
        """Hand a text to the terminal part by part, from `first_part` on. `SdsProgress` reports each part's way,
        `SdsReported` the receiver's answer. A `PortError` means that the part it happened at has not gone out. Where
        that is not certain, the stage `IN_DOUBT` is reported instead."""

    async def send_status(self, terminal: TerminalName, message: MessageId, receiver: int, status: int) -> None:
        """A pre-coded status, 0…65535, as `send_sds`. There are no reports for it."""


class Media(Protocol):
    """The media worker. Events: all of `MediaEvent`."""

    async def open_path(self, patch: PatchId, audio: str, mix: MixId) -> None:
        """`audio` is the terminal's audio URL (`audiosocket://host:port`). Makes the media leg through `Telephony`."""

    async def close_path(self, patch: PatchId) -> None: ...

    async def set_radio_heard(self, patch: PatchId, *, heard: bool) -> None: ...

    async def send_voice(self, patch: PatchId) -> None: ...

    async def hold_voice(self, patch: PatchId, *, withdrawn: bool = False) -> None:
        """`withdrawn`: not by our own wish. The last moment given to the radio is kept for the next time."""

    async def drop_voice(self, patch: PatchId, *, older_than_s: float | None = None) -> None: ...

    async def arm_voice(self, patch: PatchId, *, armed: bool) -> None: ...

    async def say_on_air(self, patch: PatchId, prompts: Sequence[Prompt], language: Language) -> None:
        """Ends with `SaidOnAir`. Of more than `MOST_SAID` waiting the oldest that has not begun is
        dropped, and told so."""

    async def start_track(self, patch: PatchId, recording: RecordingId) -> None: ...

    async def stop_track(self, patch: PatchId, recording: RecordingId) -> None: ...


class LinkSecrets(Protocol):
    """The secrets of the links in messages."""

    def opened(self, token: str) -> LinkId | None:
        """The link of an address; `None`: it was never ours."""

    def is_code(self, link: LinkId, typed: str) -> bool:
        """Whether it is the code that stands in the message of the link."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Taken:
    """A bearer has taken a message."""

    name: str
    """The name by which the bearer knows it."""
    by: str = ""
    """The SMS bearer that has it."""
    awaited: tuple[str, ...] = ()
    """The names of its parts, where their receipts name those alone."""


@dataclass(frozen=True, slots=True)
class PartReceipt:
    """An SMS bearer has told what became of a part that it took."""

    by: str
    name: str
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class SmsAnswer:
    """An SMS has come in."""

    sender: str
    """E.164 with plus."""
    text: str


class Unheard(StrEnum):
    """Why an SMS or a report that came in is not heard. It is counted, logged, and changes nothing."""

    SILENT = "silent"
    """Type 0: a telephone shows nothing of it (3GPP TS 23.040 §9.2.3.9)."""
    NO_TEXT = "no_text"
    """For a program, a card or a lamp; or in a coding that is none of text."""
    UNREADABLE = "unreadable"
    """Octets that are no such unit."""
    PART_LOST = "part_lost"
    """Of a long message, whose other parts did not come in time."""
    NO_NUMBER = "no_number"
    """Its sender is no telephone number."""
    NO_MESSAGE = "no_message"
    """The report of a message that nobody knows, or knows yet."""


class InboundSms(Protocol):
    """Receipts and answers from SMS bearers that hold a line. Each is kept before its bearer is told that it is."""

    def not_heard(self, why: Unheard, evidence: str = "") -> None:
        """Something came in that is no answer of a person. It is counted."""
        raise NotImplementedError

    async def take(self, keep: Callable[[PartReceipt | SmsAnswer], Awaitable[None]]) -> None:
        """Wait for the next one, and let `keep` keep it. Where that fails the bearer is not told, and asks again."""


class Bearers(Protocol):
    """SMS and e-mail."""

    async def send(self, message: SendMessage) -> Taken:
        """Hand a message over. It is the one method that must not be called again with the same arguments.

        Raises:
            PortError: *Refused* means that it was not sent, *unknown* that it may have been.
        """
        raise NotImplementedError


class Recorder(Protocol):
    """The archive's entrance. Event: `RecordingArchived`, or `EffectFailed`."""

    async def archive(self, recording: RecordingId) -> None:
        """Repair if need be, turn into FLAC, hash, describe, store. Safe to repeat after any crash."""

    async def drop(self, recording: RecordingId) -> None:
        """Delete a closed recording that is not archived. One that is gone is no error."""


class Store(Protocol):
    """The database, as the engine uses it."""

    async def commit(self, records: Sequence[Record], notes: Sequence[Note] = (), audit: Sequence[Audit] = ()) -> None:
        """All or nothing, durable when it returns. Records are upserts by id; notes and audit lines are appended.

        Raises:
            RecordsRefused: The database is there, and these will never be taken: commit the rest without them.
            PortError: The database takes nothing now.
        """

    async def load(self) -> Saved: ...

    async def probe(self) -> None:
        """Write something and wait until it is durable, so that a disk that takes nothing is known before it matters.

        Raises:
            PortError: It was not taken.
        """


@dataclass(frozen=True, slots=True)
class CodeOwner:
    """The owner of a code."""

    conference: ConferenceId
    role: Role
    holder: Holder | None = None
    """The function whose personal code it is; `None`: a code that everybody has."""
    function_id: str | None = None
    """That function's id."""
    language: Language | None = None
    """That function's, where the code is its own for orders by telephone."""


@dataclass(frozen=True, slots=True)
class PersonalCode:
    """A code that one function was given for one conference. The digits are shown once, when it is issued."""

    id: str
    conference: ConferenceId
    function_id: str
    owner: Holder
    role: Role
    issued_at_s: float


class Codes(Protocol):
    """Codes of conferences: looked up by keyed hash, readable to the host by decryption, never in a log."""

    async def resolve(self, digits: str) -> CodeOwner | None:
        """The conference, role and function of a code; from memory where the database does not answer within a second.

        Raises:
            CodesUnavailable: The database does not answer, and memory does not know the code; or the key is lost.
        """

    async def issue(self, conference: ConferenceId) -> tuple[str, str]:
        """Make and keep a fresh participant code and host code (8 digits, no patterns, unique among open ones).

        Raises:
            CodesUnavailable: The key is lost.
            PortError: The database takes nothing now.
        """
        raise NotImplementedError

    async def set_codes(self, conference: ConferenceId, code: str, host_code: str, actor: str = "samband") -> None:
        """Use codes that somebody chose, 6…12 digits without a pattern, in place of those the conference has.

        Raises:
            CodeRefused: Not usable, or one that begins as another open code; nothing has changed.
        """

    async def read(self, conference: ConferenceId) -> ReadCodes | None:
        """Participant code and host code, for the host's eyes; `None` for a code that cannot be read any more."""

    async def read_many(self, conferences: Sequence[ConferenceId]) -> Mapping[ConferenceId, ReadCodes]:
        """As `read`, for many by one question; those without codes are left out."""
        raise NotImplementedError

    async def withdraw(self, conference: ConferenceId) -> None: ...

    async def issue_personal(
        self, conference: ConferenceId, function_id: str, owner: Holder, role: Role, actor: str
    ) -> tuple[PersonalCode, str]:
        """Give a function a code of its own, in place of the one it has for this conference. Its digits are told here
        and never again.

        Raises:
            PortError: The key is lost, or the database takes nothing now.
        """
        raise NotImplementedError

    async def personal(self, conference: ConferenceId) -> Sequence[PersonalCode]:
        """The personal codes of a conference, without their digits, the oldest first."""
        raise NotImplementedError

    async def withdraw_personal(self, conference: ConferenceId, code: str, actor: str) -> bool:
        """It opens nothing from now on. False: there is none of this id in this conference."""
        raise NotImplementedError


class Health(Protocol):
    """A part that can say how it is, for `/readyz`."""

    def health(self) -> Mapping[str, Reason]:
        """Part → `WELL`, or the reason why not; its words name the remedy."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Change:
    """Something that can be seen has changed: for server-sent events. `kind` is a record's resource name."""

    number: int
    """Counts up by one; a gap after a reconnect means: read everything again."""
    at_s: float
    kind: str
    subject: str
    conference: ConferenceId | None = None


class Control(Protocol):
    """The engine, as the API sees it."""

    async def ask(self, actor: Principal, command: Command) -> Reply:
        """Put a command in the inbox and wait until what it changed is committed."""
        raise NotImplementedError

    def node(self) -> Node:
        """The latest committed state, a frozen value."""
        raise NotImplementedError

    def changes(self, after: int | None = None) -> AsyncIterator[Change]:
        """Every change after number `after` (or from now on). The last 10 000 are kept: who is further behind sees a
        gap in the numbers."""
        raise NotImplementedError

    def number(self) -> int:
        """Of the latest change; numbers begin anew with the program."""
        raise NotImplementedError


class Directory(Protocol):
    """The region's own data. Every write is audited in the same transaction."""

    async def get(self, kind: type[E], key: str) -> E | None: ...

    async def list(self, kind: type[E]) -> Sequence[E]: ...

    async def put(self, actor: str, entry: DirectoryEntry) -> None: ...

    async def put_all(
        self,
        actor: str,
        entries: Sequence[DirectoryEntry],
        *,
        seen: Mapping[type[DirectoryEntry], Sequence[DirectoryEntry]] | None = None,
        about: Audit | None = None,
    ) -> None:
        """All or none, in the order given. `seen`: whole kinds, as they must be still. `about`: a line of the audit
        log before those of the entries.

        Raises:
            IntegrityConflict: The directory has changed since, or an entry refers to none. Nothing is written.
        """
        raise NotImplementedError

    async def confirm(self, actor: str, key: str) -> bool:
        """A function's contact data is right as of now; whether there is such a function."""
        raise NotImplementedError

    async def confirmations(self) -> Mapping[str, float]:
        """Function's id → when it was last confirmed; without those that never were."""
        raise NotImplementedError

    async def test_calls(self) -> Sequence[ExerciseCall]:
        """The latest call of an exercise to each function that had one."""
        raise NotImplementedError

    async def versions(self, kind: type[Versioned], key: str) -> Sequence[Version]:
        """The changes of one entry, the newest first; also of one that was removed."""
        raise NotImplementedError

    async def delete(self, actor: str, kind: type[DirectoryEntry], key: str) -> bool:
        """Whether there was one. With a function or a person go its entries of the rota."""
        raise NotImplementedError

    async def rota(self, *, function_id: str | None = None, from_s: float | None = None) -> Sequence[RotaEntry]:
        """In order of their begin; those of one function, and those that end after an instant."""
        raise NotImplementedError

    async def enter(
        self,
        actor: str,
        entries: Sequence[RotaEntry],
        *,
        seen: Sequence[RotaEntry] | None = None,
        about: Audit | None = None,
    ) -> Sequence[RotaEntry]:
        """Enter all in this order, or none. `seen`: the whole rota, as it must be still.

        Raises:
            IntegrityConflict: A function or person is gone, or the rota has changed since. Nothing is written.
        """
        raise NotImplementedError

    async def strike(self, actor: str, key: str) -> bool:
        """Take an entry out of the rota; whether there was one."""
        raise NotImplementedError

    async def forget_rota(self, actor: str, before_s: float) -> int:
        """Remove the entries that ended before an instant; how many there were."""
        raise NotImplementedError


class UpkeepLinks(Protocol):
    """Links by which organisations keep their own contact data: the secret is kept as SHA-256, and told once."""

    async def make(self, actor: str, organisation_id: str, lasts_s: float) -> tuple[UpkeepLink, str]:
        """The link and its secret."""
        raise NotImplementedError

    async def find(self) -> Sequence[UpkeepLink]: ...

    async def revoke(self, actor: str, key: str) -> bool:
        """Whether there was one that worked."""
        raise NotImplementedError

    async def who(self, secret: str) -> UpkeepLink | None:
        """The link of a secret, where it is neither revoked nor expired."""
        raise NotImplementedError

    async def claim(self, reminder: Reminder) -> bool:
        """Whether nobody has claimed the reminder of this organisation and instant before."""
        raise NotImplementedError

    async def settle(self, reminder: Reminder, message: str | None) -> None:
        """It is in the outbox; `None`: it was not taken, and may be claimed again."""
        raise NotImplementedError

    async def reminders(self) -> Mapping[str, Reminder]:
        """Organisation's id → the latest reminder to it."""
        raise NotImplementedError


class GuessesOfOthers(Protocol):
    """Nodes that share a database share what they know of guessers."""

    async def of_others(self) -> Sequence[Guesses]:
        """The wrong codes that each other node has counted.

        Raises:
            PortError: The database cannot be read now.
        """
        raise NotImplementedError

    async def familiar_to_others(self) -> Sequence[FamiliarLines]:
        """The lines that gave a right code to each other node.

        Raises:
            PortError: The database cannot be read now.
        """
        raise NotImplementedError


class Rolls(Protocol):
    """The functions that a forum expects at a roll call."""

    async def roll_of(self, forum: str) -> Roll:
        """By the forum's id; nobody where there is no such forum, or it has no list."""
        raise NotImplementedError


class Mailings(Protocol):
    """The directory and the words, for what goes out to many."""

    async def write(self, mailing: Mailing) -> Written:
        """One message for each address that it concerns. The same mailing gives the same ids.

        Raises:
            PortError: The directory cannot be reached now.
        """
        raise NotImplementedError


class Meetings(Protocol):
    """The directory and the codes, for the meetings of the schedule."""

    async def prepare(self, occurrence: Occurrence, schedule: Schedule) -> OpenConference:
        """The order that opens it, with what its forum says. Its codes are issued; the same again issues the same.

        Raises:
            PortError: The directory or the codes cannot be reached now.
        """
        raise NotImplementedError

    async def called_to(self, forum: str | None, activation_list: str | None) -> CalledList:
        """Those who are called out: of the list, else of the forum's. Nobody where there is neither.

        Raises:
            PortError: The directory cannot be reached now.
        """
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class SelfCall:
    """The call to oneself that tries out a trunk."""

    trunk: TrunkName
    number: str
    """One of ours, which is dialled."""
    caller_id: str
    """The number that we show."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of a trunk's test."""

    what: str
    is_well: bool
    says: Reason


class PlayState(StrEnum):
    """How far the play of a scenario is."""

    PLAYING = "playing"
    DONE = "done"
    """Everything was as expected."""
    MISSED = "missed"
    """Something was not."""
    FAULTY = "faulty"
    """It could not be played."""
    STOPPED = "stopped"
    LOST = "lost"
    """The program ended while it was played."""


@dataclass(frozen=True, slots=True)
class ScenarioSource:
    """A scenario: one that is kept with the simulators, by its file's name, or a text. One of the two is set."""

    file: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """A scenario that is kept with the simulators."""

    file: str
    name: str
    about: str


@dataclass(frozen=True, slots=True)
class ScenarioFault:
    """In words; `line`: of the file, from 1, where it has one."""

    line: int | None
    text: str


@dataclass(frozen=True, slots=True)
class ScenarioStep:
    """In words, with the pause before it."""

    number: int
    after_s: float
    text: str


@dataclass(frozen=True, slots=True)
class CheckedScenario:
    """A scenario that was read, and not played; with faults it has no steps."""

    name: str
    about: str
    steps: Sequence[ScenarioStep]
    faults: Sequence[ScenarioFault]


@dataclass(frozen=True, slots=True)
class PlayResult:
    """One expectation, or a step that could not be done, in words."""

    expected: str
    seen: str
    met: bool


@dataclass(frozen=True, slots=True)
class Play:
    """A scenario that is played, or was.

    Attributes:
        asked_by: The name of the one who had it played.
        steps: So many it has.
        lines: Its progress, in order: time and words. Those beyond a bound are left out.
        conference: The meeting that it opened; `None`: none yet.
    """

    id: str
    name: str
    asked_by: str
    speed: float
    began_at_s: float
    state: PlayState = PlayState.PLAYING
    ended_at_s: float | None = None
    conference: str | None = None
    steps: int = 0
    lines: tuple[str, ...] = ()
    results: tuple[PlayResult, ...] = ()
    faults: tuple[ScenarioFault, ...] = ()


class Exercises(Protocol):
    """Plays scenarios against the running program and its simulated region. Raises `PortError`."""

    async def missing(self) -> Reason | None:
        """Why nothing can be played here; `None`: it can."""
        raise NotImplementedError

    async def scenarios(self) -> Sequence[ScenarioFile]:
        raise NotImplementedError

    async def check(self, source: ScenarioSource, language: Language) -> CheckedScenario:
        """Its steps, or each of its faults; nothing is played."""
        raise NotImplementedError

    async def start(
        self, source: ScenarioSource, asked_by: str, language: Language, speed: float, *, hand_to: str | None
    ) -> Play | None:
        """Begin to play it; `None`: another one is played. `hand_to`: the account whose its meeting is."""
        raise NotImplementedError

    async def plays(self) -> Sequence[Play]:
        """The latest first."""
        raise NotImplementedError

    async def stop(self, play: str) -> Play | None:
        """End it, and its meeting. One that is over stays as it is; `None`: there is none of that id."""
        raise NotImplementedError


class TrunkTests(Protocol):
    """Trying out trunks."""

    def names(self) -> Sequence[TrunkName]: ...

    @property
    def runs(self) -> bool:
        """Whether a test is under way. A second one would take the first one's call for its own."""
        raise NotImplementedError

    def call(self, trunk: TrunkName) -> SelfCall:
        """The call that would be placed."""
        raise NotImplementedError

    async def test(self, trunk: TrunkName) -> Sequence[Finding]:
        """Place it, and find out what works.

        Raises:
            PortError: Asterisk does not do as asked.
        """
        raise NotImplementedError


class Tokens(Protocol):
    """API tokens: kept as SHA-256, shown once."""

    async def issue(
        self,
        name: str,
        actor: str = "samband",
        *,
        permissions: Iterable[str] | None = None,
        expires_at_s: float | None = None,
        owner: str | None = None,
    ) -> str:
        raise NotImplementedError

    async def holder(self, token: str) -> TokenHolder | None:
        """Its holder, where it works."""

    async def named(self, name: str) -> TokenHolder | None:
        """By its name, where it works."""

    async def find(self) -> Sequence[TokenHolder]:
        """All, in order of name."""
        raise NotImplementedError

    async def revoke(self, name: str, actor: str = "samband") -> bool:
        """Whether there was one. Its sessions end."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Passkey:
    """A key that a person's device holds (WebAuthn)."""

    id: str
    """Of the factor."""
    account: str
    credential: str
    """Base64url."""
    public_key: str
    """COSE, base64url."""
    count: int
    """Of its signatures; 0: it does not count."""


class Accounts(Protocol):
    """Accounts of people, their factors and invitations. `actor` is who asks, for the audit."""

    async def find(self) -> Sequence[Account]:
        """All, in order of name."""
        raise NotImplementedError

    async def get(self, key: str) -> Account | None: ...

    async def named(self, name: str) -> Account | None: ...

    async def of_provider(self, issuer: str, subject: str) -> Account | None: ...

    async def make(self, actor: str, account: Account, *, first: bool = False) -> bool:
        """Whether it was made. `first`: only where there is none yet.

        Raises:
            IntegrityConflict: The name is taken.
        """
        raise NotImplementedError

    async def change(self, actor: str, account: Account, *, action: str = "account.changed") -> None: ...

    async def prefer(self, key: str, *, language: str | None, theme: str, sound: int) -> None: ...

    async def remove(self, actor: str, account: Account) -> None: ...

    async def logged_in(self, account: Account, way: str) -> None: ...

    async def password_of(self, key: str) -> str | None: ...

    async def set_password(self, actor: str, account: Account, hashed: str, *, action: str) -> None: ...

    async def factors(self, key: str) -> Sequence[Factor]:
        """The oldest first."""
        raise NotImplementedError

    async def totp(self, key: str) -> Sequence[tuple[str, str, int]]:
        """Factor, its sealed secret, and the last step that was used."""
        raise NotImplementedError

    async def use_step(self, factor: str, step: int) -> bool:
        raise NotImplementedError

    async def passkeys(self, key: str | None = None) -> Sequence[Passkey]:
        raise NotImplementedError

    async def passkey(self, credential: str) -> Passkey | None: ...

    async def use_passkey(self, key: Passkey, count: int) -> bool:
        raise NotImplementedError

    async def use_recovery(self, key: str, typed: str) -> bool:
        raise NotImplementedError

    async def add_factor(
        self,
        actor: str,
        account: Account,
        kind: FactorKind,
        name: str,
        *,
        sealed: str | None = None,
        step: int = 0,
        passkey: tuple[str, str] | None = None,
        codes: Iterable[str] | None = None,
    ) -> Factor:
        raise NotImplementedError

    async def remove_factor(self, actor: str, account: Account, factor: Factor) -> None: ...

    async def invite(self, actor: str, account: Account, lasts_s: float) -> str:
        """The secret, told here alone."""
        raise NotImplementedError

    async def invited(self, secret: str) -> Account | None: ...

    async def accept(
        self, secret: str, account: Account, hashed: str, *, sealed: str, step: int, codes: Iterable[str]
    ) -> bool:
        """Whether the invitation was good until now; it is used."""
        raise NotImplementedError


class Sessions(Protocol):
    """Logins of browsers."""

    ended: asyncio.Event
    """Set, and replaced by a new one, each time that this program has ended a session."""

    async def begin(
        self,
        *,
        account: str | None = None,
        token: str | None = None,
        by: LoginBy,
        address: str,
        agent: str,
        factor_at_s: float | None = None,
        made_at_s: float | None = None,
        instead_of: str | None = None,
    ) -> str:
        """Its reference token, told here alone."""
        raise NotImplementedError

    async def who(self, secret: str) -> Session | None: ...

    async def get(self, key: str) -> Session | None: ...

    async def touch(self, key: str) -> None: ...

    async def find(self, *, account: str | None = None, limit: int = 1000) -> Sequence[Session]:
        """The newest first."""
        raise NotImplementedError

    async def end(self, actor: str, found: Sequence[Session], *, why: str) -> int:
        raise NotImplementedError

    async def forget(self, limits: Limits) -> None: ...

    def tell(self) -> None:
        """Streams look now whether their session is still there."""


class Passwords(Protocol):
    """Slow hashes of passwords. Few are computed at a time, and few wait."""

    async def hashed(self, password: str) -> str:
        """Raises:
        TooBusy: Too many wait.
        """
        raise NotImplementedError

    async def fits(self, hashed: str | None, password: str) -> bool:
        """Without a hash it takes the same time, and never fits.

        Raises:
            TooBusy: Too many wait.
        """
        raise NotImplementedError

    def common(self) -> Collection[str]:
        """Passwords that many use, and their parts, in lower case."""
        raise NotImplementedError


class TooBusy(Exception):
    """Too many wait for the same thing."""


class SealedSecrets(Protocol):
    """Secrets as they are kept: sealed by a key outside the database."""

    def seal(self, secret: bytes) -> str: ...

    def opened(self, sealed: str) -> bytes | None:
        """`None`: another key sealed it."""

    def derived(self, purpose: str, text: str) -> bytes:
        """32 bytes that nobody can compute who lacks the key."""
        raise NotImplementedError


class PasskeyRefused(Exception):
    """An answer of a passkey is not right. The text is for the log."""


class Passkeys(Protocol):
    """Passkeys (WebAuthn, level 2), with their user verified by the device."""

    def registration(self, host: str, account: Account, known: Sequence[Passkey]) -> tuple[str, bytes]:
        """The options for the browser as JSON, and the challenge."""
        raise NotImplementedError

    def registered(self, host: str, origin: str, challenge: bytes, answer: str) -> tuple[str, str, int]:
        """Credential id, public key, count.

        Raises:
            PasskeyRefused: It is not right.
        """
        raise NotImplementedError

    def login(self, host: str, known: Sequence[Passkey] = ()) -> tuple[str, bytes]:
        """As `registration`."""
        raise NotImplementedError

    def credential_of(self, answer: str) -> str | None:
        """The credential id that an answer names."""

    def verified(self, host: str, origin: str, challenge: bytes, answer: str, key: Passkey) -> int:
        """The count of its signatures.

        Raises:
            PasskeyRefused: It is not right.
        """
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class ProviderLogin:
    """A login at a provider that was begun: what must come back with it."""

    state: str
    nonce: str
    verifier: str
    address: str
    """Where the browser is sent."""
    back: str
    """Where the provider sends it back."""


class Provider(Protocol):
    """The login of the organisation (OpenID Connect)."""

    name: str
    """As its button says."""

    async def begin(self, back: str) -> ProviderLogin:
        """Raises:
        PortError: It cannot be reached.
        """
        raise NotImplementedError

    async def finish(self, begun: ProviderLogin, code: str) -> Mapping[str, Any]:
        """The claims of its token, which was checked.

        Raises:
            PortError: It cannot be reached, or its answer is not right.
        """
        raise NotImplementedError

    def roles(self, claims: Mapping[str, Any]) -> frozenset[AccessRole]:
        """By the map of claims."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class AuditWish:
    """The lines of the audit log that somebody looks for. Each member narrows the search."""

    actor: str = ""
    """Part of the name of the one who did it, in any case."""
    by: str | None = None
    """The whole name of the one who did it."""
    action: str = ""
    """The act, or the beginning of it, such as `conference.`."""
    object: str = ""
    """Part of what it was done to, in any case."""
    since_s: float | None = None
    """Done then or later."""
    until_s: float | None = None
    """Done before then."""
    before: int | None = None
    """Only lines with a lower number: the page after."""


class SettingSource(StrEnum):
    """Where the value of a setting comes from."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"
    DERIVED = "derived"
    """From another setting, such as `ports_from`."""


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """One setting of the running program, as people may see it."""

    table: str
    """Such as `api`; empty: it stands above all tables."""
    entry: int
    """Of a table that is written several times: which, from 1; else 0."""
    name: str
    value: str | None
    """`None`: it is secret."""
    default: str
    """Empty: none."""
    source: SettingSource
    kind: str
    """Its type in words."""
    unit: str
    """Such as `seconds`; empty: it has none."""
    meaning: str
    """English. In Swedish it is in `bridge.words.settings`."""


class AuditLog(Protocol):
    async def rows(self, after: int = 0, limit: int = 100, by: str | None = None) -> Sequence[AuditRow]: ...

    async def search(self, wish: AuditWish, limit: int = 100) -> Sequence[AuditRow]:
        """The latest that fit, the latest first."""

    async def actors(self, action: str) -> Mapping[str, str]:
        """Object → the name of the one who did this to it last."""

    async def verify(self) -> int | None:
        """The number of the first row that does not fit the chain, or `None` when all do."""

    async def append(self, line: Audit) -> None:
        """For acts that change no record, such as listening to a recording."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public part of a key that signs heads of the audit chain (Ed25519)."""

    id: str
    node: str
    """The node that holds the key."""
    public: str
    """32 bytes, hexadecimal."""
    made_at_s: float
    ended_at_s: float | None = None
    """It signs no more since then: another took its place."""


class ProofStore(Protocol):
    """The signed heads, where they were put, and the rows that are held against the files."""

    async def add_foreign(self, head: ForeignHead, most: int) -> Reason | None:
        """Keep one; why not, where another one of its sequence is kept, or too many are."""

    async def givers(self) -> Sequence[tuple[str, int, int]]:
        """Of foreign heads: name, count and latest sequence."""
        raise NotImplementedError

    async def foreign(self, giver: str | None = None, after: int = 0, limit: int = 1000) -> Sequence[ForeignHead]:
        """Those with a sequence above `after`, of one giver or of all."""
        raise NotImplementedError

    @property
    def node(self) -> str:
        """The name of this node."""
        raise NotImplementedError

    async def keys(self) -> Sequence[PublicKey]: ...

    async def add_key(self, public: bytes, actor: str, at_s: float, *, instead: bool = False) -> None: ...

    async def head(self) -> tuple[int, str]:
        """Number and hash of the last row of the audit log."""
        raise NotImplementedError

    async def heads(self, after: int = 0, limit: int = 1000) -> Sequence[SignedHead]: ...

    async def latest(self) -> SignedHead | None: ...

    async def head_of(self, recording: str) -> tuple[AuditRow, SignedHead] | None: ...

    async def add_head(self, head: SignedHead) -> bool:
        """Whether it was taken: another node may have taken its sequence."""
        raise NotImplementedError

    async def archived(self, recording: str) -> AuditRow | None: ...

    async def unsigned(self, after: int, limit: int = 1000) -> Sequence[AuditRow]: ...

    async def anchored(self, anchor: str) -> tuple[int, float] | None: ...

    async def add_anchor(self, anchor: str, sequence: int, at_s: float, evidence: bytes | None = None) -> None: ...

    async def stamps(self, anchor: str, from_sequence: int = 0) -> Sequence[tuple[int, bytes]]: ...

    async def kept(self, after: str = "", limit: int = 1000) -> Sequence[Recording]:
        """Recordings that are archived or disposed of, by id."""
        raise NotImplementedError

    async def on_their_way(self) -> set[str]: ...

    async def count(self) -> tuple[int, int]:
        """Rows of the audit log, and recordings that are archived or disposed of."""
        raise NotImplementedError


class VerificationState(StrEnum):
    NEVER = "never"
    """Not since the program's start."""
    RUNNING = "running"
    DONE = "done"
    BROKEN_OFF = "broken_off"
    """It could not be carried through: `reason` says why."""


@dataclass(frozen=True, slots=True)
class VerificationReport:
    """How far the archive was verified, and all that does not agree."""

    state: VerificationState = VerificationState.NEVER
    began_at_s: float | None = None
    ended_at_s: float | None = None
    rows: int = 0
    """Of the audit log, followed so far."""
    of_rows: int = 0
    recordings: int = 0
    """Held against their files so far."""
    of_recordings: int = 0
    heads: int = 0
    """Signed heads that were checked."""
    findings: tuple[Reason, ...] = ()
    """In the order of the walk: the first is the first that does not agree. At most a hundred."""
    more: int = 0
    """Findings beyond those."""
    reason: Reason | None = None

    @property
    def first(self) -> Reason | None:
        """The first thing that does not agree; a remark is none."""
        return next((one for one in self.findings if one.code not in REMARKS), None)


class ArchiveProof(Protocol):
    """Proof that rows, manifests, files and audit agree."""

    def report(self) -> VerificationReport:
        """Of the verification that runs, or of the last one."""
        raise NotImplementedError

    def begin(self) -> None:
        """Verify the whole archive. While one runs, nothing is begun."""

    async def check(self, found: "ArchivedRecording") -> Reason | None:
        """The first thing about one recording that does not agree; its whole file is read."""

    async def evidence(self, found: "ArchivedRecording") -> Mapping[str, bytes]:
        """File name → content: what a package needs, so that its recording is proved without this program."""
        raise NotImplementedError

    async def head(self) -> SignedHead | None:
        """The newest signed head."""

    def verifier(self) -> bytes:
        """The program that verifies a package by itself."""
        raise NotImplementedError

    async def keep_foreign(self, giver: str, line: str, public: str) -> Reason | None:
        """Keep a signed head of another node as its witness; why not, where it is none or differs."""

    async def witnessed(self) -> Sequence[Witnessed]:
        """The nodes whose heads are kept here, and whether these agree with each other."""
        raise NotImplementedError

    async def foreign(self, giver: str | None, after: int) -> Sequence[ForeignHead]:
        """The heads that are kept for others."""
        raise NotImplementedError

    async def replace_key(self, actor: str) -> str:
        """Sign with a new key from now on; its id.

        Raises:
            PortError: The key is there, and in order.
        """
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class SoundCopy:
    """The loudness of an archived sound, and its copy for the web."""

    recording: str
    loudness_lufs: float | None = None
    """Integrated (ITU-R BS.1770-4); `None`: silence, or not measured."""
    peak_dbfs: float | None = None
    """The highest sample."""
    opus_file: str | None = None
    """Below the archive's root."""
    fault: str | None = None
    """Why there is none."""


class CopyStore(Protocol):
    """Which archived sounds have copies."""

    async def next(self) -> Recording | None:
        """One that has none."""

    async def add(self, copy: SoundCopy) -> None: ...

    async def get(self, recording: str) -> SoundCopy | None: ...


class UploadStore(Protocol):
    """Which archived recordings are copied to the object store."""

    async def next_upload(self) -> Recording | None:
        """The oldest that was not tried yet."""

    async def uploaded(self, recording: str, fault: str | None) -> None: ...

    async def not_uploaded(self) -> int:
        """How many could not be copied for good."""
        raise NotImplementedError


DisposalRule = Callable[[Sequence[Kept]], Reason | None]
"""Why these recordings cannot be disposed of."""
SettleRule = Callable[[Disposal, Sequence[Kept]], Reason | None]
"""Why a proposed disposal cannot be settled so, by what is known of its recordings."""


class Keeping(Protocol):
    """Legal holds, labels and disposals. Each change is in the audit log, in the same commit."""

    async def holds(self, *, in_force: bool = False) -> Sequence[Hold]: ...

    async def place(self, actor: str, conference: str, ground: str) -> Hold:
        raise NotImplementedError

    async def lift(self, actor: str, hold: str) -> Hold | None: ...

    async def labels(self, recordings: Sequence[str] | None = None) -> Mapping[str, Label]:
        """Recording → its label; of these, or of all."""
        raise NotImplementedError

    async def restrict(self, actor: str, recording: str, label: str | None) -> None: ...

    async def disposals(self, state: DisposalState | None = None) -> Sequence[Disposal]: ...

    async def disposal(self, disposal: str) -> Disposal | None: ...

    async def propose(
        self, actor: str, recordings: Sequence[str], ground: str, decision: str, rule: DisposalRule
    ) -> Disposal | Reason:
        """The disposal, or why the rule refuses it."""
        raise NotImplementedError

    async def settle(self, actor: str, disposal: str, rule: SettleRule, *, decided: bool) -> Disposal | Reason | None:
        """The disposal as it is now; why the rule refuses; `None`: there is none."""

    async def left(self) -> Sequence[tuple[str, Recording]]:
        """Disposal and recording: those that were decided on and not destroyed yet."""
        raise NotImplementedError

    async def destroyed(self, disposal: str, recording: str) -> None: ...

    async def copies_left(self) -> Sequence[tuple[str, Recording]]:
        """Disposal and recording: those whose copy in the object store is outstanding."""
        raise NotImplementedError

    async def copy_remains(
        self, disposal: str, recording: str, locked_until_s: float | None, fault: str | None
    ) -> None: ...

    async def copy_gone(self, disposal: str, recording: str) -> None: ...


@dataclass(frozen=True, slots=True)
class FaultyTrack:
    """A track that failed or is cut short: its `recording.fault` says why."""

    recording: Recording
    patch: Patch | None = None
    """Of a talkgroup's track."""


@dataclass(frozen=True, slots=True)
class ArchivedRecording:
    """One recording as the archive shows it."""

    recording: Recording
    conference: Conference
    participants: tuple[Seat, ...]
    path: Path | None
    """The FLAC file, when archived."""
    patch: Patch | None = None
    """Of a talkgroup's track: the patch it was made on."""
    together: tuple[RecordingId, ...] = ()
    """The other recordings of the same conference: its mixes and its tracks, in order of time."""
    faulty: tuple[FaultyTrack, ...] = ()
    """Of a mix: the tracks made meanwhile that failed or are cut short, in order of time. Of such a track: itself."""


Board = tuple[Activation, Sequence[Target], Sequence[Attempt]]
"""An activation with its targets in order, and every attempt in order of time."""


MailingSheet = tuple[Mailing, Sequence[OutboxMessage]]
"""A mailing with its messages."""
RollSheet = tuple[RollCall, Sequence[RollEntry]]
"""A roll call with its functions in order, and their deputies among them."""


@dataclass(frozen=True, slots=True)
class DecisionSheet:
    """A decision with its answers by organisation, and the recording in which it was spoken."""

    decision: Decision
    acknowledgements: tuple[Acknowledgement, ...]
    recording: Recording | None

    @property
    def span(self) -> tuple[float | None, float | None]:
        """From and to, in seconds from the beginning of the recording; `None` where there is none yet."""
        if self.recording is None:
            return (None, None)
        began_s, ended_at_s = self.recording.started_at_s, self.decision.ended_at_s
        last_s = self.recording.duration_s
        until_s = None if ended_at_s is None else ended_at_s - began_s
        if until_s is not None and last_s is not None:
            until_s = min(until_s, last_s)
        return (round(self.decision.begun_at_s - began_s, 3), None if until_s is None else round(until_s, 3))

    @property
    def is_audible(self) -> bool:
        """Whether its stretch of the recording lies in the archive."""
        archived = self.recording is not None and self.recording.state is ArchiveState.ARCHIVED
        return archived and self.span[1] is not None


@dataclass(frozen=True, slots=True)
class MeetingLabel:
    """A label on a meeting."""

    label: str
    set_by: str
    set_at_s: float


@dataclass(frozen=True, slots=True)
class FoundMeeting:
    """One meeting of the archive, as a search shows it.

    Attributes:
        people: Number of people who were ever in it.
        recordings: Its mixes, tracks and names, in order of time.
        recorded_s: Length of its mixes.
        decisions: Number of decisions.
        activations: Number of call-outs to it.
    """

    conference: Conference
    organisations: tuple[str, ...]
    people: int
    labels: tuple[MeetingLabel, ...]
    recordings: tuple[Recording, ...]
    recorded_s: float
    decisions: int
    activations: int


@dataclass(frozen=True, slots=True)
class MeetingSheet:
    """One meeting with all that the archive has of it.

    Attributes:
        smarr: The words of its invitation; `None`: it was not prepared.
    """

    conference: Conference
    people: Sequence[Seat]
    labels: Sequence[MeetingLabel]
    recordings: Sequence[ArchivedRecording]
    decisions: Sequence[DecisionSheet]
    activations: Sequence[Board]
    roll_calls: Sequence[RollSheet]
    situation: Sequence[SituationReport]
    evaluations: Sequence[Evaluation]
    smarr: Smarr | None


@dataclass(frozen=True)
class Packing:
    """How a package is to be.

    Attributes:
        made_by: The client who asked for it.
        made_at_s: When, in seconds since 1970.
        release: The parts that are left out; `None`: none.
        head: Number and hash of the last line of the audit log.
        history: Its lines about this meeting.
        proof: Name → content of further files that prove the package, such as a verifier.
    """

    made_by: str
    made_at_s: float
    release: Release | None = None
    head: tuple[int, str] = (0, "")
    history: Sequence[AuditRow] = ()
    proof: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Parcel:
    """A file that is made while it is sent.

    Attributes:
        name: Its name, with letters of ASCII alone.
        length: Bytes.
        blocks: Its content; blocking: iterate it in a thread.
    """

    name: str
    length: int
    blocks: Iterator[bytes]


class Handovers(Protocol):
    """Packages that are made in the background. A change and its line of the audit log are one commit."""

    async def add(
        self,
        actor: str,
        conference: ConferenceId,
        form: Form,
        place: str,
        rule: Callable[[int], Reason | None],
        release: Release | None = None,
    ) -> Handover | Reason:
        """One that waits, or why the rule refuses another one beside so many. `release`: parts are taken out of it."""
        raise NotImplementedError

    async def get(self, key: str) -> Handover | None: ...

    async def find(self, conference: ConferenceId | None = None, limit: int = 100) -> Sequence[Handover]:
        """The newest first."""
        raise NotImplementedError

    async def claim(self) -> Handover | None:
        """The oldest that waits on this node, which is being made from now on."""

    async def resume(self) -> int:
        """Those in whose making the program ended wait again, or are given up."""
        raise NotImplementedError

    async def progress(self, key: str, step: Step, done: int, of: int) -> bool:
        """How far its making is. `False`: it is not to be made any more."""
        raise NotImplementedError

    async def ready(self, key: str, name: str, length: int, sha256: str, kept_s: float) -> bool:
        """It is made, and kept for so long. `False`: it is not wanted any more."""
        raise NotImplementedError

    async def failed(self, key: str, reason: Reason) -> None: ...

    async def take_away(self, actor: str, key: str) -> Handover | None:
        """Cancel it, or remove its file; `None`: there is none."""

    async def fetched(self, actor: str, job: Handover) -> None: ...

    async def kept(self) -> Sequence[str]:
        """The ids of those whose file lies on this node; what has expired is no more among them."""
        raise NotImplementedError


class Packer(Protocol):
    """Makes packages in the background (`bridge.recording.handing`)."""

    def wake(self) -> None:
        """There is one to make, or one less to keep."""

    def file(self, job: Handover) -> Path:
        """Where the file of a ready one lies."""
        raise NotImplementedError


class Places(Protocol):
    """Where packages are handed over; blocking (`bridge.recording.places`)."""

    @property
    def names(self) -> Sequence[str]: ...

    def put(self, name: str, made: Callable[[], Parcel]) -> str:
        """Hand a package over, trying again where that can help. Gives its name there.

        Raises:
            KeyError: There is no such place.
            PortError: It was not taken.
        """
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class SoundShape:
    """The least and the greatest sample of each short stretch of a sound.

    Attributes:
        per_s: Stretches in each second.
        pairs: Two bytes for each stretch, -128…127: the least, then the greatest.
    """

    per_s: float
    pairs: bytes

    @property
    def count(self) -> int:
        return len(self.pairs) // 2


class MeetingIndex(Protocol):
    """Finding the archive's meetings, one entry each, and their labels."""

    async def find(self, query: MeetingQuery, reach: Reach | None = None) -> Sequence[FoundMeeting]:
        """The newest first."""
        raise NotImplementedError

    async def refresh(self, limit: int = 50) -> int:
        """Bring the index up to date for so many meetings. Gives how many were."""
        raise NotImplementedError

    async def history(self, objects: Sequence[str]) -> Sequence[AuditRow]:
        """The lines of the audit log about these, in order; of many the first thousand."""
        raise NotImplementedError

    async def chain_head(self) -> tuple[int, str]:
        """Number and hash of the last line of the audit log."""
        raise NotImplementedError

    async def labels(self, conference: ConferenceId) -> Sequence[MeetingLabel]:
        """Of one meeting, by name."""
        raise NotImplementedError

    async def all_labels(self, limit: int = 1000, reach: Reach | None = None) -> Sequence[tuple[str, int]]:
        """Every label in use, with the number of meetings that have it; by name."""
        raise NotImplementedError

    async def label(self, actor: str, conference: ConferenceId, label: str) -> bool:
        """Put a label on a meeting. Whether it has it now: there is room for a few."""
        raise NotImplementedError

    async def unlabel(self, actor: str, conference: ConferenceId, label: str) -> bool:
        """Take a label away. Whether there was one."""
        raise NotImplementedError


class Archive(Protocol):
    """Finding and reading back what was recorded and said when."""

    async def find(
        self,
        *,
        text: str = "",
        since_s: float | None = None,
        until_s: float | None = None,
        conference: ConferenceId | None = None,
        kind: RecordingKind | None = None,
        asides: bool = True,
        reach: Reach | None = None,
        limit: int = 100,
    ) -> Sequence[ArchivedRecording]:
        """By conference name, participant name, organisation or function; newest first. `kind`: only those.
        `asides`: participants' tracks and names too, where no kind is asked for. `reach`: of these meetings alone, as
        in the other searches."""
        raise NotImplementedError

    async def get(self, recording: RecordingId) -> ArchivedRecording | None: ...

    async def timeline(self, conference: ConferenceId) -> Sequence[Note]: ...

    async def conferences(self, limit: int = 100, reach: Reach | None = None) -> Sequence[Conference]:
        """Also the ended ones, newest first."""
        raise NotImplementedError

    async def conference(self, conference: ConferenceId) -> tuple[Conference, Sequence[Seat]] | None:
        """One conference with everybody who was ever in it."""

    async def messages(
        self,
        *,
        direction: MessageDirection | None = None,
        conference: ConferenceId | None = None,
        identity: int | None = None,
        state: MessageState | None = None,
        reach: Reach | None = None,
        limit: int = 100,
    ) -> Sequence[Message]:
        """Texts and statuses by radio, newest first; `identity` is a sender's or receiver's ISSI or GSSI. With `reach`
        also those of no meeting, and the person's own."""
        raise NotImplementedError

    async def message(self, message: MessageId) -> Message | None: ...

    async def outbox(
        self,
        *,
        bearer: Bearer | None = None,
        state: OutboxState | None = None,
        activation: ActivationId | None = None,
        reach: Reach | None = None,
        package: str | None = None,
        limit: int = 100,
    ) -> Sequence[OutboxMessage]:
        """Messages by SMS and e-mail, newest first. With `reach` also the person's own."""
        raise NotImplementedError

    async def number_tests(self, since_s: float) -> Sequence[OutboxMessage]:
        """Tests of numbers since then, the newest first."""
        raise NotImplementedError

    async def outbox_message(self, message: OutboxId) -> OutboxMessage | None: ...

    async def alarms(self, *, since_s: float | None = None, limit: int = 100) -> Sequence[Alarm]:
        """Alarms, the latest to come first; with `since_s` those alone that came since then, or are not over."""
        raise NotImplementedError

    async def mailings(
        self,
        *,
        schedule: ScheduleId | None = None,
        activation: ActivationId | None = None,
        conference: ConferenceId | None = None,
        reach: Reach | None = None,
        limit: int = 100,
    ) -> Sequence[MailingSheet]:
        """Mailings with each message and its fate, newest first. With `reach` also those of the schedule."""
        raise NotImplementedError

    async def roll_calls(self, conference: ConferenceId, limit: int = 100) -> Sequence[RollSheet]:
        """Newest first."""
        raise NotImplementedError

    async def schedule(self, schedule: ScheduleId) -> Schedule | None:
        """A prepared conference, also one that was removed."""
        raise NotImplementedError

    async def occurrence(self, occurrence: OccurrenceId) -> Occurrence | None:
        """A date of the schedule that has come."""
        raise NotImplementedError

    async def occurrence_of(self, conference: ConferenceId) -> Occurrence | None:
        """The date of the schedule that it was opened for."""
        raise NotImplementedError

    async def situation_reports(self, meeting: str) -> Sequence[SituationReport]:
        """Of a conference or a date of the schedule, by organisation."""
        raise NotImplementedError

    async def evaluations(self, conference: ConferenceId) -> Sequence[Evaluation]:
        """Of one conference, by organisation and function."""
        raise NotImplementedError

    async def occurrences(self, schedule: ScheduleId, limit: int = 100) -> Sequence[Occurrence]:
        """The dates of a schedule that have come, the latest first."""
        raise NotImplementedError

    async def decisions(self, conference: ConferenceId, limit: int = 100) -> Sequence[DecisionSheet]:
        """In the order they were begun."""
        raise NotImplementedError

    async def decision(self, decision: DecisionId) -> DecisionSheet | None:
        """One with its answers so far."""
        raise NotImplementedError

    async def activations(
        self, *, conference: ConferenceId | None = None, reach: Reach | None = None, limit: int = 100
    ) -> Sequence[Activation]:
        """Newest first. With `reach` also those that the person started."""
        raise NotImplementedError

    async def activation_by_key(self, key: str) -> Board | None:
        """The activation that a client-made key already started, however long ago."""

    async def activation(self, activation: ActivationId) -> Board | None: ...

    async def boards(self, activations: Sequence[ActivationId]) -> Mapping[ActivationId, Board]:
        """Those of them that are known, in as many questions for a hundred as for one."""
        raise NotImplementedError
