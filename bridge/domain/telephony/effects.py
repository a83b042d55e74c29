"""Orders to Asterisk. One lane for each channel, one for each mix."""

from collections.abc import Hashable
from dataclasses import dataclass

from bridge.domain.kernel.effects import DeviceEffect
from bridge.domain.kernel.ids import ChannelId, ConferenceId, MixId, PlaybackId, TrunkName
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.phrases import Manner, Prompt


class ChannelEffect(DeviceEffect):
    """About one channel, in its lane."""

    __slots__ = ()
    channel: ChannelId

    @property
    def subject(self) -> str:
        return self.channel


class MixEffect(DeviceEffect):
    """About one mix, in its lane."""

    __slots__ = ()
    mix: MixId

    @property
    def subject(self) -> str:
        return self.mix


@dataclass(frozen=True, slots=True)
class Answer(ChannelEffect):
    channel: ChannelId


@dataclass(frozen=True, slots=True)
class Play(ChannelEffect):
    """To a channel that is not in a mix. Ends with `PlaybackEnded`."""

    channel: ChannelId
    playback: PlaybackId
    prompts: tuple[Prompt, ...]
    language: Language


@dataclass(frozen=True, slots=True)
class StopPlaying(ChannelEffect):
    channel: ChannelId
    playback: PlaybackId


@dataclass(frozen=True, slots=True)
class Whisper(ChannelEffect):
    """To one participant alone while the meeting goes on around it."""

    channel: ChannelId
    prompts: tuple[Prompt, ...]
    language: Language
    manner: Manner = Manner.SAID
    playback: PlaybackId | None = None
    """Where it is told when they have heard it: it ends with `PlaybackEnded`, unless it cannot be said."""

    @property
    def lane(self) -> Hashable:
        return ("whisper", self.channel)  # a mute must not wait for a whisper before it


@dataclass(frozen=True, slots=True)
class Announce(MixEffect):
    """To everybody in the mix."""

    mix: MixId
    prompts: tuple[Prompt, ...]
    language: Language
    manner: Manner = Manner.SAID
    """`VITAL`: it ends what is said there now, and is said at once."""

    @property
    def lane(self) -> Hashable:
        return ("announce", self.mix)


@dataclass(frozen=True, slots=True)
class HangUpLeg(ChannelEffect):
    channel: ChannelId


@dataclass(frozen=True, slots=True)
class CreateMix(MixEffect):
    mix: MixId
    conference: ConferenceId


@dataclass(frozen=True, slots=True)
class DestroyMix(MixEffect):
    mix: MixId


@dataclass(frozen=True, slots=True)
class JoinMix(ChannelEffect):
    """Put the channel into the mix with its microphone open or not; talk detection starts with it."""

    channel: ChannelId
    mix: MixId
    heard: bool


@dataclass(frozen=True, slots=True)
class LeaveMix(ChannelEffect):
    """Take the channel out of the mix, on the line and in no other. One that is not in it stays where it is."""

    channel: ChannelId
    mix: MixId


@dataclass(frozen=True, slots=True)
class SetHeard(ChannelEffect):
    """Open or close a channel's microphone towards the mix. Idempotent."""

    channel: ChannelId
    heard: bool


@dataclass(frozen=True, slots=True)
class SpokenQuestion:
    """Asterisk asks it the moment the call is answered, and takes the key, also while no controller is there.

    Attributes:
        said: The whole question.
        again: Said over and over after it, until a key or the time is up.
        wait_s: So long a key is waited for, from the answer. The sentence that is being said then is said to its end.
        repeats: So many times a 0 has the whole question said again, and the time begin anew.
        minutes: Asks, after a 2, in how many minutes the person comes; empty: that is not asked.
        who: Asks, after a 1, who answers; empty: that is not asked.
        choices: The keys `1` to this one answer it.
        receipts: Key → the words on it, where no controller is there to say them. Those of no key have an empty one.
    """

    said: tuple[Prompt, ...]
    again: tuple[Prompt, ...]
    language: Language
    wait_s: float
    repeats: int = 0
    minutes: tuple[Prompt, ...] = ()
    receipts: tuple[tuple[str, tuple[Prompt, ...]], ...] = ()
    who: tuple[Prompt, ...] = ()
    choices: int = 0


@dataclass(frozen=True, slots=True)
class Dial(ChannelEffect):
    """Place a call. The channel's id is the attempt's: placing it twice gives one call."""

    channel: ChannelId
    trunk: TrunkName
    number: str
    caller_id: str
    ring_s: float
    question: SpokenQuestion | None = None
    """`None`: whoever answers comes to the controller at once."""


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
    | LeaveMix
    | SetHeard
    | Dial
)
