"""The commands of side rooms."""

from dataclasses import dataclass

from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.ids import ConferenceId, MixId, ParticipantId


@dataclass(frozen=True, slots=True)
class OpenSideRoom(Command):
    conference: ConferenceId
    room: MixId
    name: str
    parallel: bool = False
    """It stays open while nobody is in it."""


@dataclass(frozen=True, slots=True)
class SendToRoom(Command):
    """All of them, or none. The main room is one too: it brings them back."""

    conference: ConferenceId
    room: MixId
    participants: tuple[ParticipantId, ...]


@dataclass(frozen=True, slots=True)
class RecallAll(Command):
    """Everybody in every side room is brought back, after a spoken warning."""

    conference: ConferenceId
    warning_s: float | None = None
    """`None`: as the policy says. 0: at once."""


@dataclass(frozen=True, slots=True)
class CloseSideRoom(Command):
    """The people in it are brought back at once."""

    conference: ConferenceId
    room: MixId


@dataclass(frozen=True, slots=True)
class Consult(Command):
    """A room for two, which ends when either goes."""

    conference: ConferenceId
    room: MixId
    participants: tuple[ParticipantId, ...]
