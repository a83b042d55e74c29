"""From effect to device: which port does what, and what a failure becomes."""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import assert_never, cast

import structlog

from bridge.domain.conference.codes import ORDERS
from bridge.domain.conference.commands import OpenConference
from bridge.domain.conference.effects import LookUpCode, WithdrawCodes
from bridge.domain.conference.events import CodeResolved
from bridge.domain.effects import KnownEffect
from bridge.domain.kernel.effects import DeviceEffect
from bridge.domain.kernel.events import EffectFailed, Fate
from bridge.domain.kernel.ids import TerminalName
from bridge.domain.kernel.reasons import GeneralReason
from bridge.domain.mailings.effects import WriteMailing
from bridge.domain.mailings.events import MailingWritten, Written
from bridge.domain.mailings.records import Mailing
from bridge.domain.outbox.effects import SendMessage
from bridge.domain.outbox.events import MessageSent
from bridge.domain.outbox.reasons import OutboxReason
from bridge.domain.radio.effects import (
    ArmVoice,
    CeaseTransmit,
    ClosePath,
    DemandTransmit,
    DropVoice,
    HoldVoice,
    MediaEffect,
    OpenPath,
    RadioEffect,
    SayOnAir,
    SelectTalkgroup,
    SendVoice,
    SetRadioHeard,
    StartTrack,
    StopTrack,
)
from bridge.domain.recording.effects import (
    ArchiveRecording,
    DropRecording,
    RecordName,
    SilenceRecording,
    StartLegTrack,
    StartRecording,
    StopLegTrack,
    StopName,
    StopRecording,
)
from bridge.domain.recording.events import LegTrackStopped, RecordingDropped, RecordingSilenced
from bridge.domain.rollcall.commands import Roll
from bridge.domain.rollcall.effects import ReadRoll
from bridge.domain.rollcall.events import RollRead
from bridge.domain.schedule.effects import PrepareMeeting, ReadCalled
from bridge.domain.schedule.events import CalledList, CalledRead, MeetingPrepared
from bridge.domain.schedule.records import Occurrence, Schedule
from bridge.domain.shortdata.effects import SdsEffect, SubmitSds, SubmitStatus
from bridge.domain.telephony.effects import (
    Announce,
    Answer,
    CreateMix,
    DestroyMix,
    Dial,
    HangUpLeg,
    JoinMix,
    LeaveMix,
    Play,
    SetHeard,
    StopPlaying,
    Whisper,
)
from bridge.engine.reasons import EngineReason
from bridge.ports import (
    Bearers,
    Clock,
    Codes,
    Emit,
    Mailings,
    Media,
    Meetings,
    PortError,
    Radio,
    Recorder,
    Rolls,
    Taken,
    Telephony,
)

log = structlog.get_logger(__name__)


class NoRolls:
    """Where there is no directory, nobody is expected anywhere."""

    async def roll_of(self, forum: str) -> Roll:
        return Roll()


class NoBearers:
    """Where none is set up, no message leaves."""

    async def send(self, message: SendMessage) -> Taken:
        reason = OutboxReason.BEARER_OFF(bearer=message.bearer.value)
        raise PortError(message.bearer.value, reason, retry=False)


class NoMeetings:
    """Where there is no directory, the schedule opens nothing and rings nobody."""

    async def prepare(self, occurrence: Occurrence, schedule: Schedule) -> OpenConference:
        raise PortError("database", EngineReason.NO_DIRECTORY(), retry=False)

    async def called_to(self, forum: str | None, activation_list: str | None) -> CalledList:
        return CalledList(None, "")


class NoMailings:
    """Where there is no directory, nobody is written to."""

    async def write(self, mailing: Mailing) -> Written:
        raise PortError("database", EngineReason.NO_DIRECTORY(), retry=False)


@dataclass(frozen=True)
class Devices:
    """Everything the engine has hands for. `audio_of` gives each terminal's audio URL."""

    telephony: Telephony
    radio: Radio
    media: Media
    recorder: Recorder
    audio_of: Mapping[TerminalName, str]
    rolls: Rolls = field(default_factory=NoRolls)
    bearers: Bearers = field(default_factory=NoBearers)
    meetings: Meetings = field(default_factory=NoMeetings)
    mailings: Mailings = field(default_factory=NoMailings)


class Performer:
    """Does one effect, and reports by event when it could not be done."""

    def __init__(self, devices: Devices, codes: Codes, clock: Clock, emit: Emit) -> None:
        self._devices = devices
        self._codes = codes
        self._clock = clock
        self._emit = emit

    async def perform(self, effect: DeviceEffect) -> None:
        """Do it; a failure comes back as `EffectFailed` with the effect itself and what is known of its fate."""
        name, subject = type(effect).__name__, effect.subject
        try:
            await self._request(cast(KnownEffect, effect))
        except PortError as error:
            log.warning("effect_failed", effect=name, subject=subject, fate=error.fate.value, reason=str(error))
            self._emit(EffectFailed(self._clock.now_s(), effect, error.fate, error.reason, error.retry))
        except asyncio.CancelledError:
            raise
        except Exception as error:
            # A slip in one adapter must not stop the lane of a running meeting.
            log.exception("effect_crashed", effect=name, subject=subject)
            reason = GeneralReason.INTERNAL_ERROR(error=type(error).__name__)
            self._emit(EffectFailed(self._clock.now_s(), effect, Fate.UNKNOWN, reason))

    def _request(self, effect: KnownEffect) -> Awaitable[None]:
        if isinstance(effect, MediaEffect):
            return self._media(effect)
        match effect:
            case LookUpCode():
                return self._look_up(effect)
            case WithdrawCodes():
                return self._codes.withdraw(effect.conference)
            case ReadRoll() | PrepareMeeting() | ReadCalled() | WriteMailing():
                return self._directory(effect)
            case SendMessage():
                return self._send(effect)
            case ArchiveRecording():
                return self._devices.recorder.archive(effect.recording)
            case SelectTalkgroup() | DemandTransmit() | CeaseTransmit() | SubmitSds() | SubmitStatus():
                return self._radio(effect)
            case SilenceRecording() | RecordName() | StopName() | DropRecording() | StartLegTrack() | StopLegTrack():
                return self._recording(effect)
            case CreateMix() | DestroyMix() | StartRecording() | StopRecording() | Announce():
                return self._mix(effect)
            case _:
                return self._leg(effect)

    async def _look_up(self, effect: LookUpCode) -> None:
        owner = await self._codes.resolve(effect.digits)
        at_s = self._clock.now_s()
        if owner is None:
            self._emit(CodeResolved(at_s, effect.channel, None))
        elif owner.conference == ORDERS:
            self._emit(
                CodeResolved(
                    at_s,
                    effect.channel,
                    None,
                    holder=owner.holder,
                    orderer=owner.function_id,
                    language=owner.language,
                )
            )
        else:
            self._emit(CodeResolved(at_s, effect.channel, owner.conference, owner.role, owner.holder))

    def _recording(
        self, effect: SilenceRecording | RecordName | StopName | DropRecording | StartLegTrack | StopLegTrack
    ) -> Awaitable[None]:
        phones = self._devices.telephony
        match effect:
            case SilenceRecording():
                return self._silence(effect)
            case RecordName():
                return phones.record_name(effect.channel, effect.recording, effect.longest_s)
            case StopName():
                return phones.stop_recording(effect.recording)
            case DropRecording():
                return self._drop(effect)
            case StartLegTrack():
                return phones.start_leg_track(effect.channel, effect.recording)
            case StopLegTrack():
                return self._stop_leg_track(effect)
            case _:
                assert_never(effect)

    async def _silence(self, effect: SilenceRecording) -> None:
        await self._devices.telephony.silence_recording(effect.recording, silent=effect.silent)
        self._emit(RecordingSilenced(self._clock.now_s(), effect.recording, effect.silent, effect.since_s))

    async def _drop(self, effect: DropRecording) -> None:
        await self._devices.recorder.drop(effect.recording)
        self._emit(RecordingDropped(self._clock.now_s(), effect.recording))

    async def _stop_leg_track(self, effect: StopLegTrack) -> None:
        await self._devices.telephony.stop_leg_track(effect.channel, effect.recording)
        self._emit(LegTrackStopped(self._clock.now_s(), effect.channel, effect.recording))

    def _directory(self, effect: ReadRoll | PrepareMeeting | ReadCalled | WriteMailing) -> Awaitable[None]:
        match effect:
            case ReadRoll():
                return self._read_roll(effect)
            case PrepareMeeting():
                return self._prepare(effect)
            case ReadCalled():
                return self._read_called(effect)
            case WriteMailing():
                return self._write(effect)
            case _:
                assert_never(effect)

    async def _read_roll(self, effect: ReadRoll) -> None:
        roll = await self._devices.rolls.roll_of(effect.forum)
        self._emit(RollRead(self._clock.now_s(), effect.roll_call, roll))

    async def _send(self, effect: SendMessage) -> None:
        taken = await self._devices.bearers.send(effect)
        self._emit(MessageSent(self._clock.now_s(), effect.message, taken.name, taken.by, taken.awaited))

    async def _prepare(self, effect: PrepareMeeting) -> None:
        opening = await self._devices.meetings.prepare(effect.occurrence, effect.schedule)
        self._emit(MeetingPrepared(self._clock.now_s(), effect.occurrence.id, opening))

    async def _read_called(self, effect: ReadCalled) -> None:
        found = await self._devices.meetings.called_to(effect.forum, effect.activation_list)
        self._emit(CalledRead(self._clock.now_s(), effect.occurrence, found))

    async def _write(self, effect: WriteMailing) -> None:
        written = await self._devices.mailings.write(effect.mailing)
        self._emit(MailingWritten(self._clock.now_s(), effect.mailing.id, written))

    def _leg(
        self,
        effect: Answer | Play | StopPlaying | Whisper | HangUpLeg | JoinMix | LeaveMix | SetHeard | Dial,
    ) -> Awaitable[None]:
        phones = self._devices.telephony
        match effect:
            case Answer():
                return phones.answer(effect.channel)
            case Play():
                return phones.play(effect.channel, effect.playback, effect.prompts, effect.language)
            case StopPlaying():
                return phones.stop_playing(effect.channel, effect.playback)
            case Whisper():
                return phones.whisper(effect.channel, effect.prompts, effect.language, effect.manner, effect.playback)
            case HangUpLeg():
                return phones.hang_up(effect.channel)
            case JoinMix():
                return phones.join_mix(effect.channel, effect.mix, heard=effect.heard)
            case LeaveMix():
                return phones.leave_mix(effect.channel, effect.mix)
            case SetHeard():
                return phones.set_heard(effect.channel, heard=effect.heard)
            case Dial():
                return phones.dial(effect)
            case _:
                assert_never(effect)

    def _mix(self, effect: CreateMix | DestroyMix | StartRecording | StopRecording | Announce) -> Awaitable[None]:
        phones = self._devices.telephony
        match effect:
            case CreateMix():
                return phones.create_mix(effect.mix)
            case DestroyMix():
                return phones.destroy_mix(effect.mix)
            case StartRecording():
                return phones.start_recording(effect.mix, effect.recording)
            case StopRecording():
                return phones.stop_recording(effect.recording)
            case Announce():
                return phones.announce(effect.mix, effect.prompts, effect.language, effect.manner)
            case _:
                assert_never(effect)

    def _radio(self, effect: RadioEffect | SdsEffect) -> Awaitable[None]:
        match effect:
            case SelectTalkgroup():
                return self._devices.radio.select_talkgroup(effect.terminal, effect.gssi)
            case DemandTransmit():
                return self._devices.radio.demand_transmit(effect.terminal, effect.gssi, preempt=effect.preempt)
            case CeaseTransmit():
                return self._devices.radio.cease_transmit(effect.terminal)
            case SubmitSds():
                return self._devices.radio.send_sds(
                    effect.terminal,
                    effect.message,
                    effect.receiver,
                    effect.text,
                    group=effect.group,
                    first_part=effect.first_part,
                )
            case SubmitStatus():
                return self._devices.radio.send_status(effect.terminal, effect.message, effect.receiver, effect.status)
            case _:
                assert_never(effect)

    def _media(self, effect: MediaEffect) -> Awaitable[None]:
        media = self._devices.media
        match effect:
            case OpenPath():
                return media.open_path(effect.patch, self._devices.audio_of[effect.terminal], effect.mix)
            case ClosePath():
                return media.close_path(effect.patch)
            case SetRadioHeard():
                return media.set_radio_heard(effect.patch, heard=effect.heard)
            case SendVoice():
                return media.send_voice(effect.patch)
            case HoldVoice():
                return media.hold_voice(effect.patch, withdrawn=effect.withdrawn)
            case DropVoice():
                return media.drop_voice(effect.patch, older_than_s=effect.older_than_s)
            case ArmVoice():
                return media.arm_voice(effect.patch, armed=effect.armed)
            case SayOnAir():
                return media.say_on_air(effect.patch, effect.prompts, effect.language)
            case StartTrack():
                return media.start_track(effect.patch, effect.recording)
            case StopTrack():
                return media.stop_track(effect.patch, effect.recording)
            case _:
                assert_never(effect)
