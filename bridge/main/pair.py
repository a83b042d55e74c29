"""A controller and its reserve, forked from a process that has loaded everything (`bridge.main.fork_server`)."""

import asyncio
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, Final

from bridge.main.child import Program
from bridge.main.controllers import Controllers
from bridge.main.forks import STANDBY, Forked, Forks
from bridge.main.gentle import GENTLY
from bridge.main.notify import Listener

FORK_SERVER: Final = "bridge.main.fork_server"
"""The module that makes controllers."""


class Pair:
    """Start `keep()` as a task.

    Args:
        listener: Where the controllers tell how they are.
        descriptors: The listening sockets of the API, which are the caller's.
        log_file: Where the controllers print; none: where the caller does.
        with_simulator: They use the simulated terminal, and seed the example region.
    """

    def __init__(
        self, listener: Listener, descriptors: Sequence[int], log_file: Path | None, *, with_simulator: bool = False
    ) -> None:
        self._listener = listener
        self._descriptors = descriptors
        self._log_file = log_file
        self._with_simulator = with_simulator
        self._forks = Forks(self._server)
        self.controllers = Controllers(self._controller, listener, lambda: self._forks.loaded)

    async def keep(self) -> None:
        """Until cancelled; then stop both.

        Raises:
            PortError: The very first one did not load, or did not come into control. The evidence is what it said last.
            OSError: It could not be started.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._forks.keep())
            group.create_task(self.controllers.keep())

    def _server(self, again: bool) -> Program:
        command = [sys.executable, "-m", FORK_SERVER, *([GENTLY] if again else [])]
        # what is forked has one thread: OpenBLAS would start more while it is loaded, and nothing here needs them
        environment = {"NOTIFY_SOCKET": str(self._listener.path), "OPENBLAS_NUM_THREADS": "1"}
        return Program("fork server", command, self._log_file, environment, self._descriptors)

    def _controller(self, reserve: bool) -> Forked:
        words = ["--supervised", *(f"--api-socket={number}" for number in self._descriptors)]
        words += ["--with-simulator"] if self._with_simulator else []
        words += [STANDBY] if reserve else []
        return Forked(self._forks, words, self._log_file)


async def until(stop: asyncio.Event, work: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Do all the work side by side until asked to stop, or until one of it fails."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one) for one in work]
        await stop.wait()
        for task in tasks:
            task.cancel()
