"""All that one node knows and decides on, as one frozen value.

Two kinds of state stand side by side: the *records* of `bridge.domain.model`, which are committed before anything is
done about them, and the *passing* state below, which a restart may lose since Asterisk or the caller can tell it again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bridge.domain.effects import DeviceEffect
from bridge.domain.ids import (
    ActivationId,
    AttemptId,
    ChannelId,
    ConferenceId,
    MessageId,
    ParticipantId,
    PatchId,
    PlaybackId,
    RecordingId,
    TargetId,
    TerminalName,
    TrunkName,
)
from bridge.domain.model import (
    Activation,
    Attempt,
    Conference,
    Message,
    Participant,
    Patch,
    Recording,
    Target,
    TerminalView,
)
from bridge.domain.policy import Policy


class EntryPhase(StrEnum):
    ASKING = "asking"
    """The code is asked for."""
    CHECKING = "checking"
    BRAKED = "braked"
    """Too many wrong codes from this caller: the answer is held back."""
    JOINING = "joining"
    """Admitted; the last prompt plays."""
    LEAVING = "leaving"
    """The farewell plays."""


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """An incoming caller on his way in. No `repr`, since it holds the digits."""

    channel: ChannelId
    caller: str
    phase: EntryPhase = EntryPhase.ASKING
    tries: int = 0
    digits: str = ""
    playback: PlaybackId | None = None
    participant: ParticipantId | None = None
    reminders: int = 0
    """How often the code has been asked for again since the last question."""


class AskPhase(StrEnum):
    ASKING = "asking"
    JOINING = "joining"
    LEAVING = "leaving"


@dataclass(frozen=True, slots=True)
class Ask:
    """A called person who has answered and is asked for a key."""

    channel: ChannelId
    attempt: AttemptId
    phase: AskPhase = AskPhase.ASKING
    playback: PlaybackId | None = None
    participant: ParticipantId | None = None


@dataclass(frozen=True, slots=True)
class TrunkUse:
    """Pacing of one trunk: a token bucket that holds one call."""

    next_call_at_s: float = 0.0
    busy: frozenset[AttemptId] = frozenset()
    congested: int = 0
    """Congestions in a row."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What a participant has keyed of a command so far, and whether an end awaits its confirmation."""

    pending: str = ""
    end_asked_at_s: float | None = None


@dataclass(frozen=True, slots=True)
class Again:
    """An effect that failed and is asked for again, see `bridge.domain.again`."""

    effect: DeviceEffect
    failures: int
    """In a row."""
    waits: bool
    """It waits for its pause to end; else it has been redone and no failure has come back yet."""


@dataclass(frozen=True)
class Node:
    """Read it freely; only `bridge.domain.step` makes the next one."""

    policy: Policy = field(default_factory=Policy)

    conferences: Mapping[ConferenceId, Conference] = field(default_factory=dict)
    participants: Mapping[ParticipantId, Participant] = field(default_factory=dict)
    patches: Mapping[PatchId, Patch] = field(default_factory=dict)
    activations: Mapping[ActivationId, Activation] = field(default_factory=dict)
    targets: Mapping[TargetId, Target] = field(default_factory=dict)
    attempts: Mapping[AttemptId, Attempt] = field(default_factory=dict)
    recordings: Mapping[RecordingId, Recording] = field(default_factory=dict)
    messages: Mapping[MessageId, Message] = field(default_factory=dict)
    """Short data on its way out, and what still waits for its report."""

    terminals: Mapping[TerminalName, TerminalView] = field(default_factory=dict)
    telephony_up: bool = False
    telephony_reason: str = "not connected yet"
    entries: Mapping[ChannelId, Entry] = field(default_factory=dict)
    asks: Mapping[ChannelId, Ask] = field(default_factory=dict)
    seats: Mapping[ChannelId, ParticipantId] = field(default_factory=dict)
    """Whose channel it is, for those admitted."""
    heard: Mapping[ChannelId, bool] = field(default_factory=dict)
    """What was last asked of each microphone."""
    radio_heard: Mapping[PatchId, bool] = field(default_factory=dict)
    armed: Mapping[PatchId, bool] = field(default_factory=dict)
    """What was last asked of each path: whether the meeting's speech is taken for the air. None: it is."""
    paths: Mapping[PatchId, bool] = field(default_factory=dict)
    """Paths ordered in this life of the controller."""
    refusals: Mapping[PatchId, int] = field(default_factory=dict)
    """How often in a row its terminal has not taken a patch's talkgroup."""
    loops: Mapping[PatchId, int] = field(default_factory=dict)
    """Suspected loops in a row."""
    keys: Mapping[ChannelId, Keys] = field(default_factory=dict)
    told_muted_at_s: Mapping[ChannelId, float] = field(default_factory=dict)
    trunks: Mapping[TrunkName, TrunkUse] = field(default_factory=dict)
    wrong_codes: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Caller → instants of his wrong codes."""
    on_call: Mapping[TerminalName, bool] = field(default_factory=dict)
    """Terminals on which somebody is talking, patched or not."""
    emergency_told_at_s: Mapping[int, float] = field(default_factory=dict)
    """ISSI → when his emergency alarm was last told."""
    lost: Mapping[ParticipantId, TargetId] = field(default_factory=dict)
    """Participants whose line was lost, and the target that rings each back."""
    again: Mapping[str, Again] = field(default_factory=dict)
    """Effects that failed lately, by `bridge.domain.again.key_of`."""
