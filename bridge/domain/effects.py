"""What shall be done. A step returns these; the engine hands them to the adapters after the commit."""

from dataclasses import dataclass
from typing import assert_never

from bridge.domain.ids import (
    ChannelId,
    ConferenceId,
    Gssi,
    MessageId,
    MixId,
    PatchId,
    PlaybackId,
    RecordingId,
    TerminalName,
    TrunkName,
)
from bridge.domain.model import Language
from bridge.domain.prompts import Prompt
from bridge.domain.timers import TimerKey

# --- telephony: one lane per channel, one per mix ---


@dataclass(frozen=True, slots=True)
class Answer:
    channel: ChannelId


@dataclass(frozen=True, slots=True)
class Play:
    """To a channel that is not in a mix. Ends with `PlaybackEnded`."""

    channel: ChannelId
    playback: PlaybackId
    prompts: tuple[Prompt, ...]
    language: Language


@dataclass(frozen=True, slots=True)
class StopPlaying:
    channel: ChannelId
    playback: PlaybackId


@dataclass(frozen=True, slots=True)
class Whisper:
    """To one participant alone while the meeting goes on around it."""

    channel: ChannelId
    prompts: tuple[Prompt, ...]
    language: Language


@dataclass(frozen=True, slots=True)
class Announce:
    """To everybody in the mix."""

    mix: MixId
    prompts: tuple[Prompt, ...]
    language: Language


@dataclass(frozen=True, slots=True)
class HangUpLeg:
    channel: ChannelId


@dataclass(frozen=True, slots=True)
class CreateMix:
    mix: MixId
    conference: ConferenceId


@dataclass(frozen=True, slots=True)
class DestroyMix:
    mix: MixId


@dataclass(frozen=True, slots=True)
class JoinMix:
    """Put the channel into the mix with its microphone open or not; talk detection starts with it."""

    channel: ChannelId
    mix: MixId
    heard: bool


@dataclass(frozen=True, slots=True)
class SetHeard:
    """Open or close a channel's microphone towards the mix. Idempotent."""

    channel: ChannelId
    heard: bool


@dataclass(frozen=True, slots=True)
class Dial:
    """Place a call. The channel's id is the attempt's: placing it twice gives one call."""

    channel: ChannelId
    trunk: TrunkName
    number: str
    caller_id: str
    ring_s: float


@dataclass(frozen=True, slots=True)
class StartRecording:
    mix: MixId
    recording: RecordingId


@dataclass(frozen=True, slots=True)
class StopRecording:
    mix: MixId
    recording: RecordingId


TelephonyEffect = (
    Answer
    | Play
    | StopPlaying
    | Whisper
    | Announce
    | HangUpLeg
    | CreateMix
    | DestroyMix
    | JoinMix
    | SetHeard
    | Dial
    | StartRecording
    | StopRecording
)

# --- codes ---


@dataclass(frozen=True, slots=True, repr=False)
class LookUpCode:
    """Answered by `CodeResolved`. No `repr`: the digits never reach a log."""

    channel: ChannelId
    digits: str


@dataclass(frozen=True, slots=True)
class WithdrawCodes:
    """The conference has ended: its codes open no door any more."""

    conference: ConferenceId


# --- radio: one lane per terminal ---


@dataclass(frozen=True, slots=True)
class SelectTalkgroup:
    """Read back by `TerminalChanged.gssi`."""

    terminal: TerminalName
    gssi: Gssi


@dataclass(frozen=True, slots=True)
class DemandTransmit:
    """Answered by granted, queued or refused, or by nothing: then our own timer ends it."""

    terminal: TerminalName
    gssi: Gssi
    preempt: bool = False
    """Ask the network to let us break in on the radio user who talks."""


@dataclass(frozen=True, slots=True)
class CeaseTransmit:
    """Give up a demand or end a transmission. Idempotent."""

    terminal: TerminalName


@dataclass(frozen=True, slots=True)
class SendSds:
    """Hand a text to the terminal, from part `first_part` on. Its way is told by `SdsProgress`."""

    terminal: TerminalName
    message: MessageId
    receiver: int
    group: bool
    text: str
    first_part: int = 1


@dataclass(frozen=True, slots=True)
class SendStatus:
    terminal: TerminalName
    message: MessageId
    receiver: int
    status: int


SdsEffect = SendSds | SendStatus
"""In a lane of their own for each terminal: a text that takes its seconds must not hold back speech."""
RadioEffect = SelectTalkgroup | DemandTransmit | CeaseTransmit | SdsEffect

# --- media: one lane per patch ---


@dataclass(frozen=True, slots=True)
class OpenPath:
    """Build the audio path between the terminal's audio and the mix; it begins holding, gate closed."""

    patch: PatchId
    terminal: TerminalName
    mix: MixId


@dataclass(frozen=True, slots=True)
class ClosePath:
    patch: PatchId


@dataclass(frozen=True, slots=True)
class SetRadioHeard:
    """Open or close the gate from the radio to the meeting."""

    patch: PatchId
    heard: bool


@dataclass(frozen=True, slots=True)
class SendVoice:
    """We are granted: send the held speech from its first sample, and what is said, until `HoldVoice`."""

    patch: PatchId


@dataclass(frozen=True, slots=True)
class HoldVoice:
    """Stop sending at once; what is said from here on, and what was still held, is kept for the next transmission."""

    patch: PatchId
    withdrawn: bool = False
    """The channel was taken from us: what was given to the radio in the last moment may not have gone out, and is said
    again."""


@dataclass(frozen=True, slots=True)
class DropVoice:
    """Forget what is held, and the rest of what is being said; or only what is older than `older_than_s`."""

    patch: PatchId
    older_than_s: float | None = None


@dataclass(frozen=True, slots=True)
class ArmVoice:
    """Whether the meeting's speech is taken for the air at all (as at the start). Armed anew, what is being said is
    taken from the pre-roll on; disarmed, nothing new is taken, and what is held goes out. Notices go out either way."""

    patch: PatchId
    armed: bool


@dataclass(frozen=True, slots=True)
class SayOnAir:
    """Words for the talkgroup alone. They are speech like any other: told by `SpeechBegan`, sent on a grant, ahead of
    what the meeting says meanwhile, which is held. Ends with `SaidOnAir`."""

    patch: PatchId
    prompts: tuple[Prompt, ...]
    language: Language


@dataclass(frozen=True, slots=True)
class StartTrack:
    """Record what comes from and goes to the air. Answered by `RecordingStarted` or `RecordingFailed`."""

    patch: PatchId
    recording: RecordingId


@dataclass(frozen=True, slots=True)
class StopTrack:
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

# --- archive, timers ---


@dataclass(frozen=True, slots=True)
class ArchiveRecording:
    """Bring a closed recording from Asterisk's spool into the archive. Answered by `RecordingArchived`."""

    recording: RecordingId


@dataclass(frozen=True, slots=True)
class StartTimer:
    key: TimerKey
    after_s: float


@dataclass(frozen=True, slots=True)
class StopTimer:
    key: TimerKey


CodeEffect = LookUpCode | WithdrawCodes
DeviceEffect = TelephonyEffect | RadioEffect | MediaEffect | CodeEffect | ArchiveRecording
"""What a device is asked to do, and may fail to do."""
Effect = DeviceEffect | StartTimer | StopTimer


def subject_of(effect: DeviceEffect) -> str:
    """The id of the channel, mix, recording, terminal, message, conference or patch that the effect is about."""
    match effect:
        case StartRecording() | StopRecording() | ArchiveRecording() | StartTrack() | StopTrack():
            return effect.recording
        case Announce() | CreateMix() | DestroyMix():
            return effect.mix
        case SelectTalkgroup() | DemandTransmit() | CeaseTransmit():
            return effect.terminal
        case SendSds() | SendStatus():
            return effect.message
        case WithdrawCodes():
            return effect.conference
        case (
            Answer() | Play() | StopPlaying() | Whisper() | HangUpLeg() | JoinMix() | SetHeard() | Dial() | LookUpCode()
        ):
            return effect.channel
        case (
            OpenPath()
            | ClosePath()
            | SetRadioHeard()
            | SendVoice()
            | HoldVoice()
            | DropVoice()
            | ArmVoice()
            | SayOnAir()
        ):
            return effect.patch
        case _:
            assert_never(effect)
