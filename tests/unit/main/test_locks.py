"""Who is in control is told by a lock that dies with its holder, whichever way that one dies."""

import fcntl
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.main.locks import holder_of, its_turn, only_one
from bridge.ports import PortError

HOLDS = """
import sys, pathlib
from bridge.main.locks import only_one
lock = only_one(pathlib.Path(sys.argv[1]), "the controller")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "controller.lock"


@pytest.fixture
def other(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that holds the lock."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


@pytest.fixture
def lifeline() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def test_the_holder_is_known(path: Path) -> None:
    assert holder_of(path) is None
    with only_one(path, "the controller"):
        assert holder_of(path) == os.getpid()
    assert holder_of(path) is None


def test_a_second_one_is_refused_and_told_who_holds_it(path: Path, other: subprocess.Popen[bytes]) -> None:
    with pytest.raises(PortError, match=f"is running already as process {other.pid}"):
        only_one(path, "the controller")


def test_who_waits_has_it_as_soon_as_the_holder_is_killed(
    path: Path, other: subprocess.Popen[bytes], lifeline: tuple[int, int]
) -> None:
    looks = 0

    def meanwhile() -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            other.kill()

    lock = its_turn(path, lifeline[0], meanwhile)
    assert lock is not None
    with lock:
        assert holder_of(path) == os.getpid()


def test_who_waits_goes_when_nobody_waits_for_it(path: Path, other: subprocess.Popen[bytes]) -> None:
    read, write = os.pipe()
    os.close(write)
    assert its_turn(path, read, lambda: None) is None
    os.close(read)
    assert holder_of(path) == other.pid


def test_nobody_loses_the_lock_to_one_who_only_asks(path: Path) -> None:
    """Whoever asks for the holder has the lock for an instant."""
    path.touch()
    with path.open() as asks:
        fcntl.flock(asks, fcntl.LOCK_SH)
        goes = threading.Timer(0.05, fcntl.flock, [asks, fcntl.LOCK_UN])
        goes.start()
        with only_one(path, "the controller"):
            assert holder_of(path) == os.getpid()
        goes.join()
