"""The command `python -m hardware.simulator`."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from hardware.simulator.client import SimulatorClient, SimulatorError
from tests.harness.radio import simulated_radio
from tests.unit.simulator.peer import audio_peer
from tests.unit.simulator.te import pei_line


async def _start(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "hardware.simulator",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_it_says_when_it_is_ready_and_leaves_nothing_behind_when_told_to_stop(tmp_path: Path) -> None:
    link = tmp_path / "terminal"
    process = await _start(f"--link={link}", "--issi=1001001", "--gssi=RAPS-1=2001", "--user=1002001=Ledning")
    assert process.stdout is not None
    ready = (await process.stdout.readline()).decode().split()
    assert ready[:2] == ["simulator", "ready"]
    facts = dict(part.split("=", 1) for part in ready[2:])
    assert facts["rakel-1.pei"] == str(link)
    host, _, port = facts["control"].rpartition(":")
    async with (
        SimulatorClient(host, int(port)) as client,
        audio_peer(facts["rakel-1.audio"]) as peer,
        pei_line(str(link)) as line,
    ):
        await line.initialises(2001)
        await peer.receive(2)
        waiting = asyncio.create_task(client.wait_for("booted"))
        assert (await client.terminal_state())["talkgroup"] == 2001
        process.send_signal(signal.SIGTERM)
        _, complaints = await process.communicate()
        with pytest.raises(SimulatorError):
            await waiting
    assert process.returncode == 0
    assert complaints.decode() == ""
    assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240 - a look, not a wait


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "give --link, --listen-pei or --terminal"),
        (["--terminal=a,/nowhere/at/all,127.0.0.1:0,1"], "No such file or directory"),
        (["--terminal=a,tcp:127.0.0.1:0,127.0.0.1:0,1"] * 2, "two terminals have the same name"),
        (["--listen-pei=127.0.0.1:0", "--select=5"], "no such talkgroup"),
        (["--link=x", "--issi=99999999"], "no subscriber identity"),
    ],
)
async def test_what_cannot_be_done_is_said_in_one_line(arguments: list[str], reason: str) -> None:
    process = await _start(*arguments)
    _, complaints = await process.communicate()
    assert process.returncode == 2
    assert reason in complaints.decode().splitlines()[-1]


async def test_two_terminals_are_told_apart(tmp_path: Path) -> None:
    async with simulated_radio(tmp_path, terminals=["north", "south"]) as radio:
        await radio.terminals["south"].loses_registration()
        assert (await radio.terminals["north"].state())["registration"] == 1
        assert (await radio.terminals["south"].state())["registration"] == 2
        assert radio.terminals["north"].issi != radio.terminals["south"].issi


@pytest.mark.slow
async def test_an_unknown_request_is_refused_and_the_next_is_served(tmp_path: Path) -> None:
    async with simulated_radio(tmp_path) as radio:
        with pytest.raises(SimulatorError, match="unknown or missing"):
            await radio.client.ask("dance")
        with pytest.raises(SimulatorError, match=r"radio_no_user\(issi=4711\)"):
            await radio.client.press(4711, radio.gssi)
        assert await radio.client.mark() >= 0
