"""The passing state of a conference, which a restart may lose: callers on the way in, microphones, keys."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bridge.domain.conference.records import Seat
from bridge.domain.kernel.ids import (
    ChannelId,
    ConferenceId,
    LegId,
    MixId,
    ParticipantId,
    PlaybackId,
    TargetId,
    TrunkName,
)
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.step import Step
from bridge.domain.kernel.tables import Table

NO_TRUNK: Final = TrunkName("")


class EntryPhase(StrEnum):
    ASKING = "asking"
    """The code is asked for."""
    HELD = "held"
    """Codes are guessed: the look-up waits."""
    CHECKING = "checking"
    BRAKED = "braked"
    """The code is wrong: the answer is held back."""
    NAME_ASKED = "name_asked"
    """Admitted; the question for their name plays."""
    NAMING = "naming"
    """They say their name."""
    JOINING = "joining"
    """Admitted; the last prompt plays."""
    LEAVING = "leaving"
    """The farewell plays."""
    OFFERED = "offered"
    """A question that keys answer stands."""


@dataclass(frozen=True, slots=True)
class DoorQuestion:
    """A question to somebody on the way in, who answers it by keys. Another room asks it, and its rule acts."""

    said: tuple[Prompt, ...]
    again: tuple[Prompt, ...]
    """Said after a silence, instead of the whole."""
    rule: "DoorRule"
    """Given the keys. No key stands for no answer."""
    language: Language
    keys: str = ""
    """One of these answers it; empty: several digits do, ended by `#` or by a pause."""
    most: int = 1
    """So many digits at most."""
    tries: int = 2
    """So many times more it is said before no answer is the answer."""


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """An incoming caller on the way in. No `repr`, since it holds the digits."""

    channel: ChannelId
    caller: str
    """As the network shows it, cleaned; empty where the number is withheld. A hint, never an authority."""
    trunk: TrunkName = NO_TRUNK
    phase: EntryPhase = EntryPhase.ASKING
    tries: int = 0
    digits: str = ""
    playback: PlaybackId | None = None
    participant: ParticipantId | None = None
    reminded: bool = False
    """The code has been asked for again since the last question."""
    only: ConferenceId | None = None
    """The number that was dialled leads to this conference alone."""
    held_at_s: float = 0.0
    """Since when the look-up waits."""
    rescued_from: ConferenceId | None = None
    """The conference that took them in out of the emergency room, if one did."""
    question: DoorQuestion | None = None
    """The one that stands, while the phase is `OFFERED`."""
    calls_back: tuple[TargetId, ...] = ()
    """They ring from a number at which these functions were called."""


DoorRule = Callable[[Step, Entry, str], None]


@dataclass(frozen=True, slots=True)
class CameBy:
    """The call of somebody who was put into a meeting without a word at the door."""

    caller: str
    """As in `Entry`."""
    trunk: TrunkName = NO_TRUNK


@dataclass(frozen=True, slots=True)
class Keys:
    """A participant's keys of a command so far, and whether an end awaits its confirmation."""

    pending: str = ""
    """The starter, until its second key comes."""
    loose_at_s: float | None = None
    """The last key that belonged to nothing: a code keyed once more, or a slip."""
    end_asked_at_s: float | None = None
    is_read_to: bool = False
    """A long text is being read out to them, unless it has come to its end."""


@dataclass(frozen=True, slots=True)
class Wait:
    """One who has come into the waiting room, and the words that they hear there."""

    playback: PlaybackId | None = None
    began_at_s: float = 0.0
    """When the words were ordered."""
    pauses: bool = False
    """The words could not be said; they are tried again after a pause."""
    hears: MixId | None = None
    """A host speaks to them there instead of the words."""


AnswerRule = Callable[[Step, Seat], None]


@dataclass(frozen=True, slots=True)
class KeyQuestion:
    """A question that somebody in the meeting answers by one key."""

    topic: str
    """Its subject matter. One topic asks a person one question at a time."""
    prompts: tuple[Prompt, ...]
    answers: Mapping[str, AnswerRule]
    """Key → its rule."""
    otherwise: AnswerRule
    """Without an answer in time, or when they leave."""
    within_s: float


ENTRIES: Final = Table[ChannelId, Entry]("entries")
SEATS: Final = Table[ChannelId, LegId]("seats")
"""The leg on each channel of those admitted: it tells whose seat it carries."""
HEARD: Final = Table[ChannelId, bool]("heard")
"""The last order to each microphone."""
KEYS: Final = Table[ChannelId, Keys]("keys")
WAITS: Final = Table[ParticipantId, Wait]("waits")
"""Those whose last words at the door have ended, and who are not let in yet."""
ASKED: Final = Table[ParticipantId, tuple[KeyQuestion, ...]]("asked")
"""Seat → the question that stands, and those that wait for its end."""
CAME_BY: Final = Table[ParticipantId, CameBy]("came_by")
"""The calls of those out of the emergency room."""
NOTICES: Final = Table[ChannelId, PlaybackId]("notices")
"""The playback by which somebody hears now that the meeting is recorded."""
TOLD_MUTED_AT_S: Final = Table[ChannelId, float]("told_muted_at_s")
EMPTY_SINCE_S: Final = Table[ConferenceId, float]("empty_since_s")
"""When the last telephone left a conference that is empty now."""
