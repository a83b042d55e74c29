"""Every test runs in one of the two lanes. A file with a fixture of its own runs on one worker, the longest first."""

import functools
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness import lanes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # collects the suite

ROOT = Path(__file__).parents[3]
FIRST, SECOND = "not integration or silent", "integration and not silent"


@functools.cache
def collected(*arguments: str) -> list[str]:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *arguments]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [line for line in said.splitlines() if "::" in line]


def test_no_test_is_in_no_lane_and_none_in_both() -> None:
    first, second = collected("-m", FIRST, "tests"), collected("-m", SECOND, "tests/integration")
    assert sorted(first + second) == sorted(collected("tests"))


def test_make_test_runs_these_two_lanes() -> None:
    recipe = (ROOT / "Makefile").read_text()
    assert f'-m "{FIRST}" tests\n' in recipe
    assert f'-m "{SECOND}" tests/integration\n' in recipe


def test_the_longest_files_begin_first() -> None:
    order = [line.partition("::")[0] for line in collected("-m", SECOND, "tests/integration")]
    files = list(dict.fromkeys(order))
    assert files[0] == "tests/integration/test_crash.py"
    assert files.index("tests/integration/test_radio_floor.py") < files.index("tests/integration/test_mute.py")


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
