"""Whatever a controller does, or does not do, another one follows it. Real processes; only what they do is made up."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
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
        self._lock = folder / "controller.lock"
        self._environment = {"NOTIFY_SOCKET": str(listener.path)}
        self.controllers = Controllers(Make(self.counted([])), listener)

    def counted(self, made: list[bool], wish: Path | None = None) -> Callable[[bool], Child]:
        """A make of controllers; `made` tells whether each was to be a reserve."""
        command = [sys.executable, "-c", CONTROLLER, str(self._lock), str(wish or self.wish)]

        def process(reserve: bool) -> Child:
            made.append(reserve)
            words = [*command, *(["standby"] if reserve else [])]
            return Child(Program("controller", words, self.log, self._environment))

        return process

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


async def test_one_of_another_make_takes_over_and_makes_those_that_follow(tmp_path: Path) -> None:
    async with node(tmp_path) as here:
        working, reserve = await here.is_whole()
        made: list[bool] = []
        told: list[tuple[int, int]] = []
        new = await here.controllers.renew(
            Make(here.counted(made)), lambda: told.append((here.at_work(), here.in_reserve()))
        )
        assert told == [(working, new)], "the one at work was at work until the new one stood ready"
        assert new == here.at_work() not in (working, reserve)
        at_work, next_reserve = await here.is_whole()
        assert (at_work, made) == (new, [True, True]), "the next reserve is of its make too"
        os.kill(new, signal.SIGKILL)
        assert await here.follows(new) == next_reserve


@pytest.mark.parametrize("wish", ["ends", "starts for ever"])
async def test_one_of_another_make_that_does_not_work_gives_way_to_the_former(tmp_path: Path, wish: str) -> None:
    async with node(tmp_path) as here:
        working, _ = await here.is_whole()
        made: list[bool] = []
        broken = here.counted(made, tmp_path / "wish of the new")
        (tmp_path / "wish of the new").write_text(wish)
        with pytest.raises(PortError, match="the former version is in control again"):
            await here.controllers.renew(Make(broken), lambda: None)
        assert here.at_work() not in (0, working)
        await here.is_whole()
        assert made == [True], "nothing more was made of it"


async def test_one_that_never_stands_ready_leaves_the_one_at_work(tmp_path: Path) -> None:
    async with node(tmp_path) as here:
        working, reserve = await here.is_whole()

        def ends(_: bool) -> Child:
            return Child(Program("controller", [sys.executable, "-c", "raise SystemExit('why')"], here.log, {}))

        with pytest.raises(PortError, match="why"):
            await here.controllers.renew(Make(ends), lambda: None)
        assert (await here.is_whole())[0] == working
        os.kill(working, signal.SIGKILL)
        assert await here.follows(working) != reserve, "the reserve is of the former make, and takes over"


async def test_one_at_work_that_dies_meanwhile_is_followed_by_the_new_make(tmp_path: Path) -> None:
    async with node(tmp_path) as here:
        working, _ = await here.is_whole()
        made: list[bool] = []
        new = await here.controllers.renew(Make(here.counted(made)), lambda: os.kill(working, signal.SIGKILL))
        assert (await here.is_whole())[0] == new
        assert made == [True, True], "and the next reserve is of its make"


async def test_where_nobody_is_in_control_nobody_takes_over(tmp_path: Path) -> None:
    with Listener(tmp_path / "notify.sock") as listener:
        here = Node(tmp_path, listener)
        with pytest.raises(PortError, match="no controller is in control yet"):
            await here.controllers.renew(Make(here.counted([])), lambda: None)


async def test_both_end_with_their_keeper(tmp_path: Path) -> None:
    async with node(tmp_path) as here:
        await here.is_whole()
    # the guard against children left behind looks after it
