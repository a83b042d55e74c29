"""The commands of this room."""

from dataclasses import dataclass

from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.speaking.records import SpeakingItem, TurnEnds


@dataclass(frozen=True, slots=True)
class SetSpeakingList(Command):
    """The whole list, in its order. An item that has had the floor stays done unless it is said otherwise."""

    conference: ConferenceId
    items: tuple[SpeakingItem, ...]


@dataclass(frozen=True, slots=True)
class SetTurnLimit(Command):
    """For the turns that begin from now on. `None`: as the settings say."""

    conference: ConferenceId
    turn_s: float | None
    turn_ends: TurnEnds | None
