"""A conference, those who take part in it, and its floor: the records."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from bridge.domain.kernel.ids import (
    ChannelId,
    ConferenceId,
    LegId,
    MixId,
    ParticipantId,
    PatchId,
    RecordingId,
    TargetId,
)
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.records import Record
from bridge.domain.kernel.tables import Records


class Role(StrEnum):
    HOST = "host"
    COHOST = "cohost"
    """Leads with the host's keys, and leads alone while no host is there."""
    PARTICIPANT = "participant"
    """Is heard as mute and floor say."""
    LISTENER = "listener"
    """Is never heard until made a participant."""
    OPERATOR = "operator"
    """Was called in to help."""


LEADERS: Final = frozenset({Role.HOST, Role.COHOST})
"""The roles that lead."""


class LegKind(StrEnum):
    PHONE = "phone"
    RADIO = "radio"
    BROWSER = "browser"


class SeatState(StrEnum):
    WAITING = "waiting"
    """In the waiting room: a line that hears words and tones, and nobody of the meeting."""
    JOINING = "joining"
    """Admitted, on the way into the mixing bridge."""
    PRESENT = "present"
    LOST = "lost"
    """The line was lost without a hang-up; the seat is kept a while. Not in the meeting meanwhile."""
    LEFT = "left"


class MuteOwner(StrEnum):
    """The owner of a mute. Each lifts their own, see `bridge.domain.conference.voices`."""

    SELF = "self"
    """Their own key."""
    HOST = "host"
    """A host, by key, console or API."""
    ALL = "all"
    """A host, for everybody at once. It is undone for everybody at once."""
    POLICY = "policy"
    """The conference lets people in muted. A host lifts it, and so does the floor."""
    HOLD = "hold"
    """Their telephone has put the conference on hold."""
    NOISE = "noise"
    """Their line sounds without a pause, see `bridge.domain.linewatch`."""
    MIXING = "mixing"
    """More microphones were open than can be mixed, see `bridge.domain.headroom`. A host lifts it, and so does the
    floor."""


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
    """One person is heard: the host, or the person to whom the host gives the floor."""
    QUEUE = "queue"
    """One person is heard: the floor goes to those who request it, in order, as it becomes free."""


class RoomKind(StrEnum):
    MAIN = "main"
    """Where everybody comes in. Every conference has one."""
    SIDE = "side"
    """Apart from the main one, for some of those who take part."""
    WAITING = "waiting"
    """Where a host speaks to those who are not let in yet. It is there only for that while."""


class EntrySound(StrEnum):
    """The sound by which a meeting hears that somebody comes in or goes."""

    NONE = "none"
    TONE = "tone"
    NAME = "name"
    """The name of a function or talkgroup is said, or the name as it was said at the door. Callers of whom only a
    number is known are a tone."""


class ForumLevel(StrEnum):
    """The level of collaboration that a meeting belongs to (*nivå*)."""

    DIRECTING = "inriktande"
    COORDINATING = "samordnande"
    EXECUTING = "verkställande"


class Secrecy(StrEnum):
    """The label of what may be said in a conference."""

    OPEN = "open"
    SECRET = "secret"  # noqa: S105  a label, no secret
    """Secrecy applies (*sekretess gäller*): everybody hears so, the door is locked, and no talkgroup is patched."""
    NATIONAL = "national"
    """National security (*säkerhetsskyddsklassificerat*). No telephone carries it, so that it is always refused."""


class RecordingState(StrEnum):
    OFF = "off"
    STARTING = "starting"
    ON = "on"
    STOPPING = "stopping"
    FAILED = "failed"


class OffRecord(StrEnum):
    """How far off the record a meeting is, see `bridge.domain.recording.offrecord`."""

    NO = "no"
    ASKED = "asked"
    """Wanted. It is still recorded, as far as anybody knows."""
    SILENCED = "silenced"
    """The mix is recorded no more; a talkgroup's track may still be."""
    YES = "yes"
    """Nothing is recorded, and everybody has been told."""
    ENDING = "ending"
    """Everybody is told that the recording goes on; silence until they have heard it."""
    RETURNING = "returning"
    """They have heard it; the sound is asked for."""


class RequestKind(StrEnum):
    """The class of a request for the floor. The order is that of their precedence."""

    RETURNING = "returning"
    """Their line was lost in their turn. Nobody asks for this class."""
    URGENT = "urgent"
    REPLY = "reply"
    """A reply (*replik*) to the person who speaks."""
    ORDINARY = "ordinary"


class FloorRequest(NamedTuple):
    """A request for the floor, or a place on the speaking list."""

    participant: ParticipantId
    kind: RequestKind
    since_s: float
    share: str = ""
    """The organisation whose share the turn is counted to; a participant's own name where they have none."""
    passed: int = 0
    """So many later requests have been given the floor before it."""
    away: bool = False
    """Their line is lost. The place is kept, and nobody gives them the floor meanwhile."""


class Spoken(NamedTuple):
    """The time that one share has had the floor."""

    share: str
    total_s: float
    lately_s: float
    """The same, where an older turn counts for less; see `bridge.domain.conference.fairness`. As it was `at_s`."""
    at_s: float


@dataclass(frozen=True, slots=True)
class Holder:
    """The function that a personal code stands for."""

    function: str
    organisation: str


class FunctionOf(NamedTuple):
    """A function by its names."""

    function: str
    organisation: str


@dataclass(frozen=True, slots=True)
class Floor:
    """The holder of the floor (*ordet*), and those who wait for it."""

    mode: FloorMode = FloorMode.OPEN
    holder: ParticipantId | None = None
    requests: tuple[FloorRequest, ...] = ()
    """The next first."""
    given_at_s: float | None = None
    share: str = ""
    """The share that the holder's turn is counted to; empty: to none, as when a host only leads."""
    turn_s: float = 0.0
    """The time limit of the holder's turn; 0: none."""
    listed: tuple[FloorRequest, ...] = ()
    """Those on the speaking list who are here and have not spoken, the next first. They come before requests."""
    spoken: tuple[Spoken, ...] = ()

    @property
    def queue(self) -> tuple[ParticipantId, ...]:
        """Those who ask for the floor and are here, the next first."""
        return tuple(one.participant for one in self.requests if not one.away)

    @property
    def line(self) -> tuple[ParticipantId, ...]:
        """Everybody who waits and is here, the speaking list too, the next first. Each stands in it once."""
        back = [one.participant for one in self.requests if one.kind is RequestKind.RETURNING and not one.away]
        return tuple(dict.fromkeys([*back, *(one.participant for one in self.listed), *self.queue]))


@dataclass(frozen=True, slots=True)
class ConferenceRecording:
    """The recording side of a conference. A conference that is stopped and started again gets a new recording."""

    wanted: bool = False
    state: RecordingState = RecordingState.OFF
    recording: RecordingId | None = None
    failure: Reason | None = None
    off_record: OffRecord = OffRecord.NO
    off_record_since_s: float | None = None
    """When it was asked for. It tells one stretch off the record from another."""


@dataclass(frozen=True, slots=True)
class Door:
    """The rules for those who come into a conference."""

    waiting_room: bool = False
    """Those who do not pass by right wait there until a host lets them in."""
    joins_muted: bool = False
    """Everybody but those who lead comes in muted, and a host lifts it."""
    sound: EntrySound = EntrySound.NONE
    asks_name: bool = False
    """Callers who are not known by a code of their own say their name, which the meeting hears."""
    calls_back_in: bool = False
    """A person who rings back after a call comes in by one key, as the function that was called. Else they key a code,
    since the caller's number is only a hint."""


OPEN_DOOR: Final = Door()
"""Without any rule."""


@dataclass(frozen=True, slots=True)
class Conference(Record):
    """One meeting (*samverkanskonferens*). Its codes are kept by `bridge.storage`, never here."""

    id: ConferenceId
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
    secrecy: Secrecy = Secrecy.OPEN
    door: Door = OPEN_DOOR
    floor: Floor = Floor()
    recording: ConferenceRecording = ConferenceRecording()
    started_at_s: float | None = None
    ended_at_s: float | None = None
    radio_only_since_s: float | None = None
    """Telephony is lost, and the meeting goes on in its talkgroups alone since then."""
    withheld: int = 0
    """So many have come in from a withheld number; the next is told apart by the next number."""
    direct_number: str | None = None
    """A number of ours that leads straight here, E.164 with plus."""
    direct_code: bool = True
    """Callers of that number key one of this conference's codes; else they are let in as they come."""
    ends_at_s: float | None = None
    """It is meant to end then, see `bridge.domain.meetingtime`. Nothing ends it by itself."""
    opened_by: str | None = None
    """The name of the person whose meeting it is: they opened it, or it was handed over to them. `None`: no
    person's."""
    co_hosts: tuple[str, ...] = ()
    """The names of those who handed it over and lead it beside that person."""
    handed_from: str | None = None
    """The name of the person whose it was before the latest handing over; `None`: no person's, or it never was."""
    handed_by: str | None = None
    """The name of the person who handed it over then; `None`: it never was."""
    handed_at_s: float | None = None


@dataclass(frozen=True, slots=True)
class Room(Record):
    """A mix of one conference: those who sit in it hear each other, and nobody else."""

    id: MixId
    conference: ConferenceId
    opened_at_s: float
    kind: RoomKind = RoomKind.MAIN
    name: str = ""
    """Of a side room, as its host gave it."""
    number: int | None = None
    """The key that leads into a side room; `None`: none does."""
    parallel: bool = False
    """A side room that stays open while nobody is in it."""
    private: bool = False
    """A side room for two, which ends when either goes."""
    recorded: bool = False
    """A private one whose two are heard in their own tracks: both have been told so."""
    empty_since_s: float | None = None
    """The last person has left a side room then."""
    recall_at_s: float | None = None
    """Everybody in a side room is brought back then."""
    closed_at_s: float | None = None


@dataclass(frozen=True, slots=True)
class Seat(Record):
    """A seat: the place in a conference of a person or a talkgroup. It outlives the leg that carries it. A caller who
    hangs up and dials in again is a new participant. One who comes back after a lost line is the same."""

    id: ParticipantId
    conference: ConferenceId
    room: MixId
    """Where they sit. They are brought back to it after every reconnect."""
    kind: LegKind
    """Of the latest leg."""
    name: str
    role: Role = Role.PARTICIPANT
    state: SeatState = SeatState.JOINING
    leg: LegId | None = None
    """The latest; at most one leg carries them at a time."""
    organisation: str | None = None
    function: str | None = None
    also: tuple[FunctionOf, ...] = ()
    """Further functions for which the same person answers."""
    target: TargetId | None = None
    """The call-out target that this participant answered as, so that the activation can follow them."""
    number: str | None = None
    """The telephone number they are rung back at, E.164 with plus; for a caller a hint from the network."""
    language: Language = Language.SV
    host_rank: int | None = None
    """The order of those who lead without a host code, 0 first; `None`: they lead only when somebody makes them."""
    muted_by: frozenset[MuteOwner] = frozenset()
    """Heard only when nobody mutes them. The microphone also depends on the floor."""
    talking: bool = False
    ceaseless: bool = False
    """Their line sounds without a pause: more likely music or a car than a person."""
    silent_line: bool = False
    """Neither sound nor RTCP comes from their telephone. It mutes by silence, or their line is lost."""
    encrypted: bool | None = None
    """Whether the sound of the latest leg is encrypted between the operator and us; `None` where nobody knows."""
    said_name: RecordingId | None = None
    """The recording of their name, as they said it at the door."""
    waits_since_s: float | None = None
    """Not let in yet, since then: it gives the order of those who wait. It outlives a lost line."""
    rescued_from: ConferenceId | None = None
    """The conference that took them in out of the emergency room, with those whom they talked with there."""
    bound_for: ConferenceId | None = None
    """The meeting that they belong to while they are in that conference; `None`: nothing tells. Its hosts are asked to
    let them in."""
    joined_at_s: float | None = None
    left_at_s: float | None = None
    notice_heard_at_s: float | None = None
    """When they had heard, on a telephone, that the meeting is recorded; anew for a recording begun in the meeting."""

    @property
    def muted(self) -> bool:
        """Whether anybody mutes them."""
        return bool(self.muted_by)

    @property
    def leads(self) -> bool:
        return self.role in LEADERS

    @property
    def is_kept_together(self) -> bool:
        """In the conference that took them in, with those whom they talked with in the emergency room."""
        return self.rescued_from == self.conference

    def is_of(self, function: str, organisation: str) -> bool:
        """Whether this is the seat of a function, or of somebody who answers for it too."""
        return (self.function, self.organisation or "") == (function, organisation) or (
            function,
            organisation,
        ) in self.also

    @property
    def spoken_name(self) -> str | None:
        """A function with its organisation, or a talkgroup; `None` where only a telephone number is known."""
        if self.kind is LegKind.RADIO:
            return self.name
        return f"{self.organisation or ''} {self.function}".strip() if self.function else None


@dataclass(frozen=True, slots=True)
class Leg(Record):
    """The carrier of a seat for a while: a telephone, a talkgroup or, later, a browser."""

    id: LegId
    seat: ParticipantId
    kind: LegKind
    began_at_s: float
    channel: ChannelId | None = None
    """A telephone's channel in Asterisk."""
    patch: PatchId | None = None
    """A talkgroup's patch."""
    ended_at_s: float | None = None
    cause: int | None = None
    """Q.850 cause of a telephone's end, where one is known."""


TALK: Final = "talk"
"""Names to those who look on that somebody begins or ceases to talk."""
CONFERENCES: Final = Records[ConferenceId, Conference]("conferences", Conference, "conference")
ROOMS: Final = Records[MixId, Room]("rooms", Room, None)
PARTICIPANTS: Final = Records[ParticipantId, Seat]("participants", Seat, "participant")
LEGS: Final = Records[LegId, Leg]("legs", Leg, None)
