"""A terminal on a real pty: brought up, used, pulled out, put back, and badly behaved."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bridge.domain.kernel.ids import Gssi, MessageId, TerminalName
from bridge.domain.kernel.reasons import WELL
from bridge.domain.radio.events import (
    RadioTalkStarted,
    RadioTalkStopped,
    TerminalChanged,
    TerminalState,
    TransmitEnded,
    TransmitGranted,
    TransmitRefused,
)
from bridge.domain.shortdata.events import (
    SdsProgress,
    SdsReceived,
    SdsReported,
    SdsStage,
    SdsUnreadable,
    StatusReceived,
)
from bridge.ports import PortError
from bridge.rakel.connection import LinkLost, open_connection, redacted
from bridge.rakel.radio import RakelRadio
from tests.harness.reasons import english
from tests.unit.rakel.peer import GROUP, OWN_ISSI, Peer, RealClock, Told, terminal_settings
from tests.unit.rakel.wire import fixture

NAME = TerminalName("rakel-1")
TALKGROUP = Gssi(GROUP)
MESSAGE = MessageId("sds-00000000000000000000000001")
Start = Callable[..., RakelRadio]
initialising = TerminalState.INITIALISING


@pytest.fixture
async def peer(tmp_path: Path) -> AsyncIterator[Peer]:
    peer = Peer(tmp_path / "terminal")
    peer.plug_in()
    yield peer
    peer.unplug()


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
async def start(peer: Peer, told: Told) -> AsyncIterator[Start]:
    """Starts a radio on the peer; stops it at the end of the test."""
    running: list[asyncio.Task[None]] = []

    def begin(*others: str, **more: object) -> RakelRadio:
        terminals = [terminal_settings(str(peer.path), **more)]
        terminals += [terminal_settings(path, name=f"other-{at}") for at, path in enumerate(others)]
        radio = RakelRadio(terminals, RealClock(), told.emit)
        running.append(asyncio.create_task(radio.run()))
        return radio

    yield begin
    for task in running:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def radio(start: Start, told: Told) -> RakelRadio:
    radio = start()
    await told.state(TerminalState.READY)
    return radio


async def talk(radio: RakelRadio, peer: Peer, told: Told) -> None:
    """On the air: asked, dialled, granted."""
    await radio.demand_transmit(NAME, TALKGROUP)
    await peer.gets(f"ATD{GROUP}")
    peer.says("+CTOCP: 1,0,0,1,1,0,1,1", "+CTCC: 1,1,1,0,0,1,1", "+CTXG: 1,0,0,0")
    await told.next(TransmitGranted)


# --- up ---


async def test_a_terminal_is_brought_up_in_the_order_real_ones_need(peer: Peer, start: Start, told: Told) -> None:
    peer.answers["AT+CTOM?"] = "+CTOM: 1"
    start()
    ready = await told.state(TerminalState.READY)
    assert (ready.issi, ready.gssi, ready.signal_dbm, ready.battery_percent) == (OWN_ISSI, GROUP, -61, 88)
    assert ready.model == "MOTOROLA 54007,M83PF-----AN,88.2.0.0"
    order = [line for line in peer.received if line.startswith(("ATE0", "AT+CUTXC=0", "ATH", "AT+CNUMF", "AT+CT"))]
    assert order[:7] == ["ATE0", "AT+CUTXC=0", "ATH", "AT+CNUMF?", "AT+CTOM?", "AT+CTOM=0", "AT+CTSP=2,0,0"]
    assert order[-3:] == ["AT+CTGS?", f"AT+CTGS=1,{GROUP}", "AT+CTGS?"]
    assert order.index("AT+CTSDC=0,0,0,1,1,0,1,1,0,0") > order.index("AT+CTSP=1,3,140")


async def test_a_terminal_that_echoes_and_wakes_with_errors_comes_up(peer: Peer, start: Start, told: Told) -> None:
    peer.echo = True
    peer.answers["AT"] = "+CME ERROR: 35"
    start()
    await peer.gets("AT")
    del peer.answers["AT"]
    await told.state(TerminalState.READY)


async def test_a_terminal_without_room_for_all_services_is_used(peer: Peer, start: Start, told: Told) -> None:
    peer.answers["AT+CTSP=1,3,138"] = "+CME ERROR: 39"
    peer.answers["AT+CTSP=1,3,9"] = "+CME ERROR: 3"
    start()
    await told.state(TerminalState.READY)


async def test_a_terminal_that_does_not_tell_of_calls_is_not_used(peer: Peer, start: Start, told: Told) -> None:
    peer.answers["AT+CTSP=2,0,0"] = "+CME ERROR: 4"
    radio = start()
    failed = await told.state(TerminalState.FAILED)
    assert "does not tell of calls" in english(failed.reason)
    assert "not supported" in english(radio.health()["terminal rakel-1"])


async def test_a_terminal_with_another_identity_is_not_used(start: Start, told: Told) -> None:
    start(issi=4711)
    assert "should be 4711" in english((await told.state(TerminalState.FAILED)).reason)


async def test_error_to_everything_is_a_failed_terminal_that_is_tried_again(
    peer: Peer, start: Start, told: Told
) -> None:
    peer.refuse_all = True
    start()
    await told.state(TerminalState.FAILED)
    peer.refuse_all = False
    await told.state(TerminalState.READY)


async def test_a_silent_terminal_says_what_to_check(peer: Peer, start: Start, told: Told) -> None:
    peer.silent = True
    start()
    assert "check power, cable, baud rate" in english((await told.state(TerminalState.FAILED)).reason)


async def test_no_line_is_an_absent_terminal(peer: Peer, start: Start, told: Told) -> None:
    peer.unplug()
    radio = start()
    await told.state(TerminalState.ABSENT)
    assert radio.health()["terminal rakel-1"].get("state") == "absent"
    peer.plug_in()
    await told.state(TerminalState.READY)
    assert radio.health() == {"terminal rakel-1": WELL}


async def test_why_a_line_cannot_be_had_is_said_once(start: Start, told: Told, peer: Peer) -> None:
    peer.unplug()
    start()
    absent = await told.state(TerminalState.ABSENT)
    assert english(absent.reason).startswith(f"there is no {peer.path}: is the adapter plugged in?")
    assert english(absent.reason).count(str(peer.path)) == 1
    assert "Errno" not in english(absent.reason)


async def test_a_line_that_another_program_holds_is_refused(radio: RakelRadio, peer: Peer) -> None:
    with pytest.raises(LinkLost, match="is held by another program"):
        await open_connection(
            str(peer.path), 9600, rtscts=False, name="x", clock=RealClock(), on_indication=lambda at_s, said: None
        )


# --- in use ---


async def test_a_transmission_from_demand_to_end(radio: RakelRadio, peer: Peer, told: Told) -> None:
    await talk(radio, peer, told)
    await radio.cease_transmit(NAME)
    await peer.gets("AT+CUTXC=1")
    assert (await told.next(TransmitEnded)).lost is False
    await radio.demand_transmit(NAME, TALKGROUP)
    await peer.gets("AT+CTXD=1,0")


async def test_nothing_but_the_grant_opens_the_way(radio: RakelRadio, peer: Peer, told: Told) -> None:
    await radio.demand_transmit(NAME, TALKGROUP)
    await peer.gets(f"ATD{GROUP}")
    peer.says("+CTCC: 1,1,1,0,0,1,1", "CONNECT", "+CTXI: 1,0,0,0", "+CDTXC: 1,0", "+CTXG: 1,2,0,0", "+CTXG: 1")
    peer.says("+CTXG: 1,1,1,0")
    assert (await told.next(TransmitRefused)).retry is False
    assert not any(isinstance(event, TransmitGranted) for event in told.events)


async def test_the_one_who_talks_is_asked_to_give_way(radio: RakelRadio, peer: Peer, told: Told) -> None:
    peer.says("+CTCC: 1,1,1,0,0,1,1", "+CTXG: 1,3,0,0,3,02400000100002002")
    await told.next(RadioTalkStarted)
    await radio.demand_transmit(NAME, TALKGROUP, preempt=True)
    await peer.gets("AT+CTXD=1,2")
    peer.says("+CTXG: 1,0,0,0")
    await told.next(TransmitGranted)


async def test_a_demand_on_another_group_than_the_terminals_is_refused(radio: RakelRadio, told: Told) -> None:
    await radio.demand_transmit(NAME, Gssi(7654321))
    assert "stands on talkgroup 1234567, not on 7654321" in english((await told.next(TransmitRefused)).reason)


async def test_a_demand_on_a_terminal_that_is_not_ready_is_refused_with_the_reason(
    peer: Peer, start: Start, told: Told
) -> None:
    peer.answers["AT+CREG?"] = "+CREG: 2,,"
    radio = start()
    await told.state(TerminalState.UNREGISTERED)
    await radio.demand_transmit(NAME, TALKGROUP)
    refused = await told.next(TransmitRefused)
    assert english(refused.reason) == "no network: no network in reach"
    assert refused.retry


async def test_a_terminal_that_only_failed_to_tell_of_its_network_does_not_stay_keyed(
    radio: RakelRadio, peer: Peer, told: Told
) -> None:
    await talk(radio, peer, told)
    peer.answers["AT+CREG?"] = ""
    await told.state(TerminalState.UNREGISTERED)
    await peer.gets("AT+CUTXC=1")
    assert not peer.on_air


async def test_a_command_that_is_refused_refuses_the_demand(radio: RakelRadio, peer: Peer, told: Told) -> None:
    peer.answers[f"ATD{GROUP}"] = "+CME ERROR: 42"
    await radio.demand_transmit(NAME, TALKGROUP)
    assert "busy with signalling" in english((await told.next(TransmitRefused)).reason)


async def test_a_demand_given_up_at_once_never_reaches_the_air(radio: RakelRadio, peer: Peer, told: Told) -> None:
    await radio.demand_transmit(NAME, TALKGROUP)
    await radio.cease_transmit(NAME)
    await asyncio.sleep(0.3)
    assert f"ATD{GROUP}" not in peer.received


async def test_a_talker_is_told_with_function_and_group(radio: RakelRadio, peer: Peer, told: Told) -> None:
    peer.says(f"+CTICN: 1,0,0,5,02400000100002002,1,1,0,1,1,5,024000001{GROUP:08},0", "+CTCC: 1,1,1,0,0,1,1")
    peer.says("+CTXG: 1,3,0,0,3,02400000100002002")
    started = await told.next(RadioTalkStarted)
    assert (started.gssi, started.issi) == (GROUP, 2002)
    peer.says("+CDTXC: 1,0")
    await told.next(RadioTalkStopped)


async def test_noise_between_lines_and_a_line_without_end_do_no_harm(radio: RakelRadio, peer: Peer, told: Told) -> None:
    peer.sends(b"\x00\xff\xfe+CTXG: 1,\x00" * 20 + b"\r\n" + b"x" * 5000)
    peer.says("+CTXG: 1,3,0,0,3,02400000100002002")
    assert (await told.next(RadioTalkStarted)).issi == 2002
    line = radio.terminal(NAME).line
    assert line is not None
    assert line.counters["overlong"] == 1


# --- the end of a transmission is sure, or the terminal is not used ---


async def test_a_terminal_that_takes_the_order_and_transmits_on_is_ordered_again_and_not_used(
    radio: RakelRadio, peer: Peer, told: Told
) -> None:
    await talk(radio, peer, told)
    peer.keeps_transmitting = True
    peer.received.clear()
    await radio.cease_transmit(NAME)
    for order in ("AT+CUTXC=1", "AT+CUTXC=1", "ATH"):
        await peer.gets(order)
    blocked = await told.state(TerminalState.BLOCKED)
    assert "has not confirmed the end of its transmission" in english(blocked.reason)
    assert blocked.alarms == ("release_unconfirmed",)
    assert abs(blocked.alarm_times_s[0] - time.time()) < 5
    assert not any(isinstance(event, TransmitEnded) for event in told.events), "nobody may believe the channel idle"
    await radio.demand_transmit(NAME, TALKGROUP)
    assert (await told.next(TransmitRefused)).reason.get("state") == "blocked"
    peer.keeps_transmitting = False
    peer.says("+CTCR: 1,1")
    assert not (await told.next(TransmitEnded)).lost
    await told.state(TerminalState.READY)


async def test_a_line_that_comes_back_to_a_terminal_still_on_the_air_does_not_make_it_ready(
    radio: RakelRadio, peer: Peer, told: Told
) -> None:
    await talk(radio, peer, told)
    peer.keeps_transmitting = True
    peer.unplug()
    await told.state(TerminalState.ABSENT)
    peer.plug_in()
    blocked = await told.state(TerminalState.BLOCKED)
    assert "has not confirmed" in english(blocked.reason)
    assert blocked.alarms == ("release_unconfirmed",)
    peer.says("+CDTXC: 1,0")
    await told.state(TerminalState.READY)


async def test_a_terminal_switched_off_and_on_while_on_the_air_is_used_as_soon_as_it_says_that_there_is_no_call(
    radio: RakelRadio, peer: Peer, told: Told
) -> None:
    await talk(radio, peer, told)
    peer.on_air.clear()
    peer.answers["AT+CUTXC=1"] = "+CME ERROR: 3"
    peer.says("+CME ERROR: 35")
    await told.state(TerminalState.INITIALISING)
    after = await told.until(lambda event: isinstance(event, TerminalChanged) and event.state is not initialising)
    assert isinstance(after, TerminalChanged)
    assert (after.state, after.alarms) == (TerminalState.READY, ())


async def test_a_terminal_that_comes_back_from_where_there_is_no_network_is_used_at_once(
    radio: RakelRadio, peer: Peer, told: Told
) -> None:
    await talk(radio, peer, told)
    peer.keeps_transmitting = True
    peer.answers["AT+CREG?"] = "+CREG: 2,,"
    peer.says("+CREG: 2,,")
    await told.state(TerminalState.UNREGISTERED)
    await peer.gets("ATH")
    await peer.gets("AT+CREG?")
    await peer.gets("AT+CREG?")
    peer.answers["AT+CREG?"] = "+CREG: 1,1,24000001"
    back = await told.until(
        lambda event: isinstance(event, TerminalChanged) and event.state is not TerminalState.UNREGISTERED
    )
    assert isinstance(back, TerminalChanged)
    assert back.state is TerminalState.READY


# --- only in trunked mode ---


async def test_a_terminal_put_into_direct_mode_at_its_panel_is_silenced_ordered_back_and_not_used_meanwhile(
    radio: RakelRadio, peer: Peer, told: Told
) -> None:
    await talk(radio, peer, told)
    peer.answers |= {"AT+CTOM?": "+CTOM: 1", "AT+CTOM=0": "+CME ERROR: 42"}
    peer.says("+CTOM: 1")
    ended = await told.next(TransmitEnded)
    assert ended.lost
    assert "direct mode" in english(ended.reason)
    blocked = await told.state(TerminalState.BLOCKED)
    assert english(blocked.reason) == "it is in direct mode, and is ordered back to trunked mode"
    assert "wrong_mode" in blocked.alarms
    await peer.gets("AT+CUTXC=1")
    await peer.gets("AT+CTOM=0")
    await radio.demand_transmit(NAME, TALKGROUP)
    assert "direct mode" in english((await told.next(TransmitRefused)).reason)
    await peer.gets("AT+CTOM=0", timeout_s=10)
    peer.answers |= {"AT+CTOM?": "+CTOM: 0", "AT+CTOM=0": "+CTOM: 0"}
    ready = await told.state(TerminalState.READY)
    assert ready.gssi == GROUP
    assert ready.alarms == ("panel_used",)


@pytest.mark.parametrize("mode", [1, 2, 3, 4, 5, 6])
async def test_a_mode_that_changed_in_silence_is_found_by_a_poll(
    radio: RakelRadio, peer: Peer, told: Told, mode: int
) -> None:
    peer.answers["AT+CTOM?"] = f"+CTOM: {mode}"
    await told.state(TerminalState.BLOCKED)
    await peer.gets("AT+CTOM=0")
    peer.answers["AT+CTOM?"] = "+CTOM: 0"
    await told.state(TerminalState.READY)


async def test_a_gateway_of_direct_mode_that_shows_itself_has_the_mode_looked_at(
    start: Start, peer: Peer, told: Told
) -> None:
    start(poll_s=600)
    await told.state(TerminalState.READY)
    peer.answers["AT+CTOM?"] = "+CTOM: 1"
    peer.says("+CTDGR: 2,1001,90116383,1")
    await told.state(TerminalState.BLOCKED)


async def test_a_terminal_that_stops_telling_of_calls_is_set_up_anew(radio: RakelRadio, peer: Peer, told: Told) -> None:
    peer.answers["AT+CTSP?"] = "+CTSP: 2,0,0\r\n+CTSP: 1,1,11"
    await peer.gets("AT+CTSP?")
    await peer.gets("AT+CTSP?")
    peer.answers["AT+CTSP?"] = "+CTSP: 1,1,11"
    await told.state(TerminalState.INITIALISING)
    await peer.gets("AT+CTSP=2,0,0")


async def test_a_terminal_that_does_not_tell_its_routing_is_asked_once(start: Start, peer: Peer, told: Told) -> None:
    peer.answers["AT+CTSP?"] = "+CME ERROR: 4"
    start()
    await peer.gets("AT+CTSP?")
    await told.state(TerminalState.READY)
    for _ in range(2):
        await peer.gets("AT+CREG?")
    assert "AT+CTSP?" not in peer.received


async def test_a_hand_at_the_panel_and_a_call_to_the_terminal_itself_are_told(
    radio: RakelRadio, peer: Peer, told: Told
) -> None:
    peer.gssi = 7654321
    peer.says("+CTGS: 1,02400000107654321", "+CTICN: 3,0,0,0,2002,0,0,0,0,1,0,1000001,0")
    await told.until(
        lambda event: isinstance(event, TerminalChanged) and event.alarms == ("panel_used", "individual_call")
    )
    await peer.gets(f"AT+CTGS=1,{GROUP}")


# --- talkgroups ---


async def test_another_talkgroup_is_selected_and_read_back(radio: RakelRadio, peer: Peer, told: Told) -> None:
    await radio.select_talkgroup(NAME, Gssi(7654321))
    assert (await told.until(lambda event: isinstance(event, TerminalChanged) and event.gssi == 7654321)) is not None
    await radio.select_talkgroup(NAME, Gssi(7654321))
    assert peer.received.count("AT+CTGS=1,7654321") == 1


async def test_a_group_the_terminal_does_not_have_is_an_error_that_says_so(radio: RakelRadio, peer: Peer) -> None:
    peer.answers["AT+CTGS=1,99"] = "+CME ERROR: 34"
    with pytest.raises(PortError, match="talkgroup 99 is refused: parameter out of range") as refused:
        await radio.select_talkgroup(NAME, Gssi(99))
    assert not refused.value.retry


async def test_a_terminal_that_is_busy_attaching_is_asked_again(radio: RakelRadio, peer: Peer) -> None:
    peer.answers["AT+CTGS=1,99"] = "+CME ERROR: 42"
    selecting = asyncio.create_task(radio.select_talkgroup(NAME, Gssi(99)))
    await peer.gets("AT+CTGS=1,99")
    del peer.answers["AT+CTGS=1,99"]
    await selecting
    assert peer.gssi == 99


async def test_a_group_outside_the_settings_is_refused(start: Start, told: Told) -> None:
    radio = start(talkgroups=[GROUP])
    await told.state(TerminalState.READY)
    with pytest.raises(PortError, match="not among its talkgroups"):
        await radio.select_talkgroup(NAME, Gssi(99))


async def test_the_knob_turned_at_the_terminal_ends_our_transmission_and_is_told(
    radio: RakelRadio, peer: Peer, told: Told
) -> None:
    await talk(radio, peer, told)
    peer.gssi = 7654321
    peer.says("+CTGS: 1,02400000107654321")
    changed = await told.until(lambda event: isinstance(event, TerminalChanged) and event.gssi == 7654321)
    assert changed is not None
    await peer.gets("AT+CUTXC=1")
    await peer.gets(f"AT+CTGS=1,{GROUP}")


# --- lost and found ---


async def test_unplugged_in_the_middle_of_a_transmission_and_back_on_the_same_path(
    radio: RakelRadio, peer: Peer, told: Told
) -> None:
    await talk(radio, peer, told)
    peer.unplug()
    ended = await told.next(TransmitEnded)
    assert ended.lost
    await told.state(TerminalState.ABSENT)
    peer.gssi = 0
    peer.received.clear()
    peer.plug_in()
    ready = await told.state(TerminalState.READY)
    assert ready.gssi == GROUP
    assert not peer.on_air
    assert peer.received.index("AT+CUTXC=1") < peer.received.index("AT+CTSP=2,0,0")


async def test_unplugged_while_somebody_talks_is_his_end(radio: RakelRadio, peer: Peer, told: Told) -> None:
    peer.says("+CTXG: 1,3,0,0,3,02400000100002002")
    await told.next(RadioTalkStarted)
    peer.unplug()
    await told.next(RadioTalkStopped)


async def test_a_network_that_goes_ends_the_transmission_and_one_that_comes_back_is_used(
    radio: RakelRadio, peer: Peer, told: Told
) -> None:
    await talk(radio, peer, told)
    peer.answers["AT+CREG?"] = "+CREG: 2,,"
    peer.says("+CREG: 2,,")
    assert (await told.next(TransmitEnded)).lost
    await told.state(TerminalState.UNREGISTERED)
    peer.answers["AT+CREG?"] = "+CREG: 5,1,24000001"
    await told.state(TerminalState.READY)


async def test_a_terminal_switched_off_and_on_is_set_up_anew(radio: RakelRadio, peer: Peer, told: Told) -> None:
    peer.received.clear()
    peer.says("+CME ERROR: 35")
    await told.state(TerminalState.INITIALISING)
    await told.state(TerminalState.READY)
    assert "AT+CTSP=2,0,0" in peer.received


async def test_a_terminal_that_falls_silent_is_noticed_and_set_up_when_it_answers(
    radio: RakelRadio, peer: Peer, told: Told
) -> None:
    peer.silent = True
    await told.state(TerminalState.INITIALISING)
    peer.silent = False
    await told.state(TerminalState.READY)


async def test_a_clean_stop_lets_go_of_the_channel(peer: Peer, told: Told) -> None:
    radio = RakelRadio([terminal_settings(str(peer.path))], RealClock(), told.emit)
    running = asyncio.create_task(radio.run())
    await told.state(TerminalState.READY)
    await talk(radio, peer, told)
    peer.received.clear()
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert peer.received[-2:] == ["AT+CUTXC=1", "ATH"]
    assert (await told.next(TransmitEnded)).lost
    await told.state(TerminalState.ABSENT)


async def test_a_fault_of_our_own_is_a_failed_terminal_for_whoever_asks(peer: Peer, start: Start, told: Told) -> None:
    async def boom(line: object) -> None:
        raise ZeroDivisionError

    radio = start(groups_s=1)
    radio.terminal(NAME).groups.step = boom  # type: ignore[method-assign]
    await told.state(TerminalState.READY)
    failed = await told.state(TerminalState.FAILED)
    assert english(failed.reason) == "fault in the driver: ZeroDivisionError"
    assert english(radio.health()["terminal rakel-1"]) == "failed: fault in the driver: ZeroDivisionError"


async def test_one_terminal_that_fails_does_not_touch_another(
    peer: Peer, start: Start, told: Told, tmp_path: Path
) -> None:
    radio = start(str(tmp_path / "nothing"))
    await told.until(lambda event: isinstance(event, TerminalChanged) and event.state is TerminalState.READY)
    assert radio.health()["terminal rakel-1"] == WELL
    assert radio.health()["terminal other-0"].get("state") == "absent"
    await talk(radio, peer, told)


# --- short data ---


async def test_a_text_is_sent_with_the_wish_for_a_report(radio: RakelRadio, peer: Peer, told: Told) -> None:
    await radio.send_sds(NAME, MESSAGE, 2002, "Räddning")
    started = await told.next(SdsProgress)
    sent = [line for line in peer.received if line.startswith("AT+CTSDS") or line.startswith("AT+CMGS")]
    assert sent == ["AT+CTSDS=12,0", "AT+CMGS=2002,96"]
    assert peer.received[-1] == f"8204{started.reference:02X}01" + "Räddning".encode("latin-1").hex().upper()


async def stages(told: Told, count: int) -> list[tuple[SdsStage, int, int]]:
    found = [await told.next(SdsProgress) for _ in range(count)]
    return [(one.stage, one.part, one.parts) for one in found]


async def test_how_far_a_text_comes_is_told_step_by_step(radio: RakelRadio, peer: Peer, told: Told) -> None:
    await radio.send_sds(NAME, MESSAGE, 2002, "Räddning")
    assert await stages(told, 3) == [(SdsStage.STARTED, 1, 1), (SdsStage.ACCEPTED, 1, 1), (SdsStage.ON_AIR, 1, 1)]


async def test_a_status_goes_out_under_its_own_service(radio: RakelRadio, peer: Peer, told: Told) -> None:
    await radio.send_status(NAME, MESSAGE, 2002, 0x8004)
    assert peer.received[-3:] == ["AT+CTSDS=13,0", "AT+CMGS=2002,16", "8004"]
    assert (await told.next(SdsProgress)).reference is None


async def test_a_text_to_a_group_asks_for_no_report(radio: RakelRadio, peer: Peer, told: Told) -> None:
    await radio.send_sds(NAME, MESSAGE, 2002, "Alla", group=True)
    assert peer.received[-1].startswith("8200")
    assert (await told.next(SdsProgress)).reference is None


async def test_a_long_text_is_numbered_in_clear_or_put_into_a_series(peer: Peer, start: Start, told: Told) -> None:
    text = "Skogsbrand vid Älvdalen. " * 8
    plain = start()
    await told.state(TerminalState.READY)
    await plain.send_sds(NAME, MESSAGE, 2002, text)
    data = [bytes.fromhex(line) for line in peer.received if line.startswith("8204")]
    assert [one[4:8] for one in data] == [b"1/2 ", b"2/2 "]


async def test_a_real_terminal_is_given_no_more_short_data_than_it_was_found_to_send(
    peer: Peer, start: Start, told: Told
) -> None:
    radio = start(profile="mtm5400", baud=115200)
    await told.state(TerminalState.READY)
    await radio.send_sds(NAME, MESSAGE, 2002, "Skogsbrand vid Älvdalen. " * 8)
    sizes = [int(line.rpartition(",")[2]) for line in peer.received if line.startswith("AT+CMGS=2002,")]
    assert len(sizes) == 3
    assert max(sizes) <= 668


async def test_a_series_goes_on_at_the_part_where_it_stopped(peer: Peer, start: Start, told: Told) -> None:
    radio = start(sds_series=True)
    await told.state(TerminalState.READY)
    text = "Skogsbrand vid Älvdalen. " * 12
    await radio.send_sds(NAME, MESSAGE, 2002, text)
    await radio.send_sds(NAME, MESSAGE, 2002, text, first_part=3)
    data = [bytes.fromhex(line) for line in peer.received if line.startswith("8A04")]
    headers = [one[4:10] for one in data]
    assert [one[-2:] for one in headers] == [bytes((3, 1)), bytes((3, 2)), bytes((3, 3)), bytes((3, 3))]
    assert len({one[3] for one in headers}) == 1, "one name for the whole text, also at the next try"


async def test_what_the_terminal_refuses_has_not_been_sent(radio: RakelRadio, peer: Peer, told: Told) -> None:
    peer.answers["AT+CTSDS=12,0"] = "+CME ERROR: 42"
    with pytest.raises(PortError, match="refused") as refused:
        await radio.send_sds(NAME, MESSAGE, 2002, "Räddning")
    assert refused.value.retry
    assert not any(line.startswith("AT+CMGS") for line in peer.received)


async def test_a_line_pulled_out_in_the_middle_leaves_a_doubt(radio: RakelRadio, peer: Peer, told: Told) -> None:
    peer.silent_data = True
    sending = asyncio.create_task(radio.send_sds(NAME, MESSAGE, 2002, "Räddning"))
    await peer.gets("AT+CMGS=2002,96")
    peer.unplug()
    await sending
    assert [stage for stage, _, _ in await stages(told, 2)] == [SdsStage.STARTED, SdsStage.IN_DOUBT]


async def test_a_report_is_told_with_the_reference_it_names(radio: RakelRadio, peer: Peer, told: Told) -> None:
    peer.sends(fixture("ctsdsr_report"))
    assert (await told.next(SdsReported)).reference == 7
    peer.sends(fixture("ctsdsr_short_report"))
    assert (await told.next(SdsReported)).reference == 7


async def test_a_text_that_comes_in_is_told_once_and_confirmed_each_time(
    radio: RakelRadio, peer: Peer, told: Told
) -> None:
    peer.sends(fixture("ctsdsr") * 2)
    received = await told.next(SdsReceived)
    assert (received.sender, received.text) == (23404, "Gjatajagja")
    await peer.gets("AT+CMGS=23404,32")
    await peer.gets("82100008")
    await peer.gets("82100008")
    assert not any(isinstance(event, SdsReceived) for event in told.events)


async def test_a_message_that_cannot_be_read_is_told_with_its_sender(radio: RakelRadio, peer: Peer, told: Told) -> None:
    peer.says("+CTSDSR: 12,1401001,0,1400001,0,32", "0C010203")
    unreadable = await told.next(SdsUnreadable)
    assert (unreadable.sender, unreadable.receiver, unreadable.reason.get("evidence")) == (
        1401001,
        1400001,
        "protocol 12",
    )
    peer.says("+CTSDSR: 12,1401001,0,1400001,0,32", "+CSQ: 26,99")
    assert (await told.next(SdsUnreadable)).sender == 1401001, "also when its data never came"


async def test_an_emergency_alarm_is_a_status_and_is_not_missed(radio: RakelRadio, peer: Peer, told: Told) -> None:
    peer.sends(fixture("ctsdsr_emergency"))
    assert (await told.next(StatusReceived)).code == 0


async def test_a_text_to_nobody_or_far_too_long_is_refused(radio: RakelRadio) -> None:
    with pytest.raises(PortError, match="no subscriber"):
        await radio.send_sds(NAME, MESSAGE, 0, "x")
    with pytest.raises(PortError, match="at most are sent"):
        await radio.send_sds(NAME, MESSAGE, 2002, "x" * 5000)


async def test_an_unknown_terminal_is_an_error(radio: RakelRadio) -> None:
    with pytest.raises(PortError, match="there is no terminal rakel-9 in the settings"):
        await radio.demand_transmit(TerminalName("rakel-9"), TALKGROUP)


# --- other lines, the log ---


async def test_a_terminal_behind_a_serial_server_is_reached_by_socket(peer: Peer, told: Told) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer.sends = writer.write  # type: ignore[method-assign]
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(100):
                for line in data.decode("latin-1").split("\r"):
                    if line:
                        peer._take(line)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, family=socket.AF_INET)
    port = server.sockets[0].getsockname()[1]
    radio = RakelRadio([terminal_settings(f"socket://127.0.0.1:{port}")], RealClock(), told.emit)
    running = asyncio.create_task(radio.run())
    await told.state(TerminalState.READY)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    server.close()
    await server.wait_closed()


def test_what_people_write_each_other_is_not_logged() -> None:
    assert redacted("AT+CMGS=23401,32\r\n82100007\x1a") == "AT+CMGS=23401,32\\r\\n<8 characters of user data>\\x1a"
    assert redacted("82040801476A6174616A61676A61") == "<28 characters of user data>"
    assert redacted("+CTXG: 1,3,0,0,3,09011638300023404") == "+CTXG: 1,3,0,0,3,09011638300023404"
