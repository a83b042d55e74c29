"""Every test runs in one lane. A file with a fixture of its own runs on one worker, the longest first."""

import contextlib
import itertools
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from types import MappingProxyType

import pytest

from tests import run
from tests.harness import lanes
from tests.run import CHECKED, LANES, MOST_ALONE, RULES, SOUND, TRIED_ALONE

pytestmark = pytest.mark.slow  # most start a pytest of their own

ROOT = Path(__file__).parents[3]


MARKS = ("integration", "silent", "slow", "realtime", "postgres")


@pytest.mark.parametrize("marks", [frozenset(some) for n in range(6) for some in itertools.combinations(MARKS, n)])
def test_whatever_its_marks_a_test_runs_in_one_lane(marks: frozenset[str]) -> None:
    assert sum(lane.holds(marks) for lane in LANES) == 1


@pytest.mark.parametrize(
    ("name", "mark", "told"),
    [
        ("integration/test_it.py", "integration", ""),
        ("unit/docs/test_it.py", "integration", "runs in no lane"),
        ("unit/docs/test_it.py", "realtime", "runs in no lane"),
        ("unit/main/test_it.py", "realtime", ""),
        ("unit/docs/test_it.py", "slow", ""),
    ],
)
def test_a_test_that_lies_where_its_lane_does_not_look_is_refused(
    tmp_path: Path, name: str, mark: str, told: str
) -> None:
    file = tmp_path / "tests" / name
    file.parent.mkdir(parents=True)
    file.write_text(f"import pytest\n@pytest.mark.{mark}\ndef test_it():\n    pass\n")
    (tmp_path / "conftest.py").write_text(
        "from tests.harness import lanes\n\ndef pytest_collection_modifyitems(items):\n    lanes.arrange(items)\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.harness.lanes", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "--rootdir", str(tmp_path), str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert told in done.stdout + done.stderr
    assert done.returncode == (4 if told else 0), done.stdout + done.stderr


def test_make_check_and_what_make_test_runs_beyond_it_are_everything_of_the_lane_rules() -> None:
    assert f'-m "{CHECKED}"' in (ROOT / "Makefile").read_text()
    beyond = RULES.command(beyond=CHECKED)
    assert beyond[beyond.index("-m", 3) + 1] == f"({RULES.marks}) and not ({CHECKED})"


def test_the_gate_has_the_library_of_sound_cards_before_it_runs_a_test() -> None:
    """The rest of the gate leaves out all that `make check` skips."""
    gate = (ROOT / ".ci/run").read_text()
    assert 0 < gate.index("\nmake soundcard") < gate.index("\nmake check") < gate.index("make test-beyond-check")


def test_the_longest_files_begin_first() -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "-m", SOUND.marks]
    said = subprocess.run([*command, *SOUND.folders], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = list(dict.fromkeys(line.partition("::")[0] for line in said.splitlines() if "::" in line))
    lengths_s = [lanes.LENGTHS_S.get(PurePath(file).name, lanes.SHORT_S) for file in files]
    assert lengths_s == sorted(lengths_s, reverse=True)
    assert lengths_s[0] > lengths_s[-1]


@pytest.mark.parametrize(("name", "workers"), [("test_it.py", 1), (sorted(lanes.ALONE)[0], 2)])
def test_an_integration_file_stays_on_one_worker_unless_its_tests_share_nothing(
    tmp_path: Path, name: str, workers: int
) -> None:
    folder = tmp_path / "integration"
    folder.mkdir()
    (folder / name).write_text(
        "import os, pytest, time\n@pytest.mark.parametrize('n', range(6))\n"
        "def test_it(n):\n    time.sleep(0.3)\n    print('worker', os.getpid())\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "tests.harness.lanes", "-p", "no:cacheprovider", "-rP"]
    command += ["--rootdir", str(tmp_path), "-n", "2", "--dist", "loadscope", str(folder)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    assert "6 passed" in said, said
    assert len({line for line in said.splitlines() if line.startswith("worker ")}) == workers, said


@pytest.mark.parametrize(
    ("reason", "ends_with"), [("Chromium is missing", 1), (f"{lanes.NOT_ALLOWED}: only root may mount", 0)]
)
def test_what_is_skipped_fails_a_prepared_run_unless_its_user_lacks_a_right(
    tmp_path: Path, reason: str, ends_with: int
) -> None:
    (tmp_path / "test_it.py").write_text(
        f"import pytest\n@pytest.mark.skipif(True, reason={reason!r})\ndef test_it():\n    pass\n"
        "def test_other():\n    pass\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "tests.harness.lanes", "-p", "no:cacheprovider", "--no-skips"]
    command += ["--rootdir", str(tmp_path), str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "1 passed, 1 skipped" in done.stdout, done.stdout
    assert done.returncode == ends_with, done.stdout


def test_every_file_that_is_named_is_there() -> None:
    there = {path.name for path in (ROOT / "tests/integration").rglob("test_*.py")}
    assert set(lanes.LENGTHS_S) | lanes.ALONE <= there


@pytest.mark.parametrize(
    ("beside", "starved", "by_itself", "status"),
    [(0, 0, None, 0), (1, 1, 0, 1), (0, 2, 0, 0), (0, 2, 1, 1), (0, MOST_ALONE + 1, None, 1)],
    ids=["all pass", "one fails for good", "pass by themselves", "one fails by itself", "too many"],
)
@pytest.mark.parametrize("lane", ["sound", "programs"])
def test_what_lacked_time_beside_others_is_judged_by_itself_when_all_lanes_have_ended(
    monkeypatch: pytest.MonkeyPatch, lane: str, beside: int, starved: int, by_itself: int | None, status: int
) -> None:
    commands: list[list[str]] = []
    tests = [f"tests/integration/test_it.py::test_{at}" for at in range(starved)]

    def runs(command: list[str], more: Mapping[str, str] = MappingProxyType({})) -> int:
        commands.append(command)
        if TRIED_ALONE not in more:
            assert by_itself is not None
            return by_itself
        if (SOUND.marks in command) != (lane == "sound"):
            return 0
        Path(more[TRIED_ALONE]).write_text("".join(f"{test}\n" for test in [*tests, *tests]))
        return beside

    class Ended:
        def ends(self) -> int:
            commands.append(["rules have ended"])
            return 0

    @contextlib.contextmanager
    def no_rules(command: list[str]) -> Iterator[Ended]:
        assert RULES.marks in " ".join(command)
        yield Ended()

    monkeypatch.setattr(run, "_run", runs)
    monkeypatch.setattr(run, "in_the_gaps", no_rules)
    monkeypatch.setattr(sys, "argv", ["run"])
    assert run.main() == status
    after = commands[commands.index(["rules have ended"]) + 1 :]
    assert [command[-starved:] for command in after] == ([tests] if by_itself is not None else [])
    assert all("-n" not in command for command in after)
