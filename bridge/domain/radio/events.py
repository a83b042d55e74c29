"""Reports of radio terminals and the audio paths to them."""

from dataclasses import dataclass
from enum import StrEnum

from bridge.domain.kernel.events import Event
from bridge.domain.kernel.ids import Gssi, Issi, PatchId, TerminalName
from bridge.domain.kernel.reasons import Reason


class TerminalState(StrEnum):
    ABSENT = "absent"
    """The serial line is not there, or was unplugged."""
    INITIALISING = "initialising"
    UNREGISTERED = "unregistered"
    """It answers, and has no network."""
    READY = "ready"
    BLOCKED = "blocked"
    """It answers and must not be used. It is in direct mode, or has not confirmed the end of a transmission."""
    FAILED = "failed"
    """It does not answer, or refuses what it must do."""


@dataclass(frozen=True, slots=True)
class TerminalChanged(Event):
    """State, selected talkgroup or health of a terminal changed. Only `READY` may transmit."""

    at_s: float
    terminal: TerminalName
    state: TerminalState
    reason: Reason | None = None
    issi: Issi | None = None
    gssi: Gssi | None = None
    signal_dbm: int | None = None
    model: str | None = None
    battery_percent: int | None = None
    alarms: tuple[str, ...] = ()
    """Its faults, snake_case: `weak_signal`, `low_battery`…"""
    alarm_times_s: tuple[float, ...] = ()
    """When each of `alarms` was raised; of what happens in an instant, when it last happened."""
    talkgroups: tuple[tuple[Gssi, str], ...] = ()
    """Those in its codeplug with their names, as far as it tells."""
    line: str = ""
    """How its serial line is set, once found: `38400 baud`."""


@dataclass(frozen=True, slots=True)
class RadioTalkStarted(Event):
    """Another radio user has the talkgroup (`+CTXG` with TxGrant 3, or a late entry). Repeats are updates."""

    at_s: float
    terminal: TerminalName
    gssi: Gssi | None
    issi: Issi | None
    emergency: bool = False


@dataclass(frozen=True, slots=True)
class RadioTalkStopped(Event):
    """The talker ceased, the call was released, or the watchdog closed a stuck talk."""

    at_s: float
    terminal: TerminalName


@dataclass(frozen=True, slots=True)
class TransmitGranted(Event):
    """Our own grant: audio may go to the air from now on, and from now on only."""

    at_s: float
    terminal: TerminalName


@dataclass(frozen=True, slots=True)
class TransmitQueued(Event):
    at_s: float
    terminal: TerminalName


@dataclass(frozen=True, slots=True)
class TransmitRefused(Event):
    """Not granted. `retry`: asking again can help (busy network); else wait until the channel is free."""

    at_s: float
    terminal: TerminalName
    reason: Reason
    retry: bool = True


@dataclass(frozen=True, slots=True)
class ChannelFree(Event):
    """The obstacle of a refused demand is gone: the call has ended, or nobody transmits in it any more."""

    at_s: float
    terminal: TerminalName


@dataclass(frozen=True, slots=True)
class TransmitEnded(Event):
    """Our transmission is over: ceased by us, or withdrawn by the network or the terminal (`lost`)."""

    at_s: float
    terminal: TerminalName
    lost: bool = False
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class PathUp(Event):
    """The audio path of a patch is in place: Asterisk sends frames, and the terminal's audio is connected."""

    at_s: float
    patch: PatchId


@dataclass(frozen=True, slots=True)
class PathDown(Event):
    """The path, or the worker that carries it, is gone. `Media` builds it anew by itself and says `PathUp`."""

    at_s: float
    patch: PatchId
    reason: Reason


@dataclass(frozen=True, slots=True)
class SpeechBegan(Event):
    """Somebody in the meeting talks; the speech is held from its first sample."""

    at_s: float
    patch: PatchId


@dataclass(frozen=True, slots=True)
class SpeechDrained(Event):
    """All held speech has been sent (or dropped), and nobody has talked for the hang time."""

    at_s: float
    patch: PatchId


@dataclass(frozen=True, slots=True)
class SpeechLost(Event):
    """More speech was held than the bound allows: the oldest `lost_ms` were dropped. Counted and shown."""

    at_s: float
    patch: PatchId
    lost_ms: int


@dataclass(frozen=True, slots=True)
class SaidOnAir(Event):
    """The words of `SayOnAir` have gone out whole, or could not be said."""

    at_s: float
    patch: PatchId


@dataclass(frozen=True, slots=True)
class VoiceStuck(Event):
    """A steady noise keys the radio, not speech. It is not taken for speech until it ends (`stuck` false)."""

    at_s: float
    patch: PatchId
    stuck: bool


@dataclass(frozen=True, slots=True)
class TransmissionCut(Event):
    """The worker stopped the transmission itself at its own limit, counted in samples: the last guard."""

    at_s: float
    patch: PatchId


RadioEvent = (
    TerminalChanged
    | RadioTalkStarted
    | RadioTalkStopped
    | TransmitGranted
    | TransmitQueued
    | TransmitRefused
    | ChannelFree
    | TransmitEnded
)

MediaEvent = PathUp | PathDown | SpeechBegan | SpeechDrained | SpeechLost | TransmissionCut | SaidOnAir | VoiceStuck
