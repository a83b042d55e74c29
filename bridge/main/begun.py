"""A fork server that is begun before anything else: it loads while settings are read and Asterisk is prepared.

Next to nothing of the product is imported here. The one who begins has not loaded it yet.
"""

import asyncio
import os
import select
import signal
import socket
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from typing import IO, Final

from bridge.main.release import Code

FORK_SERVER: Final = "bridge.main.fork_server"
"""The module that makes controllers."""
CHANNEL: Final = "--channel="
"""The argument that names the fork server's end of the socket."""
ENVIRONMENT: Final[Mapping[str, str]] = {"OPENBLAS_NUM_THREADS": "1"}
"""A process that forks has one thread. OpenBLAS would start more while it is loaded, and nothing here needs them."""
_EVIDENCE: Final = 16_384
"""Bytes."""


class Begun:
    """A child process of this one, made without an event loop. For its keeper it is as `asyncio.subprocess.Process`.

    Args:
        pid: Of a process that nobody else waits for.
        channel: Our end of its socket.
        output: The file that it prints to.
    """

    def __init__(self, pid: int, channel: socket.socket, output: IO[bytes]) -> None:
        self.pid = pid
        self.channel = channel
        self._output = output
        self._process = os.pidfd_open(pid)
        self._code: int | None = None
        self._said = ""

    @property
    def returncode(self) -> int | None:
        """Its exit status, minus the number of the signal that ended it, or none while it runs."""
        if self._code is None and select.select([self._process], [], [], 0)[0]:
            _, status = os.waitpid(self.pid, 0)
            self._code = os.waitstatus_to_exitcode(status)
            os.close(self._process)
            self._said = self._read()
            self._output.close()
        return self._code

    async def wait(self) -> int:
        """Its exit status, when it has ended."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        while (code := self.returncode) is None:
            loop.add_reader(self._process, ended.set)
            try:
                await ended.wait()
            finally:
                loop.remove_reader(self._process)
        return code

    def terminate(self) -> None:
        """Ask it to end."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self._send(signal.SIGKILL)

    def end(self) -> None:
        """End one that nobody needs, and wait for that."""
        self.kill()
        self.channel.close()
        select.select([self._process], [], [])
        self.returncode  # noqa: B018  it is waited for by asking

    def said(self) -> str:
        """The end of all that it has printed."""
        return self._said if self.returncode is not None else self._read()

    def _read(self) -> str:
        size = os.fstat(self._output.fileno()).st_size
        return os.pread(self._output.fileno(), _EVIDENCE, max(0, size - _EVIDENCE)).decode(errors="replace").rstrip()

    def _send(self, number: signal.Signals) -> None:
        if self.returncode is None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._process, number)


class Waiting:
    """The one that was begun, until somebody takes it."""

    def __init__(self) -> None:
        self._begun: Begun | None = None

    def begin(self) -> None:
        """Begin one.

        Raises:
            OSError: There is no room for one more process.
        """
        self._begun = begin()

    def take(self) -> Begun | None:
        """It is the caller's from now on."""
        begun, self._begun = self._begun, None
        return begun

    def end(self) -> None:
        """End the one that nobody took."""
        if (begun := self.take()) is not None:
            begun.end()


WAITING: Final = Waiting()


def begin() -> Begun:
    """Start a fork server (posix_spawn(3)). It has its own session, nothing to read, and a file of its own to print to.

    Raises:
        OSError: There is no room for one more process.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    with theirs:
        theirs.set_inheritable(True)
        output = tempfile.TemporaryFile()  # noqa: SIM115  open as long as the process is known
        to = output.fileno()
        pid = os.posix_spawn(
            sys.executable,
            [sys.executable, "-m", FORK_SERVER, f"{CHANNEL}{theirs.fileno()}"],
            {**os.environ, **ENVIRONMENT, **Code.here().environment()},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, to, 1),
                (os.POSIX_SPAWN_DUP2, to, 2),
            ],
            setsid=True,
        )
    return Begun(pid, ours, output)
