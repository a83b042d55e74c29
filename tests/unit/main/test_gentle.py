"""Loading beside a meeting is less urgent than it, and what has loaded is as urgent as any controller."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.main.gentle import GENTLY, NICE

ROOT = Path(__file__).parents[3]
LOADS = """
import json, os, sys
from bridge.main.gentle import load_gently

load_gently("heavy")
loaded = "heavy" in sys.modules
import heavy
print(json.dumps([loaded, heavy.NICE, os.getpriority(os.PRIO_PROCESS, 0)]))
"""
HEAVY = "import os, threading\nNICE = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())\n"


def start(folder: Path, heavy: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "heavy.py").write_text(heavy)
    return subprocess.run(
        [sys.executable, "-c", LOADS, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": f"{ROOT}:{folder}"},
    )


def test_loading_beside_a_controller_is_less_urgent_and_work_is_as_urgent_as_usual(tmp_path: Path) -> None:
    loaded, while_loading, afterwards = json.loads(start(tmp_path, HEAVY, GENTLY).stdout)
    assert loaded
    assert while_loading == afterwards + NICE


def test_the_one_that_shall_work_at_once_loads_as_fast_as_it_can(tmp_path: Path) -> None:
    loaded, while_loading, afterwards = json.loads(start(tmp_path, HEAVY).stdout)
    assert not loaded
    assert while_loading == afterwards


@pytest.mark.parametrize("arguments", [(GENTLY,), ()])
def test_a_module_that_fails_is_met_by_whoever_imports_it(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = start(tmp_path, "raise ValueError('it is broken')", *arguments)
    assert done.returncode == 1
    assert done.stderr.count("ValueError: it is broken") == 1
