"""Whatever a controller does, or does not do, another one follows it. Real processes; only what they do is made up."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bridge.main import controllers as product
from bridge.main import life
from bridge.main.child import Child, Program
from bridge.main.controllers import Controllers, Make
from bridge.main.life import Stage
from bridge.main.notify import Listener
from bridge.ports import PortError
from tests.harness import wait

CONTROLLER = """
import os, pathlib, select, socket, sys, time
from bridge.main.locks import its_turn, only_one
from bridge.main.notify import IN_CONTROL, LOADED, READY, STARTS, Beat, tell
lock_file, wish, standby = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:]
beat = Beat()
tell(LOADED if standby else STARTS)
lock = its_turn(lock_file, 0, beat) if standby else only_one(lock_file, "the controller")
if lock is None:
    sys.exit(0)
tell(STARTS)
wanted = wish.read_text()
if wanted == "ends":
    sys.exit("the reason why")
while wanted == "starts for ever":
    beat()
    time.sleep(0.02)
while wanted == "says nothing":
    time.sleep(1)
tell(IN_CONTROL)
tell(READY)
while not select.select([0], [], [], 0.02)[0]:
    beat()
"""
"""A controller that does as the file of wishes says when it begins. At work it beats until its lifeline ends."""


class Node:
    """Two controllers and what can be wished of them."""

    def __init__(self, folder: Path, listener: Listener) -> None:
        self.wish = folder / "wish"
        self.wish.write_text("works")
        self.log = folder / "controller.log"
        command = [sys.executable, "-c", CONTROLLER, str(folder / "controller.lock"), str(self.wish)]
        environment = {"NOTIFY_SOCKET": str(listener.path)}

        def process(reserve: bool) -> Child:
            return Child(Program("controller", [*command, *(["standby"] if reserve else [])], self.log, environment))

        self.controllers = Controllers(Make(process), listener)

    def at_work(self) -> int:
        one = self.controllers._controller
        return one.child.pid or 0 if one is not None and one.life.stage is Stage.IN_CONTROL else 0

    def in_reserve(self) -> int:
        one = self.controllers._reserve
        return one.child.pid or 0 if one is not None and one.life.stage is Stage.WAITING else 0

    async def is_whole(self) -> tuple[int, int]:
        """Wait until one is at work and one in reserve."""
        await wait.until(lambda: self.at_work() and self.in_reserve(), 20, what="one at work and one in reserve")
        return self.at_work(), self.in_reserve()

    async def follows(self, pid: int, within_s: float = 15) -> int:
        return await wait.until(lambda: self.at_work() not in (0, pid) and self.at_work(), within_s, what="a follower")


@asynccontextmanager
async def node(folder: Path) -> AsyncIterator[Node]:
    with Listener(folder / "notify.sock") as listener:
        made = Node(folder, listener)
        keeping = asyncio.create_task(made.controllers.keep())
        try:
            yield made
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits themselves are tried in test_life."""
    monkeypatch.setattr(life, "HUNG_S", 1.5)
    monkeypatch.setattr(product, "START_S", 1.5)


pytestmark = pytest.mark.realtime


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP])
async def test_the_reserve_follows_the_one_at_work(tmp_path: Path, how: signal.Signals) -> None:
    """What the reserve says meanwhile does not count for one that hangs."""
    async with node(tmp_path) as here:
        for _ in range(2):
            working, reserve = await here.is_whole()
            os.kill(working, how)
            assert await here.follows(working) == reserve


async def test_a_reserve_that_hangs_is_replaced_before_it_is_needed(tmp_path: Path) -> None:
    async with node(tmp_path) as here:
        working, reserve = await here.is_whole()
        os.kill(reserve, signal.SIGSTOP)
        await wait.until(lambda: here.in_reserve() not in (0, reserve), 15, what="another reserve")
        assert here.at_work() == working


@pytest.mark.parametrize("wish", ["ends", "starts for ever", "says nothing"])
async def test_a_reserve_that_does_not_come_into_control_is_replaced(tmp_path: Path, wish: str) -> None:
    async with node(tmp_path) as here:
        working, reserve = await here.is_whole()
        here.wish.write_text(wish)
        os.kill(working, signal.SIGKILL)
        await wait.until(lambda: here.controllers._controller and not here.at_work(), 5)
        here.wish.write_text("works")
        assert await here.follows(working) not in (working, reserve)


async def test_a_start_that_was_too_long_gives_the_next_one_longer(tmp_path: Path) -> None:
    async with node(tmp_path) as here:
        working, _ = await here.is_whole()
        here.wish.write_text("starts for ever")
        os.kill(working, signal.SIGKILL)
        await wait.until(lambda: here.controllers._start_s > 1.5, 15, what="a longer start is granted")
        here.wish.write_text("works")
        await here.follows(working)
        await wait.until(lambda: here.controllers._start_s == 1.5, 5, what="the patience is as it was")


async def test_a_first_controller_that_does_not_start_says_why(tmp_path: Path) -> None:
    with Listener(tmp_path / "notify.sock") as listener:
        here = Node(tmp_path, listener)
        here.wish.write_text("ends")
        with pytest.raises(PortError, match=r"the controller: did not start.*\(the reason why\)"):
            await here.controllers.keep()


async def test_both_end_with_their_keeper(tmp_path: Path) -> None:
    async with node(tmp_path) as here:
        await here.is_whole()
    # the guard against children left behind looks after it
