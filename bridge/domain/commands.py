"""What people ask for. Each is answered with `Done` or `Refused`; new ids are minted by the one who asks."""

from dataclasses import dataclass

from bridge.domain.ids import (
    ActivationId,
    ConferenceId,
    Gssi,
    MessageId,
    MixId,
    ParticipantId,
    PatchId,
    TargetId,
    TerminalName,
)
from bridge.domain.model import FloorMode, Keying, Language, Precedence


@dataclass(frozen=True, slots=True)
class OpenConference:
    """Make a conference that callers can enter. Its codes are stored by the caller before this is asked."""

    conference: ConferenceId
    mix: MixId
    name: str
    number: str
    language: Language = Language.SV
    recorded: bool = True
    exercise: bool = False
    forum: str | None = None
    emergency: bool = False
    floor_mode: FloorMode = FloorMode.OPEN


@dataclass(frozen=True, slots=True)
class EndConference:
    conference: ConferenceId


@dataclass(frozen=True, slots=True)
class LockConference:
    conference: ConferenceId
    locked: bool


@dataclass(frozen=True, slots=True)
class SetMuted:
    conference: ConferenceId
    participant: ParticipantId
    muted: bool


@dataclass(frozen=True, slots=True)
class MuteAll:
    """Everybody but the hosts."""

    conference: ConferenceId


@dataclass(frozen=True, slots=True)
class RemoveParticipant:
    conference: ConferenceId
    participant: ParticipantId


@dataclass(frozen=True, slots=True)
class SetFloorMode:
    conference: ConferenceId
    mode: FloorMode


@dataclass(frozen=True, slots=True)
class GiveFloor:
    """To `participant`, or to the first in the queue when `None`."""

    conference: ConferenceId
    participant: ParticipantId | None = None


@dataclass(frozen=True, slots=True)
class TakeFloor:
    conference: ConferenceId


@dataclass(frozen=True, slots=True)
class RequestFloor:
    """`*5` for somebody: asks for the word, or takes the request back when `wanted` is false."""

    conference: ConferenceId
    participant: ParticipantId
    wanted: bool = True


@dataclass(frozen=True, slots=True)
class SetRecording:
    conference: ConferenceId
    on: bool


@dataclass(frozen=True, slots=True)
class AddPatch:
    conference: ConferenceId
    patch: PatchId
    participant: ParticipantId
    terminal: TerminalName | None
    """None named: the first that is free, ready and may use the talkgroup, spares last."""
    gssi: Gssi
    name: str
    keying: Keying = Keying.VOICE
    precedence: Precedence = Precedence.RADIO
    approval_required: bool = False
    """It is made when somebody else than who asks for it approves."""
    lease_s: float | None = None
    idle_s: float | None = None
    notice: bool = True
    spoken_end: bool = False
    terminals: tuple[TerminalName, ...] = ()
    """Those that may serve the talkgroup by the directory; empty: all."""


@dataclass(frozen=True, slots=True)
class ApprovePatch:
    """Let a patch that waits for approval be made. Refused for the one who asked for it."""

    conference: ConferenceId
    patch: PatchId


@dataclass(frozen=True, slots=True)
class ExtendPatch:
    """The lease ends `lease_s` from now; `None`: never."""

    conference: ConferenceId
    patch: PatchId
    lease_s: float | None


@dataclass(frozen=True, slots=True)
class SetPatch:
    """Change how a patch works; what is `None` stays."""

    conference: ConferenceId
    patch: PatchId
    keying: Keying | None = None
    precedence: Precedence | None = None
    spoken_end: bool | None = None


@dataclass(frozen=True, slots=True)
class KeyRadio:
    """`*0` for somebody: hold the way to the air open on the conference's patches that are keyed by key."""

    conference: ConferenceId
    participant: ParticipantId
    keyed: bool


@dataclass(frozen=True, slots=True)
class RemovePatch:
    """Also refuses one that waits for approval. With `at_once` no closing notice is given on the air."""

    conference: ConferenceId
    patch: PatchId
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class NewTarget:
    id: TargetId
    function: str
    organisation: str
    numbers: tuple[str, ...]
    language: Language = Language.SV


@dataclass(frozen=True, slots=True)
class StartActivation:
    """Call a list out to a conference. The same key, or the same `list_id` while it is called out to the same
    conference, gives the activation that already runs."""

    activation: ActivationId
    key: str
    conference: ConferenceId
    list_name: str
    targets: tuple[NewTarget, ...]
    ring_s: float = 30.0
    rounds: int = 3
    round_pause_s: float = 90.0
    exercise: bool = False
    list_id: str | None = None
    """The identity of what is called out; `None` never joins another. The name only shows."""


@dataclass(frozen=True, slots=True)
class CallOut:
    """Open a conference and call a list out to it, in one commit: both or neither. Where the activation runs already,
    nothing is opened."""

    opening: OpenConference
    activation: StartActivation
    """To the conference of `opening`."""


@dataclass(frozen=True, slots=True)
class CancelActivation:
    activation: ActivationId


@dataclass(frozen=True, slots=True)
class SendSds:
    """Send a text by radio (short data). `terminals`: those that may send it, none named: all."""

    message: MessageId
    receiver: int
    """An ISSI, or with `group` a GSSI."""
    text: str
    group: bool = False
    terminals: tuple[TerminalName, ...] = ()
    conference: ConferenceId | None = None
    """Whose timeline it belongs to; none named: that of the talkgroup's patch, if it is patched."""


@dataclass(frozen=True, slots=True)
class SendStatus:
    """Send a pre-coded status. Only 32768…65535, which networks and users give their meanings."""

    message: MessageId
    receiver: int
    status: int
    group: bool = False
    terminals: tuple[TerminalName, ...] = ()
    conference: ConferenceId | None = None


Command = (
    OpenConference
    | EndConference
    | LockConference
    | SetMuted
    | MuteAll
    | RemoveParticipant
    | SetFloorMode
    | GiveFloor
    | TakeFloor
    | RequestFloor
    | SetRecording
    | AddPatch
    | ApprovePatch
    | ExtendPatch
    | SetPatch
    | KeyRadio
    | RemovePatch
    | StartActivation
    | CallOut
    | CancelActivation
    | SendSds
    | SendStatus
)


@dataclass(frozen=True, slots=True)
class Done:
    """Carried out, or was already so. `subject` is the id it is about (for a repeated key: the first's)."""

    subject: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The command is not carried out; nothing has changed.

    `code` is stable and snake_case: `not_found`, `ended`, `not_allowed`, `conflict`, `invalid`, `unavailable`.
    """

    code: str
    reason: str
    field: str | None = None
    retry: bool = False


Reply = Done | Refused
