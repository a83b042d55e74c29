"""What can happen. Adapters translate their peers' messages into these; the engine steps the domain with them.

Every event is frozen and carries `at_s`. The union `Event` is closed: mypy demands that the step answers each.
"""

from dataclasses import dataclass
from enum import StrEnum

from bridge.domain.commands import Command
from bridge.domain.effects import DeviceEffect
from bridge.domain.ids import (
    ChannelId,
    ConferenceId,
    Gssi,
    Issi,
    MessageId,
    MixId,
    PatchId,
    PlaybackId,
    RecordingId,
    TerminalName,
    TrunkName,
)
from bridge.domain.model import Role
from bridge.domain.timers import TimerKey as TimerKey
from bridge.domain.timers import TimerKind as TimerKind

# --- telephony ---


@dataclass(frozen=True, slots=True)
class CallArrived:
    """Somebody calls us and is in Stasis, not answered yet. `caller` is a hint, never an authority."""

    at_s: float
    channel: ChannelId
    number: str
    caller: str
    trunk: TrunkName
    rescued: bool = False
    """He comes from the emergency room, where he gave its code while no controller was there."""


@dataclass(frozen=True, slots=True)
class LegRinging:
    at_s: float
    channel: ChannelId


@dataclass(frozen=True, slots=True)
class LegAnswered:
    """A call we made was answered and is in Stasis. Answered is not confirmed."""

    at_s: float
    channel: ChannelId


@dataclass(frozen=True, slots=True)
class LegEnded:
    """The channel is gone. Cause 0 is "unknown", an ordinary thing from Asterisk, not an error."""

    at_s: float
    channel: ChannelId
    cause: int
    """Q.850."""


@dataclass(frozen=True, slots=True)
class DigitPressed:
    at_s: float
    channel: ChannelId
    digit: str


@dataclass(frozen=True, slots=True)
class PlaybackEnded:
    at_s: float
    playback: PlaybackId
    channel: ChannelId
    failed: bool = False


@dataclass(frozen=True, slots=True)
class TalkingStarted:
    at_s: float
    channel: ChannelId


@dataclass(frozen=True, slots=True)
class TalkingStopped:
    at_s: float
    channel: ChannelId


@dataclass(frozen=True, slots=True)
class MixJoined:
    at_s: float
    channel: ChannelId
    mix: MixId


@dataclass(frozen=True, slots=True)
class MixLeft:
    at_s: float
    channel: ChannelId
    mix: MixId


@dataclass(frozen=True, slots=True)
class RecordingStarted:
    at_s: float
    recording: RecordingId


@dataclass(frozen=True, slots=True)
class RecordingEnded:
    at_s: float
    recording: RecordingId
    duration_s: float | None


@dataclass(frozen=True, slots=True)
class RecordingFailed:
    at_s: float
    recording: RecordingId
    reason: str


@dataclass(frozen=True, slots=True)
class RecordingArchived:
    """The finished file is in the archive, hashed and described."""

    at_s: float
    recording: RecordingId
    file: str
    sha256: str
    duration_s: float


@dataclass(frozen=True, slots=True)
class LiveChannel:
    """A channel in Asterisk that belongs to our application, as listed at a reconcile."""

    id: ChannelId
    answered: bool
    mix: MixId | None = None
    caller: str = ""
    number: str = ""
    trunk: TrunkName | None = None


@dataclass(frozen=True, slots=True)
class TelephonyUp:
    """Connected to Asterisk. What is there now, by listing; `ended` are asked-for channels whose end a CDR tells."""

    at_s: float
    channels: tuple[LiveChannel, ...]
    mixes: frozenset[MixId]
    recordings: frozenset[RecordingId]
    ended: tuple[tuple[ChannelId, int], ...] = ()
    """Channel and Q.850 cause."""


@dataclass(frozen=True, slots=True)
class TelephonyDown:
    at_s: float
    reason: str


# --- codes ---


@dataclass(frozen=True, slots=True)
class CodeResolved:
    """The answer to `LookUpCode`. No conference: the code is unknown, expired or withdrawn (told apart nowhere)."""

    at_s: float
    channel: ChannelId
    conference: ConferenceId | None
    role: Role = Role.PARTICIPANT


# --- radio ---


class TerminalState(StrEnum):
    ABSENT = "absent"
    """The serial line is not there, or was unplugged."""
    INITIALISING = "initialising"
    UNREGISTERED = "unregistered"
    """It answers, and has no network."""
    READY = "ready"
    BLOCKED = "blocked"
    """It answers and must not be used: it is in direct mode, or has not confirmed the end of a transmission."""
    FAILED = "failed"
    """It does not answer, or refuses what it must do."""


@dataclass(frozen=True, slots=True)
class TerminalChanged:
    """State, selected talkgroup or health of a terminal changed. Only `READY` may transmit."""

    at_s: float
    terminal: TerminalName
    state: TerminalState
    reason: str = ""
    issi: Issi | None = None
    gssi: Gssi | None = None
    signal_dbm: int | None = None
    model: str | None = None
    battery_percent: int | None = None
    alarms: tuple[str, ...] = ()
    """What is wrong with it, snake_case: `weak_signal`, `low_battery`…"""
    alarm_times_s: tuple[float, ...] = ()
    """When each of `alarms` was raised; of what happens in an instant, when it last happened."""
    talkgroups: tuple[tuple[Gssi, str], ...] = ()
    """Those in its codeplug with their names, as far as it tells."""
    line: str = ""
    """How its serial line is set, once found: `38400 baud without RTS/CTS`."""


@dataclass(frozen=True, slots=True)
class RadioTalkStarted:
    """Another radio user has the talkgroup (`+CTXG` with TxGrant 3, or a late entry). Repeats are updates."""

    at_s: float
    terminal: TerminalName
    gssi: Gssi | None
    issi: Issi | None
    emergency: bool = False


@dataclass(frozen=True, slots=True)
class RadioTalkStopped:
    """He ceased, the call was released, or the watchdog closed a stuck one."""

    at_s: float
    terminal: TerminalName


@dataclass(frozen=True, slots=True)
class TransmitGranted:
    """Our own grant: audio may go to the air from now on, and from now on only."""

    at_s: float
    terminal: TerminalName


@dataclass(frozen=True, slots=True)
class TransmitQueued:
    at_s: float
    terminal: TerminalName


@dataclass(frozen=True, slots=True)
class TransmitRefused:
    """Not granted. `retry`: asking again can help (busy network); else wait until the channel is free."""

    at_s: float
    terminal: TerminalName
    reason: str
    retry: bool = True


@dataclass(frozen=True, slots=True)
class ChannelFree:
    """What stood in the way of a refused demand is over: the call has ended, or nobody transmits in it any more."""

    at_s: float
    terminal: TerminalName


@dataclass(frozen=True, slots=True)
class TransmitEnded:
    """Our transmission is over: ceased by us, or withdrawn by the network or the terminal (`lost`)."""

    at_s: float
    terminal: TerminalName
    lost: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SdsReceived:
    at_s: float
    terminal: TerminalName
    sender: Issi
    text: str
    receiver: int | None = None
    """The ISSI or GSSI it was sent to, as far as the terminal says."""
    group: bool = False


@dataclass(frozen=True, slots=True)
class SdsUnreadable:
    """Somebody has written, and it cannot be read: `reason` says why. The sender, as far as the terminal says."""

    at_s: float
    terminal: TerminalName
    sender: Issi | None
    reason: str
    receiver: int | None = None
    group: bool = False


@dataclass(frozen=True, slots=True)
class StatusReceived:
    """A pre-coded status, 0…65535; 0 is the emergency alarm (ETSI EN 300 392-2 §14.8.34)."""

    at_s: float
    terminal: TerminalName
    sender: Issi
    code: int
    receiver: int | None = None
    group: bool = False


class SdsStage(StrEnum):
    """How far one part of a message of ours has come on its way through the terminal."""

    STARTED = "started"
    """Is being handed to the terminal: from here on a crash leaves a doubt."""
    ACCEPTED = "accepted"
    """The terminal has it. That proves no more."""
    ON_AIR = "on_air"
    """The terminal has sent it; also said when the receiver is switched off."""
    NOT_ON_AIR = "not_on_air"
    """It could not be sent after all, told too late for another try."""
    IN_DOUBT = "in_doubt"
    """The line went, or no answer came, while it was handed over: it may have been sent."""


@dataclass(frozen=True, slots=True)
class SdsProgress:
    """`part` of `parts` (from 1) has come to a stage. `reference` is what a report will name, if one can come."""

    at_s: float
    terminal: TerminalName
    message: MessageId
    stage: SdsStage
    part: int = 1
    parts: int = 1
    reference: int | None = None
    reason: str = ""


class SdsDelivery(StrEnum):
    DELIVERED = "delivered"
    READ = "read"
    STORED = "stored"
    """The network keeps it until the receiver is reached."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class SdsReported:
    """The receiver, or the network for him, says what became of the message with this reference (1…255)."""

    at_s: float
    terminal: TerminalName
    sender: Issi
    reference: int
    delivery: SdsDelivery
    reason: str = ""


# --- media ---


@dataclass(frozen=True, slots=True)
class PathUp:
    """The audio path of a patch is in place: Asterisk sends frames, and the terminal's audio is connected."""

    at_s: float
    patch: PatchId


@dataclass(frozen=True, slots=True)
class PathDown:
    """The path, or the worker that carries it, is gone. `Media` builds it anew by itself and says `PathUp`."""

    at_s: float
    patch: PatchId
    reason: str


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    """Somebody in the meeting talks; his speech is held from its first sample."""

    at_s: float
    patch: PatchId


@dataclass(frozen=True, slots=True)
class SpeechDrained:
    """All held speech has been sent (or dropped), and nobody has talked for the hang time."""

    at_s: float
    patch: PatchId


@dataclass(frozen=True, slots=True)
class SpeechLost:
    """More speech was held than the bound allows: the oldest `lost_ms` were dropped. Counted and shown."""

    at_s: float
    patch: PatchId
    lost_ms: int


@dataclass(frozen=True, slots=True)
class SaidOnAir:
    """The words of `SayOnAir` have gone out whole, or could not be said."""

    at_s: float
    patch: PatchId


@dataclass(frozen=True, slots=True)
class VoiceStuck:
    """What keys the radio is a steady noise, not speech: it is not taken for speech until it ends (`stuck` false)."""

    at_s: float
    patch: PatchId
    stuck: bool


@dataclass(frozen=True, slots=True)
class TransmissionCut:
    """The worker stopped the transmission itself at its own limit, counted in samples: the last guard."""

    at_s: float
    patch: PatchId


# --- timers, outcomes, commands ---


@dataclass(frozen=True, slots=True)
class TimerDue:
    at_s: float
    key: TimerKey


class Fate(StrEnum):
    """What is known of an effect that failed."""

    REFUSED = "refused"
    """The device said no: it was not done."""
    UNKNOWN = "unknown"
    """No answer came: it may have been done. Only the same effect, under the same id, may follow."""
    GONE = "gone"
    """The channel, mix, path or recording that it was about does not exist (any more)."""


@dataclass(frozen=True, slots=True)
class EffectFailed:
    """A device did not do what it was asked to. `bridge.domain.failures` has a rule for every effect."""

    at_s: float
    effect: DeviceEffect
    fate: Fate
    reason: str
    retry: bool = False
    """Whether the same can succeed later without anybody mending anything."""


@dataclass(frozen=True, slots=True)
class Commanded:
    """Somebody asks for something, by API, console or CLI. `actor` is who, for the audit."""

    at_s: float
    actor: str
    command: Command


TelephonyEvent = (
    CallArrived
    | LegRinging
    | LegAnswered
    | LegEnded
    | DigitPressed
    | PlaybackEnded
    | TalkingStarted
    | TalkingStopped
    | MixJoined
    | MixLeft
    | RecordingStarted
    | RecordingEnded
    | RecordingFailed
    | TelephonyUp
    | TelephonyDown
)
RadioEvent = (
    TerminalChanged
    | RadioTalkStarted
    | RadioTalkStopped
    | TransmitGranted
    | TransmitQueued
    | TransmitRefused
    | ChannelFree
    | TransmitEnded
    | SdsReceived
    | SdsUnreadable
    | StatusReceived
    | SdsProgress
    | SdsReported
)
MediaEvent = PathUp | PathDown | SpeechBegan | SpeechDrained | SpeechLost | TransmissionCut | SaidOnAir | VoiceStuck
Event = (
    TelephonyEvent | RadioEvent | MediaEvent | CodeResolved | RecordingArchived | TimerDue | EffectFailed | Commanded
)
