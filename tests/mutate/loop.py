"""The mutants one after the other in processes that branch off a pytest which has collected all tests.

First every test is run once without a mutant, and which functions it calls is noted. A mutant then meets the tests that
call its function, the quickest first; the first that fails has noticed it.
"""

import contextlib
import json
import os
import resource
import signal
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

import pytest

from tests.mutate.mutants import Mutant
from tests.mutate.settings import PACKAGES, ROOT
from tests.mutate.swap import put_in

COMPUTES_S: Final = 120
WAITS_S: Final = 400.0
"""The tests compute for a few seconds; a mutant that goes on for so long never ends, which is noticed."""
POLL_S: Final = 0.01
BROKEN: Final = 70
NOT_CHANGED: Final = 71

Function = tuple[str, int]
"""File, relative to the root, and first line."""


class Fate(StrEnum):
    KILLED = "killed"
    ENDLESS = "killed: it never ended"
    SURVIVED = "SURVIVED"
    BROKEN = "NOT TRIED"


@dataclass(frozen=True, slots=True)
class Tried:
    mutant: Mutant
    fate: Fate
    took_s: float
    tests: int | None
    """How many of the tests call its function; none: all were run, from the import on."""

    def __str__(self) -> str:
        met = "all tests" if self.tests is None else f"{self.tests} tests"
        return f"{self.fate} ({self.took_s:.1f} s, {met}) {self.mutant}"


@dataclass
class Loop:
    """A pytest plugin in the place of the loop that runs the tests. Before the mutants and after them all tests must
    hold without any. A machine on which they fail by themselves would notice every mutant."""

    mutants: Sequence[Mutant]
    jobs: int
    tried: list[Tried] = field(default_factory=list)
    failed_alone: bool = False
    _calls: dict[Function, list[int]] = field(default_factory=dict)
    _quickest_first: list[int] = field(default_factory=list)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        told = self._alone(session)
        if told is None or not _hold_in_a_process_of_their_own():
            self.failed_alone = True
            return True
        self._calls, self._quickest_first = told
        for one in self._all(session):
            print(f"mutate: {one}", file=sys.__stderr__, flush=True)
            self.tried.append(one)
        self.failed_alone = self._alone(session) is None
        return True

    def _alone(self, session: pytest.Session) -> tuple[dict[Function, list[int]], list[int]] | None:
        """Which tests call which function, and all tests, the quickest first; none when one fails without a mutant."""
        with tempfile.NamedTemporaryFile("r", suffix=".json") as notes:
            child = os.fork()
            if child == 0:
                _end_with(lambda: _run_noting(session, Path(notes.name)))
            _, status = os.waitpid(child, 0)
            if os.waitstatus_to_exitcode(status) != 0:
                return None
            told = json.load(notes)
            return {(file, line): tests for file, line, tests in told["calls"]}, told["quickest_first"]

    def _all(self, session: pytest.Session) -> Iterator[Tried]:
        waiting, running = list(reversed(self.mutants)), dict[int, tuple[Mutant, float, int | None]]()
        while waiting or running:
            while waiting and len(running) < self.jobs:
                mutant = waiting.pop()
                tests = self._tests_of(mutant)
                if tests is not None and not tests:
                    yield Tried(mutant, Fate.SURVIVED, 0.0, 0)
                    continue
                child = _start(mutant) if tests is None else self._branch_off(session, mutant, tests)
                running[child] = (mutant, time.monotonic(), None if tests is None else len(tests))
            for child, (mutant, began_s, count) in list(running.items()):
                took_s = time.monotonic() - began_s
                if (fate := _fate_of(child, took_s)) is not None:
                    del running[child]
                    yield Tried(mutant, fate, took_s, count)
            time.sleep(POLL_S)

    def _tests_of(self, mutant: Mutant) -> list[int] | None:
        """By any of its functions, the quickest first; none: all tests, from the import on."""
        if not mutant.function_lines:
            return None
        calling = {test for line in mutant.function_lines for test in self._calls.get((mutant.file, line), [])}
        return [test for test in self._quickest_first if test in calling]

    def _branch_off(self, session: pytest.Session, mutant: Mutant, tests: Sequence[int]) -> int:
        child = os.fork()
        if child == 0:
            os.setsid()
            resource.setrlimit(resource.RLIMIT_CPU, (COMPUTES_S, COMPUTES_S))
            _end_with(lambda: _run_mutated(session, mutant, tests))
        return child


def _run_noting(session: pytest.Session, notes: Path) -> int:
    inside = tuple(f"{ROOT / package}/" for package in PACKAGES)
    callers: defaultdict[Function, set[int]] = defaultdict(set)
    current, took_s = 0, list[float]()

    def called(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(inside):
            file = frame.f_code.co_filename.removeprefix(f"{ROOT}/")
            callers[file, frame.f_code.co_firstlineno].add(current)

    threading.setprofile(called)
    sys.setprofile(called)
    for number, item in enumerate(session.items):
        current, began_s = number, time.monotonic()
        if not _passes(session, item):
            print(f"mutate: {item.nodeid} fails without any mutant", file=sys.__stderr__, flush=True)
            return 1
        took_s.append(time.monotonic() - began_s)
    sys.setprofile(None)
    calls = [(*function, sorted(tests)) for function, tests in callers.items()]
    quickest_first = sorted(range(len(took_s)), key=took_s.__getitem__)
    notes.write_text(json.dumps({"calls": calls, "quickest_first": quickest_first}))
    return 0


def _run_mutated(session: pytest.Session, mutant: Mutant, tests: Sequence[int]) -> int:
    if not put_in(ROOT / mutant.file, mutant.number):
        return NOT_CHANGED
    return 0 if all(_passes(session, session.items[number]) for number in tests) else 1


def _passes(session: pytest.Session, item: pytest.Item) -> bool:
    """By itself, so that nothing of it is left for the next one."""
    before = session.testsfailed
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
    return session.testsfailed == before


def _end_with(run: Callable[[], int]) -> NoReturn:
    """Silent; examples that Hypothesis finds are kept for nobody, or the next mutant would meet them."""
    from hypothesis.configuration import set_hypothesis_home_dir  # a plugin: imported earlier, it is not rewritten

    status = BROKEN
    try:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        with tempfile.TemporaryDirectory(prefix="samband-mutate-") as folder:
            set_hypothesis_home_dir(folder)
            status = run()
    finally:
        os._exit(status)


def _hold_in_a_process_of_their_own() -> bool:
    _, status = os.waitpid(_start(None), 0)
    return os.waitstatus_to_exitcode(status) == 0


def _start(mutant: Mutant | None) -> int:
    chosen = [] if mutant is None else [mutant.file, str(mutant.number)]
    command = [sys.executable, "-m", "tests.mutate.child", *chosen]
    silence = [(os.POSIX_SPAWN_OPEN, output, os.devnull, os.O_WRONLY, 0) for output in (1, 2)]
    return os.posix_spawn(sys.executable, command, os.environ, file_actions=silence, setsid=True)


def _fate_of(child: int, took_s: float) -> Fate | None:
    """None while it runs. Tests that could not even begin have noticed too: the change breaks the import."""
    ended, status = os.waitpid(child, os.WNOHANG)
    if ended:
        code = os.waitstatus_to_exitcode(status)
        if code in (BROKEN, NOT_CHANGED):
            return Fate.BROKEN
        return Fate.SURVIVED if code == 0 else Fate.ENDLESS if code < 0 else Fate.KILLED
    if took_s < WAITS_S:
        return None
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return Fate.ENDLESS
