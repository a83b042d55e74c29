"""From effect to device: which port does what, in which lane, and what a failure becomes."""

import asyncio
from collections.abc import Awaitable, Hashable, Mapping
from dataclasses import dataclass
from typing import assert_never

import structlog

from bridge.domain import effects as do
from bridge.domain.events import CodeResolved, EffectFailed, Fate
from bridge.domain.ids import TerminalName
from bridge.ports import Clock, Codes, Emit, Media, PortError, Radio, Recorder, Telephony

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Devices:
    """Everything the engine has hands for. `audio_of` gives each terminal's audio URL."""

    telephony: Telephony
    radio: Radio
    media: Media
    recorder: Recorder
    audio_of: Mapping[TerminalName, str]


def lane_of(effect: do.DeviceEffect) -> Hashable:
    """What must be done in order shares a lane: one per channel, mix, terminal, patch; one for the archive."""
    if isinstance(effect, do.MediaEffect):
        return effect.patch
    match effect:
        case (
            do.Answer()
            | do.Play()
            | do.StopPlaying()
            | do.HangUpLeg()
            | do.JoinMix()
            | do.SetHeard()
            | do.Dial()
            | do.LookUpCode()
        ):
            return effect.channel
        case do.Whisper():
            # Not behind a join or a mute: a whisper may wait for another whisper, a mute may not.
            return ("whisper", effect.channel)
        case do.CreateMix() | do.DestroyMix() | do.StartRecording() | do.StopRecording():
            return effect.mix
        case do.Announce():
            return ("announce", effect.mix)
        case do.SelectTalkgroup() | do.DemandTransmit() | do.CeaseTransmit():
            return effect.terminal
        case do.SendSds() | do.SendStatus():
            return ("sds", effect.terminal)
        case do.WithdrawCodes():
            return ("codes", effect.conference)
        case do.ArchiveRecording():
            return "archive"
        case _:
            assert_never(effect)


class Performer:
    """Does one effect, and reports by event when it could not be done."""

    def __init__(self, devices: Devices, codes: Codes, clock: Clock, emit: Emit) -> None:
        self._devices = devices
        self._codes = codes
        self._clock = clock
        self._emit = emit

    async def perform(self, effect: do.DeviceEffect) -> None:
        """Do it; a failure comes back as `EffectFailed` with the effect itself and what is known of its fate."""
        name, subject = type(effect).__name__, do.subject_of(effect)
        try:
            await self._request(effect)
        except PortError as error:
            log.warning("effect_failed", effect=name, subject=subject, fate=error.fate.value, reason=str(error))
            self._emit(EffectFailed(self._clock.now_s(), effect, error.fate, str(error), error.retry))
        except asyncio.CancelledError:
            raise
        except Exception as error:
            # A slip in one adapter must not stop the lane of a running meeting.
            log.exception("effect_crashed", effect=name, subject=subject)
            reason = f"internal error: {type(error).__name__}"
            self._emit(EffectFailed(self._clock.now_s(), effect, Fate.UNKNOWN, reason))

    def _request(self, effect: do.DeviceEffect) -> Awaitable[None]:
        if isinstance(effect, do.MediaEffect):
            return self._media(effect)
        match effect:
            case do.LookUpCode():
                return self._look_up(effect)
            case do.WithdrawCodes():
                return self._codes.withdraw(effect.conference)
            case do.ArchiveRecording():
                return self._devices.recorder.archive(effect.recording)
            case do.SelectTalkgroup() | do.DemandTransmit() | do.CeaseTransmit() | do.SendSds() | do.SendStatus():
                return self._radio(effect)
            case do.CreateMix() | do.DestroyMix() | do.StartRecording() | do.StopRecording() | do.Announce():
                return self._mix(effect)
            case _:
                return self._leg(effect)

    async def _look_up(self, effect: do.LookUpCode) -> None:
        owner = await self._codes.resolve(effect.digits)
        at_s = self._clock.now_s()
        if owner is None:
            self._emit(CodeResolved(at_s, effect.channel, None))
        else:
            self._emit(CodeResolved(at_s, effect.channel, owner[0], owner[1]))

    def _leg(
        self,
        effect: do.Answer | do.Play | do.StopPlaying | do.Whisper | do.HangUpLeg | do.JoinMix | do.SetHeard | do.Dial,
    ) -> Awaitable[None]:
        phones = self._devices.telephony
        match effect:
            case do.Answer():
                return phones.answer(effect.channel)
            case do.Play():
                return phones.play(effect.channel, effect.playback, effect.prompts, effect.language)
            case do.StopPlaying():
                return phones.stop_playing(effect.channel, effect.playback)
            case do.Whisper():
                return phones.whisper(effect.channel, effect.prompts, effect.language)
            case do.HangUpLeg():
                return phones.hang_up(effect.channel)
            case do.JoinMix():
                return phones.join_mix(effect.channel, effect.mix, heard=effect.heard)
            case do.SetHeard():
                return phones.set_heard(effect.channel, heard=effect.heard)
            case do.Dial():
                return phones.dial(effect.channel, effect.trunk, effect.number, effect.caller_id, effect.ring_s)
            case _:
                assert_never(effect)

    def _mix(
        self, effect: do.CreateMix | do.DestroyMix | do.StartRecording | do.StopRecording | do.Announce
    ) -> Awaitable[None]:
        phones = self._devices.telephony
        match effect:
            case do.CreateMix():
                return phones.create_mix(effect.mix)
            case do.DestroyMix():
                return phones.destroy_mix(effect.mix)
            case do.StartRecording():
                return phones.start_recording(effect.mix, effect.recording)
            case do.StopRecording():
                return phones.stop_recording(effect.recording)
            case do.Announce():
                return phones.announce(effect.mix, effect.prompts, effect.language)
            case _:
                assert_never(effect)

    def _radio(self, effect: do.RadioEffect) -> Awaitable[None]:
        match effect:
            case do.SelectTalkgroup():
                return self._devices.radio.select_talkgroup(effect.terminal, effect.gssi)
            case do.DemandTransmit():
                return self._devices.radio.demand_transmit(effect.terminal, effect.gssi, preempt=effect.preempt)
            case do.CeaseTransmit():
                return self._devices.radio.cease_transmit(effect.terminal)
            case do.SendSds():
                return self._devices.radio.send_sds(
                    effect.terminal,
                    effect.message,
                    effect.receiver,
                    effect.text,
                    group=effect.group,
                    first_part=effect.first_part,
                )
            case do.SendStatus():
                return self._devices.radio.send_status(effect.terminal, effect.message, effect.receiver, effect.status)
            case _:
                assert_never(effect)

    def _media(self, effect: do.MediaEffect) -> Awaitable[None]:
        media = self._devices.media
        match effect:
            case do.OpenPath():
                return media.open_path(effect.patch, self._devices.audio_of[effect.terminal], effect.mix)
            case do.ClosePath():
                return media.close_path(effect.patch)
            case do.SetRadioHeard():
                return media.set_radio_heard(effect.patch, heard=effect.heard)
            case do.SendVoice():
                return media.send_voice(effect.patch)
            case do.HoldVoice():
                return media.hold_voice(effect.patch, withdrawn=effect.withdrawn)
            case do.DropVoice():
                return media.drop_voice(effect.patch, older_than_s=effect.older_than_s)
            case do.ArmVoice():
                return media.arm_voice(effect.patch, armed=effect.armed)
            case do.SayOnAir():
                return media.say_on_air(effect.patch, effect.prompts, effect.language)
            case do.StartTrack():
                return media.start_track(effect.patch, effect.recording)
            case do.StopTrack():
                return media.stop_track(effect.patch, effect.recording)
            case _:
                assert_never(effect)
