"""The readiness and watchdog protocol of systemd (sd_notify(3)), both ends.

Under systemd the controller is a `Type=notify` unit with `WatchdogSec=5`. Under `samband run` the supervisor plays
systemd's part by the same protocol, so that a hung controller is found in the same way in both.
"""

import os
import socket
from pathlib import Path
from types import TracebackType
from typing import Self

READY = "READY=1"
ALIVE = "WATCHDOG=1"


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
            # The one who listens is gone or full: the next beat comes in a second.
            return


class Listener:
    """The receiving end: a datagram socket that a child's notifications come to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)

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

    def fileno(self) -> int:
        return self._socket.fileno()

    def messages(self) -> list[str]:
        """Everything that has come since the last time."""
        found: list[str] = []
        while True:
            try:
                found.append(self._socket.recv(4096).decode(errors="replace"))
            except BlockingIOError:
                return found
