"""Orders to radio terminals and the audio paths to them."""

from collections.abc import Hashable
from dataclasses import dataclass

from bridge.domain.kernel.effects import DeviceEffect
from bridge.domain.kernel.ids import Gssi, MixId, PatchId, RecordingId, TerminalName
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.phrases import Prompt


class TerminalEffect(DeviceEffect):
    """About one terminal, in its lane."""

    __slots__ = ()
    terminal: TerminalName

    @property
    def subject(self) -> str:
        return self.terminal


class PathEffect(DeviceEffect):
    """About one patch's audio path, in its lane."""

    __slots__ = ()
    patch: PatchId

    @property
    def subject(self) -> str:
        return self.patch


@dataclass(frozen=True, slots=True)
class SelectTalkgroup(TerminalEffect):
    """Read back by `TerminalChanged.gssi`."""

    terminal: TerminalName
    gssi: Gssi


@dataclass(frozen=True, slots=True)
class DemandTransmit(TerminalEffect):
    """Answered by granted, queued or refused, or by nothing: then our own timer ends it."""

    terminal: TerminalName
    gssi: Gssi
    preempt: bool = False
    """Ask the network to let us break in on the radio user who talks."""


@dataclass(frozen=True, slots=True)
class CeaseTransmit(TerminalEffect):
    """Give up a demand or end a transmission. Idempotent."""

    terminal: TerminalName


RadioEffect = SelectTalkgroup | DemandTransmit | CeaseTransmit


@dataclass(frozen=True, slots=True)
class OpenPath(PathEffect):
    """Build the audio path between the terminal's audio and the mix; it begins holding, gate closed."""

    patch: PatchId
    terminal: TerminalName
    mix: MixId


@dataclass(frozen=True, slots=True)
class ClosePath(PathEffect):
    patch: PatchId


@dataclass(frozen=True, slots=True)
class SetRadioHeard(PathEffect):
    """Open or close the gate from the radio to the meeting."""

    patch: PatchId
    heard: bool


@dataclass(frozen=True, slots=True)
class SendVoice(PathEffect):
    """We are granted: send the held speech from its first sample, and what is said, until `HoldVoice`."""

    patch: PatchId


@dataclass(frozen=True, slots=True)
class HoldVoice(PathEffect):
    """Stop sending at once. Held speech, and speech from here on, is kept for the next transmission."""

    patch: PatchId
    withdrawn: bool = False
    """The channel was taken from us. Speech given to the radio in the last moment may not have gone out, and is sent
    again."""


@dataclass(frozen=True, slots=True)
class DropVoice(PathEffect):
    """Forget what is held, and the rest of what is being said; or only what is older than `older_than_s`."""

    patch: PatchId
    older_than_s: float | None = None


@dataclass(frozen=True, slots=True)
class ArmVoice(PathEffect):
    """Whether the meeting's speech is taken for the air at all (as at the start). Armed anew, the present speech is
    taken from the pre-roll on. Disarmed, nothing new is taken, and held speech goes out. Notices go out either way."""

    patch: PatchId
    armed: bool


@dataclass(frozen=True, slots=True)
class SayOnAir(PathEffect):
    """Words for the talkgroup alone. They are speech like any other: reported by `SpeechBegan` and sent on a grant.
    They go ahead of the meeting's speech, which is held meanwhile. Ends with `SaidOnAir`."""

    patch: PatchId
    prompts: tuple[Prompt, ...]
    language: Language


class TrackEffect(PathEffect):
    """About the track of one patch, in the lane of its path."""

    __slots__ = ()
    recording: RecordingId

    @property
    def subject(self) -> str:
        return self.recording

    @property
    def lane(self) -> Hashable:
        return self.patch


@dataclass(frozen=True, slots=True)
class StartTrack(TrackEffect):
    """Record what comes from and goes to the air. Answered by `RecordingStarted` or `RecordingFailed`."""

    patch: PatchId
    recording: RecordingId


@dataclass(frozen=True, slots=True)
class StopTrack(TrackEffect):
    """Answered by `RecordingEnded`."""

    patch: PatchId
    recording: RecordingId


MediaEffect = (
    OpenPath
    | ClosePath
    | SetRadioHeard
    | SendVoice
    | HoldVoice
    | DropVoice
    | ArmVoice
    | SayOnAir
    | StartTrack
    | StopTrack
)
