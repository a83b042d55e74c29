"""The supervisor's side of the fork server (`bridge.main.fork_server`): it is kept running, and forks on order.

Controllers outlive it. One that ends is loaded again beside the controller at work, with little urgency. There is no
new reserve meanwhile.
"""

import asyncio
import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import structlog

from bridge.main.begun import CHANNEL, Begun
from bridge.main.child import STOP_S, Child, Program, Rest, printed_to
from bridge.main.life import Life
from bridge.main.processes import ticks_of, waited_s
from bridge.main.reasons import RunReason
from bridge.ports import PortError

log = structlog.get_logger(__name__)

STANDBY: Final = "--standby"
"""The argument of a controller in reserve."""
TRIAL: Final = "--trial"
"""The argument by which new code tells whether it could take over, with the language to tell it in."""
SPEAKS: Final = 1
"""Counts up when the protocol with the fork server, or the words to a controller, change. A main process of another
number cannot use such a fork server."""
ON_TRIAL: Final = "samband trial"
AT_WORK: Final = "samband control"
IN_RESERVE: Final = "samband reserve"
"""By these names `ps -o comm` tells controllers apart."""
LOOK_S: Final = 0.05
FORK_S: Final = 3.0
"""An order is carried out in some ten milliseconds. A fork server that has not answered after so long hangs."""
_LONGEST: Final = 16_384


@dataclass(frozen=True, slots=True)
class Hands:
    """The things that each controller is given by the main process.

    Attributes:
        environment: Of its own, beside that of the fork server.
        sockets: Descriptors of the API's listening sockets.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    sockets: Sequence[int] = ()


NOTHING: Final = Hands()


@dataclass
class _Server:
    """One fork server.

    Attributes:
        loaded: It takes orders.
        is_asked: An order waits for its answer, and nobody else reads the socket.
        speaks: Its protocol (`SPEAKS`), once it has loaded.
    """

    child: Child
    channel: socket.socket
    life: Life
    loaded: bool = False
    is_asked: bool = False
    speaks: int = 0

    def judge(self, passed_s: float) -> str:
        """Why it must be ended, or nothing. Once loaded it is judged by its answers alone."""
        pid = self.child.pid or 0
        self.life.passed(passed_s, ticks_of(pid), waited_s(pid))
        return "" if self.loaded else self.life.fault()


class Forks:
    """Start `keep()` as a task.

    Args:
        program: Gives the fork server's program without its socket. It is told whether a controller is at work already.
        begun: The first one, where it loads already.
    """

    def __init__(self, program: Callable[[bool], Program], begun: Begun | None = None) -> None:
        self._program = program
        self._begun = begun
        self._server: _Server | None = None
        self._codes: dict[int, int] = {}
        self._rest = Rest()

    @property
    def loaded(self) -> bool:
        """Whether controllers can be forked now."""
        return self._server is not None and self._server.loaded

    @property
    def speaks(self) -> int:
        """The protocol of the fork server that is loaded; 0 where none is."""
        return 0 if self._server is None else self._server.speaks

    async def keep(self) -> None:
        """Until cancelled; then stop it.

        Raises:
            PortError: The very first one did not load; the evidence is what it said last.
            OSError: It could not be started.
        """
        again = False
        while True:
            server = self._server = await self._started(again=again)
            try:
                await self._watch(server)
            finally:
                self._server = None
                server.channel.close()
                await server.child.stop()
            if not server.loaded and not again:
                said = server.child.said()
                raise PortError("the controller", RunReason.CONTROLLER_NOT_STARTED(), retry=False, evidence=said)
            again = True
            pause_s = self._rest.after(server.child.lived_s)
            log.error("fork_server_ended", exit_code=server.child.exit_code, again_in_s=pause_s)
            await asyncio.sleep(pause_s)

    async def fork(self, words: Sequence[str], lifeline: int, output: int, hands: Hands) -> tuple[int, int]:
        """Have a controller made.

        Args:
            words: Its command line, without the program's name.
            lifeline: The descriptor that becomes its standard input.
            output: The descriptor that it prints to.
            hands: Given to it beside these.

        Returns:
            Its process id, and a descriptor of the process (pidfd_open(2)), which is the caller's to close.

        Raises:
            OSError: There is no room for one more process, or the fork server loads, has gone or hangs.
        """
        server = self._server
        if server is None or not server.loaded:
            raise ChildProcessError("no fork server is loaded")
        server.is_asked = True
        try:
            order = {"words": list(words), "environment": dict(hands.environment)}
            socket.send_fds(server.channel, [json.dumps(order).encode()], [lifeline, output, *hands.sockets])
            async with asyncio.timeout(FORK_S):
                while True:
                    answer, descriptors = await _next(server.channel)
                    if "pid" in answer:
                        return answer["pid"], descriptors[0]
                    if "refused" in answer:
                        raise ChildProcessError(answer["refused"])
                    self._note(server, answer)
        except TimeoutError:
            server.child.kill()  # an answer that came later would be taken for that to the next order
            raise ChildProcessError(f"the fork server hangs: no answer for {FORK_S:g} s") from None
        finally:
            server.is_asked = False

    def exit_code(self, pid: int) -> int | None:
        """Of a controller that has ended; nothing while that is not known. It is asked for once."""
        self._drain()
        return self._codes.pop(pid, None)

    async def _started(self, *, again: bool) -> _Server:
        begun, self._begun = self._begun, None
        if begun is not None:
            return _Server(Child(self._program(again), begun), begun.channel, Life())
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            ours.setblocking(False)
            program = self._program(again)
            child = Child(
                replace(
                    program,
                    command=[*program.command, f"{CHANNEL}{theirs.fileno()}"],
                    descriptors=[*program.descriptors, theirs.fileno()],
                )
            )
            try:
                await child.start()
            except BaseException:
                ours.close()
                raise
        return _Server(child, ours, Life())

    async def _watch(self, server: _Server) -> None:
        """Until it has ended, or is to be ended."""
        looked_at_s = time.monotonic()
        while server.child.running:
            await asyncio.sleep(LOOK_S)
            self._drain()
            now_s = time.monotonic()
            fault = server.judge(now_s - looked_at_s)
            looked_at_s = now_s
            if fault:
                log.error("fork_server_killed", pid=server.child.pid, reason=fault)
                server.child.kill()
                await server.child.ended()

    def _drain(self) -> None:
        server = self._server
        if server is None or server.is_asked:
            return
        while select.select([server.channel], [], [], 0)[0]:
            message, _ = _read(server.channel)
            if not message:
                return
            self._note(server, message)

    def _note(self, server: _Server, message: dict[str, Any]) -> None:
        if "loaded" in message:
            server.loaded = True
            server.speaks = message.get("speaks", 0)
        if "ended" in message:
            self._codes[message["ended"]] = message["code"]


class Forked:
    """A controller that the fork server makes: what `Child` is for a program of its own."""

    def __init__(self, forks: Forks, words: Sequence[str], log_file: Path | None, hands: Hands = NOTHING) -> None:
        self.log_file = log_file
        self._forks = forks
        self._words = words
        self._hands = hands
        self._pid: int | None = None
        self._process: int | None = None
        self._lifeline: int | None = None
        self._code: int | None = None
        self._started_at_s = 0.0

    async def start(self) -> None:
        """Raises OSError when it cannot be made."""
        lifeline, kept = os.pipe()
        try:
            with printed_to(self.log_file) as output:
                prints_to = sys.stderr if output is None else output
                self._pid, self._process = await self._forks.fork(
                    self._words, lifeline, prints_to.fileno(), self._hands
                )
        except BaseException:
            os.close(kept)
            raise
        finally:
            os.close(lifeline)
        self._lifeline = kept
        self._started_at_s = time.monotonic()

    @property
    def pid(self) -> int | None:
        return self._pid

    @property
    def running(self) -> bool:
        """The descriptor of a process is readable when that has ended (pidfd_open(2))."""
        if self._process is not None and select.select([self._process], [], [], 0)[0]:
            self._let_go()
        return self._process is not None

    @property
    def exit_code(self) -> int | None:
        """None while it runs, and where the fork server ended before it."""
        if self._code is None and self._pid is not None and not self.running:
            self._code = self._forks.exit_code(self._pid)
        return self._code

    @property
    def lived_s(self) -> float:
        return time.monotonic() - self._started_at_s

    def kill(self) -> None:
        """Its end is seen when it comes: nobody waits for a process that the kernel does not let go."""
        self._send(signal.SIGKILL)

    async def stop(self) -> None:
        """Ask it to end, and end it."""
        for ask in (signal.SIGTERM, signal.SIGKILL):
            self._send(ask)
            with suppress(TimeoutError):
                async with asyncio.timeout(STOP_S):
                    if self._process is not None:
                        await _readable(self._process)
                        self._let_go()
                    return
            log.error("program_does_not_stop", program="controller", pid=self._pid)

    def _send(self, number: signal.Signals) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._process, number)

    def _let_go(self) -> None:
        for one in (self._process, self._lifeline):
            if one is not None:
                os.close(one)
        self._process = self._lifeline = None


async def _next(channel: socket.socket) -> tuple[dict[str, Any], list[int]]:
    await _readable(channel.fileno())
    message, descriptors = _read(channel)
    if not message:
        raise ChildProcessError("the fork server has ended")
    return message, descriptors


def _read(channel: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Empty when the other end is gone."""
    try:
        text, descriptors, _, _ = socket.recv_fds(channel, _LONGEST, 1)
    except ConnectionError:
        return {}, []
    return (json.loads(text) if text else {}), descriptors


async def _readable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    seen = asyncio.Event()
    loop.add_reader(descriptor, seen.set)
    try:
        await seen.wait()
    finally:
        loop.remove_reader(descriptor)
