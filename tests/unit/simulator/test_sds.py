"""Short data both ways (2.6)."""

import pytest

from tests.harness.radio import SimulatedRadio
from tests.unit.simulator.te import PeiLine

RECEIVER = "1002001"
TEXT_PDU = "82040801" + "Gjatajagja".encode("latin-1").hex().upper()


def _send(line: PeiLine, pdu: str, bits: int, receiver: str = RECEIVER) -> None:
    line.write(f"AT+CMGS={receiver},{bits}\r\n{pdu}\x1a")


async def test_a_text_is_accepted_sent_and_reported_received(radio: SimulatedRadio, line: PeiLine) -> None:
    await line.does("AT+CTSDS=12,0,0,0,0")
    _send(line, TEXT_PDU, 112)
    assert await line.until("82100008") == [
        "+CMGS: 0",
        "OK",
        "+CMGS: 0,4,1",
        "+CTSDSR: 12,02400000101002001,5,02400000101001001,5,32",
        "82100008",
    ]
    assert (await radio.user("Ledning").gets_message())["text"] == "Gjatajagja"


async def test_the_report_may_come_short_as_a_status(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.set(report="short")
    _send(line, TEXT_PDU, 112)
    assert (await line.until("7E08"))[-2] == "+CTSDSR: 13,02400000101002001,5,02400000101001001,5,16"


async def test_a_radio_that_is_off_gets_nothing_though_it_was_sent(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.user("Ledning").switches_off()
    _send(line, TEXT_PDU, 112)
    await line.until("+CMGS: 0,4,1")
    assert await radio.user("Ledning").received() == []


async def test_sending_over_the_air_may_fail(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.set(sds_outcome="failed")
    _send(line, TEXT_PDU, 112)
    await line.until("+CMGS: 0", "OK", "+CMGS: 0,5,1")


async def test_a_text_to_the_talkgroup_reaches_all_and_nobody_reports(radio: SimulatedRadio, line: PeiLine) -> None:
    _send(line, TEXT_PDU, 112, receiver="2001")
    assert (await radio.user("Ledning").gets_message())["text"] == "Gjatajagja"
    assert (await radio.user("Insats").gets_message())["called"] == 2001
    assert await line.until("+CMGS: 0,4,1") == ["+CMGS: 0", "OK", "+CMGS: 0,4,1"]


async def test_a_text_comes_in_with_its_data_on_the_next_line(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.user("Ledning").sends("Å", to=radio.terminal.issi)
    assert await line.until("820001…") == [
        "+CTSDSR: 12,02400000101002001,5,02400000101001001,5,40",
        "82000101C5",
    ]


@pytest.mark.parametrize(("quirk", "bits", "digits"), [("four_less", 36, "82000101C5"), ("odd", 36, "82000101C")])
async def test_lengths_that_do_not_fit_as_some_terminals_give_them(
    radio: SimulatedRadio, line: PeiLine, quirk: str, bits: int, digits: str
) -> None:
    await radio.set(sds_length=quirk)
    await radio.user("Ledning").sends("Å", to=radio.terminal.issi)
    said = await line.until(digits)
    assert said[0].endswith(f",{bits}")


async def test_the_emergency_alarm_is_status_0(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.user("Ledning").sends_status(0, to=radio.gssi)
    assert await line.until("0000") == ["+CTSDSR: 13,02400000101002001,5,02400000100002001,5,16", "0000"]


async def test_a_status_goes_out(radio: SimulatedRadio, line: PeiLine) -> None:
    await line.does("AT+CTSDS=13,0")
    _send(line, "8004", 16)
    assert (await radio.user("Ledning").gets_message())["hex"] == "8004"


async def test_a_protocol_that_was_not_routed_stays_in_the_terminal(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.client.send_sds(1_002_001, radio.terminal.issi, "x", pid=0x89)
    assert await line.does("AT") == ["OK"]


@pytest.mark.parametrize(
    ("pdu", "bits", "cme"), [("82", 112, "+CME ERROR: 32"), ("XY", 8, "+CME ERROR: 32"), ("82", 4, "+CME ERROR: 34")]
)
async def test_wrong_user_data_is_refused(line: PeiLine, pdu: str, bits: int, cme: str) -> None:
    _send(line, pdu, bits)
    await line.until(cme)


async def test_escape_takes_a_message_back(radio: SimulatedRadio, line: PeiLine) -> None:
    line.write(f"AT+CMGS={RECEIVER},112\r\n8204\x1b")
    assert await line.does("AT") == ["OK"]


async def test_data_without_its_command_is_refused(line: PeiLine) -> None:
    line.write("8204\x1a")
    await line.until("+CME ERROR: 36")
