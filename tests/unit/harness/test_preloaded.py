"""What is forked from the loaded process is as if it had been executed: command line, environment, streams, end."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.harness import preloaded
from tests.harness.preloaded import Server, Started, start
from tests.harness.wait import until

pytestmark = [pytest.mark.realtime, pytest.mark.asyncio(loop_scope="module")]  # it loads the product

ECHO = "tests.unit.harness.echo"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.end()


@pytest.fixture(params=["forked", "executed"])
async def way(request: pytest.FixtureRequest, server: Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """Both ways, so that they are alike."""
    monkeypatch.setattr(preloaded.HERE, "server", server if request.param == "forked" else None)
    yield request.param
    await until(lambda: not server.children(), 5, what="nothing that was forked is left")


async def ended(running: Started) -> tuple[int, str]:
    told, _ = await asyncio.wait_for(running.communicate(), 20)
    return await running.wait(), told.decode()


async def test_it_gets_its_words_and_its_environment_and_no_other(way: str) -> None:
    running = await start(ECHO, "words", "a b", "å", environment={"ONE": "1"}, piped=("stdout",))
    code, told = await ended(running)
    assert (code, told) == (0, "['a b', 'å'] {'ONE': '1'} True\n")


@pytest.mark.parametrize(("words", "code"), [(("ends", "7"), 7), (("ends", "no room"), 1), (("raises",), 1)])
async def test_its_exit_status_is_known(way: str, words: tuple[str, ...], code: int) -> None:
    running = await start(ECHO, *words, piped=("stdout",))
    assert (await ended(running))[0] == code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_a_signal_ends_it_and_is_told(way: str, number: signal.Signals) -> None:
    running = await start(ECHO, "asks", piped=("stdin", "stdout"))
    assert running.returncode is None
    running.send_signal(number)
    assert await asyncio.wait_for(running.wait(), 20) == -number
    assert running.stdin is not None
    running.stdin.close()


async def test_it_is_asked_and_answers_until_its_input_ends(way: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    running = await start(ECHO, "asks", piped=("stdin", "stdout"), errors=log)
    assert running.stdin is not None
    assert running.stdout is not None
    for word in (b"one\n", b"two\n"):
        running.stdin.write(word)
        await running.stdin.drain()
        assert await asyncio.wait_for(running.stdout.readline(), 20) == word.upper()
    running.stdin.close()
    assert await asyncio.wait_for(running.wait(), 20) == 0
    assert log.read_text() == "one\ntwo\n"


async def test_it_has_a_session_of_its_own(way: str) -> None:
    running = await start(ECHO, "asks", piped=("stdin",), errors=Path(os.devnull))
    await until(lambda: os.getsid(running.pid) == running.pid, 5)
    assert running.stdin is not None
    running.stdin.close()
    assert await asyncio.wait_for(running.wait(), 20) == 0
