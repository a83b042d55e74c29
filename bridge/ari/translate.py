"""Asterisk's events → domain events. No IO and no clock; what it remembers is which channels it has told about."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from bridge.ari import model, names
from bridge.ari.keys import KeysOfLeg
from bridge.ari.reasons import AsteriskReason
from bridge.domain.kernel.ids import ChannelId, MixId, PlaybackId, RecordingId, TrunkName
from bridge.domain.recording.events import RecordingEnded, RecordingFailed, RecordingStarted
from bridge.domain.telephony.callers import shown_caller
from bridge.domain.telephony.events import (
    DTMF,
    CallArrived,
    DigitPressed,
    KeyTaken,
    LaterPressed,
    LegAnswered,
    LegEnded,
    LegHeld,
    LegResumed,
    LegRinging,
    LiveChannel,
    MixJoined,
    MixLeft,
    PlaybackEnded,
    TalkingStarted,
    TalkingStopped,
    TelephonyEvent,
)

Translated = TelephonyEvent | RecordingStarted | RecordingEnded | RecordingFailed

_ENDED_KEPT: Final = 10_000
"""So many ended channels are remembered, the latest: events of a dead channel can come after its end."""

_NORMAL_CLEARING: Final = 16
_OF_A_LINE: Final[
    dict[type[model.AriEvent], type[TalkingStarted] | type[TalkingStopped] | type[LegHeld] | type[LegResumed]]
] = {
    model.ChannelTalkingStarted: TalkingStarted,
    model.ChannelTalkingFinished: TalkingStopped,
    model.ChannelHold: LegHeld,
    model.ChannelUnhold: LegResumed,
}


@dataclass(slots=True)
class _Leg:
    told: bool = False
    """It has come into our application."""
    answered: bool = False
    """`LegAnswered` has been given, or is no news."""
    ringing: bool = False
    cause: int = 0
    keys: KeysOfLeg = field(default_factory=KeysOfLeg)


class Translator:
    """Gives each fact once, whatever Asterisk repeats or reorders. Bridge and channel events have no mutual order, and
    several events report a channel's end. After a channel's `LegEnded` nothing more is said of it.

    Helpers (announcer, whisper, recorder, media leg) give no events, nor do bridges and playbacks that are not ours.
    """

    def __init__(self) -> None:
        self._legs: dict[str, _Leg] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()

    def adopt(self, live: Iterable[LiveChannel]) -> None:
        """Begin anew from a listing: its channels are known above, and all others are gone."""
        gone = self._legs
        self._legs = {
            channel.id: _Leg(
                told=channel.answered or not names.is_our_leg(channel.id),
                answered=channel.answered or channel.asked,
                ringing=channel.answered or channel.asked,
            )
            for channel in live
        }
        for channel in gone.keys() - self._legs.keys():
            self._remember_end(channel)
        for channel in self._legs:
            self._ended.pop(channel, None)

    def lines(self) -> list[ChannelId]:
        """The telephones that have come to us and are not gone."""
        return [ChannelId(channel) for channel, leg in self._legs.items() if leg.told]

    def translate(self, event: model.KnownEvent, at_s: float) -> tuple[Translated, ...]:
        """The event's meaning, at most one fact; never raises."""
        fact = self._of_mix_or_file(event, at_s)
        if fact is None and (channel := _channel(event)) is not None and not names.is_helper(channel.id, channel.name):
            fact = self._of_channel(event, channel, at_s)
        return () if fact is None else (fact,)

    def _of_channel(self, event: model.KnownEvent, channel: model.Channel, at_s: float) -> Translated | None:
        if isinstance(event, model.StasisStart):
            return self._started(event, at_s)
        if channel.id in self._ended:
            return None
        who = ChannelId(channel.id)
        if (kind := _OF_A_LINE.get(type(event))) is not None:
            return kind(at_s, who)
        match event:
            case model.ChannelDestroyed():
                return self._end(who, event.cause or self._leg(who).cause, at_s)
            case model.StasisEnd():
                return self._end(who, self._leg(who).cause, at_s)
            case model.ChannelHangupRequest():
                self._leg(who).cause = _NORMAL_CLEARING if event.soft else event.cause
            case model.ChannelDtmfReceived() if len(event.digit) == 1 and event.digit in DTMF and self._is_told(who):
                return DigitPressed(at_s, who, event.digit) if self._leg(who).keys.is_new(event) else None
            case model.ChannelStateChange() | model.Dial() if _rings(event):
                return self._ringing(who, at_s)
            case model.ChannelUserevent() if event.eventname == names.LATER and names.is_our_leg(who):
                return LaterPressed(at_s, who)
            case model.ChannelStateChange() if event.channel.state == "Up":
                return self._answered(who, at_s)
            case model.ChannelEnteredBridge() | model.ChannelLeftBridge() if names.is_mix(event.bridge.id):
                moved = MixJoined if isinstance(event, model.ChannelEnteredBridge) else MixLeft
                return moved(at_s, who, MixId(event.bridge.id))
        return None

    def _of_mix_or_file(self, event: model.KnownEvent, at_s: float) -> Translated | None:
        match event:
            case model.PlaybackFinished(playback):
                channel = names.channel_of(playback.target_uri)
                if channel is None or names.is_helper(channel) or not names.is_playback(playback.id):
                    return None
                if channel in self._ended:
                    return None
                return PlaybackEnded(at_s, PlaybackId(playback.id), channel, failed=playback.state == "failed")
            case model.RecordingStarted(recording) if names.is_recording(recording.name):
                return RecordingStarted(at_s, RecordingId(recording.name))
            case model.RecordingFinished(recording) if names.is_recording(recording.name):
                duration_s = None if recording.duration is None else float(recording.duration)
                return RecordingEnded(at_s, RecordingId(recording.name), duration_s)
            case model.RecordingFailed(recording) if names.is_recording(recording.name):
                reason = AsteriskReason.RECORDING_FAILED(evidence=recording.cause or None)
                return RecordingFailed(at_s, RecordingId(recording.name), reason)
        return None

    def _started(self, event: model.StasisStart, at_s: float) -> Translated | None:
        who = ChannelId(event.channel.id)
        origin = event.args[0] if event.args else ""
        if who in self._ended:
            if origin != names.RESCUED:
                return None
            del self._ended[who]
        leg = self._leg(who)
        if leg.told:
            return None
        if origin in (names.INBOUND, names.RESCUED):
            leg.told = True
            number, trunk = dialled(event.args)
            caller = shown_caller(event.channel.caller.number)
            return CallArrived(at_s, who, number, caller, trunk or TrunkName(""), rescued=origin == names.RESCUED)
        if origin == names.OUTBOUND:
            leg.told = leg.answered = True
            return KeyTaken(at_s, who, key_of(event.args))
        if origin == names.FETCHED:
            leg.told = leg.answered = True
        return None

    def _is_told(self, channel: str) -> bool:
        """Whether it has come into our application. Keys pressed elsewhere, such as the emergency room's code, are no
        concern of ours."""
        return channel in self._legs and self._legs[channel].told

    def is_asked(self, channel: ChannelId) -> bool:
        """Whether it is a call of ours that was answered and that Asterisk has not brought to us."""
        leg = self._legs.get(channel)
        return leg is not None and names.is_our_leg(channel) and leg.answered and not leg.told

    def _answered(self, who: ChannelId, at_s: float) -> LegAnswered | None:
        if not names.is_our_leg(who) or self._leg(who).answered:
            return None
        self._leg(who).answered = True
        return LegAnswered(at_s, who)

    def _ringing(self, who: ChannelId, at_s: float) -> LegRinging | None:
        if not names.is_our_leg(who) or self._leg(who).ringing or self._leg(who).answered:
            return None
        self._leg(who).ringing = True
        return LegRinging(at_s, who)

    def _end(self, who: ChannelId, cause: int, at_s: float) -> LegEnded | None:
        """The end of a channel that is known above, or that we placed. The end of any other channel is only
        remembered."""
        ours = names.is_our_leg(who) or self._is_told(who)
        self._legs.pop(who, None)
        self._remember_end(who)
        return LegEnded(at_s, who, cause) if ours else None

    def _remember_end(self, who: str) -> None:
        self._ended[who] = None
        while len(self._ended) > _ENDED_KEPT:
            self._ended.popitem(last=False)

    def _leg(self, who: str) -> _Leg:
        return self._legs.setdefault(who, _Leg())


def dialled(args: tuple[str, ...]) -> tuple[str, TrunkName | None]:
    """Dialled number and trunk from the application's arguments `inbound,<number>,<trunk>`."""
    number = args[1] if len(args) > 1 else ""
    trunk = TrunkName(args[2]) if len(args) > 2 and args[2] else None
    return number, trunk


def key_of(args: tuple[str, ...]) -> str:
    """The key that Asterisk took, from the application's arguments `outbound,<key>`."""
    return args[1] if args[:1] == (names.OUTBOUND,) and len(args) > 1 else ""


def _rings(event: model.ChannelStateChange | model.Dial) -> bool:
    return event.dialstatus == "RINGING" if isinstance(event, model.Dial) else event.channel.state == "Ringing"


def _channel(event: model.KnownEvent) -> model.Channel | None:
    if isinstance(event, model.Dial):
        return event.peer
    channel = getattr(event, "channel", None)
    return channel if isinstance(channel, model.Channel) else None
