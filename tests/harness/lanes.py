"""In what order and on which worker the tests of a lane run. The lanes themselves stand in `tests/run.py`.

A file of `tests/integration` whose tests share a world stays on one worker. The longest begin first, so that none is
left alone at the end.

`--no-skips` is for a machine that is prepared: what is missing then fails the run. Some tests need a right which the
user may not have. Such a test says `NOT_ALLOWED` first, and is skipped all the same.

`pytest --lengths` prints what each file took: where it differs much from `LENGTHS_S`, the table is to be corrected.
"""

from collections import Counter
from collections.abc import Generator
from functools import cache
from pathlib import Path, PurePath
from typing import Any, Final

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.run import LANES

LENGTHS_S: Final = {
    "test_crash.py": 249, "test_first_run.py": 75, "test_region.py": 232, "test_callout.py": 330,
    "test_radio_minute.py": 142, "test_demo.py": 151, "test_tutorial.py": 60, "test_against_simulator.py": 144,
    "test_waiting_room.py": 125, "test_radio_recorded.py": 90, "test_radio_faults.py": 117, "test_dial_in.py": 121,
    "test_bad_input.py": 119, "test_radio_console.py": 90, "test_endings.py": 112, "test_radio_region.py": 135,
    "test_asterisk_calls.py": 105, "test_radio_floor.py": 89, "test_radio_talk_path.py": 94, "test_floor.py": 89,
    "test_lines.py": 98, "test_decisions.py": 169, "test_radio_rules.py": 75, "test_radio_giving_way.py": 81,
    "test_side_rooms.py": 81, "test_mute.py": 78, "test_radio_keying.py": 88, "test_rough_line.py": 54,
    "test_recording.py": 72, "test_short_data.py": 77, "test_roll_call.py": 73,
    "test_lost_files.py": 62, "test_dead_line.py": 48, "test_seat_tracks.py": 53, "test_radio_guards.py": 48,
    "test_random_keys.py": 65, "test_offrecord.py": 44, "test_trunk_pace.py": 36,
    "test_callout_keys.py": 81, "test_phone_orders.py": 58,
    "test_console_axe.py": 70, "test_console_alarms.py": 45, "test_console_truth.py": 75, "test_kill_points.py": 200,
    "test_ari_manager.py": 85, "test_kill_orders.py": 60, "test_power_cut.py": 85, "test_upgrade.py": 77,
}  # fmt: skip
"""Seconds, one file on a quiet machine. Those that are not here take less than `SHORT_S`."""
SHORT_S: Final = 40
ALONE: Final = {
    "test_against_simulator.py", "test_ari_crash.py", "test_ari_manager.py", "test_as_a_service.py",
    "test_asterisk_calls.py",
    "test_asterisk_process.py", "test_browser.py", "test_console.py", "test_console_accounts.py",
    "test_console_alarms.py", "test_console_archive.py", "test_console_axe.py", "test_console_board.py",
    "test_console_exercises.py",
    "test_console_keys.py", "test_console_meeting.py", "test_console_pages.py", "test_console_passing.py",
    "test_console_proof.py", "test_console_truth.py", "test_console_versions.py",
    "test_first_run.py", "test_lost_files.py", "test_process_death.py", "test_proxy.py", "test_start_and_stop.py",
}  # fmt: skip
"""Integration files whose tests share nothing: any worker may take any of them."""

NOT_ALLOWED: Final = "not allowed here"

_lengths = pytest.StashKey[Counter[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--lengths", action="store_true", help="print how long each file of tests took")
    parser.addoption("--no-skips", action="store_true", help="fail when a test is skipped for something missing")


def arrange(items: list[pytest.Item]) -> None:
    """Sort what has been collected, when all marks are there.

    Raises:
        pytest.UsageError: one of them runs in no lane, or in two.
    """
    for item in items:
        _runs_once(item)
    items.sort(key=_place)


def _runs_once(item: pytest.Item) -> None:
    marks = frozenset(mark.name for mark in item.iter_markers())
    if (held_by := _lanes_of(item.path, item.config.rootpath, marks)) is not None:
        raise pytest.UsageError(f"{item.nodeid} runs in {held_by or 'no lane'}: see tests/run.py")


@cache
def _lanes_of(file: Path, root: Path, marks: frozenset[str]) -> list[str] | None:
    """Which hold a test of such marks in the file; `None` where just one does, as it should be."""
    place = file.relative_to(root).as_posix()
    held_by = [
        lane.name for lane in LANES if lane.holds(marks) and any(place.startswith(f"{one}/") for one in lane.folders)
    ]
    return None if len(held_by) == 1 or not place.startswith("tests/") else held_by


def _place(item: pytest.Item) -> tuple[int, int]:
    """Sorting keeps the order of those that are alike."""
    lane = 0 if item.get_closest_marker("integration") else 1 if item.get_closest_marker("slow") else 2
    return lane, -LENGTHS_S.get(item.path.name, SHORT_S) if lane == 0 else 0


class InOrder(LoadScopeScheduling):
    """Hands out tests in their order: an integration file as a whole, any other test by itself."""

    def __init__(self, config: pytest.Config, log: Any = None) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        together = "integration" in PurePath(file).parts and PurePath(file).name not in ALONE
        return file if together else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> InOrder | None:
    """With `--dist loadscope`."""
    return InOrder(config, log) if config.getoption("dist") == "loadscope" else None


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_lengths] = Counter()


@pytest.hookimpl(wrapper=True)
def pytest_report_teststatus(report: Any, config: pytest.Config) -> Generator[None, Any, Any]:
    if isinstance(report, pytest.TestReport):
        config.stash[_lengths][report.location[0]] += round(report.duration * 1000)
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    terminal: Any = session.config.pluginmanager.get_plugin("terminalreporter")
    if terminal is None or not session.config.getoption("--no-skips"):
        return
    if missing := [report for report in terminal.getreports("skipped") if NOT_ALLOWED not in str(report.longrepr)]:
        terminal.write_line(
            f"\n{len(missing)} skipped: this machine is not prepared (python -m tests.prepare)", red=True
        )
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if not config.getoption("--lengths"):
        return
    terminalreporter.write_sep("=", "how long each file took, in seconds")
    for name, length_ms in config.stash[_lengths].most_common():
        if length_ms >= 1000:
            terminalreporter.write_line(f"{length_ms / 1000:8.1f}  {name}")
