"""`make test`: every test, in lanes that are named here. `python -m tests.run --beyond-check` leaves out those of `make
check`.

Sound is judged in real time by the lane `sound`. `programs` waits for real programs in real time, and judges no sound.
`rules` needs processor time and nothing else. It takes the gaps that the two leave, and is told when all have ended.
A test of the first two that failed for want of time is judged by itself at the end (`tests/harness/pauses.py`).
"""

import argparse
import contextlib
import functools
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO, Final

from _pytest.mark.expression import Expression

ROOT: Final = Path(__file__).parents[1]
OPTIONS: Final = ("-q", "--dist", "loadscope", "--lengths", "--no-skips")
CHECKED: Final = "not integration and not slow and not realtime and not postgres"
"""The tests of `make check`."""


@dataclass(frozen=True)
class Lane:
    """Tests that run at the same time, by their marks.

    Attributes:
        workers: As many tests at once. A file of `tests/integration` whose tests share a world stays on one worker.
        folders: Where its tests lie. Collecting all of them would cost each worker many seconds.
        limit_s: After so long a test is given up, unless it names a limit itself; None leaves pyproject.toml's.
    """

    name: str
    marks: str
    workers: int
    folders: tuple[str, ...]
    limit_s: int | None = None

    def holds(self, marks: frozenset[str]) -> bool:
        """Whether a test with these marks runs in this lane, where it lies in one of its folders."""
        return _holds(self.marks, marks)

    def command(self, *, beyond: str = "", worlds: int | None = None) -> list[str]:
        marks = f"({self.marks}) and not ({beyond})" if beyond else self.marks
        limit = ("--timeout", str(self.limit_s)) if self.limit_s is not None else ()
        return [
            sys.executable,
            "-m",
            "pytest",
            *OPTIONS,
            *limit,
            "-n",
            str(worlds or self.workers),
            "-m",
            marks,
            *self.folders,
        ]


SOUND: Final = Lane("sound", "integration and not silent", 4, ("tests/integration",))
RULES: Final = Lane(
    "rules", "not integration and not realtime", 2, ("tests/model", "tests/unit", "tests/contract"), limit_s=1800
)
PROGRAMS: Final = Lane(
    "programs",
    "integration and silent or realtime and not integration",
    4,
    (
        "tests/integration",
        "tests/contract",
        *(f"tests/unit/{part}" for part in ("harness", "main", "media", "rakel", "storage")),
    ),
)
MOST_ALONE: Final = 20
"""A machine that fails more of them can judge none."""
TRIED_ALONE: Final = "TESTS_TRIED_ALONE"
"""The environment's name of the file that takes what is to be tried by itself, a node id a line."""
LANES: Final = (SOUND, PROGRAMS, RULES)


@functools.cache
def _holds(expression: str, marks: frozenset[str]) -> bool:
    def has(name: str, /, **_: str | int | bool | None) -> bool:
        return name in marks

    return Expression.compile(expression).evaluate(has)


def main() -> int:
    read = argparse.ArgumentParser(description=__doc__)
    read.add_argument("--beyond-check", action="store_true", help="`make check` has just run: leave its tests out")
    read.add_argument("--worlds", type=int, default=SOUND.workers, help="systems side by side; 1 is the calmest")
    asked = read.parse_args()
    with in_the_gaps(RULES.command(beyond=CHECKED if asked.beyond_check else "")) as rules:
        _say(f"{SOUND.name}; {RULES.name} in its gaps")
        sound = side_by_side(SOUND.command(worlds=asked.worlds))
        _say(f"{PROGRAMS.name}; {RULES.name} in its gaps")
        programs = side_by_side(PROGRAMS.command())
        _say(f"{RULES.name}, for the rest of its time alone")
        status = rules.ends()
    return max(sound.status, programs.status, status, by_itself((*sound.undecided, *programs.undecided)))


@dataclass(frozen=True)
class Judged:
    """What a lane says.

    Attributes:
        status: 0 when every test that it has decided has passed.
        undecided: Node ids of what failed while the machine was shown to lack time.
    """

    status: int
    undecided: tuple[str, ...] = ()


def side_by_side(command: list[str]) -> Judged:
    """Run the tests of a lane that judges time."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "alone"
        file.touch()
        status = _run(command, {TRIED_ALONE: str(file)})
        return Judged(status, tuple(dict.fromkeys(file.read_text().splitlines())))


def by_itself(tests: Sequence[str]) -> int:
    """Judge what was not decided, with nothing beside it.

    Returns:
        The exit status: 0 when every one has passed, or none was undecided.
    """
    if not tests:
        return 0
    _say(f"by itself: {', '.join(tests)}")
    if len(tests) > MOST_ALONE:
        _say(f"more than {MOST_ALONE} failed: this is no matter of the machine")
        return 1
    return _run([sys.executable, "-m", "pytest", "-q", "--no-skips", *tests])


def _run(command: list[str], more: Mapping[str, str] = MappingProxyType({})) -> int:
    before, began_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    status = subprocess.run(command, cwd=ROOT, env={**os.environ, **more}, check=False).returncode
    after, lasted_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - began_s
    worked_s = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    _say(f"{lasted_s:.0f} s, with {worked_s:.0f} s of processor time")
    return status


def _say(text: str) -> None:
    print(f"tests: {text}", flush=True)


class Background:
    """A program that runs while others are more urgent. Its lines are kept until it has ended."""

    def __init__(self, process: subprocess.Popen[bytes], told: IO[bytes]) -> None:
        self._process, self._told = process, told

    def ends(self) -> int:
        """Let it have the machine, wait for it, and print what it told; gives its exit status."""
        _urgency(self._process.pid, os.SCHED_OTHER, nice=0)
        status = self._process.wait()
        self._told.seek(0)
        sys.stdout.write(self._told.read().decode(errors="replace"))
        sys.stdout.flush()
        return status

    def stop(self) -> None:
        """End it with all that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


@contextlib.contextmanager
def in_the_gaps(command: list[str]) -> Iterator[Background]:
    """Run a program with the processor time that nobody else wants; it is stopped when this is left early."""
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=told, stderr=told, start_new_session=True
        )
        _urgency(process.pid, os.SCHED_IDLE, nice=19)
        background = Background(process, told)
        try:
            yield background
        finally:
            if process.poll() is None:
                background.stop()


def _urgency(session: int, policy: int, *, nice: int) -> None:
    """Of a session as a whole: Linux weighs sessions against each other, and a nice value only within one.

    Whoever wakes takes the processor from a process of SCHED_IDLE at once (sched(7)).
    """
    with contextlib.suppress(OSError):  # a kernel without autogroups
        Path(f"/proc/{session}/autogroup").write_text(str(nice))
    for process in _of_session(session):
        with contextlib.suppress(OSError):  # it has ended; or the user may not be more urgent again
            os.sched_setscheduler(process, policy, os.sched_param(0))
            os.setpriority(os.PRIO_PROCESS, process, nice)


def _of_session(session: int) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if os.getsid(int(entry.name)) == session:
                    yield int(entry.name)


if __name__ == "__main__":
    sys.exit(main())
