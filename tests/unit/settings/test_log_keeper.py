"""Logs are bounded whoever feeds them, and those who write go on without noticing."""

import subprocess
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bridge.ari.cdr import ends_of
from bridge.logs import LogKeeper

MOST = 10_000
_WRITER = """
import sys
with open(sys.argv[1], "ab", buffering=0) as log:
    number = 0
    while sys.stdin.readline():
        for _ in range(1000):
            number += 1
            log.write(b"line %06d of a stranger\\n" % number)
        print(number, flush=True)
"""


def keeper(folder: Path) -> LogKeeper:
    return LogKeeper(("*.log",), (folder / "Master.csv",), (folder,), MOST)


def test_a_log_that_is_written_without_end_takes_a_bounded_room_and_its_newest_lines_are_kept(tmp_path: Path) -> None:
    log, bounded = tmp_path / "notices.log", keeper(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(log)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdin
        assert writer.stdout
        for _ in range(20):
            print(file=writer.stdin, flush=True)
            written = int(writer.stdout.readline())
            bounded.look()
            assert log.stat().st_size == 0
            assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= MOST
            kept = (tmp_path / "notices.log.1").read_text().splitlines()
            assert kept[-1] == f"line {written:06d} of a stranger"
            assert kept[0].startswith("line ")
        writer.stdin.close()


def test_a_short_log_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "messages.log").write_text("short\n")
    keeper(tmp_path).look()
    assert [path.name for path in tmp_path.iterdir()] == ["messages.log"]


def test_calls_in_the_record_that_was_put_aside_are_still_found(tmp_path: Path) -> None:
    record = tmp_path / "Master.csv"
    row = '"","caller","called","ctx","","","","","","1","2","3","10","9","ANSWERED","","{id}",""\n'
    record.write_text(row.format(id="leg-1") + row.format(id="x" * 26) * 200)
    keeper(tmp_path).look()
    assert not record.exists()
    record.write_text(row.format(id="leg-2"))
    assert {one: end.cause for one, end in ends_of(["leg-1", "leg-2", "leg-3"], record).items()} == {
        "leg-1": 16,
        "leg-2": 16,
    }


def test_a_log_that_cannot_be_kept_is_cut_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "notices.log"
    log.write_bytes(b"x\n" * MOST)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", full)
    with capture_logs() as told:
        keeper(tmp_path).look()
    assert log.stat().st_size == 0
    assert [line["event"] for line in told] == ["log_not_kept"]
    assert [path.name for path in tmp_path.iterdir()] == ["notices.log"]
