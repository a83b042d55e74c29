"""All that one node knows and decides on, as one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.domain.ids import (
    ActivationId,
    AttemptId,
    ConferenceId,
    ParticipantId,
    PatchId,
    RecordingId,
    TargetId,
    TerminalName,
)
from bridge.domain.model import (
    Activation,
    Attempt,
    Conference,
    Participant,
    Patch,
    Recording,
    Target,
    TerminalView,
)


@dataclass(frozen=True)
class Node:
    """Read it freely; only `step` makes the next one."""

    conferences: Mapping[ConferenceId, Conference] = field(default_factory=dict)
    participants: Mapping[ParticipantId, Participant] = field(default_factory=dict)
    patches: Mapping[PatchId, Patch] = field(default_factory=dict)
    activations: Mapping[ActivationId, Activation] = field(default_factory=dict)
    targets: Mapping[TargetId, Target] = field(default_factory=dict)
    attempts: Mapping[AttemptId, Attempt] = field(default_factory=dict)
    recordings: Mapping[RecordingId, Recording] = field(default_factory=dict)
    terminals: Mapping[TerminalName, TerminalView] = field(default_factory=dict)
    telephony_up: bool = False
    telephony_reason: str = "not connected yet"
