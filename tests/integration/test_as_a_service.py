"""As systemd runs it: a controller and a reserve beside an Asterisk of another unit, and what systemd is told."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bridge.main.forks import IN_RESERVE
from bridge.main.notify import ALIVE, READY, Listener
from bridge.main.processes import descendants_of
from tests.harness import wait
from tests.harness.world import ROOT, World, name_of, world_at_rest

pytestmark = pytest.mark.integration
WATCHDOG_S = 5.0
"""`WatchdogSec=` of the unit."""


@dataclass
class Unit:
    """The main process, as systemd sees it."""

    world: World
    process: asyncio.subprocess.Process
    listener: Listener
    told: list[str] = field(default_factory=list)
    alive_s: float = 0.0

    def hears(self) -> list[str]:
        """All lines that the main process has told so far; those of others do not count (`NotifyAccess=main`)."""
        for one in self.listener.messages():
            if one.pid == self.process.pid:
                self.told += one.message.splitlines()
                self.alive_s = time.monotonic() if ALIVE in one.message else self.alive_s
        return self.told

    async def is_told(self, line: str, within_s: float = 30) -> None:
        self.told.clear()
        await wait.until(lambda: line in self.hears(), within_s, what=f"systemd is told {line}", seen=lambda: self.told)

    def reserve(self) -> int:
        for pid in descendants_of(self.process.pid):
            with contextlib.suppress(OSError):
                if name_of(pid) == IN_RESERVE:
                    return pid
        return 0


@asynccontextmanager
async def started(world: World) -> AsyncIterator[Unit]:
    with Listener(world.folder / "systemd.sock") as listener:
        environment = {
            **os.environ,
            "SAMBAND_CONFIG": str(world.folder / "samband.toml"),
            "NOTIFY_SOCKET": str(listener.path),
        }
        with (world.folder / "journal").open("wb") as journal:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bridge.main"), cwd=ROOT, env=environment, stdout=journal, stderr=journal
            )
        try:
            yield Unit(world, process, listener)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), 15)
            await nothing_is_left(world)


async def nothing_is_left(world: World) -> None:
    """Asterisk is another unit's."""

    def left() -> list[str]:
        return [line for line in world.processes().values() if "bridge." in line]

    await wait.until(lambda: not left(), 10, what="nothing of it is left", seen=left)


async def test_the_reserve_takes_over_and_systemd_hears_of_one_unit_that_is_well(tmp_path: Path) -> None:
    world = world_at_rest(tmp_path)
    assert (await world.command("asterisk", "start"))[0] == 0
    try:
        async with started(world) as unit:
            await unit.is_told(READY)
            await world.in_control(30)
            await world.opens_conference("Värmebölja")
            for _ in range(3):
                await unit.is_told("STATUS=in control, with a reserve")
                old, reserve = world.controller.pid, unit.reserve()
                os.kill(old, signal.SIGKILL)
                assert await world.controller.is_back(old) == reserve, "the one in reserve takes over"
                await world.in_control(30)
            assert [one["name"] for one in (await world.api.get("conferences")).json()] == ["Värmebölja"]
            await unit.is_told(ALIVE, WATCHDOG_S)
        assert unit.process.returncode == 0
        assert "controller_ended" in (world.folder / "journal").read_text()
    finally:
        await world.command("asterisk", "stop")
        await world.closes()


async def test_on_sighup_the_code_that_lies_there_now_takes_over_and_systemd_sees_one_unit(tmp_path: Path) -> None:
    world = world_at_rest(tmp_path)
    assert (await world.command("asterisk", "start"))[0] == 0
    try:
        async with started(world) as unit:
            await unit.is_told("STATUS=in control, with a reserve", 90)
            old, reserve = world.controller.pid, unit.reserve()
            unit.process.send_signal(signal.SIGHUP)
            new = await world.controller.is_back(old, 180)
            assert new != reserve, "one of the code that was loaded now"
            journal = world.folder / "journal"
            await wait.until(lambda: '"event": "upgraded"' in journal.read_text(), 60, what="it is told in the journal")
            await unit.is_told("STATUS=in control, with a reserve", 90)
            await unit.is_told(ALIVE, WATCHDOG_S)
            assert unit.process.returncode is None
    finally:
        await world.command("asterisk", "stop")
        await world.closes()


async def test_a_main_process_that_is_killed_takes_both_with_it(tmp_path: Path) -> None:
    """systemd begins anew, and the next one finds the lock and the ports free."""
    world = world_at_rest(tmp_path)
    async with started(world) as unit:
        await wait.until(unit.reserve, 30, what="a reserve is there")
        unit.process.kill()
        await unit.process.wait()
        await nothing_is_left(world)
    await world.closes()
