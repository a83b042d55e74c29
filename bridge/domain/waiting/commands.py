"""The commands of the waiting room."""

from dataclasses import dataclass
from enum import StrEnum

from bridge.domain.conference.records import EntrySound
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.ids import ConferenceId, ParticipantId


class Message(StrEnum):
    """The words of a host to those who wait."""

    SOON = "soon"
    DELAYED = "delayed"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class SetDoor(Command):
    """Change the rules of the door. A member that is `None` stays as it is."""

    conference: ConferenceId
    waiting_room: bool | None = None
    """False lets everybody in who waits."""
    joins_muted: bool | None = None
    sound: EntrySound | None = None
    asks_name: bool | None = None


@dataclass(frozen=True, slots=True)
class LetIn(Command):
    """One who waits, or everybody when `None`."""

    conference: ConferenceId
    participant: ParticipantId | None = None


@dataclass(frozen=True, slots=True)
class SpeakToWaiting(Command):
    """Let a host speak to everybody who waits, with their own voice; or end that."""

    conference: ConferenceId
    participant: ParticipantId | None
    """A host's telephone in the meeting; `None` ends it."""


@dataclass(frozen=True, slots=True)
class TellWaiting(Command):
    """Say something to everybody who waits."""

    conference: ConferenceId
    message: Message
