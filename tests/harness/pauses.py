"""The machine's own failures, proved by a witness. A test's failure that one can have caused is tried once more.

Sound is judged in real time, and a machine can stand still or have too much to do. The `witness` runs beside the tests
of each worker. A failure counts at once unless it notes in the test's time one of these:

- The machine stood still for `PAUSE_S`.
- A beat that goes before all under test came `URGENT_S` late.
- A process of the test waited `STARVED_S` of a sample for a processor.
- Processes waited `DISK_S` of a sample for a disk.

The last three count for tests of programs in real time alone (`integration`, `realtime`). Such a test is run again,
once, on everything new. Where `TRIED_ALONE` names a file, the test is written there instead. `tests.run` then runs it
by itself when all lanes have ended. The first traceback is kept and printed beside the proof.

A law (`@pytest.mark.law`, and whatever Hypothesis drives) is never run again: it must hold at any moment. There is one
exception. A law may fail by a sound alone that a telephone did not hear (`wait.Unheard`). It is judged by itself then:
its ears need the machine's time as all others do.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_timeout
from _pytest.runner import runtestprotocol

from tests.harness import wait
from tests.harness.witness import DISK, PAUSE, RECORD, SAMPLE_S, STARVED, URGENT, Pause, Witness
from tests.run import TRIED_ALONE

PAUSE_S: Final = 0.060
"""Three packets of sound, and all that the strictest test allows. Two busy cores without a fault stay below 50 ms."""
URGENT_S: Final = 0.020
"""One packet of sound."""
STARVED_S: Final = 0.100
"""Of a sample of `SAMPLE_S`: 40 % of the time in which it would have worked."""
DISK_S: Final = 0.150
LEAST_S: Final = {PAUSE: PAUSE_S, URGENT: URGENT_S, STARVED: STARVED_S, DISK: DISK_S}
TOLD: Final = {
    PAUSE: f"the machine stood still for {PAUSE_S * 1000:g} ms or more",
    URGENT: f"a beat that goes before all under test came {URGENT_S * 1000:g} ms or more late",
    STARVED: f"a process of the test waited {STARVED_S * 1000:g} of {SAMPLE_S * 1000:g} ms or more for a processor",
    DISK: f"processes waited {DISK_S * 1000:g} of {SAMPLE_S * 1000:g} ms or more for a disk",
}
IN_REAL_TIME: Final = ("integration", "realtime")
ROOT: Final = Path(__file__).parents[2]
STARTED_S: Final = 10.0

_witness = pytest.StashKey[Witness]()
_unheard = pytest.StashKey[bool]()
"""Whether the test's failure is that of an ear."""
_own = pytest.StashKey[subprocess.Popen[bytes]]()


def pytest_configure(config: pytest.Config) -> None:
    """A witness for each process that runs tests, which looks at what this one starts."""
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        return  # it hands out tests, and runs none
    handle, name = tempfile.mkstemp(prefix="pauses-")
    os.close(handle)
    file = Path(name)
    process = subprocess.Popen([sys.executable, "-m", "tests.harness.witness", name, str(os.getpid())], cwd=ROOT)
    deadline_s = time.monotonic() + STARTED_S
    while file.stat().st_size < RECORD.size and time.monotonic() < deadline_s:
        time.sleep(0.01)
    witness = Witness(file, process.pid)
    config.stash[_own], config.stash[_witness] = process, witness

    def stood_still_s(since_s: float, until_s: float) -> float:
        return sum(pause.lasts_s for pause in witness.pauses(since_s, until_s, least_s=PAUSE_S))

    wait.MACHINE.stood_still_s = stood_still_s  # no deadline counts what is proved


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
    item.stash[_unheard] = False
    reports = runtestprotocol(item, log=False, nextitem=nextitem)
    if any(report.failed for report in reports) and (caused_by := _excuse(item, began_s)):
        for report in reports:
            if report.failed:
                _told_beside(report, caused_by)
        if later := os.environ.get(TRIED_ALONE):
            with Path(later).open("a") as alone:
                alone.write(f"{item.nodeid}\n")
            reports += _make_anew(item)
        else:
            _publish(item, [report for report in reports if str(report.outcome) == "rerun"])
            reports = [*_make_anew(item), *_once_more(item, nextitem)]
    _publish(item, reports)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _publish(item: pytest.Item, reports: list[pytest.TestReport]) -> None:
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)


def is_law(item: pytest.Item) -> bool:
    """What is never tried again."""
    driven = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
    return driven or item.get_closest_marker("law") is not None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Iterator[Any]:
    if call.when == "call" and call.excinfo is not None:
        item.stash[_unheard] = call.excinfo.errisinstance(wait.Unheard)
    return (yield)


def _excuse(item: pytest.Item, began_s: float) -> list[Pause]:
    if is_law(item) and not (item.stash[_unheard] and os.environ.get(TRIED_ALONE)):
        return []
    kinds = LEAST_S.keys() if any(map(item.get_closest_marker, IN_REAL_TIME)) else {PAUSE}
    noted = item.config.stash[_witness].noted(began_s)
    return [one for one in noted if one.kind in kinds and one.lasts_s >= LEAST_S[one.kind]]


def _told_beside(report: pytest.TestReport, noted: list[Pause]) -> None:
    lines = []
    for kind, told in TOLD.items():
        if of_it := [one for one in noted if one.kind == kind]:
            longest = max(of_it, key=lambda one: one.lasts_s)
            lines.append(
                f"{told}: {len(of_it)} times while this ran, at most {longest.lasts_s * 1000:.0f} ms, "
                f"at {longest.began_s:.2f} (CLOCK_MONOTONIC)"
            )
    report.sections.append(("The machine's own failures", "\n".join(lines)))
    vars(report)["outcome"] = "rerun"  # neither passed nor failed; told in the summary


def _make_anew(item: pytest.Item) -> list[pytest.TestReport]:
    """What wider fixtures keep may have been hurt by the same cause: the next test gets everything new.

    Returns:
        That they could not be taken down, which is a fault of its own.
    """
    call = pytest.CallInfo.from_call(lambda: item.session._setupstate.teardown_exact(None), "teardown")
    return [] if call.excinfo is None else [pytest.TestReport.from_item_and_call(item, call)]


def _once_more(item: pytest.Item, nextitem: pytest.Item | None) -> list[pytest.TestReport]:
    limit: Any = pytest_timeout._get_item_settings(item)  # type: ignore[no-untyped-call]
    if limit.timeout:  # the first try's ended with its failure
        item.ihook.pytest_timeout_set_timer(item=item, settings=limit)
    return runtestprotocol(item, log=False, nextitem=nextitem)


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    return ("rerun", "R", "RERUN") if str(report.outcome) == "rerun" else None


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Every first try that did not count, in full."""
    for report in _first_tries(terminalreporter):
        terminalreporter.write_sep(
            "=", f"the machine can have caused it, to be run again: {report.nodeid}", yellow=True
        )
        terminalreporter.write_line(report.longreprtext)
        for title, text in report.sections:
            terminalreporter.write_sep("-", title)
            terminalreporter.write_line(text)


def _first_tries(terminalreporter: Any) -> Iterator[pytest.TestReport]:
    yield from terminalreporter.getreports("rerun")
