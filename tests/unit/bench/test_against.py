"""Rows beside those of another commit, in the same run."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.against import Against, checkout, compared
from tests.bench.figures import Figure
from tests.bench.machine import ROOT
from tests.bench.results import failed
from tests.bench.taking import of_checkout


@pytest.mark.parametrize(
    ("now", "before", "more_is_better", "met"),
    [
        (10.5, 10.0, False, True),
        (10.6, 10.0, False, False),
        (9.6, 10.0, True, True),
        (9.5, 10.0, True, False),
        (0.0, 0.0, False, True),
        (5.0, 0.0, False, False),
        (5.0, None, False, False),
    ],
)
def test_none_may_be_worse_than_five_hundredths_more(
    now: float, before: float | None, more_is_better: bool, met: bool
) -> None:
    one = Against("a", "s", now, before, more_is_better)
    assert one.met is met
    assert failed([], [one]) is not met


def test_two_runs_of_ours_stand_around_one_of_before() -> None:
    (one,) = compared([[Figure("a", 10, "s")], [Figure("a", 12, "s")]], [[Figure("a", 10, "s")]])
    assert (one.now, one.before, one.ratio) == (11, 10, 1.1)


def test_a_figure_that_before_did_not_give_is_told_and_is_a_failure() -> None:
    (one,) = compared([[Figure("new", 10, "s")]], [[]])
    assert not one.met
    assert "not measured" in one.line()


@pytest.mark.slow
def test_before_is_that_commits_program_under_todays_measures(tmp_path: Path) -> None:
    with checkout("HEAD", tmp_path) as there:
        where = subprocess.run(
            [sys.executable, "-c", "import bridge.domain; print(bridge.domain.__file__)"],
            cwd=there,
            env=of_checkout(there),
            capture_output=True,
            text=True,
            check=True,
        )
        assert Path(where.stdout.strip()) == there / "bridge/domain/__init__.py", "and not the one that is installed"
        assert (there / "tests/bench/against.py").read_text() == (ROOT / "tests/bench/against.py").read_text()
    listed = subprocess.run(["git", "-C", str(ROOT), "worktree", "list"], capture_output=True, text=True, check=True)
    assert str(there) not in listed.stdout


def test_no_such_commit_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be checked out"), checkout("no-such-commit", tmp_path):
        pass
