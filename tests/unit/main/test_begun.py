"""A fork server may be begun before anything else is known. It is then as one that was started when its time came."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.main import begun
from bridge.main.begun import Waiting
from bridge.main.child import Program
from bridge.main.forks import Forked, Forks, Hands
from bridge.ports import PortError
from tests.harness import wait
from tests.harness.witness import descendants

pytestmark = pytest.mark.realtime


@pytest.fixture
def of_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(begun, "FORK_SERVER", "tests.harness.forked")


@pytest.fixture
async def forks(of_the_tests: None, tmp_path: Path) -> AsyncIterator[Forks]:
    waiting = Waiting()
    waiting.begin()
    forks = Forks(lambda again: Program("fork server", ["/bin/false"], tmp_path / "log", {}), waiting.take())
    keeping = asyncio.create_task(forks.keep())
    await wait.until(lambda: forks.loaded, 20, what="it has loaded")
    waiting.end()
    assert forks.loaded, "nobody ends one that was taken"
    yield forks
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


async def test_it_forks_what_has_the_environment_and_the_sockets_of_the_order(forks: Forks, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as api:
        log = tmp_path / "controller.log"
        one = Forked(forks, ["shows", "a"], log, Hands({"NOTIFY_SOCKET": "@here"}, [api.fileno()]))
        await one.start()
        await wait.until(lambda: not one.running, 10, what="it has ended")
    assert "['a', '--api-socket=" in log.read_text()
    assert "@here" in log.read_text()


async def test_its_own_end_is_known(forks: Forks) -> None:
    server = forks._server
    assert server is not None
    assert server.child.pid is not None
    os.kill(server.child.pid, 9)
    await wait.until(lambda: server.child.exit_code == -9, 10)
    await wait.until(lambda: not forks.loaded, 10)


async def test_one_that_does_not_load_tells_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(begun, "FORK_SERVER", "tests.harness.nothing_of_this_name")
    waiting = Waiting()
    waiting.begin()
    forks = Forks(lambda again: Program("fork server", ["/bin/false"], tmp_path / "log", {}), waiting.take())
    with pytest.raises(PortError) as refused:
        await asyncio.wait_for(forks.keep(), 20)
    assert "nothing_of_this_name" in refused.value.evidence


def test_one_that_nobody_takes_is_ended(of_the_tests: None) -> None:
    waiting = Waiting()
    before = set(descendants(os.getpid()))
    waiting.begin()
    assert set(descendants(os.getpid())) > before
    waiting.end()
    assert set(descendants(os.getpid())) == before
    waiting.end()
