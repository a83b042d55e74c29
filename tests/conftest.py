"""What holds for every test: nothing is left behind, the user's environment stays out, everything ends in time.

A test fails when it leaves a task, a thread, a child process or a socket behind. What fixtures of a wider scope than
one test start is not counted. The deadline of a test is `timeout` in pyproject.toml, or its own `@pytest.mark.timeout`.
"""

import asyncio
import inspect
import os
import threading
import time
from collections.abc import AsyncIterator, Generator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import hypothesis
import pytest
import structlog

from bridge.ari.install import AsteriskTree, ensure_tree
from tests.harness import preloaded, statements

pytest_plugins = ["tests.harness.pauses", "tests.harness.lanes"]

# The gate judges a change: the same examples for the same tests, so that it falls over nothing that was there before.
# At a desk each run draws anew, and what it finds becomes a story.
# No example is judged by the clock: a busy machine is not a fault of the code.
hypothesis.settings.register_profile("desk", deadline=None)
hypothesis.settings.register_profile("gate", derandomize=True, deadline=None)
hypothesis.settings.load_profile("gate" if os.environ.get("CI") else "desk")

# structlog's own default draws each frame of a traceback with all that it holds: seconds of processor time for one.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)

statements.share()

os.environ["LC_ALL"] = "C.UTF-8"
"""What the command line tells is English wherever the tests run, unless one asks for another language."""

GRACE_S: Final = 1.0
"""What is on its way out may take so long."""

_LAW, _SILENT, _EXECUTED = pytest.mark.law, pytest.mark.silent, pytest.mark.executed
_MARKS: Final = {
    "integration": (pytest.mark.integration,),
    "model": (_LAW,),
    "test_against_simulator.py": (_SILENT,),
    "test_ari_crash.py": (_LAW, _SILENT, _EXECUTED),
    "test_ari_manager.py": (_SILENT,),
    "test_ari_telephony.py": (_SILENT,),
    "test_as_a_service.py": (_SILENT, _EXECUTED),
    "test_asterisk_calls.py": (_SILENT,),
    "test_asterisk_process.py": (_SILENT, _EXECUTED),
    "test_bad_input.py": (_SILENT,),
    "test_browser.py": (_SILENT,),
    "test_console.py": (_SILENT,),
    "test_console_accounts.py": (_SILENT,),
    "test_console_alarms.py": (_SILENT,),
    "test_console_archive.py": (_SILENT,),
    "test_console_axe.py": (_SILENT,),
    "test_console_board.py": (_SILENT,),
    "test_console_exercises.py": (_SILENT,),
    "test_console_keys.py": (_SILENT,),
    "test_console_meeting.py": (_SILENT,),
    "test_console_pages.py": (_SILENT,),
    "test_console_passing.py": (_SILENT,),
    "test_console_proof.py": (_SILENT,),
    "test_console_truth.py": (_SILENT,),
    "test_console_versions.py": (_SILENT,),
    "test_console_words.py": (_SILENT,),
    "test_crash.py": (_LAW,),
    "test_demo.py": (_EXECUTED,),
    "test_endings.py": (_LAW, _SILENT, _EXECUTED),
    "test_faults.py": (_SILENT, _EXECUTED),
    "test_first_run.py": (_EXECUTED,),
    "test_interface.py": (_SILENT,),
    "test_kill_orders.py": (_EXECUTED,),
    "test_kill_points.py": (_EXECUTED,),
    "test_kill_radio_orders.py": (_EXECUTED,),
    "test_lost_files.py": (_SILENT, _EXECUTED),
    "test_process_death.py": (_LAW, _SILENT, _EXECUTED),
    "test_power_cut.py": (_EXECUTED,),
    "test_proxy.py": (_SILENT,),
    "test_radio_console.py": (_SILENT,),
    "test_radio_orders.py": (_SILENT,),
    "test_short_data.py": (_SILENT,),
    "test_start_and_stop.py": (_SILENT, _EXECUTED),
    "test_tutorial.py": (_EXECUTED,),
    "test_upgrade.py": (_EXECUTED,),
}
"""Of all tests in a folder or a file of that name."""


_KEPT: Final = frozenset({"chromium"})
"""Fixtures of one test that start what later tests use too."""


@dataclass(frozen=True)
class Holdings:
    """What this process holds that a test could leave behind."""

    threads: frozenset[threading.Thread]
    children: frozenset[int]
    sockets: frozenset[str]

    @classmethod
    def now(cls) -> "Holdings":
        return cls(frozenset(threading.enumerate()), frozenset(_children()), frozenset(_sockets()))

    def beyond(self, before: "Holdings") -> "Holdings":
        return Holdings(self.threads - before.threads, self.children - before.children, self.sockets - before.sockets)

    def with_(self, more: "Holdings") -> "Holdings":
        return Holdings(self.threads | more.threads, self.children | more.children, self.sockets | more.sockets)

    def __bool__(self) -> bool:
        return bool(self.threads or self.children or self.sockets)

    def __str__(self) -> str:
        parts = [f"thread {thread.name}" for thread in self.threads]
        parts += [f"child process {pid}: {_command(pid)}" for pid in self.children]
        parts += [f"socket {name}" for name in self.sockets]
        return ", ".join(parts)


# Both are asked twice a test. With `Path` they take twice as long.


def _children() -> list[int]:
    pids: list[int] = []
    for task in os.listdir("/proc/self/task"):  # noqa: PTH208
        with suppress(OSError):
            file = os.open(f"/proc/self/task/{task}/children", os.O_RDONLY)
            try:
                pids += map(int, os.read(file, 65536).split())
            finally:
                os.close(file)
    return pids + preloaded.HERE.children()


def _sockets() -> list[str]:
    names = []
    for descriptor in os.listdir("/proc/self/fd"):  # noqa: PTH208
        with suppress(OSError):
            name = os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115
            if name.startswith("socket:"):
                names.append(name)
    return names


def _command(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")[:120]
    return "(gone)"


_before = pytest.StashKey[Holdings]()
_wider = pytest.StashKey[Holdings]()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    wanted = item.get_closest_marker("integration") is not None and item.get_closest_marker("executed") is None
    preloaded.HERE.lend(wanted=wanted)
    item.stash[_before] = Holdings.now()
    return (yield)


class _OfWiderScope:
    """What fixtures of a wider scope start. A hook of a conftest.py is not told of those of the session."""

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Generator[None, Any, Any]:
        if fixturedef.scope == "function" and fixturedef.argname not in _KEPT:
            return (yield)
        before = Holdings.now()
        result = yield
        made = Holdings.now().beyond(before)
        request.config.stash[_wider] = request.config.stash.get(_wider, made).with_(made)
        return result


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_OfWiderScope())


def pytest_unconfigure() -> None:
    preloaded.HERE.end()


def _but_for_the_pool_of_a_wider_loop(item: pytest.Item, left: Holdings) -> Holdings:
    """The pool of a loop that outlives the test may grow by a thread in it. It ends with the loop."""
    mark = item.get_closest_marker("asyncio")
    if mark is None or mark.kwargs.get("loop_scope", "function") == "function":
        return left
    others = frozenset(one for one in left.threads if not one.name.startswith("asyncio_"))
    return Holdings(others, left.children, left.sockets)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
    result = yield
    before = item.stash[_before]
    if _wider in item.config.stash:
        before = before.with_(item.config.stash[_wider])
    deadline_s = time.monotonic() + GRACE_S
    while left := _but_for_the_pool_of_a_wider_loop(item, Holdings.now().beyond(before)):
        if time.monotonic() > deadline_s:
            pytest.fail(f"the test left behind: {left}", pytrace=False)
        time.sleep(0.01)
    return result


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The place is the category."""
    from tests.harness import lanes  # a plugin: imported earlier, its assertions would not be rewritten

    for item in items:
        for mark in _marks_of(item.path, item.config.rootpath):
            item.add_marker(mark)
    lanes.arrange(items)


@cache
def _marks_of(file: Path, root: Path) -> tuple[pytest.MarkDecorator, ...]:
    return tuple(mark for part in file.relative_to(root).parts for mark in _MARKS.get(part, ()))


@pytest.fixture(autouse=True)
def _leaves_no_task(request: pytest.FixtureRequest) -> None:
    if inspect.iscoroutinefunction(getattr(request, "function", None)):
        request.getfixturevalue("_task_watch")


@pytest.fixture
async def _task_watch() -> AsyncIterator[None]:
    """Set up before and torn down after every other fixture that has tasks."""
    yield
    deadline_s = time.monotonic() + GRACE_S
    while left := asyncio.all_tasks() - {asyncio.current_task()}:
        if time.monotonic() > deadline_s:
            pytest.fail("the test left tasks behind: " + ", ".join(map(repr, left)), pytrace=False)
        await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the user's shell reaches a test; times and texts do not depend on where it runs."""
    for name in list(os.environ):
        if name.startswith("SAMBAND_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TZ", "Europe/Stockholm")
    time.tzset()


@pytest.fixture(scope="session")
def asterisk_tree() -> AsteriskTree:
    """The private Asterisk; made on the first use (some 30 s and 80 MB), then found."""
    return ensure_tree()
