"""One controller for each Asterisk, one supervisor for each state directory: by a lock that dies with its holder.

The lock is never released before the process ends. A controller's resources (ports, terminals, threads at work on the
archive) are then free when the lock is. That holds whichever way the process ended.
"""

import fcntl
import os
import select
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TextIO

from bridge.main.reasons import RunReason
from bridge.ports import PortError

LOOK_S: Final = 0.02
PATIENCE_S: Final = 0.3
"""A question for the holder takes the lock for an instant. That must not stop a process that wants to hold it."""


class Lock:
    """A lock that is held; it ends with the block, or with the process."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def only_one(path: Path, what: str) -> Lock:
    """Take the lock; the file tells the holder's process id.

    Raises:
        PortError: Another process holds it.
    """
    file = path.open("a+")
    deadline_s = time.monotonic() + PATIENCE_S
    while not _taken(file):
        if time.monotonic() > deadline_s:
            with file:
                file.seek(0)
                holder = file.read().strip() or "?"
            raise PortError(what, RunReason.RUNS_ALREADY(process=holder), retry=False)
        time.sleep(LOOK_S)
    return Lock(file)


def its_turn(path: Path, lifeline: int, meanwhile: Callable[[], None]) -> Lock | None:
    """Wait until the lock's holder has ended, and take it.

    Args:
        path: The lock's file.
        lifeline: A descriptor whose end means that nobody waits for us any more.
        meanwhile: Called at every look.

    Returns:
        The lock, or nothing when the lifeline has ended.
    """
    file = path.open("a+")
    while not _taken(file):
        meanwhile()
        readable, _, _ = select.select([lifeline], [], [], LOOK_S)
        if readable and not os.read(lifeline, 1):
            file.close()
            return None
    return Lock(file)


def holder_of(path: Path) -> int | None:
    """The process that holds the lock, or nobody."""
    if not path.exists():
        return None
    with path.open("r") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(file.read().strip() or 0) or None
    return None


def _taken(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
