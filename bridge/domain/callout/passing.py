"""The passing state of a call-out, which a restart may lose: questions put to people, the trunks' use."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bridge.domain.kernel.ids import AttemptId, ChannelId, ParticipantId, PlaybackId, TargetId, TrunkName
from bridge.domain.kernel.tables import Fact, Table


class QuestionPhase(StrEnum):
    ASKING = "asking"
    JOINING = "joining"
    LEAVING = "leaving"


@dataclass(frozen=True, slots=True)
class KeyQuestion:
    """A called person who has answered and is asked for a key."""

    channel: ChannelId
    attempt: AttemptId
    phase: QuestionPhase = QuestionPhase.ASKING
    playback: PlaybackId | None = None
    participant: ParticipantId | None = None


@dataclass(frozen=True, slots=True)
class TrunkUse:
    """Pacing of one trunk: a token bucket that holds one call."""

    next_call_at_s: float = 0.0
    busy: frozenset[AttemptId] = frozenset()
    congested: int = 0
    """Congestions in a row."""


QUESTIONS: Final = Table[ChannelId, KeyQuestion]("questions")
TRUNKS: Final = Table[TrunkName, TrunkUse]("trunks")
AWAITED: Final = Table[AttemptId, float]("awaited")
"""Until when the end of a call is waited for, at the latest: its timer is due then."""
PUMP: Final = "callout"
"""The one pump timer's subject: the next to be called is found over all activations together."""
PUMP_AT_S: Final = Fact[float | None]("pump at", None)
"""When the pump is due by its timer; `None`: no timer runs for it."""
LOST: Final = Table[ParticipantId, TargetId]("lost")
"""Participants whose line was lost, and the target that rings each back."""
