"""A hung Asterisk is ended on proof alone: no answer at either door, and no processor time."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bridge.ari.settings import AsteriskSettings
from bridge.main import asterisk_watch
from bridge.main.asterisk_watch import AsteriskWatch, Stillness
from bridge.main.processes import threads_waited_ns, ticks_of
from tests.harness import wait
from tests.harness.asterisk import free_settings
from tests.harness.reasons import english

pytestmark = pytest.mark.realtime  # programs of their own, and their patience

WORKS = "import time\nprint('up', flush=True)\nwhile True: time.sleep(0.005); sum(range(20_000))"
"""It uses processor time, some every hundredth of a second, as Asterisk does."""
OPEN_DOORS = """
import socket, sys
doors = [socket.create_server(("127.0.0.1", int(port))) for port in sys.argv[1:]]
print("up", flush=True)
while True: doors[1].accept()[0].sendall(b"Asterisk Call Manager")
"""
"""Takes connections, and greets at the second door."""


@dataclass
class Running:
    """An Asterisk's process, as far as it is watched."""

    child: subprocess.Popen[bytes] | None

    def pid(self) -> int | None:
        return self.child.pid if self.child is not None and self.child.poll() is None else None

    async def freezes(self) -> None:
        assert self.child is not None
        os.kill(self.child.pid, signal.SIGSTOP)
        status = Path(f"/proc/{self.child.pid}/stat")
        await wait.until(lambda: status.read_text().rpartition(")")[2].split()[0] == "T", 5, what="it stands still")

    async def computes(self) -> None:
        assert self.child is not None
        before, pid = ticks_of(self.child.pid), self.child.pid
        await wait.until(lambda: ticks_of(pid) != before, 20, what="it has used processor time")

    async def goes_on(self) -> None:
        assert self.child is not None
        os.kill(self.child.pid, signal.SIGCONT)
        await self.computes()


def started(code: str, *words: object) -> Iterator[Running]:
    with subprocess.Popen([sys.executable, "-c", code, *map(str, words)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        yield Running(child)
        child.kill()


@pytest.fixture
def settings() -> AsteriskSettings:
    return free_settings(hung_restart_s=5)


@pytest.fixture
def works() -> Iterator[Running]:
    yield from started(WORKS)


@pytest.fixture
def with_doors(settings: AsteriskSettings) -> Iterator[Running]:
    yield from started(OPEN_DOORS, settings.ari_port, settings.ami_port)


class Watched:
    """A watch whose seconds pass in tenths."""

    def __init__(self, running: Running, settings: AsteriskSettings) -> None:
        self.watch = AsteriskWatch(running, settings)

    async def looks(self, times: int, passed_s: float = 1.0) -> str:
        for _ in range(times):
            await self.watch._look(passed_s)
        return english(self.watch.health()["asterisk process"])


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asterisk_watch, "ANSWER_S", 0.2)


async def test_one_that_hangs_is_told_of_and_then_ended(works: Running, settings: AsteriskSettings) -> None:
    watched = Watched(works, settings)
    await works.freezes()
    assert await watched.looks(3) == "ok"
    told = await watched.looks(1)
    assert told == "it hangs: no answer and no processor time for 3 s. After 5 s it is ended and started again"
    assert works.pid() is not None, "the alarm comes first"
    await watched.looks(2)
    await wait.until(lambda: works.pid() is None, 5, what="it has been ended")
    assert await watched.looks(1) == "ok"


async def test_by_policy_it_is_never_ended_and_the_keeper_is_told_to(works: Running) -> None:
    watched = Watched(works, free_settings(hung_restart_s=0))
    await works.freezes()
    assert "Restart it when no call can be saved" in await watched.looks(60)
    assert works.pid() is not None


async def test_one_that_goes_on_by_itself_is_left_alone(works: Running, settings: AsteriskSettings) -> None:
    watched = Watched(works, settings)
    await works.freezes()
    assert "hangs" in await watched.looks(4)
    await works.goes_on()
    assert await watched.looks(1) == "ok"
    await works.freezes()
    assert "hangs" in await watched.looks(4)
    assert works.pid() is not None, "the count begins anew"


async def test_one_that_uses_processor_time_and_does_not_answer_is_left_to_people(
    works: Running, settings: AsteriskSettings
) -> None:
    watched = Watched(works, settings)
    for _ in range(10):
        await works.computes()
        assert await watched.looks(1) == "ok"
    assert works.pid() is not None


async def test_one_that_answers_at_one_door_is_left_alone_though_it_seems_still(
    with_doors: Running, settings: AsteriskSettings
) -> None:
    assert await Watched(with_doors, settings).looks(10) == "ok"
    assert with_doors.pid() is not None


async def test_doors_that_the_kernel_keeps_open_are_no_answer(with_doors: Running, settings: AsteriskSettings) -> None:
    await with_doors.freezes()
    await Watched(with_doors, settings).looks(7)
    await wait.until(lambda: with_doors.pid() is None, 5, what="it has been ended")


async def test_the_time_that_asking_takes_counts_too(
    with_doors: Running, settings: AsteriskSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asterisk_watch, "LOOK_S", 0.05)
    monkeypatch.setattr(asterisk_watch, "ANSWER_S", 1.0)
    watch = AsteriskWatch(with_doors, settings)
    await with_doors.freezes()
    began_s = time.monotonic()
    looking = asyncio.create_task(watch.run())
    await wait.until(lambda: with_doors.pid() is None, 15, what="it has been ended")
    assert settings.hung_restart_s <= time.monotonic() - began_s + 1.0
    assert time.monotonic() - began_s <= settings.hung_restart_s + 5
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)


async def test_one_that_does_not_run_does_not_hang(settings: AsteriskSettings) -> None:
    assert await Watched(Running(None), settings).looks(10) == "ok"


async def test_a_machine_that_was_paused_proves_nothing(works: Running, settings: AsteriskSettings) -> None:
    watched = Watched(works, settings.model_copy(update={"hung_restart_s": 20.0}))
    await works.freezes()
    await watched.looks(2, passed_s=3600)
    assert works.pid() is not None


def test_another_process_begins_the_count_anew() -> None:
    stillness = Stillness()
    for pid in (7, 7, 8, 8):
        stillness.look(4.0, pid, 100, answers=False)
    assert stillness.still_s == 4.0


def still_s(looks: int, waiting: float) -> float:
    """After so many looks, a second apart. A thread beside the main one waits that share of it for a processor."""
    stillness = Stillness()
    for look in range(looks + 1):
        stillness.look(1.0, 7, 100, answers=False, waited_ns={7: 0, 8: round(look * waiting * 1e9)})
    return stillness.still_s


def test_one_whose_threads_get_no_processor_is_not_taken_for_hung_within_the_alarms_time() -> None:
    assert still_s(3, 0.0) == asterisk_watch.TELL_AFTER_S
    assert still_s(3, 0.5) == pytest.approx(1.5)


def test_one_that_is_silent_on_the_busiest_machine_is_told_of_all_the_same() -> None:
    assert still_s(9, 1.0) == pytest.approx(asterisk_watch.TELL_AFTER_S)
    assert still_s(9, 40.0) == pytest.approx(asterisk_watch.TELL_AFTER_S), "nobody waits longer than the time is"


def test_what_a_thread_waited_before_it_was_looked_at_does_not_count() -> None:
    stillness = Stillness()
    for waited_ns in ({}, {8: 10**12}, {8: 10**12}):
        stillness.look(1.0, 7, 100, answers=False, waited_ns=waited_ns)
    assert stillness.still_s == 2.0


async def test_the_watch_asks_the_kernel_how_long_each_thread_waited(
    works: Running, settings: AsteriskSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = iter(range(100))
    monkeypatch.setattr(asterisk_watch, "threads_waited_ns", lambda pid: {pid: next(waited) * 600_000_000})
    watched = Watched(works, settings)
    await works.freezes()
    assert await watched.looks(7) == "ok"
    assert "hangs" in await watched.looks(2), "0.4 s of each second are its own"


async def test_the_kernel_tells_how_long_a_thread_waited_that_is_not_the_main_one() -> None:
    here = next(iter(os.sched_getaffinity(0)))
    spins = f"import os\nos.sched_setaffinity(0, [{here}])\nprint('up', flush=True)\nwhile True: pass"
    threads = (
        f"import os, threading, time\nos.sched_setaffinity(0, [{here}])\n"
        "def spin():\n    while True: pass\n"
        "threading.Thread(target=spin).start()\nprint('up', flush=True)\nthreading.Event().wait()"
    )
    for _ in started(spins):
        for running in started(threads):
            pid = running.pid() or 0

            def others(pid: int = pid) -> bool:
                return any(one != pid and waited > 200_000_000 for one, waited in threads_waited_ns(pid).items())

            await wait.until(others, 30, what="the second thread has waited a fifth of a second for the processor")
    assert threads_waited_ns(2**30) == {}


@pytest.mark.parametrize("seconds", [0.5, 4.9])
def test_a_stall_that_passes_by_itself_cannot_be_set_as_proof(seconds: float) -> None:
    with pytest.raises(ValueError, match="setting_short_stall"):
        AsteriskSettings(hung_restart_s=seconds)
