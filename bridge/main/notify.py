"""The readiness and watchdog protocol of systemd (sd_notify(3)), both ends.

Under systemd the controller is a `Type=notify` unit with `WatchdogSec=5`. Under `samband run` the supervisor plays
systemd's part by the same protocol. A hung controller is found in the same way in both. The `STATUS=` lines are what
`systemctl status` shows; the supervisor knows by them how far a controller has come.
"""

import os
import shutil
import socket
import struct
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

READY = "READY=1"
ALIVE = "WATCHDOG=1"
LOADED = "STATUS=in reserve"
STARTS = "STATUS=starts"
IN_CONTROL = "STATUS=in control"

BEAT_S: Final = 0.25
"""The watchdog's beat. A hung controller is found so much later at most, and one costs some 20 µs."""

_LONGEST_PATH: Final = 100
"""A socket's path may have 107 bytes (unix(7))."""
_CREDENTIALS: Final = struct.Struct("3i")


_standing: Final[dict[str, str]] = {}
"""The last words, by their variable: a full socket loses datagrams, so every beat says them again."""


def tell(line: str) -> None:
    """Tell a stage, now and with every beat."""
    _standing[line.partition("=")[0]] = line
    notify(line)


def beat() -> None:
    notify("\n".join([ALIVE, *_standing.values()]))


def notify(message: str) -> None:
    """Tell whoever started us; nobody listening is no fault."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        try:
            sender.sendto(message.encode(), address)
        except OSError:
            # The one who listens is gone or full: the next beat comes soon.
            return


class Beat:
    """Beats for one that looks round by itself, oftener than the beat is due."""

    def __init__(self) -> None:
        self._last_s = 0.0

    def __call__(self) -> None:
        now_s = time.monotonic()
        if now_s - self._last_s >= BEAT_S:
            self._last_s = now_s
            beat()


@dataclass(frozen=True, slots=True)
class Told:
    """One notification, and the process that sent it, as the kernel says."""

    pid: int
    message: str


class Listener:
    """The receiving end: a datagram socket that the children's notifications come to.

    Args:
        path: Where the socket shall be. One too long for a socket's address has it in a temporary folder instead.
    """

    def __init__(self, path: Path) -> None:
        self._folder = tempfile.mkdtemp(prefix="samband-") if len(os.fsencode(path)) > _LONGEST_PATH else None
        self.path = Path(self._folder) / path.name if self._folder else path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)

    def __enter__(self) -> Self:
        self.path.unlink(missing_ok=True)
        self._socket.bind(str(self.path))
        self.path.chmod(0o600)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
        self.path.unlink(missing_ok=True)
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def messages(self) -> list[Told]:
        """Everything that has come since the last time. One whose sender is not known is left out."""
        found: list[Told] = []
        while True:
            try:
                text, extra, _, _ = self._socket.recvmsg(4096, socket.CMSG_SPACE(_CREDENTIALS.size))
            except BlockingIOError:
                return found
            for level, kind, data in extra:
                if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
                    pid, _, _ = _CREDENTIALS.unpack(data[: _CREDENTIALS.size])
                    found.append(Told(pid, text.decode(errors="replace")))
