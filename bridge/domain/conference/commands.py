"""The commands of a conference."""

from dataclasses import dataclass

from bridge.domain.conference.records import OPEN_DOOR, Door, FloorMode, RequestKind, Role, Secrecy
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.ids import ConferenceId, MixId, ParticipantId
from bridge.domain.kernel.language import Language


@dataclass(frozen=True, slots=True)
class OpenConference(Command):
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
    direct_number: str | None = None
    direct_code: bool = True
    door: Door = OPEN_DOOR
    secrecy: Secrecy = Secrecy.OPEN
    ends_at_s: float | None = None
    opened_by: str | None = None
    """The name of the person whose meeting it is (`bridge.domain.access.permissions.opener_of`)."""


@dataclass(frozen=True, slots=True)
class EndConference(Command):
    conference: ConferenceId


@dataclass(frozen=True, slots=True)
class LockConference(Command):
    conference: ConferenceId
    locked: bool


@dataclass(frozen=True, slots=True)
class PassOn(Command):
    """It is another person's from now on."""

    conference: ConferenceId
    to: str
    """Their name, as the audit log shows it."""
    stays: bool
    """The person whose it was leads it beside them."""


@dataclass(frozen=True, slots=True)
class SetMuted(Command):
    conference: ConferenceId
    participant: ParticipantId
    muted: bool


@dataclass(frozen=True, slots=True)
class SetRole(Command):
    conference: ConferenceId
    participant: ParticipantId
    role: Role


@dataclass(frozen=True, slots=True)
class MuteAll(Command):
    """Everybody but the hosts."""

    conference: ConferenceId


@dataclass(frozen=True, slots=True)
class UndoMuteAll(Command):
    """Exactly those are heard again who were open before."""

    conference: ConferenceId


@dataclass(frozen=True, slots=True)
class RemoveParticipant(Command):
    conference: ConferenceId
    participant: ParticipantId


@dataclass(frozen=True, slots=True)
class SetFloorMode(Command):
    conference: ConferenceId
    mode: FloorMode


@dataclass(frozen=True, slots=True)
class GiveFloor(Command):
    """To `participant`, or to the next of the speaking list and then of the queue when `None`."""

    conference: ConferenceId
    participant: ParticipantId | None = None


@dataclass(frozen=True, slots=True)
class TakeFloor(Command):
    conference: ConferenceId


@dataclass(frozen=True, slots=True)
class RequestFloor(Command):
    """`*5` for somebody: requests the floor, or takes the request back when `wanted` is false."""

    conference: ConferenceId
    participant: ParticipantId
    wanted: bool = True
    kind: RequestKind | None = None
    """The class; `None`: ordinary, or that of the request that stands."""
