"""The order of a meeting's speakers, and the limit of their turns: the records."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from bridge.domain.kernel.ids import ConferenceId, ParticipantId
from bridge.domain.kernel.records import Record
from bridge.domain.kernel.tables import Records


class TurnEnds(StrEnum):
    """The consequence of a turn whose time is up."""

    TOLD = "told"
    """The speaker and the hosts hear it, and the turn goes on."""
    TAKEN = "taken"
    """The floor goes on, too."""


class SpeakingItem(NamedTuple):
    """One item of the speaking list. It names a participant, or a function or an organisation that may come later."""

    function: str | None = None
    organisation: str | None = None
    participant: ParticipantId | None = None
    minutes: float | None = None
    """The time limit of this turn; `None`: as for every turn."""
    title: str | None = None
    """The item of the agenda."""
    is_done: bool = False
    """It has had the floor."""


@dataclass(frozen=True, slots=True)
class Speaking(Record):
    """The speaking list of a conference, and the limit of its turns."""

    id: ConferenceId
    """That of the conference."""
    conference: ConferenceId
    items: tuple[SpeakingItem, ...] = ()
    turn_s: float | None = None
    """The time limit of a turn, 0: none. `None`: as the settings say."""
    turn_ends: TurnEnds | None = None
    """`None`: as the settings say."""


SPEAKING: Final = Records[ConferenceId, Speaking]("speaking", Speaking, "conference")
