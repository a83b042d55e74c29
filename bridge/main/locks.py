"""One controller for each Asterisk, one supervisor for each state directory: by a lock that dies with its holder."""

import fcntl
import os
import select
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bridge.ports import PortError

LOOK_S: Final = 0.02


@contextmanager
def only_one(path: Path, what: str) -> Iterator[None]:
    """Hold the lock for the length of the block; the file tells the holder's process id.

    Raises:
        PortError: Another process holds it.
    """
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "?"
            raise PortError(
                what, f"is running already as process {holder}: stop that one first", retry=False
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


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


def its_turn(path: Path, lifeline: int) -> bool:
    """Wait until nobody holds the lock.

    Args:
        path: The lock's file.
        lifeline: A descriptor whose end means that nobody waits for us any more.

    Returns:
        True when the lock is free, False when the lifeline has ended.
    """
    while holder_of(path) is not None:
        readable, _, _ = select.select([lifeline], [], [], LOOK_S)
        if readable and not os.read(lifeline, 1):
            return False
    return True
