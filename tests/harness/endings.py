"""The ways in which a controller can end, and how long the node is without one."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from bridge.main.locks import holder_of
from tests.harness import mortal, wait, world
from tests.harness.world import World, samband_world

LOADED_S: Final = 60.0
BACK_S: Final = 90.0
LOOK_S: Final = 0.005


class Ending(StrEnum):
    """By what a controller ends."""

    EXCEPTION = "exception"
    TERM = "TERM"
    KILL = "KILL"
    HANG = "hang"


_SIGNALS: Final = {
    Ending.EXCEPTION: signal.SIGUSR1,
    Ending.TERM: signal.SIGTERM,
    Ending.KILL: signal.SIGKILL,
    Ending.HANG: signal.SIGSTOP,
}


@asynccontextmanager
async def mortal_world(folder: Path, **more: Any) -> AsyncIterator[World]:
    """As `samband_world`, in a folder that need not be there yet; its controllers fail when the test asks for it."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    with patch.object(world, "RUN", (mortal.MODULE, "run")):
        async with samband_world(folder, **more) as running:
            yield running


async def reserve_is_loaded(running: World, within_s: float = LOADED_S) -> int:
    """Wait until a reserve stands ready; gives its process id."""

    def loaded() -> int:
        last = next((line for line in reversed(_lines(running)) if line.get("now") == "waiting in reserve"), None)
        pid = int(last["pid"]) if last else 0
        return pid if pid and pid != running.controller.pid and world._runs(pid) else 0

    return await wait.until(loaded, within_s, what="a reserve stands ready")


def _lines(running: World) -> list[dict[str, Any]]:
    found = []
    for line in (running.state / "log/supervisor.log").read_text(errors="replace").splitlines():
        with suppress(ValueError):
            found.append(json.loads(line))
    return [line for line in found if isinstance(line, dict)]


async def end(running: World, ending: Ending, *, with_reserve: bool = True) -> float:
    """End the controller; gives the seconds until another one is in control of Asterisk and answers on the API."""
    lock = running.state / "run/controller.lock"
    reserve = await reserve_is_loaded(running) if with_reserve else 0
    old = running.controller.pid
    if not with_reserve:
        running.controller.kill_reserve()
    began_s = time.monotonic()
    os.kill(old, _SIGNALS[ending])
    new = await wait.until(lambda: _other(holder_of(lock), old), BACK_S, every_s=LOOK_S, what="another holds the lock")
    assert new == reserve or not with_reserve, "the one in reserve takes over"
    await running.in_control(BACK_S)
    back_s = time.monotonic() - began_s
    assert holder_of(lock) == new, "it keeps the lock"
    assert not world._runs(old), "the one that ended is gone"
    return back_s


def _other(holder: int | None, old: int) -> int:
    return holder if holder is not None and holder != old else 0


@asynccontextmanager
async def busy_machine(share: int = 2) -> AsyncIterator[None]:
    """So many programs for each core that do nothing but compute, for the length of the block."""
    count = share * (os.cpu_count() or 1)
    programs = [await asyncio.create_subprocess_exec(sys.executable, "-c", "while True: pass") for _ in range(count)]
    try:
        yield
    finally:
        for one in programs:
            one.kill()
        await asyncio.gather(*(one.wait() for one in programs))
