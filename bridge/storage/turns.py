"""One program at a time writes to a SQLite file, and one connection in it.

SQLite's own locks let a commit happen while another connection copies the log back into the file. Below 3.51.3 (with
backports in 3.50.7 and 3.44.6) just that can damage the file (sqlite.org/wal.html#walresetbug), and Debian's is older.
A turn is held for the whole transaction. The copying belongs to it, since SQLite does that inside the commit.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from bridge.domain.kernel.backoff import Backoff
from bridge.ports import PortError
from bridge.storage.reasons import StorageReason

_LOOKS: Final = Backoff(0.001, 0.02)


class Turns:
    """The lock of one file's writers. It ends with the process that holds it, however that ends.

    Args:
        path: The lock's file, beside the database. SQLite's own files must not be locked by anybody else.
        patience_s: How long another writer is waited for.
    """

    def __init__(self, path: Path, patience_s: float) -> None:
        self._path = path
        self._patience_s = patience_s
        self._descriptor: int | None = None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Nobody else writes meanwhile.

        Raises:
            PortError: device `database`: another writer did not end, or the lock's file cannot be used.
        """
        descriptor = self._opened()
        await self._take(descriptor)
        try:
            yield
        finally:
            fcntl.flock(descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let the file go. A later turn opens it anew."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _opened(self) -> int:
        if self._descriptor is None:
            try:
                self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except OSError as error:
                reason = StorageReason.CANNOT_BE_MADE(file=str(self._path))
                raise PortError("database", reason, retry=False, evidence=str(error)) from error
        return self._descriptor

    async def _take(self, descriptor: int) -> None:
        loop = asyncio.get_running_loop()
        until_s, looks = loop.time() + self._patience_s, 0
        while not _is_taken(descriptor):
            if loop.time() >= until_s:
                raise PortError("database", StorageReason.LOCKED(), retry=True)
            looks += 1
            await asyncio.sleep(_LOOKS.after(looks))


def _is_taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
