"""Every order reaches its device, as it was given; and whoever cannot carry it out is heard of."""

from dataclasses import replace
from typing import Any, cast, get_args

import pytest

from bridge.domain.conference.commands import OpenConference
from bridge.domain.conference.effects import LookUpCode, WithdrawCodes
from bridge.domain.conference.events import CodeResolved
from bridge.domain.conference.prompts import MUTED
from bridge.domain.conference.records import Role
from bridge.domain.effects import KnownEffect
from bridge.domain.kernel.effects import DeviceEffect
from bridge.domain.kernel.events import EffectFailed, Event, Fate
from bridge.domain.kernel.ids import (
    ChannelId,
    ConferenceId,
    Gssi,
    MailingId,
    MessageId,
    MixId,
    OccurrenceId,
    OutboxId,
    PatchId,
    PlaybackId,
    RecordingId,
    RollCallId,
    ScheduleId,
    TerminalName,
    TrunkName,
)
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.phrases import Manner
from bridge.domain.kernel.reasons import GeneralReason
from bridge.domain.mailings.effects import WriteMailing
from bridge.domain.mailings.records import Mailing, MailingKind
from bridge.domain.outbox.effects import SendMessage
from bridge.domain.outbox.records import Bearer
from bridge.domain.radio.effects import (
    ArmVoice,
    CeaseTransmit,
    ClosePath,
    DemandTransmit,
    DropVoice,
    HoldVoice,
    OpenPath,
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
from bridge.domain.rollcall.commands import Expected, Roll
from bridge.domain.rollcall.effects import ReadRoll
from bridge.domain.rollcall.events import RollRead
from bridge.domain.schedule.effects import PrepareMeeting, ReadCalled
from bridge.domain.schedule.events import CalledList, CalledRead, MeetingPrepared
from bridge.domain.schedule.records import Occurrence, Rule, Schedule
from bridge.domain.shortdata.effects import SubmitSds, SubmitStatus
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
from bridge.engine.clock import SteadyClock
from bridge.engine.performer import Devices, NoBearers, NoMailings, NoMeetings, NoRolls, Performer
from bridge.ports import Codes, PortError
from tests.harness.reasons import english
from tests.unit.engine.test_engine import Diary, OneCode

A, MIX, PATCH, TERMINAL = ChannelId("leg-1"), MixId("mix-1"), PatchId("pat-1"), TerminalName("rakel-1")
RECORDING, CONFERENCE, MESSAGE = RecordingId("rec-1"), ConferenceId("cnf-1"), MessageId("msg-1")
GROUP, SV = Gssi(2001), Language.SV
ROLL, ROLL_CALL = Roll((Expected("TiB", "Länsstyrelsen"),), 1), RollCallId("rol-1")

MEETING = Schedule(ScheduleId("sch-1"), "", 0.0, "Veckomöte", Rule("2027-01-07", "16:00"), "inriktande")
OCCURRENCE = Occurrence(
    OccurrenceId("sch-1.2027-01-07"), MEETING.id, "2027-01-07", "Veckomöte", 0.0, 0.0, 0.0, CONFERENCE, MIX
)

ORDERS: list[tuple[DeviceEffect, str, tuple[object, ...]]] = [
    (Answer(A), "answer", (A,)),
    (Play(A, PlaybackId("pla-1"), (MUTED,), SV), "play", (A, "pla-1", (MUTED,), SV)),
    (StopPlaying(A, PlaybackId("pla-1")), "stop_playing", (A, "pla-1")),
    (Whisper(A, (MUTED,), SV), "whisper", (A, (MUTED,), SV, Manner.SAID, None)),
    (HangUpLeg(A), "hang_up", (A,)),
    (JoinMix(A, MIX, True), "join_mix", (A, MIX, True)),
    (LeaveMix(A, MIX), "leave_mix", (A, MIX)),
    (SetHeard(A, False), "set_heard", (A, False)),
    (Dial(A, TrunkName("main"), "+46846500401", "+4685555555", 30.0), "dial",
     (Dial(A, TrunkName("main"), "+46846500401", "+4685555555", 30.0),)),
    (CreateMix(MIX, CONFERENCE), "create_mix", (MIX,)),
    (DestroyMix(MIX), "destroy_mix", (MIX,)),
    (StartRecording(MIX, RECORDING), "start_recording", (MIX, RECORDING)),
    (StopRecording(MIX, RECORDING), "stop_recording", (RECORDING,)),
    (Announce(MIX, (MUTED,), SV, Manner.VITAL), "announce", (MIX, (MUTED,), SV, Manner.VITAL)),
    (SelectTalkgroup(TERMINAL, GROUP), "select_talkgroup", (TERMINAL, GROUP)),
    (DemandTransmit(TERMINAL, GROUP, preempt=True), "demand_transmit", (TERMINAL, GROUP, True)),
    (CeaseTransmit(TERMINAL), "cease_transmit", (TERMINAL,)),
    (SubmitSds(TERMINAL, MESSAGE, 1234, False, "Samling", 2), "send_sds",
     (TERMINAL, MESSAGE, 1234, "Samling", False, 2)),
    (SubmitStatus(TERMINAL, MESSAGE, 1234, 32770), "send_status", (TERMINAL, MESSAGE, 1234, 32770)),
    (OpenPath(PATCH, TERMINAL, MIX), "open_path", (PATCH, "audiosocket://127.0.0.1:1", MIX)),
    (ClosePath(PATCH), "close_path", (PATCH,)),
    (SetRadioHeard(PATCH, True), "set_radio_heard", (PATCH, True)),
    (SendVoice(PATCH), "send_voice", (PATCH,)),
    (HoldVoice(PATCH, withdrawn=True), "hold_voice", (PATCH, True)),
    (DropVoice(PATCH, 10.0), "drop_voice", (PATCH, 10.0)),
    (ArmVoice(PATCH, False), "arm_voice", (PATCH, False)),
    (SayOnAir(PATCH, (MUTED,), SV), "say_on_air", (PATCH, (MUTED,), SV)),
    (StartTrack(PATCH, RECORDING), "start_track", (PATCH, RECORDING)),
    (StopTrack(PATCH, RECORDING), "stop_track", (PATCH, RECORDING)),
    (ArchiveRecording(RECORDING), "archive", (RECORDING,)),
    (RecordName(A, RECORDING, 4.0), "record_name", (A, RECORDING, 4.0)),
    (StopName(A, RECORDING), "stop_recording", (RECORDING,)),
    (StartLegTrack(A, RECORDING), "start_leg_track", (A, RECORDING)),
]  # fmt: skip


class OneRoll:
    """The directory expects one function in one forum, and does not answer about another."""

    async def roll_of(self, forum: str) -> Roll:
        if forum == "away":
            raise PortError("database", GeneralReason.LEGACY(text="away"), retry=True)
        return ROLL if forum == "inriktande" else Roll()

    async def prepare(self, occurrence: Occurrence, schedule: Schedule) -> OpenConference:
        if schedule.forum == "away":
            raise PortError("database", GeneralReason.LEGACY(text="away"), retry=True)
        return OpenConference(occurrence.conference, occurrence.mix, schedule.name, "+4685555555")

    async def called_to(self, forum: str | None, activation_list: str | None) -> CalledList:
        return CalledList("list", "Lista")


class Hands:
    """A performer whose devices write down what they are asked."""

    def __init__(self) -> None:
        self.diary = Diary()
        self.heard: list[Event] = []
        audio = {TERMINAL: "audiosocket://127.0.0.1:1"}
        devices = Devices(*(cast("Any", self.diary),) * 4, audio, rolls=OneRoll(), meetings=OneRoll())
        self.performer = Performer(devices, cast("Codes", OneCode()), SteadyClock(), self.heard.append)


def name_of(value: object) -> str:
    return type(value).__name__ if isinstance(value, get_args(DeviceEffect)) else ""


@pytest.mark.parametrize(("order", "verb", "given"), ORDERS, ids=name_of)
async def test_an_order_reaches_its_device_as_it_was_given(
    order: DeviceEffect, verb: str, given: tuple[object, ...]
) -> None:
    hands = Hands()
    await hands.performer.perform(order)
    assert hands.diary.asked == [(verb, given)]
    assert hands.heard == []


@pytest.mark.parametrize("silent", [True, False])
async def test_what_is_recorded_from_now_on_is_told_when_asterisk_has_done_it(silent: bool) -> None:
    hands = Hands()
    await hands.performer.perform(SilenceRecording(MIX, RECORDING, silent, since_s=7.0))
    assert hands.diary.asked == [("silence_recording", (RECORDING, silent))]
    [told] = hands.heard
    assert isinstance(told, RecordingSilenced)
    assert (told.recording, told.silent, told.since_s) == (RECORDING, silent, 7.0)


async def test_the_end_of_a_participants_track_is_told_when_asterisk_has_ended_it() -> None:
    hands = Hands()
    await hands.performer.perform(StopLegTrack(A, RECORDING))
    assert hands.diary.asked == [("stop_leg_track", (A, RECORDING))]
    [told] = hands.heard
    assert isinstance(told, LegTrackStopped)
    assert (told.channel, told.recording) == (A, RECORDING)


@pytest.mark.parametrize(("order", "verb", "given"), ORDERS, ids=name_of)
async def test_an_order_that_is_refused_comes_back_as_itself(
    order: DeviceEffect, verb: str, given: tuple[object, ...]
) -> None:
    hands = Hands()
    hands.diary.refuses.add(verb)
    await hands.performer.perform(order)
    [failed] = hands.heard
    assert isinstance(failed, EffectFailed)
    assert (failed.effect, failed.retry) == (order, True)


@pytest.mark.parametrize(("order", "verb", "given"), ORDERS, ids=name_of)
async def test_an_order_that_an_adapter_stumbles_over_comes_back_as_unknown(
    order: DeviceEffect, verb: str, given: tuple[object, ...]
) -> None:
    """Whether it was carried out is not known: the slip may have come after it."""
    hands = Hands()
    hands.diary.crashes.add(verb)
    await hands.performer.perform(order)
    [failed] = hands.heard
    assert isinstance(failed, EffectFailed)
    assert (failed.effect, failed.fate) == (order, Fate.UNKNOWN)
    assert "ZeroDivisionError" in english(failed.reason)


def test_no_order_is_forgotten_here() -> None:
    others = {
        LookUpCode,
        WithdrawCodes,
        SilenceRecording,
        StopLegTrack,
        DropRecording,
        ReadRoll,
        SendMessage,
        PrepareMeeting,
        ReadCalled,
        WriteMailing,
    }
    orders = {type(order) for order, _, _ in ORDERS} | others
    assert orders == set(get_args(KnownEffect))


async def test_a_code_is_looked_up_and_its_door_told_or_that_there_is_none() -> None:
    hands = Hands()
    await hands.performer.perform(LookUpCode(A, "12345678"))
    await hands.performer.perform(LookUpCode(A, "1"))
    right, wrong = hands.heard
    assert isinstance(right, CodeResolved)
    assert isinstance(wrong, CodeResolved)
    assert (right.channel, right.role) == (A, Role.HOST)
    assert wrong.conference is None


async def test_a_name_that_is_not_kept_is_deleted_and_that_is_told() -> None:
    hands = Hands()
    await hands.performer.perform(DropRecording(RECORDING))
    assert hands.diary.asked == [("drop", (RECORDING,))]
    [told] = hands.heard
    assert isinstance(told, RecordingDropped)
    assert told.recording == RECORDING


async def test_the_roll_of_a_forum_is_read_and_a_directory_that_does_not_answer_is_told() -> None:
    hands = Hands()
    await hands.performer.perform(ReadRoll(ROLL_CALL, "inriktande"))
    await hands.performer.perform(ReadRoll(ROLL_CALL, "away"))
    read, failed = hands.heard
    assert isinstance(read, RollRead)
    assert (read.roll_call, read.roll) == (ROLL_CALL, ROLL)
    assert isinstance(failed, EffectFailed)
    assert (failed.effect, failed.retry) == (ReadRoll(ROLL_CALL, "away"), True)


async def test_a_meeting_of_the_schedule_is_prepared_and_those_who_are_called_to_it_are_read() -> None:
    hands = Hands()
    await hands.performer.perform(PrepareMeeting(OCCURRENCE, MEETING))
    await hands.performer.perform(PrepareMeeting(OCCURRENCE, replace(MEETING, forum="away")))
    await hands.performer.perform(ReadCalled(OCCURRENCE.id, "inriktande", None))
    prepared, failed, read = hands.heard
    assert isinstance(prepared, MeetingPrepared)
    assert (prepared.occurrence, prepared.opening.name) == (OCCURRENCE.id, "Veckomöte")
    assert isinstance(failed, EffectFailed)
    assert failed.retry
    assert isinstance(read, CalledRead)
    assert read.list.name == "Lista"


async def test_where_there_is_no_directory_the_schedule_opens_nothing_and_rings_nobody() -> None:
    with pytest.raises(PortError):
        await NoMeetings().prepare(OCCURRENCE, MEETING)
    with pytest.raises(PortError):
        await NoMailings().write(Mailing(MailingId("sch-1/invitation/series/0"), MailingKind.INVITATION, 0.0))
    assert (await NoMeetings().called_to("inriktande", None)).called == ()


async def test_where_there_is_no_directory_nobody_is_expected() -> None:
    assert await NoRolls().roll_of("inriktande") == Roll()


async def test_where_no_bearer_is_set_up_a_message_is_refused_and_that_is_heard_of() -> None:
    order = SendMessage(OutboxId("out-1"), Bearer.SMS, "+46701740605", "", "Samling", 100.0)
    with pytest.raises(PortError) as refused:
        await NoBearers().send(order)
    assert (refused.value.fate, refused.value.retry) == (Fate.REFUSED, False)
