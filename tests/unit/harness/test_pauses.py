"""Only a failure in whose time the machine provably stood still is tried once more. Its first traceback is told."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.harness.pauses import PAUSE_S
from tests.harness.witness import DISK, PAUSE, RECORD, STARVED, URGENT, Pause, Witness, descendants, disk_wait_s
from tests.run import TRIED_ALONE

pytestmark = pytest.mark.realtime  # each starts a pytest of its own, and machines that stand still

ROOT = Path(__file__).parents[3]
HEAD = """
import os, signal, subprocess, sys, time
from pathlib import Path
import pytest
from tests.harness.witness import DISK, RECORD

def stands_still(witness, seconds=0.2):
    os.kill(witness.pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(witness.pid, signal.SIGCONT)
    time.sleep(0.05)

def two_share_a_processor(for_s=1.5):
    one = min(os.sched_getaffinity(0))
    run = f"import os, time; os.sched_setaffinity(0, [{one}]); end_s = time.monotonic() + {for_s}\\n"
    both = [subprocess.Popen([sys.executable, "-c", run + "while time.monotonic() < end_s: pass"]) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]

def it_shares_its_processor(for_s=1.5):
    every = os.sched_getaffinity(0)
    os.sched_setaffinity(0, [min(every)])
    end_s = time.monotonic() + for_s
    other = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    while time.monotonic() < end_s: pass
    other.kill()
    other.wait()
    os.sched_setaffinity(0, every)

def the_urgent_beat_stands_still(witness):
    [urgent, _] = [int(pid) for pid in Path(f"/proc/{witness.pid}/task/{witness.pid}/children").read_text().split()]
    os.kill(urgent, signal.SIGSTOP)
    time.sleep(0.05)
    os.kill(urgent, signal.SIGCONT)
    time.sleep(0.05)

def a_disk_is_waited_for(witness):
    with witness.file.open("ab") as notes:
        notes.write(RECORD.pack(DISK, time.monotonic(), 0.2))

def first_try(name):
    tries = Path(__file__).with_name(name)
    tries.write_text(tries.read_text() + "x" if tries.exists() else "x")
    return len(tries.read_text()) == 1

def tries(name):
    return len(Path(__file__).with_name(name).read_text())
"""


@pytest.fixture(autouse=True)
def by_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """These runs are none of the lane in which they are started."""
    monkeypatch.delenv(TRIED_ALONE, raising=False)


def run(folder: Path, text: str, *arguments: str) -> str:
    (folder / "test_it.py").write_text(HEAD + text)
    command = [sys.executable, "-m", "pytest", "-p", "tests.harness.pauses", "-p", "no:cacheprovider", "-ra"]
    command += ["-o", "markers=law\nintegration\nrealtime", "--rootdir", str(folder), *arguments, str(folder)]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)}
    ).stdout


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "in a worker"])
def test_a_failure_while_the_machine_stood_still_is_tried_again_and_its_traceback_told(
    tmp_path: Path, workers: tuple[str, ...]
) -> None:
    told = run(tmp_path, "def test_it(witness):\n    stands_still(witness)\n    assert not first_try('it')\n", *workers)
    assert "1 passed, 1 rerun" in told, told
    assert "the machine can have caused it, to be run again: test_it.py::test_it" in told, told
    assert "assert not True" in told, told
    assert "The machine's own failures" in told, told


def test_a_failure_without_a_pause_fails_at_once(tmp_path: Path) -> None:
    told = run(tmp_path, "def test_it(witness):\n    assert not first_try('it')\n")
    assert "= 1 failed in" in told, told


def test_a_pause_in_another_tests_time_excuses_nothing(tmp_path: Path) -> None:
    text = (
        "def test_before(witness):\n    stands_still(witness)\ndef test_it(witness):\n    assert not first_try('it')\n"
    )
    told = run(tmp_path, text)
    assert "1 failed, 1 passed" in told, told


def test_a_pause_too_short_to_matter_excuses_nothing(tmp_path: Path) -> None:
    told = run(tmp_path, "def test_it(witness):\n    stands_still(witness, 0.02)\n    assert not first_try('it')\n")
    assert "= 1 failed in" in told, told


STARVED_OR_LATE = pytest.mark.parametrize(
    ("so", "told_as"),
    [
        ("two_share_a_processor()", "waited 100 of 250 ms or more for a processor"),
        ("it_shares_its_processor()", "waited 100 of 250 ms or more for a processor"),
        ("the_urgent_beat_stands_still(witness)", "a beat that goes before all under test"),
        ("a_disk_is_waited_for(witness)", "processes waited 150 of 250 ms or more for a disk"),
    ],
    ids=["its processes", "itself", "late", "disk"],
)


@STARVED_OR_LATE
def test_a_test_in_real_time_is_tried_again_when_its_processes_lacked_time(
    tmp_path: Path, so: str, told_as: str
) -> None:
    text = f"import pytest\n@pytest.mark.integration\ndef test_it(witness):\n    {so}\n    assert not first_try('it')\n"
    told = run(tmp_path, text)
    assert "1 passed, 1 rerun" in told, told
    assert told_as in told, told


@pytest.mark.parametrize("kind", [STARVED, URGENT, DISK])
def test_a_test_that_judges_no_time_is_not_excused_by_a_lack_of_it(tmp_path: Path, kind: bytes) -> None:
    noted = f"    with witness.file.open('ab') as notes: notes.write({RECORD.pack(kind, time.monotonic(), 60.0)!r})\n"
    told = run(tmp_path, f"def test_it(witness):\n{noted}    assert not first_try('it')\n")
    assert "= 1 failed in" in told, told


def test_what_is_to_be_tried_alone_is_written_down_and_neither_passes_nor_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = tmp_path / "later"
    monkeypatch.setenv(TRIED_ALONE, str(later))
    text = "def test_it(witness):\n    stands_still(witness)\n    assert not first_try('it')\n"
    text += "def test_other():\n    pass\n"
    told = run(tmp_path, text)
    assert "1 passed, 1 rerun" in told, told
    assert "to be run again: test_it.py::test_it" in told, told
    assert later.read_text() == "test_it.py::test_it\n"


def test_what_fails_again_has_failed_however_the_machine_stands(tmp_path: Path) -> None:
    told = run(
        tmp_path, "def test_it(witness):\n    stands_still(witness)\n    first_try('it')\n    assert tries('it') > 2\n"
    )
    assert "1 failed, 1 rerun" in told, told


def test_the_second_try_has_its_own_time_limit(tmp_path: Path) -> None:
    text = "def test_it(witness):\n    stands_still(witness)\n    assert not first_try('it')\n    time.sleep(9)\n"
    told = run(tmp_path, text, "--timeout=1.5")
    assert "1 failed, 1 rerun" in told, told
    assert "Timeout" in told, told


@pytest.mark.parametrize(
    "law",
    [
        "@pytest.mark.law\ndef test_it(witness):\n",
        "from hypothesis import given, settings, strategies\n@settings(deadline=None)\n@given(strategies.just(1))\n"
        "def test_it(witness, one):\n",
    ],
    ids=["marked", "driven by Hypothesis"],
)
def test_a_law_is_never_tried_again(tmp_path: Path, law: str) -> None:
    told = run(tmp_path, law + "    stands_still(witness)\n    assert not first_try('it')\n")
    assert "= 1 failed in" in told, told


UNHEARD = "from tests.harness.wait import Unheard, Waited\n"


def test_a_law_that_fails_by_ear_alone_is_judged_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later = tmp_path / "later"
    monkeypatch.setenv(TRIED_ALONE, str(later))
    text = "".join(
        f"@pytest.mark.law\ndef test_{kind}(witness):\n    stands_still(witness)\n    raise {kind}('a voice')\n"
        for kind in ("Unheard", "Waited")
    )
    told = run(tmp_path, UNHEARD + text)
    assert "1 failed, 1 rerun" in told, told
    assert later.read_text() == "test_it.py::test_Unheard\n"


def test_a_law_that_fails_by_ear_fails_where_nobody_judges_it_later(tmp_path: Path) -> None:
    text = "@pytest.mark.law\ndef test_it(witness):\n    stands_still(witness)\n    raise Unheard('a voice')\n"
    told = run(tmp_path, UNHEARD + text)
    assert "= 1 failed in" in told, told


def test_what_the_pause_broke_in_a_wider_fixture_is_made_anew(tmp_path: Path) -> None:
    text = """
@pytest.fixture(scope="module")
def world(witness):
    stands_still(witness)
    assert not first_try("made")

def test_before(world):
    pass

def test_it(world):
    assert tries("made") == 2
"""
    told = run(tmp_path, text)
    assert "2 passed, 1 rerun" in told, told


def test_the_witness_tells_what_lies_in_a_time_or_reaches_into_it(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.write_bytes(
        b"".join(RECORD.pack(PAUSE, *one) for one in [(1.0, 0.5), (3.0, 0.02), (9.0, 0.2)])
        + RECORD.pack(STARVED, 4.2, 0.25)
        + b"half a record"[:5]
    )
    seen = Witness(notes, 0)
    assert seen.pauses(1.4, 3.5) == [Pause(1.0, 0.5), Pause(3.0, 0.02)]
    assert seen.pauses(1.6, 8.9, least_s=PAUSE_S) == []
    assert seen.longest_s(2.0, 9.5) == 0.2
    assert seen.longest_s(4.0, 5.0) == 0.0


def test_only_what_a_test_has_started_can_starve(witness: Witness) -> None:
    """A stranger's process that waits excuses nothing."""
    family = set(descendants(os.getpid()))
    assert witness.pid in family
    assert os.getpid() not in family
    assert os.getppid() not in family


def test_the_kernels_word_of_waiting_for_a_disk_is_read_and_may_be_missing(tmp_path: Path) -> None:
    told = tmp_path / "io"
    told.write_text("some avg10=0.03 avg60=1.99 avg300=2.22 total=316676167\nfull avg10=0.02 total=72348840\n")
    assert disk_wait_s(told) == 316.676167
    assert disk_wait_s(tmp_path / "not there") == 0.0


def test_this_runs_own_witness_sees_it_when_it_is_stopped(witness: Witness) -> None:
    began_s = time.monotonic()
    os.kill(witness.pid, signal.SIGSTOP)
    time.sleep(0.3)
    os.kill(witness.pid, signal.SIGCONT)
    time.sleep(0.1)
    assert 0.25 <= witness.longest_s(began_s) <= 0.5


def test_no_deadline_counts_the_time_that_the_machine_stood_still(tmp_path: Path) -> None:
    text = (
        "from tests.harness.wait import until\n"
        "async def test_it(witness):\n"
        "    began_s = time.monotonic()\n"
        "    def so():\n"
        "        if time.monotonic() - began_s < 0.1: stands_still(witness, 0.5)\n"
        "        return time.monotonic() - began_s > 0.7\n"
        "    assert await until(so, 0.4)\n"
    )
    told = run(tmp_path, text, "-o", "asyncio_mode=auto")
    assert "= 1 passed in" in told, told


def test_what_cannot_be_taken_down_before_the_second_try_is_an_error_and_the_tests_go_on(tmp_path: Path) -> None:
    told = run(
        tmp_path,
        """
@pytest.fixture(scope="module")
def system():
    yield
    if first_try("ends"):
        raise OSError("it does not stop")

def test_a(system, witness):
    stands_still(witness)
    assert not first_try("a")

def test_b(system):
    pass
""",
    )
    assert "it does not stop" in told
    assert "2 passed, 1 error, 1 rerun" in told
