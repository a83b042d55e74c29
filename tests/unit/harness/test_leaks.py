"""A test that leaves something behind fails, and says what."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # each starts a pytest of its own

ROOT = Path(__file__).parents[3]
LEAKS = {
    "thread": "threading.Thread(target=time.sleep, args=(3,)).start()",
    "child process": "kept.append(subprocess.Popen(['sleep', '3']))",
    "socket": "kept.append(socket.socket())",
    "tasks": "kept.append(asyncio.create_task(asyncio.sleep(9)))",
}
TEST = "import asyncio, socket, subprocess, threading, time\nkept = []\n\nasync def test_it():\n    "


def run(folder: Path, text: str) -> str:
    (folder / "test_it.py").write_text(TEST + text)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-o", "asyncio_mode=auto"]
    return subprocess.run(
        [*command, "--rootdir", str(folder), str(folder)], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout


@pytest.mark.parametrize("kind", list(LEAKS))
def test_leaving_it_behind_fails(tmp_path: Path, kind: str) -> None:
    told = run(tmp_path, LEAKS[kind])
    assert "1 error" in told, told
    assert f"left behind: {kind}" in told or f"left {kind} behind" in told, told


WIDER = "pytestmark = __import__('pytest').mark.asyncio(loop_scope='module')\n\nasync def test_next():\n    "


def test_a_loop_that_outlives_the_test_may_keep_the_threads_of_its_pool(tmp_path: Path) -> None:
    told = run(tmp_path, f"pass\n\n{WIDER}await asyncio.to_thread(int)")
    assert "2 passed" in told, told
    assert "error" not in told, told


def test_such_a_loop_excuses_no_other_thread(tmp_path: Path) -> None:
    told = run(tmp_path, f"pass\n\n{WIDER}{LEAKS['thread']}")
    assert "1 error" in told, told


def test_leaving_nothing_behind_passes(tmp_path: Path) -> None:
    told = run(tmp_path, "await asyncio.create_task(asyncio.sleep(0))")
    assert "1 passed" in told, told
    assert "error" not in told, told
