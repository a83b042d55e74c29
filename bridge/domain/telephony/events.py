"""Asterisk's reports of channels, mixes and itself."""

from dataclasses import dataclass
from typing import Final

from bridge.domain.kernel.events import Event
from bridge.domain.kernel.ids import ChannelId, MixId, PlaybackId, RecordingId, TrunkName
from bridge.domain.kernel.reasons import Reason

DTMF: Final = "0123456789*#ABCD"
"""The sixteen DTMF events (RFC 4733 §3.2)."""


@dataclass(frozen=True, slots=True)
class CallArrived(Event):
    """Somebody calls us and is in Stasis, not answered yet. `caller` is a hint, never an authority.

    It is empty where the number is withheld.
    """

    at_s: float
    channel: ChannelId
    number: str
    caller: str
    trunk: TrunkName
    rescued: bool = False
    """The caller comes from the emergency room, and gave its code there while no controller was there."""


@dataclass(frozen=True, slots=True)
class LegRinging(Event):
    at_s: float
    channel: ChannelId


@dataclass(frozen=True, slots=True)
class LegAnswered(Event):
    """A call we made was answered, and Asterisk puts the question to whoever it is. Answered is not confirmed."""

    at_s: float
    channel: ChannelId


@dataclass(frozen=True, slots=True)
class KeyTaken(Event):
    """Asterisk has put its question to a person whom we called, and hands the line over."""

    at_s: float
    channel: ChannelId
    key: str
    """One of 1, 2, 3 and 4; empty: none was pressed in time. Behind a 1 stands the key that tells who answers, where
    it was asked and keyed. Behind a 2 stand the minutes, where they were keyed."""


@dataclass(frozen=True, slots=True)
class LaterPressed(Event):
    """A person whom we called has pressed 2. Asterisk asks them in how many minutes, and `KeyTaken` follows."""

    at_s: float
    channel: ChannelId


@dataclass(frozen=True, slots=True)
class LegEnded(Event):
    """The channel is gone. Cause 0 is "unknown", an ordinary thing from Asterisk, not an error."""

    at_s: float
    channel: ChannelId
    cause: int
    """Q.850."""


@dataclass(frozen=True, slots=True)
class DigitPressed(Event):
    at_s: float
    channel: ChannelId
    digit: str


@dataclass(frozen=True, slots=True)
class PlaybackEnded(Event):
    at_s: float
    playback: PlaybackId
    channel: ChannelId
    failed: bool = False


@dataclass(frozen=True, slots=True)
class TalkingStarted(Event):
    at_s: float
    channel: ChannelId


@dataclass(frozen=True, slots=True)
class TalkingStopped(Event):
    at_s: float
    channel: ChannelId


@dataclass(frozen=True, slots=True)
class LegHeld(Event):
    """Their telephone has put us on hold (a re-INVITE with `sendonly` or `inactive`, RFC 3264 §8.4)."""

    at_s: float
    channel: ChannelId


@dataclass(frozen=True, slots=True)
class LegResumed(Event):
    """Back from hold."""

    at_s: float
    channel: ChannelId


@dataclass(frozen=True, slots=True)
class RtpStopped(Event):
    """Neither RTP nor RTCP comes from their telephone. It mutes by silence, or it is dead: it is being asked."""

    at_s: float
    channel: ChannelId


@dataclass(frozen=True, slots=True)
class RtpResumed(Event):
    """Something comes from their telephone again."""

    at_s: float
    channel: ChannelId


@dataclass(frozen=True, slots=True)
class MixJoined(Event):
    at_s: float
    channel: ChannelId
    mix: MixId


@dataclass(frozen=True, slots=True)
class MixLeft(Event):
    at_s: float
    channel: ChannelId
    mix: MixId


@dataclass(frozen=True, slots=True)
class LiveChannel:
    """A channel in Asterisk that belongs to our application, as listed at a reconcile."""

    id: ChannelId
    answered: bool
    """It is in our application; a call of ours has been answered."""
    mix: MixId | None = None
    caller: str = ""
    number: str = ""
    trunk: TrunkName | None = None
    held: bool = False
    """Their telephone has put us on hold."""
    asked: bool = False
    """A call of ours that is answered, and to which Asterisk still puts its question."""
    key: str = ""
    """The key with which a call of ours came into our application, as that of `KeyTaken`. Of one that is still asked
    it is the key so far."""


@dataclass(frozen=True, slots=True)
class TelephonyUp(Event):
    """Connected to Asterisk. Gives the present state by listing; `ended` are asked-for channels whose end a CDR
    tells."""

    at_s: float
    channels: tuple[LiveChannel, ...]
    mixes: frozenset[MixId]
    recordings: frozenset[RecordingId]
    ended: tuple[tuple[ChannelId, int], ...] = ()
    """Channel and Q.850 cause."""
    keyed: tuple[tuple[ChannelId, str], ...] = ()
    """Of those that have ended: the key that Asterisk took from whoever had answered, as that of `KeyTaken`."""


@dataclass(frozen=True, slots=True)
class TelephonyDown(Event):
    at_s: float
    reason: Reason


TelephonyEvent = (
    CallArrived
    | LegRinging
    | LegAnswered
    | KeyTaken
    | LaterPressed
    | LegEnded
    | DigitPressed
    | PlaybackEnded
    | TalkingStarted
    | TalkingStopped
    | LegHeld
    | LegResumed
    | RtpStopped
    | RtpResumed
    | MixJoined
    | MixLeft
    | TelephonyUp
    | TelephonyDown
)
