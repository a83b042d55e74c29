"""What Samband keeps: the records. Frozen; a change is a new value (`dataclasses.replace`).

Instants are `…_at_s`, seconds since 1970 (UTC); `None` means "not yet".
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from bridge.domain.ids import (
    ActivationId,
    AttemptId,
    ChannelId,
    ConferenceId,
    Gssi,
    Issi,
    MessageId,
    MixId,
    ParticipantId,
    PatchId,
    RecordingId,
    TargetId,
    TerminalName,
    TrunkName,
)
from bridge.domain.numbers import is_premium

DTMF: Final = "0123456789*#ABCD"
"""The sixteen DTMF events (RFC 4733 §3.2)."""


class Language(StrEnum):
    SV = "sv"
    EN = "en"


class Role(StrEnum):
    HOST = "host"
    PARTICIPANT = "participant"


class ParticipantKind(StrEnum):
    PHONE = "phone"
    RADIO = "radio"
    BROWSER = "browser"


class ParticipantState(StrEnum):
    JOINING = "joining"
    """Admitted, on the way into the mixing bridge."""
    PRESENT = "present"
    LOST = "lost"
    """The line was lost without a hang-up; the person is rung back. Not in the meeting meanwhile."""
    LEFT = "left"


class ConferenceState(StrEnum):
    OPEN = "open"
    """Callers with the code get in; nobody is there now."""
    ACTIVE = "active"
    """At least one participant is present."""
    ENDED = "ended"


class FloorMode(StrEnum):
    OPEN = "open"
    """Everybody who is not muted is heard."""
    LECTURE = "lecture"
    """One is heard: the host, or whom the host gives the word."""
    QUEUE = "queue"
    """One is heard: the word goes to those who ask, in order, as it becomes free."""


class RecordingState(StrEnum):
    OFF = "off"
    STARTING = "starting"
    ON = "on"
    STOPPING = "stopping"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Floor:
    """Who has the word (*ordet*) and who asks for it, in order."""

    mode: FloorMode = FloorMode.OPEN
    holder: ParticipantId | None = None
    queue: tuple[ParticipantId, ...] = ()
    given_at_s: float | None = None


@dataclass(frozen=True, slots=True)
class ConferenceRecording:
    """The recording side of a conference. A conference that is stopped and started again gets a new recording."""

    wanted: bool = False
    state: RecordingState = RecordingState.OFF
    recording: RecordingId | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Conference:
    """One meeting (*samverkanskonferens*). Its codes are kept by `bridge.storage`, never here."""

    id: ConferenceId
    mix: MixId
    name: str
    number: str
    """The telephone number to dial, E.164 with plus."""
    created_at_s: float
    state: ConferenceState = ConferenceState.OPEN
    language: Language = Language.SV
    locked: bool = False
    exercise: bool = False
    forum: str | None = None
    emergency: bool = False
    """Callers rescued from the emergency room go here."""
    floor: Floor = Floor()
    recording: ConferenceRecording = ConferenceRecording()
    started_at_s: float | None = None
    ended_at_s: float | None = None
    radio_only_since_s: float | None = None
    """Telephony is lost, and the meeting goes on in its talkgroups alone since then."""


@dataclass(frozen=True, slots=True)
class Participant:
    """A person or talkgroup that takes part: a telephone's leg or a patch. A caller who dials in again is a new
    participant; one who is rung back after a lost line is the same."""

    id: ParticipantId
    conference: ConferenceId
    kind: ParticipantKind
    name: str
    role: Role = Role.PARTICIPANT
    state: ParticipantState = ParticipantState.JOINING
    channel: ChannelId | None = None
    patch: PatchId | None = None
    organisation: str | None = None
    function: str | None = None
    target: TargetId | None = None
    """The call-out target that this participant answered as, so that the activation can follow them."""
    number: str | None = None
    """The telephone number they are rung back at, E.164 with plus; for a caller a hint from the network."""
    language: Language = Language.SV
    muted: bool = False
    """By his own key, by the host or by the API. What is really heard also depends on the floor."""
    talking: bool = False
    joined_at_s: float | None = None
    left_at_s: float | None = None


class PatchState(StrEnum):
    ASKED = "asked"
    """Waits for somebody's approval; nothing is connected yet."""
    OFFLINE = "offline"
    """The terminal is not ready, or not on the talkgroup yet."""
    IDLE = "idle"
    RECEIVING = "receiving"
    """A radio user talks."""
    DEMANDING = "demanding"
    """Somebody in the meeting talks; transmission is demanded, his speech is held."""
    QUEUED = "queued"
    """The network has queued the demand."""
    TRANSMITTING = "transmitting"
    PAUSING = "pausing"
    """Between two transmissions, so that others can break in."""
    WAITING = "waiting"
    """Refused or lost; the speech is held until the channel is free or the retry is due."""
    REMOVED = "removed"


class Keying(StrEnum):
    """What opens the way from the meeting to the air."""

    VOICE = "voice"
    """Anybody's speech in the meeting."""
    FLOOR = "floor"
    """Speech while somebody in the meeting, not on the radio, has been given the word."""
    KEY = "key"
    """Speech while a participant has keyed `*0`, until he keys it again."""


class Precedence(StrEnum):
    """Who goes first when the meeting and a radio user talk at the same time. An emergency is never talked over."""

    RADIO = "radio"
    """The meeting's speech is held until he is done."""
    PHONE = "phone"
    """The meeting asks the network to let it break in; what cannot is held."""


@dataclass(frozen=True, slots=True)
class Patch:
    """A talkgroup patched (*sammankopplad*) into a conference through one terminal."""

    id: PatchId
    conference: ConferenceId
    terminal: TerminalName
    gssi: Gssi
    participant: ParticipantId
    name: str
    state: PatchState = PatchState.OFFLINE
    talker: Issi | None = None
    emergency: bool = False
    voice_held: bool = False
    """Speech from the meeting waits for the channel."""
    transmission_began_at_s: float | None = None
    reason: str | None = None
    """Why the patch is offline or waiting, in words for the host."""
    created_at_s: float = 0.0
    keying: Keying = Keying.VOICE
    keyed_by: ParticipantId | None = None
    """With `Keying.KEY`: whose key holds the way open."""
    precedence: Precedence = Precedence.RADIO
    asked_by: str = ""
    """Who asked for the patch."""
    terminals: tuple[TerminalName, ...] = ()
    """Those that may serve this talkgroup by the directory; empty: all."""
    approved_by: str | None = None
    """Who let it be made, where the talkgroup demands approval: never the one who asked."""
    lease_s: float | None = None
    """How long it was asked for, from when it is connected."""
    lease_until_s: float | None = None
    """Removed then, unless the lease is extended; `None`: no end."""
    idle_s: float | None = None
    """Removed when nobody has talked in either direction for so long; `None`: never."""
    used_at_s: float = 0.0
    """When somebody last talked in either direction."""
    notice: bool = True
    """The talkgroup is told, in words on the air, when the patch begins and ends."""
    spoken_end: bool = False
    """Each turn from the meeting ends with a spoken KOM, the patch with KLART SLUT."""
    talk_began_at_s: float | None = None
    """When the radio user who talks now began."""
    breaking_in: bool = False
    """The channel is asked for although a radio user talks (`Precedence.PHONE`)."""
    announced: bool = False
    """That it is linked has been told, in the meeting and on the air."""
    ending: bool = False
    """A KOM is on its way; the transmission ends with it."""
    looped: bool = False
    """What is received is one of our own transmissions come back: it is not let through."""
    closing: bool = False
    """The talkgroup is told that the patch ends; the meeting is not connected to it any more."""
    track: RecordingId | None = None
    """The recording of this talkgroup that runs now."""


class ActivationState(StrEnum):
    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


class TargetState(StrEnum):
    WAITING = "waiting"
    CALLING = "calling"
    ASKED = "asked"
    """Answered; the keys have been read out."""
    JOINED = "joined"
    """Pressed 1 and is (or was) in the conference."""
    LOST = "lost"
    """Was in the conference; the line was lost, and the person is rung back by a call-out of its own."""
    LATER = "later"
    """Pressed 2: comes later."""
    CANNOT = "cannot"
    """Pressed 3."""
    UNREACHABLE = "unreachable"
    CANCELLED = "cancelled"


TARGET_DONE: Final = frozenset(
    {
        TargetState.JOINED,
        TargetState.LOST,
        TargetState.LATER,
        TargetState.CANNOT,
        TargetState.UNREACHABLE,
        TargetState.CANCELLED,
    }
)


class AttemptState(StrEnum):
    INTENT = "intent"
    """Committed before the call is placed."""
    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


class AttemptResult(StrEnum):
    JOINED = "joined"
    LATER = "later"
    CANNOT = "cannot"
    NO_KEY = "no_key"
    """Answered by somebody or something that pressed nothing: never bridged."""
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    INVALID = "invalid"
    """The number does not exist: marked bad, not called again in this activation."""
    CONGESTION = "congestion"
    """The trunk's fault: costs the function no attempt."""
    FAILED = "failed"
    CANCELLED = "cancelled"
    IN_DOUBT = "in_doubt"
    """Lost in a crash without a trace: called again, told so, and counted."""


@dataclass(frozen=True, slots=True)
class Activation:
    """A call-out (*inkallning*) of a list to a conference. The same client-made `key` is the same activation."""

    id: ActivationId
    key: str
    conference: ConferenceId
    list_name: str
    """To show; never an identity."""
    started_by: str
    started_at_s: float
    state: ActivationState = ActivationState.OPEN
    ring_s: float = 30.0
    """How long one number rings, 5…120 s."""
    rounds: int = 3
    """How many times the whole order of numbers is gone through, 1…10."""
    round_pause_s: float = 90.0
    """Between the rounds; inside the 3 min in which a phone's do-not-disturb lets a second call through."""
    exercise: bool = False
    ended_at_s: float | None = None
    list_id: str | None = None
    """What is called out: the list's id, or `None` where every order is one of its own."""


@dataclass(frozen=True, slots=True)
class Target:
    """One function in an activation, with its numbers in order (E.164 with plus, digits only)."""

    id: TargetId
    activation: ActivationId
    position: int
    function: str
    organisation: str
    numbers: tuple[str, ...]
    language: Language = Language.SV
    state: TargetState = TargetState.WAITING
    next_number: int = 0
    """Index into `numbers` of the next to call."""
    round: int = 0
    not_before_s: float = 0.0
    """No call to this function before this instant."""
    bad_numbers: frozenset[str] = frozenset()
    attempt: AttemptId | None = None
    """The live attempt; at most one, ever."""
    attempts_made: int = 0
    reason: str | None = None
    called_before: bool = False
    """A call may have been lost in a crash: the prompt says that they may have had this call already."""
    seat: ParticipantId | None = None
    """The lost participant whom this target rings back."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call to one number of a target. The id is the channel's id."""

    id: AttemptId
    target: TargetId
    activation: ActivationId
    number: str
    trunk: TrunkName
    state: AttemptState = AttemptState.INTENT
    result: AttemptResult | None = None
    cause: int | None = None
    """Q.850 cause of the end."""
    intent_at_s: float = 0.0
    ringing_at_s: float | None = None
    answered_at_s: float | None = None
    ended_at_s: float | None = None


class ArchiveState(StrEnum):
    RECORDING = "recording"
    SPOOLED = "spooled"
    """Closed by Asterisk, waits to be archived."""
    ARCHIVED = "archived"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording of one conference, from start to stop."""

    id: RecordingId
    conference: ConferenceId
    started_at_s: float
    state: ArchiveState = ArchiveState.RECORDING
    ended_at_s: float | None = None
    duration_s: float | None = None
    file: str | None = None
    """Path below the archive's root, set when archived."""
    sha256: str | None = None
    failure: str | None = None
    patch: PatchId | None = None
    """Set for a talkgroup's track: what came from and went to the air on one patch, not the meeting's mix."""
    gssi: Gssi | None = None


class MessageDirection(StrEnum):
    IN = "in"
    OUT = "out"


class MessageState(StrEnum):
    RECEIVED = "received"
    """Came in."""
    QUEUED = "queued"
    """Waits for a terminal: none is ready, or a call is up on it."""
    SENDING = "sending"
    """Is being handed to the terminal."""
    SENT = "sent"
    """The terminal has taken it."""
    ON_AIR = "on_air"
    """The terminal says that it went out. It says so also when the receiver is switched off."""
    DELIVERED = "delivered"
    """The receiver's own report: the only proof."""
    READ = "read"
    FAILED = "failed"
    EXPIRED = "expired"
    """No terminal could take it in time."""
    IN_DOUBT = "in_doubt"
    """Lost sight of while it was handed over: perhaps sent, perhaps not; not sent again by itself."""


@dataclass(frozen=True, slots=True)
class Message:
    """A text or a status by radio (short data, SDS). Either `text` or `status` is set."""

    id: MessageId
    direction: MessageDirection
    state: MessageState
    created_at_s: float
    receiver: int | None
    """An ISSI, or with `group` a GSSI; unknown where the terminal does not say."""
    group: bool = False
    sender: Issi | None = None
    text: str | None = None
    status: int | None = None
    actor: str = ""
    """Who asked for it, for what goes out."""
    terminal: TerminalName | None = None
    """That it came in by, or goes out by."""
    terminals: tuple[TerminalName, ...] = ()
    """Those that may send it; empty: all."""
    conference: ConferenceId | None = None
    reason: str | None = None
    parts: int = 1
    parts_sent: int = 0
    """Taken by the terminal, in order."""
    parts_on_air: int = 0
    references: tuple[int | None, ...] = ()
    """Of each part handed over: what its report will name, `None` where none was asked for."""
    delivered: frozenset[int] = frozenset()
    """Numbers of the parts whose arrival was reported."""
    read: frozenset[int] = frozenset()
    tries: int = 0
    not_before_s: float = 0.0
    expires_at_s: float | None = None
    """Until then it is tried; once it is sent, until then its report is waited for."""
    sent_at_s: float | None = None
    on_air_at_s: float | None = None
    delivered_at_s: float | None = None
    read_at_s: float | None = None
    ended_at_s: float | None = None
    """From then on nothing more is awaited."""


class NoteKind(StrEnum):
    """What a line of the timeline says."""

    JOINED = "joined"
    LEFT = "left"
    TALK_STARTED = "talk_started"
    TALK_STOPPED = "talk_stopped"
    RADIO_TALK_STARTED = "radio_talk_started"
    RADIO_TALK_STOPPED = "radio_talk_stopped"
    TRANSMISSION_STARTED = "transmission_started"
    TRANSMISSION_STOPPED = "transmission_stopped"
    MUTED = "muted"
    UNMUTED = "unmuted"
    FLOOR_MODE = "floor_mode"
    FLOOR_REQUESTED = "floor_requested"
    FLOOR_WITHDRAWN = "floor_withdrawn"
    FLOOR_GIVEN = "floor_given"
    FLOOR_TAKEN = "floor_taken"
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    RECORDING_STARTED = "recording_started"
    RECORDING_STOPPED = "recording_stopped"
    RECORDING_FAILED = "recording_failed"
    PATCHED = "patched"
    UNPATCHED = "unpatched"
    PATCH_ASKED = "patch_asked"
    PATCH_APPROVED = "patch_approved"
    PATCH_STATE = "patch_state"
    TERMINAL_REPLACED = "terminal_replaced"
    RADIO_ONLY_STARTED = "radio_only_started"
    RADIO_ONLY_ENDED = "radio_only_ended"
    RADIO_LOOP = "radio_loop"
    EMERGENCY = "emergency"
    MESSAGE_IN = "message_in"
    MESSAGE_OUT = "message_out"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Note:
    """One line of a conference's timeline."""

    conference: ConferenceId
    at_s: float
    kind: NoteKind
    participant: ParticipantId | None = None
    detail: tuple[tuple[str, str | int | float | bool], ...] = ()
    """Key and value pairs, e.g. `(("issi", 1234567),)`."""


@dataclass(frozen=True, slots=True)
class Audit:
    """One line of the audit log; the store adds number, previous hash and hash in the same transaction."""

    at_s: float
    actor: str
    action: str
    object: str
    detail: tuple[tuple[str, str | int | float | bool | None], ...] = ()


Record = Conference | Participant | Patch | Activation | Target | Attempt | Recording | Message
"""What a step may change and the store must keep before anything is done about it."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What the store gives back at start: everything that is not finished."""

    conferences: tuple[Conference, ...] = ()
    participants: tuple[Participant, ...] = ()
    patches: tuple[Patch, ...] = ()
    activations: tuple[Activation, ...] = ()
    targets: tuple[Target, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    """The live ones only."""
    recordings: tuple[Recording, ...] = ()
    """Those not yet archived."""
    messages: tuple[Message, ...] = ()
    """Those on their way out, and those whose report is awaited."""


@dataclass(frozen=True, slots=True)
class TrunkPolicy:
    """What a trunk allows. `calls_per_s` 0 means unlimited."""

    name: TrunkName
    calls_per_s: float = 1.0
    channels: int = 30
    prefixes: tuple[str, ...] = ("+46",)
    caller_id: str = ""
    premium: bool = False
    """Also numbers whose caller pays for what is said."""

    def may_call(self, number: str) -> bool:
        """Whether its settings let it call an E.164 number."""
        return number.startswith(self.prefixes) and (self.premium or not is_premium(number))


@dataclass(frozen=True, slots=True)
class TerminalPolicy:
    """What a terminal may be used for."""

    name: TerminalName
    talkgroups: tuple[Gssi, ...] = ()
    """Empty: every one."""
    spare: bool = False
    """Kept free to take over the talkgroup of a terminal that fails."""
    text_octets: int = 140
    """Of text in one short message that it sends."""

    def may_use(self, gssi: Gssi) -> bool:
        return not self.talkgroups or gssi in self.talkgroups


@dataclass(frozen=True, slots=True)
class TerminalView:
    """What is known of a radio terminal, as last reported."""

    name: TerminalName
    state: str = "absent"
    reason: str | None = None
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
    detail: dict[str, str | int | float | bool | None] = field(default_factory=dict)
