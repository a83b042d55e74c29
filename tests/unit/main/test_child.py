"""Programs that are kept running, and what they said last."""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bridge.main import child as children
from bridge.main.child import LONGEST_REST_S, TRIES, Child, Program, Rest, keep, last_lines
from tests.harness import wait

pytestmark = pytest.mark.realtime  # programs of their own, and their rests


def program(folder: Path, code: str) -> Program:
    return Program("other", [sys.executable, "-c", code], folder / "other.log", {})


async def test_a_program_that_ends_is_started_again(tmp_path: Path) -> None:
    task = asyncio.create_task(keep(program(tmp_path, "print('lived', flush=True)")))
    log = tmp_path / "other.log"
    await wait.until(lambda: log.read_text().count("lived") >= 3, 20, what="it has been started three times")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_program_that_cannot_be_started_is_tried_again(tmp_path: Path) -> None:
    missing = tmp_path / "not-yet"
    task = asyncio.create_task(keep(Program("other", [str(missing)], tmp_path / "other.log", {})))
    await asyncio.sleep(0.05)
    missing.write_text("#!/bin/sh\necho came\n")
    missing.chmod(0o700)
    await wait.until(lambda: "came" in (tmp_path / "other.log").read_text(), 20, what="it came")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_one_that_is_no_longer_kept_is_stopped(tmp_path: Path) -> None:
    task = asyncio.create_task(keep(program(tmp_path, "import sys; print('lived', flush=True); sys.stdin.read()")))
    await wait.until(lambda: "lived" in (tmp_path / "other.log").read_text(), 20)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task  # the guard against children left behind looks after it


async def test_one_that_does_not_stop_when_asked_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "STOP_S", 0.3)
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True)"
    one = Child(program(tmp_path, f"{stubborn}; time.sleep(60)"))
    await one.start()
    await wait.until(lambda: "up" in (tmp_path / "other.log").read_text(), 20)
    await one.stop()
    assert one.exit_code == -9


async def test_one_that_never_comes_to_work_is_given_up_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "LONGEST_REST_S", 0.01)
    with capture_logs() as told:
        await asyncio.wait_for(keep(program(tmp_path, "import sys; sys.exit('address already in use')")), 30)
    assert [line["event"] for line in told] == ["program_ended"] * TRIES + ["program_given_up"]
    assert told[-1]["said"] == "address already in use"


def test_one_that_dies_at_once_rests_ever_longer_and_one_that_has_lived_does_not() -> None:
    rest = Rest()
    rests_s = [rest.after(0.1) for _ in range(10)]
    assert rests_s == sorted(rests_s)
    assert rests_s[0] < 0.2
    assert rests_s[-1] == LONGEST_REST_S
    assert rest.after(3600.0) == 0.0


def test_the_last_lines_of_a_log_are_told(tmp_path: Path) -> None:
    log = tmp_path / "controller.log"
    assert last_lines(log) == ""
    log.write_text("\n".join(map(str, range(100))))
    assert last_lines(log, 3) == "97\n98\n99"
