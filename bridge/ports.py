"""What the engine asks of the world: one protocol per device. The adapters in the packages above implement them.

Rules for every port:

- A method returns when the peer has accepted the request, or raises `PortError`. It never blocks the event loop, and it
  bounds its own waiting.
- What happens later comes as a domain event through `emit`, which never blocks and never raises.
- A method may be called again with the same arguments: the second call changes nothing.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from bridge.domain.commands import Command, Reply
from bridge.domain.directory import AuditRow, DirectoryEntry
from bridge.domain.events import Event, Fate, TelephonyUp
from bridge.domain.ids import (
    ActivationId,
    ChannelId,
    ConferenceId,
    Gssi,
    MessageId,
    MixId,
    PatchId,
    PlaybackId,
    RecordingId,
    TerminalName,
    TrunkName,
)
from bridge.domain.model import (
    Activation,
    Attempt,
    Audit,
    Conference,
    Language,
    Message,
    MessageDirection,
    MessageState,
    Note,
    Participant,
    Patch,
    Record,
    Recording,
    Role,
    Saved,
    Target,
)
from bridge.domain.node import Node
from bridge.domain.prompts import Prompt

E = TypeVar("E", bound=DirectoryEntry)
ReadCodes = tuple[str | None, str | None]
"""A conference's participant code and host code; `None`: there is one, and it cannot be read."""
Emit = Callable[[Event], None]


class PortError(Exception):
    """A device did not do what it was asked to.

    Attributes:
        device: Whose fault, in the user's words: `asterisk`, `terminal rakel-1`, `disk`, `database`.
        retry: Whether the same request can succeed later without anybody mending anything.
        evidence: What the device said, already freed of codes and tokens.
        fate: What is known of the request: refused, unknown (it may have been carried out), or about something gone.
    """

    def __init__(
        self, device: str, message: str, *, retry: bool, evidence: str = "", fate: Fate = Fate.REFUSED
    ) -> None:
        super().__init__(f"{device}: {message}" + (f" ({evidence})" if evidence else ""))
        self.device = device
        self.message = message
        self.retry = retry
        self.evidence = evidence
        self.fate = fate


class IntegrityConflict(PortError):
    """The database refuses rows that contradict others: a name in use, a reference to what is not there."""


class RecordsRefused(IntegrityConflict):
    """The database is there, and will never take some of what it was given: a record that contradicts others, or a
    value that no column holds. Nothing of the commit is kept; the same commit without these is taken."""

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
        told = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        super().__init__("database", f"it cannot take {told}", retry=False, evidence=evidence)
        self.records = tuple(records)
        self.notes = tuple(notes)
        self.audit = tuple(audit)


class CodesUnavailable(PortError):
    """Whose code it is cannot be told now: neither the database nor memory knows. It says nothing about the code."""


class CodeRefused(ValueError):
    """A code that somebody chose cannot be used. `field` is `code` or `host_code`; the text never holds the code."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


class Clock(Protocol):
    """Steady wall time: starts at the true time and then follows the monotonic clock, so that it never jumps."""

    def now_s(self) -> float: ...


class Ids(Protocol):
    """Mints ids of `ID_LENGTH` characters: `kind` is a key of `bridge.domain.ids.PREFIXES`."""

    def mint(self, kind: str) -> str: ...


class Telephony(Protocol):
    """Asterisk. Events: all of `TelephonyEvent`."""

    async def answer(self, channel: ChannelId) -> None: ...

    async def play(
        self, channel: ChannelId, playback: PlaybackId, prompts: Sequence[Prompt], language: Language
    ) -> None: ...

    async def stop_playing(self, channel: ChannelId, playback: PlaybackId) -> None: ...

    async def whisper(self, channel: ChannelId, prompts: Sequence[Prompt], language: Language) -> None:
        """Heard by this channel alone; it keeps hearing and being heard. Whispers to one channel queue up (4 at most,
        the oldest waiting one is dropped)."""

    async def announce(self, mix: MixId, prompts: Sequence[Prompt], language: Language) -> None:
        """Heard by all in the mix, over one lasting announcer leg (`/bridges/{id}/play` costs 2N events a time)."""

    async def hang_up(self, channel: ChannelId) -> None:
        """A channel that is already gone is no error."""

    async def create_mix(self, mix: MixId) -> None: ...

    async def destroy_mix(self, mix: MixId) -> None:
        """With its announcer leg. The participants are not hung up by it."""

    async def join_mix(self, channel: ChannelId, mix: MixId, *, heard: bool) -> None:
        """Waits for a `create_mix` under way. Starts talk detection before the microphone is closed, so that a muted
        person who talks is still noticed."""

    async def set_heard(self, channel: ChannelId, *, heard: bool) -> None: ...

    async def dial(self, channel: ChannelId, trunk: TrunkName, number: str, caller_id: str, ring_s: float) -> None:
        """A channel id in use is no error: the call is already placed."""

    async def start_recording(self, mix: MixId, recording: RecordingId) -> None: ...

    async def stop_recording(self, recording: RecordingId) -> None: ...

    async def open_media_leg(self, channel: ChannelId, mix: MixId, host: str, port: int) -> int:
        """Make an external media channel (RTP, `slin` 8 kHz, PT 10/11, big-endian, 20 ms) that sends to host:port, put
        it into the mix, and give Asterisk's own RTP port (`UNICASTRTP_LOCAL_PORT`) on 127.0.0.1."""
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
        """Hand a text to the terminal part by part, from `first_part` on. Each part's way is told by `SdsProgress`, the
        receiver's word by `SdsReported`. A `PortError` means that the part it happened at has not gone out; where that
        is not certain the stage `IN_DOUBT` is told instead."""

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
        """`withdrawn`: not by our own wish, so that the last moment given to the radio is kept for the next time."""

    async def drop_voice(self, patch: PatchId, *, older_than_s: float | None = None) -> None: ...

    async def arm_voice(self, patch: PatchId, *, armed: bool) -> None: ...

    async def say_on_air(self, patch: PatchId, prompts: Sequence[Prompt], language: Language) -> None:
        """Ends with `SaidOnAir`. Of more than `MOST_SAID` waiting the oldest that has not begun is
        dropped, and told so."""

    async def start_track(self, patch: PatchId, recording: RecordingId) -> None: ...

    async def stop_track(self, patch: PatchId, recording: RecordingId) -> None: ...


class Recorder(Protocol):
    """The archive's entrance. Event: `RecordingArchived`, or `EffectFailed`."""

    async def archive(self, recording: RecordingId) -> None:
        """Repair if need be, turn into FLAC, hash, describe, store. Safe to repeat after any crash."""


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


class Codes(Protocol):
    """Codes of conferences: looked up by keyed hash, readable to the host by decryption, never in a log."""

    async def resolve(self, digits: str) -> tuple[ConferenceId, Role] | None:
        """Whose code it is; from memory where the database does not answer within a second.

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
        """Use codes that somebody chose, 4…12 digits, in place of those the conference has.

        Raises:
            CodeRefused: Not usable, or in use by another open conference; nothing has changed.
        """

    async def read(self, conference: ConferenceId) -> ReadCodes | None:
        """Participant code and host code, for the host's eyes; `None` for one that cannot be read any more."""

    async def read_many(self, conferences: Sequence[ConferenceId]) -> Mapping[ConferenceId, ReadCodes]:
        """As `read`, for many by one question; those without codes are left out."""
        raise NotImplementedError

    async def withdraw(self, conference: ConferenceId) -> None: ...


class Health(Protocol):
    """A part that can say how it is, for `/readyz`."""

    def health(self) -> Mapping[str, str]:
        """Part → `"ok"` or the reason why not, in one sentence that names the remedy."""
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

    async def ask(self, actor: str, command: Command) -> Reply:
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

    async def delete(self, actor: str, kind: type[DirectoryEntry], key: str) -> bool: ...


class Tokens(Protocol):
    """API tokens: kept as SHA-256, shown once."""

    async def issue(self, name: str) -> str:
        raise NotImplementedError

    async def who(self, token: str) -> str | None:
        """The token's name, or nobody."""

    async def revoke(self, name: str) -> bool:
        raise NotImplementedError


class AuditLog(Protocol):
    async def rows(self, after: int = 0, limit: int = 100) -> Sequence[AuditRow]: ...

    async def verify(self) -> int | None:
        """The number of the first row that does not fit the chain, or `None` when all do."""

    async def append(self, line: Audit) -> None:
        """For acts that change no record, such as listening to a recording."""


@dataclass(frozen=True, slots=True)
class ArchivedRecording:
    """What the archive shows of one recording."""

    recording: Recording
    conference: Conference
    participants: tuple[Participant, ...]
    path: Path | None
    """The FLAC file, when archived."""
    patch: Patch | None = None
    """Of a talkgroup's track: the patch it was made on."""
    together: tuple[RecordingId, ...] = ()
    """The other recordings of the same conference: its mixes and its talkgroups' tracks, in order of time."""


Board = tuple[Activation, Sequence[Target], Sequence[Attempt]]
"""An activation with its targets in order, and every attempt in order of time."""


class Archive(Protocol):
    """Finding and reading back what was recorded and said when."""

    async def find(
        self,
        *,
        text: str = "",
        since_s: float | None = None,
        until_s: float | None = None,
        conference: ConferenceId | None = None,
        tracks: bool | None = None,
        limit: int = 100,
    ) -> Sequence[ArchivedRecording]:
        """By conference name, participant name, organisation or function; newest first. `tracks`: only those of
        talkgroups, or only those that are none."""
        raise NotImplementedError

    async def get(self, recording: RecordingId) -> ArchivedRecording | None: ...

    async def timeline(self, conference: ConferenceId) -> Sequence[Note]: ...

    async def conferences(self, limit: int = 100) -> Sequence[Conference]:
        """Also the ended ones, newest first."""
        raise NotImplementedError

    async def conference(self, conference: ConferenceId) -> tuple[Conference, Sequence[Participant]] | None:
        """One conference with everybody who was ever in it."""

    async def messages(
        self,
        *,
        direction: MessageDirection | None = None,
        conference: ConferenceId | None = None,
        identity: int | None = None,
        state: MessageState | None = None,
        limit: int = 100,
    ) -> Sequence[Message]:
        """Texts and statuses by radio, newest first; `identity` is a sender's or receiver's ISSI or GSSI."""
        raise NotImplementedError

    async def message(self, message: MessageId) -> Message | None: ...

    async def activations(self, *, conference: ConferenceId | None = None, limit: int = 100) -> Sequence[Activation]:
        """Newest first."""
        raise NotImplementedError

    async def activation_by_key(self, key: str) -> Board | None:
        """The activation that a client-made key already started, however long ago."""

    async def activation(self, activation: ActivationId) -> Board | None: ...

    async def boards(self, activations: Sequence[ActivationId]) -> Mapping[ActivationId, Board]:
        """Those of them that are known, in as many questions for a hundred as for one."""
        raise NotImplementedError
