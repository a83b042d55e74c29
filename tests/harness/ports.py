"""Ports that no other test, run or world on this machine is given.

A process claims a block of ports when it first asks for one. It holds the block's lock file until it ends. The kernel
gives the lock back however it ends. All blocks lie below the range from which the kernel takes ports for those who ask
for any. A port may be promised now and bound by a program later. No telephone can take it in between.
"""

import contextlib
import fcntl
import os
import socket
import stat
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bridge.api.settings import REFUSED_BY_BROWSERS

FIRST: Final = 10000
"""Below are the ports of products as they are delivered: 5060, 8080, 8088."""
BLOCK: Final = 1100
NAMED: Final = 100
"""So many of a block are given out one by one. The rest is for the audio of its telephone systems."""
BLOCKS: Final = 20
WAIT_S: Final = 60.0
"""So long a process waits for another to end when every block is taken."""
EPHEMERAL: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")


class NoPorts(RuntimeError):
    """Every block is taken, or every port of one is in use. The text says where the locks lie."""


@dataclass
class Block:
    """One process's own ports. Audio may be shared by its telephone systems: each binds before it promises."""

    first: int
    lock: int
    _next: int = 0

    @property
    def audio(self) -> tuple[int, int]:
        """First and last port."""
        return self.first + NAMED, self.first + BLOCK - 1

    def port(self, kinds: tuple[socket.SocketKind, ...], host: str) -> int:
        """The next one that is free for all these kinds; one given out comes again after all the others. A console may
        stand at any of them, so those that browsers refuse are left out."""
        for _ in range(NAMED):
            port = self.first + self._next
            self._next = (self._next + 1) % NAMED
            if port not in REFUSED_BY_BROWSERS and all(_is_free(port, kind, host) for kind in kinds):
                return port
        raise NoPorts(f"all ports from {self.first} to {self.first + NAMED - 1} on {host} are in use")

    def release(self) -> None:
        os.close(self.lock)


def claim(folder: Path | None = None, *, wait_s: float = WAIT_S) -> Block:
    """A block that nobody else holds.

    Args:
        folder: Where the locks lie; by default a folder of this user's for all runs on the machine.
        wait_s: How long to wait for one.

    Raises:
        NoPorts: there was none in that time.
    """
    folder = folder or _own_folder(Path(tempfile.gettempdir()) / f"samband-test-ports-{os.getuid()}")
    deadline_s = time.monotonic() + wait_s
    while True:
        for number in range(BLOCKS):
            first = FIRST + number * BLOCK
            if first + BLOCK <= _ephemeral_first() and (lock := _locked(folder / f"{first}.lock")) is not None:
                return Block(first, lock)
        if time.monotonic() >= deadline_s:
            raise NoPorts(f"all {BLOCKS} blocks of ports below {_ephemeral_first()} are taken; their locks: {folder}")
        time.sleep(0.2)


_mine: list[Block] = []


def block() -> Block:
    """This process's."""
    if not _mine:
        _mine.append(claim())
    return _mine[0]


def free_port(*kinds: socket.SocketKind, host: str = "127.0.0.1") -> int:
    """A port free for all the kinds asked for (TCP when none is named), which nobody else is given."""
    return block().port(kinds or (socket.SOCK_STREAM,), host)


def _is_free(port: int, kind: socket.SocketKind, host: str) -> bool:
    with socket.socket(socket.AF_INET, kind) as tried:
        if kind is socket.SOCK_STREAM:  # as servers do: a connection that is ending is no hindrance
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            tried.bind((host, port))
            return True
    return False


def _locked(path: Path) -> int | None:
    lock = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def _own_folder(folder: Path) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise NoPorts(f"{folder} belongs to somebody else")
    return folder


def _ephemeral_first() -> int:
    """Where the kernel's own choice begins."""
    return int(EPHEMERAL.read_text().split()[0])
