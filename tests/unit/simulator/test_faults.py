"""Lost registration, power, cables (2.8) and lines that no standard knows."""

import os
from pathlib import Path

import pytest

from hardware.simulator.client import SimulatorError
from tests.harness.radio import SimulatedRadio
from tests.unit.simulator.te import PeiLine, pei_line


async def test_without_registration_nothing_can_be_sent_and_the_call_is_lost(
    radio: SimulatedRadio, line: PeiLine
) -> None:
    await line.does("ATD2001")
    await radio.terminal.loses_registration()
    await line.until("+CTCR: 1,37")
    assert await line.does("AT+CREG?") == ["+CREG: 2,0,0", "OK"]
    assert await line.does("AT+CSQ?") == ["+CSQ: 99,99", "OK"]
    assert await line.is_refused("ATD2001") == "+CME ERROR: 30"
    assert await line.is_refused("AT+CTGS=1,2001") == "+CME ERROR: 30"
    assert (await radio.on_air())[0].reason == "registration_lost"
    await radio.terminal.registers()
    assert "+CTXG: 2,0,0,0" in await line.does("ATD2001")


async def test_registration_is_told_unasked_only_when_asked_for(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.terminal.loses_registration()
    assert await line.does("AT") == ["OK"]
    await line.does("AT+CREG=2")
    await radio.terminal.registers()
    await line.until("+CREG: 1,1,24000001")


async def test_a_pulled_cable_is_an_end_of_file_and_the_link_goes_and_comes_back(radio: SimulatedRadio) -> None:
    link = Path(radio.terminal.serial)
    async with pei_line(str(link)) as line:
        await line.initialises(radio.gssi)
        await line.does("ATD2001")
        await radio.terminal.unplug()
        await line.is_cut()
        assert not link.is_symlink()  # noqa: ASYNC240 - a look, not a wait
        assert (await radio.terminal.state())["transmitting"], "the terminal itself knows nothing of cables"
    await radio.terminal.replug()
    async with pei_line(str(link)) as line:
        await line.wakes_up()
        assert await line.does("AT+CTGS?") == ["+CTGS: 1,02400000100002001", "OK"]


async def test_what_is_said_while_nobody_listens_is_lost(radio: SimulatedRadio) -> None:
    async with pei_line(radio.terminal.serial) as line:
        await line.initialises(radio.gssi)
    await radio.terminal.is_closed()
    await radio.user("Ledning").presses_ptt(seconds=0.1)
    await radio.user("Ledning").stops_talking()
    await radio.client.wait_for("call_released")
    async with pei_line(radio.terminal.serial) as line:
        await line.wakes_up()
        assert await line.does("AT") == ["OK"]


async def test_power_off_and_on_forgets_routing_echo_and_calls(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.set(boot_ms=50)
    await line.does("ATD2001")
    await radio.terminal.power_cycle()
    await radio.client.wait_for("booted")
    assert (await radio.on_air())[0].reason == "power"
    line.write("AT\r")
    await line.until("+CME ERROR: 35")
    assert await line.does("AT+CTSP?") == ["AT+CTSP?", "OK"]
    await radio.client.wait_for("registration", issi=radio.terminal.issi, state=1)
    assert (await line.does("AT+CREG?"))[1] == "+CREG: 1,1,24000001"


async def test_a_silent_terminal_answers_nothing(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.terminal.goes_silent()
    line.write("AT+CTOM?\r")
    await radio.user("Ledning").presses_ptt(seconds=0.1)
    await radio.user("Ledning").stops_talking()
    assert line.lines == []
    await radio.terminal.speaks_again()
    assert (await line.does("AT"))[-1] == "OK"


async def test_a_command_can_be_made_to_fail(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.terminal.rejects("AT+CTGS=", 42)
    assert await line.is_refused("AT+CTGS=1,2001") == "+CME ERROR: 42"
    await radio.terminal.accepts_again()
    assert await line.does("AT+CTGS=1,2001") == ["OK"]


async def test_garbage_and_overlong_lines_come_and_the_terminal_works_on(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.terminal.babbles(300)
    await radio.terminal.sends_overlong_line(3000)
    await line.until("+CTXG: 1,1,1,1,1,…")
    assert len(line.raw) > 3000
    await radio.terminal.says("\r\n+CTXG: ,,\r\n")
    await line.until("+CTXG: ,,")
    assert (await line.does("AT"))[-1] == "OK"


async def test_a_line_without_end_is_answered_by_a_syntax_error(line: PeiLine) -> None:
    line.write("A" * 3000 + "\r")
    await line.until("+CME ERROR: 35")


async def test_somebody_turns_the_terminal_to_direct_mode(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.client.fault("mode", mode=1)
    await line.until("+CTOM: 1")
    assert await line.does("AT+CREG?") == ["+CREG: 2,0,0", "OK"]
    assert await line.does("AT+CTOM=0") == ["+CTOM: 0", "OK"]


async def test_two_programs_can_open_the_line_one_after_the_other(radio: SimulatedRadio) -> None:
    for _ in range(3):
        async with pei_line(radio.terminal.serial) as line:
            await line.wakes_up()
            assert (await line.does("AT"))[-1] == "OK"
        await radio.terminal.is_closed()


async def test_the_link_points_at_a_terminal_device(radio: SimulatedRadio) -> None:
    fd = os.open(radio.terminal.serial, os.O_RDWR | os.O_NOCTTY)
    try:
        assert os.isatty(fd)
    finally:
        os.close(fd)


@pytest.mark.parametrize("change", [{"nonsense": 1}, {"behaviour": "sometimes"}, {"silent": "yes"}])
async def test_a_setting_that_does_not_exist_or_fit_is_refused(
    radio: SimulatedRadio, change: dict[str, object]
) -> None:
    with pytest.raises(SimulatorError):
        await radio.set(**change)


async def test_an_unknown_fault_is_refused(radio: SimulatedRadio) -> None:
    with pytest.raises(SimulatorError, match="no fault called earthquake"):
        await radio.client.fault("earthquake")
