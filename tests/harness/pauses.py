"""The machine's own pauses, proved by a witness. A failure that one can have caused is tried once more, and no other.

Sound is judged in real time, and a machine can stand still. A small process of ordinary priority does nothing but beat
every 5 ms (`python -m tests.harness.pauses FILE`). It notes each beat that came late. A test that fails while the
witness missed `PAUSE_S` or more is run again, once, on everything new. The first traceback is kept and printed beside
the pause. Everything else fails at once. So does a law (`@pytest.mark.law`, and whatever Hypothesis drives), which must
hold at any moment.
"""

import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_timeout
from _pytest.runner import runtestprotocol

from tests.harness import wait

BEAT_S: Final = 0.005
NOTED_S: Final = 0.010
"""Smaller delays are not written down."""
PAUSE_S: Final = 0.060
"""Three packets of sound, and all that the strictest test allows. Two busy cores without a fault stay below 50 ms."""
RECORD: Final = struct.Struct("<dd")
ROOT: Final = Path(__file__).parents[2]
STARTED_S: Final = 10.0


@dataclass(frozen=True)
class Pause:
    """From `began_s` on (CLOCK_MONOTONIC) the machine did nothing for `lasts_s`."""

    began_s: float
    lasts_s: float


class Witness:
    """What the beating process has noted."""

    def __init__(self, file: Path, pid: int) -> None:
        self.file, self.pid = file, pid

    def pauses(self, since_s: float, until_s: float | None = None, *, least_s: float = 0.0) -> list[Pause]:
        """Those that lie in this time or reach into it."""
        until_s = time.monotonic() if until_s is None else until_s
        noted = [Pause(*record) for record in RECORD.iter_unpack(_whole_records(self.file.read_bytes()))]
        return [
            pause
            for pause in noted
            if pause.lasts_s >= least_s and pause.began_s < until_s and pause.began_s + pause.lasts_s > since_s
        ]

    def longest_s(self, since_s: float, until_s: float | None = None) -> float:
        """The longest pause in this time, 0 when the beat was kept."""
        return max((pause.lasts_s for pause in self.pauses(since_s, until_s)), default=0.0)

    def stood_still_s(self, since_s: float, until_s: float) -> float:
        """All proven pauses in this time together."""
        return sum(pause.lasts_s for pause in self.pauses(since_s, until_s, least_s=PAUSE_S))


def _whole_records(data: bytes) -> bytes:
    return data[: len(data) // RECORD.size * RECORD.size]


def beat(file: Path) -> None:
    """The witness's program: until it is told to end, or its parent is gone."""
    parent = os.getppid()
    with file.open("ab", buffering=0) as notes:
        notes.write(RECORD.pack(time.monotonic(), 0.0))  # it beats
        before_s = time.monotonic()
        while os.getppid() == parent:
            time.sleep(BEAT_S)
            now_s = time.monotonic()
            if (late_s := now_s - before_s - BEAT_S) >= NOTED_S:
                notes.write(RECORD.pack(before_s + BEAT_S, late_s))
            before_s = now_s


_witness = pytest.StashKey[Witness]()
_own = pytest.StashKey[subprocess.Popen[bytes]]()


def pytest_configure(config: pytest.Config) -> None:
    """One witness for the whole run: workers are told where it writes."""
    told = getattr(config, "workerinput", None)
    if told is not None:
        _believe(config, Witness(Path(told["pauses_file"]), told["pauses_pid"]))
        return
    handle, name = tempfile.mkstemp(prefix="pauses-")
    os.close(handle)
    file = Path(name)
    process = subprocess.Popen([sys.executable, "-m", "tests.harness.pauses", name], cwd=ROOT)
    deadline_s = time.monotonic() + STARTED_S
    while file.stat().st_size == 0 and time.monotonic() < deadline_s:
        time.sleep(0.01)
    config.stash[_own] = process
    _believe(config, Witness(file, process.pid))


def _believe(config: pytest.Config, witness: Witness) -> None:
    """Whoever asks for the witness gets it, and no deadline counts what it proves."""
    config.stash[_witness] = witness
    wait.MACHINE.stood_still_s = witness.stood_still_s


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    witness = node.config.stash[_witness]
    node.workerinput |= {"pauses_file": str(witness.file), "pauses_pid": witness.pid}


def pytest_unconfigure(config: pytest.Config) -> None:
    if (process := config.stash.get(_own, None)) is None:
        return
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGCONT)
        process.kill()
    process.wait()
    config.stash[_witness].file.unlink(missing_ok=True)


@pytest.fixture(scope="session")
def witness(request: pytest.FixtureRequest) -> Witness:
    """For tests that judge a time: what the machine itself missed in it."""
    return request.config.stash[_witness]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    began_s = time.monotonic()
    reports = runtestprotocol(item, log=False, nextitem=nextitem)
    if any(report.failed for report in reports) and (caused_by := _excuse(item, began_s)):
        for report in reports:
            if report.failed:
                _told_beside(report, caused_by)
                item.ihook.pytest_runtest_logreport(report=report)
        reports = _once_more(item, nextitem)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def is_law(item: pytest.Item) -> bool:
    """What is never tried again."""
    driven = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
    return driven or item.get_closest_marker("law") is not None


def _excuse(item: pytest.Item, began_s: float) -> list[Pause]:
    return [] if is_law(item) else item.config.stash[_witness].pauses(began_s, least_s=PAUSE_S)


def _told_beside(report: pytest.TestReport, pauses: list[Pause]) -> None:
    longest = max(pauses, key=lambda pause: pause.lasts_s)
    text = f"the machine stood still {len(pauses)} times for {PAUSE_S * 1000:g} ms or more while this ran, "
    text += f"at most for {longest.lasts_s * 1000:.0f} ms, at {longest.began_s:.2f} (CLOCK_MONOTONIC)"
    report.sections.append(("The machine's own pauses", text))
    vars(report)["outcome"] = "rerun"  # neither passed nor failed; told in the summary


def _once_more(item: pytest.Item, nextitem: pytest.Item | None) -> list[pytest.TestReport]:
    """On everything new: what wider fixtures keep may have been hurt by the same pause."""
    item.session._setupstate.teardown_exact(None)
    limit: Any = pytest_timeout._get_item_settings(item)  # type: ignore[no-untyped-call]
    if limit.timeout:  # the first try's ended with its failure
        item.ihook.pytest_timeout_set_timer(item=item, settings=limit)
    return runtestprotocol(item, log=False, nextitem=nextitem)


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    return ("rerun", "R", "RERUN") if str(report.outcome) == "rerun" else None


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Every first try that did not count, in full."""
    for report in _first_tries(terminalreporter):
        terminalreporter.write_sep("=", f"run again after a pause of the machine: {report.nodeid}", yellow=True)
        terminalreporter.write_line(report.longreprtext)
        for title, text in report.sections:
            terminalreporter.write_sep("-", title)
            terminalreporter.write_line(text)


def _first_tries(terminalreporter: Any) -> Iterator[pytest.TestReport]:
    yield from terminalreporter.getreports("rerun")


if __name__ == "__main__":
    beat(Path(sys.argv[1]))
