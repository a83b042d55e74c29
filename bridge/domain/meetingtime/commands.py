"""The commands about a meeting's time."""

from dataclasses import dataclass

from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.ids import ConferenceId


@dataclass(frozen=True, slots=True)
class SetEnd(Command):
    """The meeting is meant to end then. `None`: it has no end any more."""

    conference: ConferenceId
    ends_at_s: float | None


@dataclass(frozen=True, slots=True)
class ExtendMeeting(Command):
    """So much more time. Without an end, or after it, the time counts from now on."""

    conference: ConferenceId
    by_s: float
