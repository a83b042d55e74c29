"""Every order reaches its device, as it was given; and whoever cannot carry it out is heard of."""

from typing import Any, cast, get_args

import pytest

from bridge.domain import effects as do
from bridge.domain import events as e
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
from bridge.domain.model import Language, Role
from bridge.domain.prompts import HELP
from bridge.engine.clock import SteadyClock
from bridge.engine.performer import Devices, Performer
from bridge.ports import Codes
from tests.unit.engine.test_engine import Diary, OneCode

A, MIX, PATCH, TERMINAL = ChannelId("leg-1"), MixId("mix-1"), PatchId("pat-1"), TerminalName("rakel-1")
RECORDING, CONFERENCE, MESSAGE = RecordingId("rec-1"), ConferenceId("cnf-1"), MessageId("msg-1")
GROUP, SV = Gssi(2001), Language.SV

ORDERS: list[tuple[do.DeviceEffect, str, tuple[object, ...]]] = [
    (do.Answer(A), "answer", (A,)),
    (do.Play(A, PlaybackId("pla-1"), (HELP,), SV), "play", (A, "pla-1", (HELP,), SV)),
    (do.StopPlaying(A, PlaybackId("pla-1")), "stop_playing", (A, "pla-1")),
    (do.Whisper(A, (HELP,), SV), "whisper", (A, (HELP,), SV)),
    (do.HangUpLeg(A), "hang_up", (A,)),
    (do.JoinMix(A, MIX, True), "join_mix", (A, MIX, True)),
    (do.SetHeard(A, False), "set_heard", (A, False)),
    (do.Dial(A, TrunkName("main"), "+46846500401", "+4685555555", 30.0), "dial",
     (A, "main", "+46846500401", "+4685555555", 30.0)),
    (do.CreateMix(MIX, CONFERENCE), "create_mix", (MIX,)),
    (do.DestroyMix(MIX), "destroy_mix", (MIX,)),
    (do.StartRecording(MIX, RECORDING), "start_recording", (MIX, RECORDING)),
    (do.StopRecording(MIX, RECORDING), "stop_recording", (RECORDING,)),
    (do.Announce(MIX, (HELP,), SV), "announce", (MIX, (HELP,), SV)),
    (do.SelectTalkgroup(TERMINAL, GROUP), "select_talkgroup", (TERMINAL, GROUP)),
    (do.DemandTransmit(TERMINAL, GROUP, preempt=True), "demand_transmit", (TERMINAL, GROUP, True)),
    (do.CeaseTransmit(TERMINAL), "cease_transmit", (TERMINAL,)),
    (do.SendSds(TERMINAL, MESSAGE, 1234, False, "Samling", 2), "send_sds",
     (TERMINAL, MESSAGE, 1234, "Samling", False, 2)),
    (do.SendStatus(TERMINAL, MESSAGE, 1234, 32770), "send_status", (TERMINAL, MESSAGE, 1234, 32770)),
    (do.OpenPath(PATCH, TERMINAL, MIX), "open_path", (PATCH, "audiosocket://127.0.0.1:1", MIX)),
    (do.ClosePath(PATCH), "close_path", (PATCH,)),
    (do.SetRadioHeard(PATCH, True), "set_radio_heard", (PATCH, True)),
    (do.SendVoice(PATCH), "send_voice", (PATCH,)),
    (do.HoldVoice(PATCH, withdrawn=True), "hold_voice", (PATCH, True)),
    (do.DropVoice(PATCH, 10.0), "drop_voice", (PATCH, 10.0)),
    (do.ArmVoice(PATCH, False), "arm_voice", (PATCH, False)),
    (do.SayOnAir(PATCH, (HELP,), SV), "say_on_air", (PATCH, (HELP,), SV)),
    (do.StartTrack(PATCH, RECORDING), "start_track", (PATCH, RECORDING)),
    (do.StopTrack(PATCH, RECORDING), "stop_track", (PATCH, RECORDING)),
    (do.ArchiveRecording(RECORDING), "archive", (RECORDING,)),
]  # fmt: skip


class Hands:
    """A performer whose devices write down what they are asked."""

    def __init__(self) -> None:
        self.diary = Diary()
        self.heard: list[e.Event] = []
        audio = {TERMINAL: "audiosocket://127.0.0.1:1"}
        devices = Devices(*(cast("Any", self.diary),) * 4, audio)
        self.performer = Performer(devices, cast("Codes", OneCode()), SteadyClock(), self.heard.append)


def name_of(value: object) -> str:
    return type(value).__name__ if isinstance(value, get_args(do.DeviceEffect)) else ""


@pytest.mark.parametrize(("order", "verb", "given"), ORDERS, ids=name_of)
async def test_an_order_reaches_its_device_as_it_was_given(
    order: do.DeviceEffect, verb: str, given: tuple[object, ...]
) -> None:
    hands = Hands()
    await hands.performer.perform(order)
    assert hands.diary.asked == [(verb, given)]
    assert hands.heard == []


@pytest.mark.parametrize(("order", "verb", "given"), ORDERS, ids=name_of)
async def test_an_order_that_is_refused_comes_back_as_itself(
    order: do.DeviceEffect, verb: str, given: tuple[object, ...]
) -> None:
    hands = Hands()
    hands.diary.refuses.add(verb)
    await hands.performer.perform(order)
    [failed] = hands.heard
    assert isinstance(failed, e.EffectFailed)
    assert (failed.effect, failed.retry) == (order, True)


@pytest.mark.parametrize(("order", "verb", "given"), ORDERS, ids=name_of)
async def test_an_order_that_an_adapter_stumbles_over_comes_back_as_unknown(
    order: do.DeviceEffect, verb: str, given: tuple[object, ...]
) -> None:
    """Whether it was carried out is not known: the slip may have come after it."""
    hands = Hands()
    hands.diary.crashes.add(verb)
    await hands.performer.perform(order)
    [failed] = hands.heard
    assert isinstance(failed, e.EffectFailed)
    assert (failed.effect, failed.fate) == (order, e.Fate.UNKNOWN)
    assert "ZeroDivisionError" in failed.reason


def test_no_order_is_forgotten_here() -> None:
    orders = {type(order) for order, _, _ in ORDERS} | {do.LookUpCode, do.WithdrawCodes}
    assert orders == set(get_args(do.DeviceEffect))


async def test_a_code_is_looked_up_and_its_door_told_or_that_there_is_none() -> None:
    hands = Hands()
    await hands.performer.perform(do.LookUpCode(A, "12345678"))
    await hands.performer.perform(do.LookUpCode(A, "1"))
    right, wrong = hands.heard
    assert isinstance(right, e.CodeResolved)
    assert isinstance(wrong, e.CodeResolved)
    assert (right.channel, right.role) == (A, Role.HOST)
    assert wrong.conference is None
