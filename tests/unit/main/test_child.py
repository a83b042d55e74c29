"""Programs that are kept running, and their logs, which never grow without end."""

import asyncio
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from bridge.main import child as children
from bridge.main.child import LONGEST_REST_S, Child, Program, Rest, cut_long_logs, keep, last_lines
from tests.harness import wait


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


def test_one_that_dies_at_once_rests_ever_longer_and_one_that_has_lived_does_not() -> None:
    rest = Rest()
    rests_s = [rest.after(0.1) for _ in range(10)]
    assert rests_s == sorted(rests_s)
    assert rests_s[0] < 0.2
    assert rests_s[-1] == LONGEST_REST_S
    assert rest.after(3600.0) == 0.0


def test_a_log_that_has_become_long_is_kept_in_pieces_and_the_oldest_goes(tmp_path: Path) -> None:
    log = tmp_path / "controller.log"
    for number in range(5):
        log.write_text(f"piece {number}\n" * 100)
        cut_long_logs(tmp_path, longest_bytes=100, kept=3)
    assert log.read_text() == ""
    kept = {file.name: file.read_text().splitlines()[0] for file in tmp_path.iterdir() if file != log}
    assert kept == {f"controller.log.{back}": f"piece {5 - back}" for back in (1, 2, 3)}


def test_a_short_log_is_left_alone(tmp_path: Path) -> None:
    log = tmp_path / "controller.log"
    log.write_text("one line\n")
    cut_long_logs(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["controller.log"]
    assert log.read_text() == "one line\n"


def test_a_program_goes_on_writing_to_a_log_that_was_cut(tmp_path: Path) -> None:
    log = tmp_path / "controller.log"
    words = (
        "import sys\nfor line in sys.stdin: print(line, end='', flush=True); print('.', file=sys.stderr, flush=True)"
    )
    with (
        log.open("ab") as output,
        subprocess.Popen(
            [sys.executable, "-c", words], stdin=subprocess.PIPE, stdout=output, stderr=subprocess.PIPE, text=True
        ) as writer,
    ):
        assert writer.stdin is not None
        assert writer.stderr is not None
        for text in ("before", "after"):
            writer.stdin.write(f"{text}\n")
            writer.stdin.flush()
            writer.stderr.readline()
            if text == "before":
                cut_long_logs(tmp_path, longest_bytes=1)
        writer.stdin.close()
    assert log.read_bytes() == b"after\n"
    assert (tmp_path / "controller.log.1").read_bytes() == b"before\n"


def test_a_log_that_cannot_be_kept_is_cut_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk: the copy fails, and the cut makes the room."""
    log = tmp_path / "controller.log"
    log.write_text("line\n" * 100)
    (tmp_path / "controller.log.1").mkdir()
    (tmp_path / "controller.log.2").write_text("older")
    monkeypatch.setattr(shutil, "copyfile", _full)
    cut_long_logs(tmp_path, longest_bytes=1)
    assert log.read_text() == ""


def _full(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_the_last_lines_of_a_log_are_told(tmp_path: Path) -> None:
    log = tmp_path / "controller.log"
    assert last_lines(log) == ""
    log.write_text("\n".join(map(str, range(100))))
    assert last_lines(log, 3) == "97\n98\n99"
