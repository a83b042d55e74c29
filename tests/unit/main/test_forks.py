"""Controllers are forked from one process that has loaded everything, and do not need it to live."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bridge.main import forks as product
from bridge.main.begun import CHANNEL
from bridge.main.child import Program
from bridge.main.forks import Forked, Forks
from bridge.ports import PortError
from tests.harness import wait

SERVES = "from bridge.main.fork_server import main; main({program!r})"
PROGRAM = "tests.harness.forked"

pytestmark = pytest.mark.realtime


class Node:
    """A fork server that is kept running, and what it forks."""

    def __init__(self, folder: Path, program: str = PROGRAM) -> None:
        self.log = folder / "controller.log"
        self.again: list[bool] = []
        self.forks = Forks(lambda again: self._server(program, again))

    def _server(self, program: str, again: bool) -> Program:
        self.again.append(again)
        return Program("fork server", [sys.executable, "-c", SERVES.format(program=program)], self.log, {})

    @property
    def server(self) -> int:
        assert self.forks._server is not None
        return self.forks._server.child.pid or 0

    async def loaded(self) -> None:
        await wait.until(lambda: self.forks.loaded, 20, what="the fork server has loaded")

    async def forked(self, *words: str) -> Forked:
        one = Forked(self.forks, words, self.log)
        await one.start()
        return one


@asynccontextmanager
async def node(folder: Path) -> AsyncIterator[Node]:
    here = Node(folder)
    keeping = asyncio.create_task(here.forks.keep())
    try:
        await here.loaded()
        yield here
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def ended(one: Forked) -> None:
    await wait.until(lambda: not one.running, 10, what="it has ended")


async def test_a_forked_process_has_its_words_a_session_of_its_own_and_no_descriptor_of_another(tmp_path: Path) -> None:
    async with node(tmp_path) as here:
        first = await here.forked("waits")
        second = await here.forked("tells", "one", "two")
        await ended(second)
        assert here.log.read_text().splitlines() == ["['one', 'two'] True [0, 1, 2]"]
        await first.stop()


@pytest.mark.parametrize("code", [0, 7])
async def test_how_it_ended_is_told(tmp_path: Path, code: int) -> None:
    async with node(tmp_path) as here:
        one = await here.forked("ends", str(code))
        await wait.until(lambda: one.exit_code is not None, 10)
        assert (one.running, one.exit_code) == (False, code)


async def test_one_that_is_killed_and_one_that_is_asked_to_end_are_told_apart(tmp_path: Path) -> None:
    async with node(tmp_path) as here:
        killed, asked = await here.forked("hangs"), await here.forked("hangs")
        assert killed.exit_code is None
        killed.kill()
        await asked.stop()
        await wait.until(lambda: None not in (killed.exit_code, asked.exit_code), 10)
        assert (killed.exit_code, asked.exit_code) == (-signal.SIGKILL, -signal.SIGTERM)
        await asked.stop()
        killed.kill()


async def test_the_end_of_its_lifeline_is_the_end_of_its_keeper(tmp_path: Path) -> None:
    async with node(tmp_path) as here:
        one = await here.forked("waits")
        assert one.running
        os.close(one._lifeline or 0)
        one._lifeline = None
        await ended(one)


async def test_controllers_outlive_the_fork_server_and_the_next_one_makes_more(tmp_path: Path) -> None:
    async with node(tmp_path) as here:
        old, server = await here.forked("hangs"), here.server
        os.kill(server, signal.SIGKILL)
        await wait.until(lambda: here.forks._server and here.forks.loaded and here.server != server, 20)
        assert here.again == [False, True], "the second one loads beside a controller"
        assert old.running
        new = await here.forked("ends", "0")
        await wait.until(lambda: new.exit_code == 0, 10)
        old.kill()
        await ended(old)
        assert old.exit_code is None, "nobody is left who knows"


async def test_a_fork_server_that_hangs_is_replaced_and_the_order_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(product, "FORK_S", 0.5)
    async with node(tmp_path) as here:
        server = here.server
        os.kill(server, signal.SIGSTOP)
        with pytest.raises(ChildProcessError, match="hangs"):
            await here.forked("ends", "0")
        await wait.until(lambda: here.forks._server and here.forks.loaded and here.server != server, 20)
        one = await here.forked("ends", "3")
        await wait.until(lambda: one.exit_code == 3, 10)


async def test_the_answer_to_an_order_is_read_by_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be missed for ever. The fork server would seem to hang, and the process would be nobody's."""
    monkeypatch.setattr(product, "LOOK_S", 0.0)
    monkeypatch.setattr(product, "FORK_S", 2.0)
    async with node(tmp_path) as here:
        made = [await here.forked("ends", str(code)) for code in range(30)]
        await wait.until(lambda: all(one.exit_code is not None for one in made), 10)
        assert [one.exit_code for one in made] == list(range(30))
        assert here.again == [False]


async def test_before_it_has_loaded_nothing_is_forked(tmp_path: Path) -> None:
    with pytest.raises(ChildProcessError, match="no fork server is loaded"):
        await Node(tmp_path).forked("ends", "0")


async def test_a_first_one_that_cannot_load_says_why(tmp_path: Path) -> None:
    with pytest.raises(
        PortError, match=r"(?s)the controller: did not start.*No module named 'tests\.harness\.nowhere'"
    ):
        await Node(tmp_path, "tests.harness.nowhere").forks.keep()


def test_the_fork_server_ends_with_its_keeper() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        command = [sys.executable, "-c", SERVES.format(program=PROGRAM), f"{CHANNEL}{theirs.fileno()}"]
        server = subprocess.Popen(command, pass_fds=[theirs.fileno()])
    with ours:
        assert ours.recv(1000) == b'{"loaded": true, "speaks": 1}'
    assert server.wait(10) == 0
