"""The command `python -m hardware.simulator.telephones`, and the voices that it speaks with."""

import asyncio
import signal
import socket
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from bridge.ari.install import AsteriskTree
from hardware.simulator.g711 import decode_alaw
from hardware.simulator.telephones.client import TelephonesClient
from hardware.simulator.telephones.voices import Voices, voice_of
from tests.harness.ports import free_port


async def start(*arguments: str) -> asyncio.subprocess.Process:
    command = [sys.executable, "-m", "hardware.simulator.telephones", *arguments]
    return await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )


async def ready(process: asyncio.subprocess.Process) -> dict[str, str]:
    assert process.stdout is not None
    words = (await asyncio.wait_for(process.stdout.readline(), 20)).decode().split()
    assert words[:2] == ["telephones", "ready"]
    return dict(word.split("=", 1) for word in words[2:])


@pytest.mark.slow
async def test_it_says_when_it_is_ready_and_ends_when_told_to() -> None:
    process = await start()
    facts = await ready(process)
    assert int(facts["count"]) == 40
    host, _, port = facts["control"].rpartition(":")
    async with TelephonesClient(host, int(port)) as client:
        assert (await client.state())["+46846500400"]["state"] == "idle"
    process.send_signal(signal.SIGTERM)
    _, complaints = await process.communicate()
    assert process.returncode == 0
    assert complaints.decode() == ""


@pytest.mark.slow
async def test_under_a_supervisor_it_ends_with_it() -> None:
    process = await start("--supervised")
    await ready(process)
    assert process.stdin is not None
    process.stdin.close()
    assert await asyncio.wait_for(process.wait(), 10) == 0


@pytest.mark.slow
async def test_a_file_with_a_fault_is_told_in_one_line_with_line_field_and_remedy(tmp_path: Path) -> None:
    wrong = tmp_path / "own.toml"
    wrong.write_text('[[telephone]]\nnumber = "08-465 004 00"\nmanner = "answers"\nafter_s = "soon"\n')
    process = await start(f"--telephones={wrong}", "--language=sv")
    _, complaints = await process.communicate()
    assert process.returncode == 2
    assert complaints.decode().splitlines() == [
        f"telefonerna: {wrong}, rad 4: after_s: här ska stå sekunder som ett tal från 0 till 3600, som 3.5,"
        " inte 'soon'."
    ]


@pytest.mark.slow
async def test_a_port_in_use_is_told_in_one_line_with_its_setting() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", free_port(socket.SOCK_DGRAM)))
        port = taken.getsockname()[1]
        process = await start(f"--sip=127.0.0.1:{port}", "--language=en")
        _, complaints = await process.communicate()
    assert process.returncode == 2
    assert complaints.decode().splitlines() == [
        f"the telephones: port 127.0.0.1:{port} (UDP) is in use: end what uses it,"
        " or set another [simulator] telephones_port"
    ]


@pytest.mark.slow
async def test_each_number_speaks_in_a_voice_of_its_own(
    asterisk_tree: AsteriskTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in asterisk_tree.environment().items():
        monkeypatch.setenv(name, value)
    voices = Voices(tuple(asterisk_tree.program("espeak-ng")), tmp_path)
    text = "Räddningstjänsten. Alla stationer är bemannade."
    first, second, again = [
        decode_alaw(await voices.speaks(text, number)) for number in ("+46846500400", "+46846500401", "+46846500400")
    ]
    assert np.array_equal(first, again)
    assert 1.5 * 8000 < len(first) < 10 * 8000
    assert np.abs(first).max() == pytest.approx(0.5, abs=0.05)
    shorter = min(len(first), len(second))
    assert abs(float(np.corrcoef(first[:shorter], second[:shorter])[0, 1])) < 0.3
    kept = voices.file_of(text, "+46846500400")
    assert kept is not None
    assert kept.is_file()


async def test_without_a_speech_engine_people_murmur_and_the_reason_is_told(tmp_path: Path) -> None:
    voices = Voices((str(tmp_path / "no-such-program"),), murmur_s=0.5)
    with capture_logs() as logged:
        murmur = decode_alaw(await voices.speaks("Hej", "+46846500400"))
    assert len(murmur) == 4000
    assert np.abs(murmur).max() > 0.1
    assert [line["event"] for line in logged] == ["voice_failed"]
    assert "No such file" in logged[0]["reason"]


def test_neighbouring_numbers_have_different_voices() -> None:
    voices = [voice_of(f"+468465004{at:02d}") for at in range(20)]
    assert all(one != other for one, other in pairwise(voices))
