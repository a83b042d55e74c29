"""From the first byte to a working terminal."""

import asyncio
from pathlib import Path

import pytest

from tests.harness.radio import SimulatedRadio, simulated_radio
from tests.unit.simulator.conftest import QUICK
from tests.unit.simulator.te import PeiLine, pei_line


async def test_the_first_line_after_connecting_meets_a_syntax_error_and_the_next_is_heard(
    radio: SimulatedRadio,
) -> None:
    async with pei_line(radio.terminal.serial) as line:
        line.write("AT\r")
        await line.until("+CME ERROR: 35")
        assert await line.does("AT") == ["AT", "OK"]


async def test_commands_are_echoed_until_told_otherwise_and_again_after_a_reset(radio: SimulatedRadio) -> None:
    async with pei_line(radio.terminal.serial) as line:
        await line.wakes_up()
        assert await line.does("ATE0") == ["ATE0", "OK"]
        assert await line.does("AT") == ["OK"]
        await line.does("ATZ")
        assert await line.does("AT") == ["AT", "OK"]


async def test_answers_are_framed_by_carriage_return_and_line_feed(line: PeiLine) -> None:
    line.raw = b""
    await line.does("AT+CTOM?")
    assert line.raw == b"\r\n+CTOM: 0\r\n\r\nOK\r\n"


async def test_a_command_may_end_with_cr_or_crlf(line: PeiLine) -> None:
    line.write("AT+CTOM?\r\nAT+CSQ?\r\n")
    assert await line.until("OK", "OK") == ["+CTOM: 0", "OK", "+CSQ: 26,99", "OK"]


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("AT+GMI?", "+GMI: MOTOROLA"),
        ("AT+GMM?", "+GMM: 54007,M83PF-----AN,88.2.0.0"),
        ("AT+CNUMS=?", "+CNUMS: (0),(1-2000),(1-2000)"),
        ("AT+CTOM?", "+CTOM: 0"),
        ("AT+CREG?", "+CREG: 1,1,24000001"),
        ("AT+CSQ?", "+CSQ: 26,99"),
        ("AT+CTGS?", "+CTGS: 1,02400000100002001"),
        ("AT+CMGS=?", "+CMGS: (0-16777214,00000001-10231638316777214,1-255,0-999),(8-1184)"),
    ],
)
async def test_what_the_terminal_says_of_itself(line: PeiLine, command: str, answer: str) -> None:
    assert await line.does(command) == [answer, "OK"]


async def test_the_terminal_tells_its_own_identity_with_17_digits(line: PeiLine) -> None:
    assert await line.does("AT+CNUMF?") == ["+CNUMF: 6,02400000101001001", "2,16777184", "3,16777184", "OK"]


async def test_the_older_model_writes_15_digits_counts_calls_from_0_and_sleeps_deeper(tmp_path: Path) -> None:
    async with (
        simulated_radio(tmp_path, profile="mtm800e", arguments=QUICK) as radio,
        pei_line(radio.terminal.serial) as line,
    ):
        await line.wakes_up()
        await line.initialises(radio.gssi)
        assert (await line.does("AT+CNUMF?"))[0] == "+CNUMF: 0,240000101001001"
        line.write("ATD2001\r")
        assert await line.until("+CTXG: 0,0,0,0") == [
            "OK",
            "+CTOCP: 0,0,0,1,1,0,1,1",
            "+CTCC: 0,1,1,0,0,1,1",
            "+CTXG: 0,0,0,0",
        ]


async def test_the_terminal_lists_its_talkgroups(line: PeiLine) -> None:
    await line.does("AT+CNUMS=0,1,2000")
    assert await line.does("AT+CNUMS?") == [
        "+CNUMS: 7,02400000100002001,RAPS-1",
        "7,02400000100002002,RAPS-2",
        "OK",
    ]


async def test_a_service_it_was_not_asked_for_stays_on_its_display(radio: SimulatedRadio) -> None:
    async with pei_line(radio.terminal.serial) as line:
        await line.initialises(radio.gssi)
        await line.does("ATZ")
        await line.does("ATE0")
        assert await radio.user("Ledning").presses_ptt(seconds=0.1)
        await radio.user("Ledning").stops_talking()
        assert await line.does("AT") == ["OK"]


async def test_a_talkgroup_out_of_the_codeplug_is_refused_and_the_old_one_stays(line: PeiLine) -> None:
    assert await line.is_refused("AT+CTGS=1,4711") == "+CME ERROR: 34"
    assert (await line.does("AT+CTGS?"))[0] == "+CTGS: 1,02400000100002001"


async def test_a_talkgroup_is_read_back_after_it_is_attached(radio: SimulatedRadio, line: PeiLine) -> None:
    assert await line.does("AT+CTGS=1,024000001" + "00002002") == ["OK"]
    assert await line.until("+CTGS: 1,02400000100002002")
    await radio.terminal.selects(2002)


async def test_while_attaching_the_terminal_is_busy_with_signalling(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.set(attach_ms=300)
    await line.does("AT+CTGS=1,2002")
    assert await line.is_refused("AT+CTGS=1,2001") == "+CME ERROR: 42"


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("AT+NONSENSE", "ERROR"),
        ("HELLO", "+CME ERROR: 35"),
        ("AT+CTXD=9,0", "+CME ERROR: 3"),
        ("AT+CUTXC=9", "+CME ERROR: 3"),
        ("AT+CTOM=1", "+CME ERROR: 4"),
        ("AT+CTSP=1,3,131", "+CME ERROR: 3"),
        ("AT+CTSP=1,9,9", "+CME ERROR: 34"),
        ("AT+CTGS=x", "+CME ERROR: 34"),
    ],
)
async def test_what_it_cannot_do_it_says(line: PeiLine, command: str, answer: str) -> None:
    assert await line.is_refused(command) == answer


async def test_a_pei_on_a_tcp_port_speaks_the_same(tmp_path: Path) -> None:

    async with simulated_radio(tmp_path, over_tcp=True, arguments=QUICK) as radio:
        host, _, port = radio.terminal.serial.removeprefix("socket://").rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"\rAT\r")
        assert (await reader.readuntil(b"OK\r\n")).endswith(b"+CME ERROR: 35\r\n\r\nOK\r\n")
        await radio.terminal.unplug()
        assert await _rest(reader) == b""
        await radio.terminal.replug()
        reader, again = await asyncio.open_connection(host, int(port))
        again.write(b"AT\r")
        assert await reader.readuntil(b"+CME ERROR: 35\r\n")
        writer.close()
        again.close()


async def _rest(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""
