"""The commands of a recording."""

from dataclasses import dataclass

from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.ids import ConferenceId


@dataclass(frozen=True, slots=True)
class SetRecording(Command):
    conference: ConferenceId
    on: bool


@dataclass(frozen=True, slots=True)
class SetOffRecord(Command):
    """Talk off the record (*utanför protokollet*), or go back to it."""

    conference: ConferenceId
    off: bool
