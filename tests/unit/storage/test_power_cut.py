"""Acknowledged data is there after the power was cut, at any moment and whatever the disk had not yet taken."""

import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.harness.lanes import NOT_ALLOWED
from tests.unit.storage.traced import CALLS, Call, Disk, calls

pytestmark = pytest.mark.realtime  # a program is traced while it commits

COMMITS = 220
"""Enough that the log is put back into the file on the way."""


@pytest.fixture
def folder(tmp_path: Path, migrated_file: Path) -> Path:
    made = tmp_path / "var"
    made.mkdir()
    shutil.copyfile(migrated_file, made / "samband.db")
    return made


def traced(folder: Path, *arguments: str) -> list[Call]:
    """The system calls of a program that commits to the database in the folder."""
    if shutil.which("strace") is None:
        pytest.fail("strace is missing: it tells what reaches the disk")
    trace = folder.parent / "trace"
    tracing = ["strace", "-f", "-qq", "-y", "-xx", "-s", "100000", "-o", str(trace), "-e", f"trace={CALLS}"]
    program = [sys.executable, "-m", "tests.unit.storage.writer", f"sqlite:///{folder}/samband.db", *arguments]
    done = subprocess.run([*tracing, *program], capture_output=True, text=True, check=False)
    if "Operation not permitted" in done.stderr:
        pytest.skip(f"{NOT_ALLOWED}: strace may not trace")
    assert done.returncode == 0, done.stderr
    return list(calls(trace))


def cuts(before: Path, made: list[Call], seed: int) -> Iterator[tuple[set[str], dict[str, bytes]]]:
    """Who was acknowledged, and what a cut leaves: after each acknowledgement, and here and there between."""
    disk, chance, acknowledged = Disk(before), random.Random(seed), set[str]()
    for call in made:
        disk.happens(call)
        said = call.content.strip() if call.name == "write" and call.descriptor == 1 else b""
        if said.isdigit():
            acknowledged.add(f"prt-{int(said)}")
            yield set(acknowledged), disk.after_a_cut()
        if said.isdigit() or chance.random() < 0.01:
            yield set(acknowledged), disk.after_a_cut(chance)


def people_after(folder: Path, left: dict[str, bytes]) -> set[str]:
    """Who is in the database after the restart; the file is whole."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in left.items():
        if not name.endswith("-shm"):  # no part of what is kept: SQLite makes it anew
            (folder / name).write_bytes(content)
    with closing(sqlite3.connect(folder / "samband.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        people, lines = (
            {str(row[0]) for row in connection.execute(query)}
            for query in ("SELECT id FROM participants", "SELECT object FROM audit")
        )
        assert people == lines, "a commit is there in part"
        return people


def test_every_acknowledged_commit_survives_a_power_cut_at_any_moment(folder: Path, tmp_path: Path) -> None:
    before = shutil.copytree(folder, tmp_path / "before")
    made = traced(folder, "--commits", str(COMMITS))
    assert any(call.name == "pwrite64" and call.path.endswith("samband.db") for call in made), "the log was put back"
    tried = 0
    for acknowledged, left in cuts(folder_as(folder, before), made, seed=1):
        there = people_after(tmp_path / "after", left)
        assert acknowledged <= there, f"lost: {sorted(acknowledged - there)}"
        assert len(there - acknowledged) <= 1, "one was under way at most"
        tried += 1
    assert tried > 2 * COMMITS


def test_the_measure_finds_commits_that_are_not_synced(folder: Path, tmp_path: Path) -> None:
    before = shutil.copytree(folder, tmp_path / "before")
    made = traced(folder, "--commits", "20", "--careless")
    lost = [
        acknowledged - people_after(tmp_path / "after", left)
        for acknowledged, left in cuts(folder_as(folder, before), made, seed=1)
    ]
    assert any(lost)


def folder_as(folder: Path, before: Path) -> Path:
    """The folder with what was in it before."""
    shutil.rmtree(folder)
    shutil.copytree(before, folder)
    return folder
