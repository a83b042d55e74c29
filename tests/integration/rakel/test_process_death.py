"""The program that has keyed a terminal dies. The transmission ends all the same, by whichever bar comes first."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hardware.simulator.client import OnAir
from tests.harness.radio import SimulatedRadio, simulated_radio
from tests.harness.witness import Witness

READY_S = 30.0


@pytest.fixture
async def radio(tmp_path: Path) -> AsyncIterator[SimulatedRadio]:
    async with simulated_radio(tmp_path, arguments=("--grant-delay-ms=20", "--hang-time-s=1")) as radio:
        yield radio


@asynccontextmanager
async def keyed(radio: SimulatedRadio) -> AsyncIterator[asyncio.subprocess.Process]:
    """A program of its own that has the channel."""
    arguments = ("-m", "tests.integration.rakel.keyed_program", radio.terminal.serial, str(radio.gssi))
    program = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.PIPE)
    try:
        assert program.stdout is not None
        async with asyncio.timeout(READY_S):
            while b"granted" not in (line := await program.stdout.readline()):
                assert line, "the program ended before it was granted the channel"
        yield program
    finally:
        if program.returncode is None:
            program.kill()
        await program.communicate()


async def ended(radio: SimulatedRadio) -> OnAir:
    await radio.client.wait_for("transmission_ended", issi=radio.terminal.issi, timeout_s=READY_S)
    return (await radio.on_air())[0]


def lasted_s(transmission: OnAir) -> float:
    assert transmission.end_s is not None
    return transmission.end_s - transmission.start_s


async def test_a_killed_program_leaves_the_terminal_keyed_until_its_own_time_out(
    radio: SimulatedRadio, witness: Witness
) -> None:
    await radio.set(tot_s=3.0)
    async with keyed(radio) as program:
        program.kill()
        await program.wait()
        assert (await radio.terminal.state())["transmitting"]
        transmission = await ended(radio)
    assert transmission.reason == "tot"
    stood_still_s = witness.longest_s(transmission.start_s, transmission.end_s)
    assert 3.0 - 0.1 <= lasted_s(transmission) <= 3.0 + 0.5 + stood_still_s


async def test_the_next_start_ends_what_the_killed_one_left(radio: SimulatedRadio) -> None:
    async with keyed(radio) as program:
        program.kill()
        await program.wait()
        assert (await radio.terminal.state())["transmitting"]
        async with keyed(radio):
            first, second = (await radio.on_air())[:2]
    assert first.reason in ("released", "hung_up")
    assert lasted_s(first) < 60
    assert second.start_s > (first.end_s or 0)


async def test_a_watchdog_box_ends_what_nobody_feeds_and_leaves_a_living_program_alone(
    radio: SimulatedRadio, witness: Witness
) -> None:
    await radio.set(guard_s=3.0)
    async with keyed(radio) as program:
        await radio.client.wait_for("command", line="AT", timeout_s=READY_S)
        await radio.client.wait_for("command", line="AT+CSQ?", timeout_s=READY_S)
        state = await radio.terminal.state()
        assert state["transmitting"], "its own heartbeat feeds the box"
        killed_at_s = (await radio.client.ask("mark"), asyncio.get_running_loop().time())[1]
        program.kill()
        transmission = await ended(radio)
    assert transmission.reason == "guard"
    assert transmission.end_s is not None
    assert transmission.end_s - killed_at_s <= 3.5 + witness.longest_s(killed_at_s, transmission.end_s)


async def test_a_program_that_is_stopped_lets_go_itself(radio: SimulatedRadio) -> None:
    async with keyed(radio) as program:
        program.send_signal(signal.SIGTERM)
        transmission = await ended(radio)
    assert transmission.reason in ("released", "hung_up")
