"""Parts that are not there at the start, and contradictions from outside: said by name, and mended by their coming."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.harness import wait
from tests.harness.phones import Phones
from tests.harness.world import ROOT, Meeting, World, world_at_rest

pytestmark = pytest.mark.integration


@asynccontextmanager
async def controller_alone(world: World) -> AsyncIterator[None]:
    """The controller without `samband run` and, until somebody starts it, without Asterisk."""
    environment = {**os.environ, "SAMBAND_CONFIG": str(world.folder / "samband.toml")}
    with (world.folder / "controller.log").open("wb") as log:
        running = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bridge.main"), cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            running.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(running.wait(), 15) == 0, (world.folder / "controller.log").read_text()[-3000:]


async def test_without_asterisk_the_api_is_there_says_so_and_becomes_ready_when_it_comes(tmp_path: Path) -> None:
    world = world_at_rest(tmp_path)
    async with controller_alone(world):

        async def named() -> str:
            with contextlib.suppress(httpx.HTTPError):
                return str((await world.health())["parts"]["asterisk"])
            return ""

        reason = await wait.until(named, 20, every_s=0.2, what="the API names Asterisk")
        assert reason != "ok"
        meeting = await world.opens_conference("Innan Asterisk finns")
        assert (await world.command("asterisk", "start"))[0] == 0
        try:
            await world.in_control(30)
            async with Phones(tmp_path / "phones", world.sip_port) as phones:
                await is_let_in(world, phones, meeting)
        finally:
            await world.command("asterisk", "stop")
            await world.closes()
    assert world.asterisk.processes() == []


async def is_let_in(world: World, phones: Phones, meeting: Meeting) -> None:
    caller = await phones.new("Kommun A")
    await world.joins(caller, meeting)
