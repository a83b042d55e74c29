"""`make run` as a newcomer meets it: it begins by itself, says what it waits for, and leaves nothing behind."""

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.harness import wait, world
from tests.harness.ports import claim, free_port
from tests.harness.world import Program, World, _lend_prompts, samband_world

pytestmark = [pytest.mark.integration, pytest.mark.silent]

WITH_SIMULATOR = ("bridge.cli", "run", "--with-simulator")


def simulated(**more: int) -> str:
    """Ports of the simulator, as more of samband.toml."""
    ports = {name: free_port() for name in ("control_port", "audio_port")} | more
    return "\n".join(["[simulator]", *(f"{name} = {port}" for name, port in ports.items())])


def said(running: World) -> str:
    return running.program.log.read_text(errors="replace")


async def all_gone(running: World) -> None:
    await wait.until(lambda: not running.processes(), 10, what="nothing is left", seen=running.processes)


async def test_ctrl_c_says_what_it_waits_for_and_leaves_no_process(tmp_path: Path) -> None:
    async with samband_world(tmp_path, region=True) as running:
        wanted = (
            "bridge.cli run",
            "(samband control)",
            "(samband reserve)",
            "hardware.simulator ",
            "simulator.telephones",
            "asterisk",
        )
        await wait.until(lambda: all(any(one in line for line in running.processes().values()) for one in wanted), 20)
        await running.program.stop()
        await all_gone(running)
        told = said(running).split("Samband ready")[1]
    assert re.search(
        r"Stopping the controllers.*Ctrl-C again.*Stopping Asterisk.*Stopped after \d+\.\d s\.", told, re.S
    )


async def test_what_a_killed_run_left_is_taken_over_and_stops_with_the_next(tmp_path: Path) -> None:
    async with samband_world(tmp_path, region=True) as running:
        await running.program.kill()
        await wait.until(lambda: not any("bridge.main" in one for one in running.processes().values()), 10)
        assert running.asterisk.processes(), "Asterisk outlives it"
        await running.program.start()
        assert "Asterisk runs already, as process" in said(running)
        await running.program.stop()
        await all_gone(running)


async def test_a_second_ctrl_c_ends_everything_at_once(tmp_path: Path) -> None:
    async with samband_world(tmp_path, region=True) as running:
        running.asterisk.freeze()  # it would be waited for
        os.kill(running.program.pid, signal.SIGINT)
        await wait.until(lambda: "Stopping the controllers" in said(running), 5)
        os.kill(running.program.pid, signal.SIGINT)
        await all_gone(running)
        assert "Ended at once" in said(running)


async def test_a_terminal_window_that_is_closed_is_as_ctrl_c(tmp_path: Path) -> None:
    async with samband_world(tmp_path, region=True) as running:
        os.kill(running.program.pid, signal.SIGHUP)
        await all_gone(running)


async def test_a_terminal_of_ones_own_starts_no_simulated_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "RUN", WITH_SIMULATOR)
    async with samband_world(tmp_path, radio=True) as running:
        lines = running.processes().values()
        assert not [one for one in lines if "hardware.simulator" in one and str(running.state) in one]
        assert "program_ended" not in said(running)


@pytest.mark.parametrize(("table", "name"), [("simulator", "control_port"), ("simulator", "audio_port")])
async def test_a_simulator_port_in_use_is_one_line_and_no_endless_restart(
    tmp_path: Path, table: str, name: str
) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        code, told = await starts(tmp_path, simulated(**{name: port}))
    assert code == 1
    assert len(told.strip().splitlines()) == 1, told
    assert f"TCP port {port}" in told
    assert f"[{table}] {name}" in told


async def test_ports_and_passwords_are_looked_at_before_anything_is_fetched(tmp_path: Path) -> None:
    """With an empty cache: a start that got as far as fetching would say so, and take a minute."""
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        code, told = await starts(tmp_path, f"[api]\nport = {port}", XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert (code, "[api] port" in told, (tmp_path / "cache").exists()) == (1, True, False), told
    trunk = '[[trunk]]\ndial = "127.0.0.1:9"\nusername = "x"\npassword_file = "nowhere"'
    code, told = await starts(tmp_path, f"[api]\nport = {free_port()}\n{trunk}", XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert (code, "password file of trunk main, nowhere," in told, (tmp_path / "cache").exists()) == (1, True, False), (
        told
    )


async def starts(folder: Path, tables: str, **variables: str) -> tuple[int, str]:
    """A start that is refused: its status and all it said."""
    asterisk = {name: free_port(socket.SOCK_DGRAM, socket.SOCK_STREAM) for name in ("sip_port", "ari_port", "ami_port")}
    lines = [f'state = "{folder / "var"}"', "[asterisk]", *(f"{name} = {port}" for name, port in asterisk.items())]
    lines += ["rtp_first_port = 40000", "rtp_last_port = 40099", tables]
    if "[api]" not in tables:
        lines += ["[api]", f"port = {free_port()}"]
    (folder / "samband.toml").write_text("\n".join([*lines, ""]))
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *WITH_SIMULATOR),
        cwd=world.ROOT,
        env={**os.environ, "SAMBAND_CONFIG": str(folder / "samband.toml"), **variables},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await asyncio.wait_for(running.communicate(), 30)
    return await running.wait(), told.decode()


async def test_two_clones_run_side_by_side(tmp_path: Path) -> None:
    """Each with no setting but the block of its ports."""
    first, second = claim(), claim()
    try:
        async with clone(tmp_path / "one", first.first) as one, clone(tmp_path / "two", second.first) as two:
            for running in (one, two):
                code, told = await asked(running, "radio", "status")
                assert (code, "ready" in told) == (0, True), told
    finally:
        first.release()
        second.release()


@asynccontextmanager
async def clone(folder: Path, first: int) -> AsyncIterator[Program]:
    await asyncio.to_thread(_write, folder, first)
    await asyncio.to_thread(_lend_prompts, folder / "var")
    program = Program(folder, ["--with-simulator"])
    await program.start()
    try:
        yield program
    finally:
        await program.stop()


def _write(folder: Path, first: int) -> None:
    folder.mkdir()
    (folder / "samband.toml").write_text(f'ports_from = {first}\nstate = "{folder / "var"}"\n')


async def asked(program: Program, *words: str) -> tuple[int, str]:
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge.cli", *words),
        cwd=world.ROOT,
        env={**os.environ, "SAMBAND_CONFIG": str(program.folder / "samband.toml")},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await asyncio.wait_for(running.communicate(), 60)
    return await running.wait(), told.decode()
