"""`samband run` starts all that it needs, and Ctrl-C stops all that it started."""

import os
import signal
from pathlib import Path

import pytest

from tests.harness import wait
from tests.harness.world import samband_world

pytestmark = pytest.mark.integration


async def test_supervisor_controller_reserve_media_worker_and_asterisk_run_and_are_gone(tmp_path: Path) -> None:
    async with samband_world(tmp_path, radio=True) as world:
        wanted = ("bridge.cli run", "(samband control)", "(samband reserve)", "bridge.media", "asterisk")

        def all_run() -> bool:
            commands = world.processes().values()
            return all(any(word in command for command in commands) for word in wanted)

        await wait.until(all_run, 10, seen=world.processes)
    await wait.until(lambda: not world.processes(), 10, what="nothing is left", seen=world.processes)


async def starts_and_leaves_a_hung_controller(folder: Path) -> None:
    async with samband_world(folder) as world:
        os.kill(world.controller.pid, signal.SIGSTOP)
        await world.program.kill()


async def test_what_a_killed_supervisor_leaves_is_found_and_told(tmp_path: Path) -> None:
    """The harness itself: a controller or a media worker that goes on is no clean end."""
    with pytest.raises(AssertionError, match=r"left running: .*bridge\.main"):
        await starts_and_leaves_a_hung_controller(tmp_path)
