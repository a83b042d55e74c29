"""A witness of the machine: small processes that note when it did not do what a quiet one does.

`python -m tests.harness.witness FILE PID` runs beside the tests of the process PID, and writes `RECORD`s into FILE:

- `PAUSE`: a beat of 5 ms, of ordinary priority, came late by `NOTED_S` or more. The machine stood still.
- `URGENT`: the same beat at the priority of the tests' telephones came late. Nothing that is under test goes before it.
- `STARVED`: PID, or a process that it has started, was ready to run, and waited for a processor. The kernel tells that
  in its schedstats.
- `DISK`: some process of the machine waited for a disk. The kernel tells that in its pressure (accounting/psi.rst).
"""

import os
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.harness.realtime import goes_first

BEAT_S: Final = 0.005
NOTED_S: Final = 0.010
"""Smaller delays are not written down."""
SAMPLE_S: Final = 0.25
"""Between two looks at what the processes have waited."""
FAMILY_S: Final = 1.0
"""Between two looks for new processes."""
PAUSE: Final = b"p"
URGENT: Final = b"u"
STARVED: Final = b"s"
DISK: Final = b"d"
PRESSURE: Final = Path("/proc/pressure/io")
RECORD: Final = struct.Struct("<cdd")


@dataclass(frozen=True)
class Pause:
    """From `began_s` on (CLOCK_MONOTONIC) something that was due did not happen for `lasts_s`."""

    began_s: float
    lasts_s: float
    kind: bytes = PAUSE


class Witness:
    """What they have noted."""

    def __init__(self, file: Path, pid: int) -> None:
        self.file, self.pid = file, pid

    def noted(self, since_s: float, until_s: float | None = None) -> list[Pause]:
        """All that lies in this time or reaches into it."""
        until_s = time.monotonic() if until_s is None else until_s
        every = [
            Pause(began_s, lasts_s, kind)
            for kind, began_s, lasts_s in RECORD.iter_unpack(_whole_records(self.file.read_bytes()))
        ]
        return [one for one in every if one.began_s < until_s and one.began_s + one.lasts_s > since_s]

    def pauses(self, since_s: float, until_s: float | None = None, *, least_s: float = 0.0) -> list[Pause]:
        """Times in which the machine stood still."""
        return [one for one in self.noted(since_s, until_s) if one.kind == PAUSE and one.lasts_s >= least_s]

    def longest_s(self, since_s: float, until_s: float | None = None) -> float:
        """The longest pause in this time, 0 when the beat was kept."""
        return max((pause.lasts_s for pause in self.pauses(since_s, until_s)), default=0.0)


def _whole_records(data: bytes) -> bytes:
    return data[: len(data) // RECORD.size * RECORD.size]


class Notes:
    """Where one of them writes: whole records, which the system appends at once."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("ab", buffering=0)

    def note(self, kind: bytes, began_s: float, lasts_s: float) -> None:
        self._file.write(RECORD.pack(kind, began_s, lasts_s))


def beat(notes: Notes, kind: bytes, parent: int) -> None:
    """Until the parent is gone."""
    before_s = time.monotonic()
    while os.getppid() == parent:
        time.sleep(BEAT_S)
        now_s = time.monotonic()
        if (late_s := now_s - before_s - BEAT_S) >= NOTED_S:
            notes.note(kind, before_s + BEAT_S, late_s)
        before_s = now_s


def watch_family(notes: Notes, ancestor: int, parent: int) -> None:
    """Note, a sample at a time, the one that waited longest, and the disk. Until the parent is gone."""
    family: list[int] = []
    disk_before_s = disk_wait_s()
    looked_s, before_s = 0.0, time.monotonic()
    waited_s: dict[int, float] = {}
    while os.getppid() == parent:
        time.sleep(SAMPLE_S)
        now_s = time.monotonic()
        if now_s - looked_s >= FAMILY_S:
            family, looked_s = [pid for pid in (ancestor, *descendants(ancestor)) if pid != parent], now_s
        waits_s = {pid: wait_s for pid in family if (wait_s := run_delay_s(pid)) is not None}
        longest_s = max((waits_s[pid] - waited_s[pid] for pid in waits_s.keys() & waited_s.keys()), default=0.0)
        if longest_s >= NOTED_S:
            notes.note(STARVED, before_s, min(longest_s, now_s - before_s))
        if (disk_s := (disk_now_s := disk_wait_s()) - disk_before_s) >= NOTED_S:
            notes.note(DISK, before_s, min(disk_s, now_s - before_s))
        waited_s, before_s, disk_before_s = waits_s, now_s, disk_now_s


def run_delay_s(pid: int) -> float | None:
    """How long a process's first thread has been ready to run and did not, in all (Linux, sched-stats.rst)."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    return None


def disk_wait_s(file: Path = PRESSURE) -> float:
    """For how long some process has waited for a disk, since the start; 0 where the kernel does not tell."""
    with suppress(OSError, ValueError, IndexError):
        return int(file.read_text().splitlines()[0].rpartition("total=")[2]) / 1e6
    return 0.0


def descendants(pid: int) -> Iterator[int]:
    """The processes that this one has started, and theirs."""
    children: list[int] = []
    with suppress(OSError, ValueError):
        children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    for child in children:
        yield child
        yield from descendants(child)


def main(file: Path, ancestor: int) -> None:
    parent, own = os.getppid(), os.getpid()
    if os.fork() == 0:
        goes_first()
        return beat(Notes(file), URGENT, own)
    if os.fork() == 0:
        return watch_family(Notes(file), ancestor, own)
    notes = Notes(file)
    notes.note(PAUSE, time.monotonic(), 0.0)  # it beats
    return beat(notes, PAUSE, parent)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
