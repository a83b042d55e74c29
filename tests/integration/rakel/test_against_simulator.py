"""The driver against the simulated terminal: two readings of one standard, written apart from each other."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bridge.domain.kernel.ids import Gssi, MessageId, TerminalName
from bridge.domain.radio.events import (
    RadioTalkStarted,
    RadioTalkStopped,
    TerminalChanged,
    TerminalState,
    TransmitEnded,
    TransmitGranted,
    TransmitQueued,
    TransmitRefused,
)
from bridge.domain.shortdata.events import SdsDelivery, SdsProgress, SdsReceived, SdsReported, SdsStage, StatusReceived
from bridge.rakel.radio import RakelRadio
from hardware.simulator.client import SimulatorClient
from tests.harness.reasons import english
from tests.unit.rakel.peer import GROUP, OWN_ISSI, RealClock, Told, terminal_settings

NAME = TerminalName("rakel-1")
TALKGROUP = Gssi(GROUP)
USER = 1000002
RIVAL = 1000003
MESSAGE = MessageId("sds-00000000000000000000000001")


@dataclass
class Air:
    """A radio of ours, the simulated world around it, and what we were told."""

    radio: RakelRadio
    world: SimulatorClient
    told: Told

    async def talk(self) -> None:
        await self.radio.demand_transmit(NAME, TALKGROUP)
        await self.told.next(TransmitGranted)
        await self.world.wait_for("transmission_started", issi=OWN_ISSI)


@pytest.fixture(params=["mtm5400", "mtm800e"])
async def air(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Air]:
    link = tmp_path / "pei"
    command = ["-m", "hardware.simulator", "--link", str(link), "--audio", "127.0.0.1:0", "--control", "127.0.0.1:0"]
    world_is = ["--issi", str(OWN_ISSI), "--gssi", f"SAMV={GROUP}", "--gssi", "RAPS=7654321"]
    people = ["--user", f"{USER}=RSIB", "--user", f"{RIVAL}=TiB", "--profile", request.param]
    timing = ["--grant-delay-ms", "20", "--hang-time-s", "1.5"]
    simulator = await asyncio.create_subprocess_exec(
        sys.executable, *command, *world_is, *people, *timing, stdout=asyncio.subprocess.PIPE
    )
    assert simulator.stdout is not None
    ready = ""
    while "ready" not in ready:
        ready = (await asyncio.wait_for(simulator.stdout.readline(), 30)).decode()
        assert ready, "the simulator did not start"
    port = int(ready.partition("control=127.0.0.1:")[2].split()[0])
    told = Told()
    radio = RakelRadio([terminal_settings(str(link))], RealClock(), told.emit)
    running = asyncio.create_task(radio.run())
    async with SimulatorClient("127.0.0.1", port) as world:
        await told.state(TerminalState.READY)
        yield Air(radio, world, told)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    simulator.terminate()
    await simulator.communicate()


@pytest.mark.parametrize("ok_order", ["first", "after_ctcc", "last"])
async def test_we_talk_and_let_go_and_talk_again(air: Air, ok_order: str) -> None:
    await air.world.set(ok_order=ok_order)
    for _ in range(2):
        await air.talk()
        await air.radio.cease_transmit(NAME)
        assert not (await air.told.next(TransmitEnded)).lost
        await air.world.wait_for("transmission_ended", issi=OWN_ISSI)
    assert len(await air.world.air(GROUP)) == 2


@pytest.mark.parametrize("identity", ["ssi", "tsi15", "tsi16", "ext17"])
async def test_a_user_is_known_by_his_issi_in_every_form(air: Air, identity: str) -> None:
    await air.world.set(identity=identity, repeat_call_info=True)
    await air.world.press(USER, GROUP, seconds=0.3)
    started = await air.told.until(lambda event: isinstance(event, RadioTalkStarted) and event.issi == USER)
    assert isinstance(started, RadioTalkStarted)
    assert started.gssi == GROUP
    await air.told.next(RadioTalkStopped)


@pytest.mark.parametrize("talker_id", ["missing", "second"])
async def test_a_talker_named_late_or_not_at_all_is_still_heard(air: Air, talker_id: str) -> None:
    await air.world.set(talker_id=talker_id)
    await air.world.press(USER, GROUP, seconds=0.3)
    await air.told.until(lambda event: isinstance(event, RadioTalkStarted) and event.issi == USER)
    await air.told.next(RadioTalkStopped)


async def test_a_user_out_of_coverage_does_not_hold_the_channel(air: Air) -> None:
    await air.world.press(USER, GROUP)
    await air.told.next(RadioTalkStarted)
    await air.world.lose(USER)
    await air.world.end_call(GROUP)
    await air.told.next(RadioTalkStopped)
    await air.talk()


async def test_an_emergency_is_told_as_one(air: Air) -> None:
    await air.world.press(USER, GROUP, emergency=True)
    assert (await air.told.next(RadioTalkStarted)).emergency


async def test_the_network_refuses(air: Air) -> None:
    await air.world.set(behaviour="not_granted")
    await air.radio.demand_transmit(NAME, TALKGROUP)
    await air.told.next(TransmitRefused)


async def test_the_network_queues_and_then_grants(air: Air) -> None:
    await air.world.set(behaviour="queue", queue_ms=300)
    await air.radio.demand_transmit(NAME, TALKGROUP)
    await air.told.next(TransmitQueued)
    await air.told.next(TransmitGranted)


async def test_the_network_never_answers(air: Air) -> None:
    await air.world.set(behaviour="no_answer", behaviour_times=1)
    await air.radio.demand_transmit(NAME, TALKGROUP)
    await asyncio.sleep(0.5)
    await air.radio.cease_transmit(NAME)
    await air.talk()


async def test_another_wins_and_we_get_the_channel_after_him(air: Air) -> None:
    await air.world.set(behaviour="grant_to_another", behaviour_times=1, rival_talks_s=0.3)
    await air.radio.demand_transmit(NAME, TALKGROUP)
    assert not (await air.told.next(TransmitRefused)).retry
    await air.told.next(RadioTalkStarted)
    await air.told.next(RadioTalkStopped)
    await air.talk()


@pytest.mark.parametrize("says", ["ctxi", "ctxg", "ctcr"])
async def test_an_emergency_takes_the_channel_from_us(air: Air, says: str) -> None:
    await air.world.set(preempt_says=says)
    await air.talk()
    await air.world.press(USER, GROUP, emergency=True)
    assert (await air.told.next(TransmitEnded)).lost
    assert (await air.told.next(RadioTalkStarted)).issi == USER


@pytest.mark.parametrize("says", ["cdtxc", "not_granted", "interrupt"])
async def test_the_terminals_own_time_out_ends_our_transmission(air: Air, says: str) -> None:
    await air.world.set(tot_s=0.3, tot_says=says)
    await air.talk()
    assert (await air.told.next(TransmitEnded)).lost


@pytest.mark.parametrize("says", ["ctxn", "ctxg"])
async def test_a_change_of_cell_ends_ours_and_the_next_is_granted(air: Air, says: str) -> None:
    await air.world.set(cell_change_says=says, cell_change_ms=300)
    await air.talk()
    await air.world.fault("cell_change")
    assert (await air.told.next(TransmitEnded)).lost
    await air.world.wait_for("transmission_ended", issi=OWN_ISSI)
    await asyncio.sleep(0.5)
    await air.talk()


async def test_somebody_at_the_terminal_is_shown_and_not_cut(air: Air) -> None:
    await air.world.fault("press_locally", emergency=True)
    assert (await air.told.next(RadioTalkStarted)).issi == OWN_ISSI
    assert (await air.world.terminal_state())["transmitting"]
    await air.world.fault("release_locally")
    await air.told.next(RadioTalkStopped)


async def test_pulled_out_while_talking_the_terminal_is_unkeyed_when_it_is_back(air: Air) -> None:
    await air.talk()
    await air.world.fault("unplug")
    assert (await air.told.next(TransmitEnded)).lost
    await air.told.state(TerminalState.ABSENT)
    await air.world.fault("replug")
    await air.world.wait_for("transmission_ended", issi=OWN_ISSI)
    await air.told.state(TerminalState.READY)
    await asyncio.sleep(0.1)
    await air.talk()


async def test_switched_off_and_on_the_terminal_is_set_up_anew(air: Air) -> None:
    await air.world.fault("power_cycle")
    await air.told.until(lambda event: isinstance(event, TerminalChanged) and event.state is not TerminalState.READY)
    await air.told.state(TerminalState.READY)
    await air.world.press(USER, GROUP, seconds=0.3)
    await air.told.next(RadioTalkStarted)


async def test_no_network_no_transmission_and_back_again(air: Air) -> None:
    await air.talk()
    await air.world.fault("registration", state=2)
    assert (await air.told.next(TransmitEnded)).lost
    await air.told.state(TerminalState.UNREGISTERED)
    await air.radio.demand_transmit(NAME, TALKGROUP)
    assert "no network" in english((await air.told.next(TransmitRefused)).reason)
    await air.world.fault("registration", state=1)
    await air.told.state(TerminalState.READY)


async def test_garbage_and_endless_lines_do_no_harm(air: Air) -> None:
    for seed in range(5):
        await air.world.fault("garbage", bytes=500, seed=seed)
        await air.world.fault("long_line", bytes=5000)
    await air.world.fault("raw", text="\r\n")
    await air.world.press(USER, GROUP, seconds=0.3)
    await air.told.until(lambda event: isinstance(event, RadioTalkStarted) and event.issi == USER)


async def test_the_terminal_is_brought_to_another_group_and_talks_there(air: Air) -> None:
    await air.radio.select_talkgroup(NAME, Gssi(7654321))
    await air.radio.demand_transmit(NAME, Gssi(7654321))
    await air.told.next(TransmitGranted)
    await air.world.wait_for("transmission_started", issi=OWN_ISSI, gssi=7654321)


@pytest.mark.parametrize("length", ["exact", "four_less"])
async def test_texts_go_both_ways_with_proof(air: Air, length: str) -> None:
    await air.world.set(sds_length=length)
    text = "Samling kl 16, Räddningscentralen"
    await air.radio.send_sds(NAME, MESSAGE, USER, text)
    assert (await air.world.inbox(USER))[0]["text"] == text
    started = await air.told.next(SdsProgress)
    reported = await air.told.next(SdsReported)
    assert (reported.sender, reported.reference, reported.delivery) == (USER, started.reference, SdsDelivery.DELIVERED)
    await air.world.send_sds(USER, OWN_ISSI, "Uppfattat, väg E4 spärrad", report=True)
    received = await air.told.next(SdsReceived)
    assert (received.sender, received.text) == (USER, "Uppfattat, väg E4 spärrad")
    assert (received.receiver, received.group) == (OWN_ISSI, False)
    await air.world.wait_for("sds_received", receiver=USER)


@pytest.mark.parametrize("text", ["å ä ö Å Ä Ö é ß §", "Bränsle 5 €/l", "🚒🚑 på väg, 👩‍🚒 leder"])
async def test_every_character_goes_both_ways(air: Air, text: str) -> None:
    await air.radio.send_sds(NAME, MESSAGE, USER, text)
    assert (await air.world.inbox(USER))[0]["text"] == text
    await air.world.send_sds(USER, OWN_ISSI, text)
    assert (await air.told.next(SdsReceived)).text == text


async def test_a_text_to_the_group_is_known_as_such(air: Air) -> None:
    await air.world.send_sds(USER, GROUP, "Alla: samling")
    received = await air.told.next(SdsReceived)
    assert (received.receiver, received.group) == (GROUP, True)


async def test_a_radio_that_is_off_is_never_reported_as_reached(air: Air) -> None:
    await air.world.set_reachable(USER, reachable=False)
    await air.radio.send_sds(NAME, MESSAGE, USER, "Hallå")
    await air.told.until(lambda event: isinstance(event, SdsProgress) and event.stage is SdsStage.ON_AIR)
    await air.world.set_reachable(USER, reachable=True)
    await air.world.send_sds(USER, OWN_ISSI, "Nu på")
    await air.told.next(SdsReceived)
    assert not any(isinstance(event, SdsReported) for event in air.told.events)


async def test_pieces_that_come_in_any_order_are_one_text(air: Air) -> None:
    whole = "Läget kl 14: branden växer åt norr 🔥, väg 70 är avstängd."
    coded = whole.encode("utf-16-be")
    fire = coded.index("🔥".encode("utf-16-be")) + 2  # in the middle of one character
    cuts = [coded[:20], coded[20:fire], coded[fire:]]
    for number in (3, 1, 2):
        body = bytes((5, 0, 3, 9, 3, number)) + cuts[number - 1]
        await air.world.send_pdu(USER, OWN_ISSI, bytes((0x8A, 0, number, 26)) + body)
    assert (await air.told.next(SdsReceived)).text == whole


async def test_an_emergency_alarm_as_status(air: Air) -> None:
    await air.world.send_status(USER, OWN_ISSI, 0)
    received = await air.told.next(StatusReceived)
    assert (received.sender, received.code) == (USER, 0)
