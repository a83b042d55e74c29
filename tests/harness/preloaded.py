"""Programs of the tests, forked from one process which has loaded them all: a worker loads the product once.

To load the product takes five seconds of processor time, and a telephone half a second. A lane starts some fifty
systems and a thousand telephones. `python -m tests.harness.preloaded` forks them on order, by the product's own fork
server. What is forked is told its command line, environment, folder and streams, and runs the program from its
`__main__` on. Only what it would import is there already.

Tests of the start and the end of programs have the mark `executed`: theirs are started as their user does.
"""

import asyncio
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NoReturn

from bridge.main import begun, fork_server
from bridge.main.child import printed_to
from bridge.main.processes import call_it

ROOT: Final = Path(__file__).parents[2]
LOADED: Final = (
    "bridge.cli.program",
    "bridge.main.supervisor",
    "bridge.main.process",
    "hardware.simulator.__main__",
    "tests.harness.baresip_phone",
    "tests.harness.sipua_phone",
)
"""Nothing of it starts a thread or opens a socket while it is imported."""
LOAD_S: Final = 60.0
FORK_S: Final = 10.0
TOLD_S: Final = 5.0
"""The server tells the exit status at once. So long it may be kept from a processor."""
_LONGEST: Final = 16_384


# --- the tests' side ---


class Server:
    """The process that forks, and its end of the socket. One a worker."""

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.harness.preloaded", f"{begun.CHANNEL}{theirs.fileno()}"],
                cwd=ROOT,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._lock = threading.Lock()
        self._loaded = False
        self._codes: dict[int, int] = {}

    @property
    def pid(self) -> int:
        return self._process.pid

    def fork(self, order: dict[str, Any], stdin: int, output: int) -> tuple[int, int]:
        """Have a program made; gives its process id and a descriptor of the process.

        Raises:
            OSError: It could not be forked.
        """
        with self._lock, tempfile.NamedTemporaryFile("w", prefix="order-", delete=False) as file:
            json.dump(order, file)
            file.close()
            words = json.dumps({"words": [file.name]}).encode()
            while not self._loaded:
                self._loaded = "loaded" in self._next(LOAD_S)[0]
            socket.send_fds(self._ours, [words], [stdin, output])
            while True:
                answer, descriptors = self._next(FORK_S)
                if "pid" in answer:
                    return answer["pid"], descriptors[0]
                if "refused" in answer:
                    raise ChildProcessError(answer["refused"])

    def exit_code(self, pid: int) -> int | None:
        """Of a program that has ended, when the server has told it."""
        with self._lock:
            while pid not in self._codes and select.select([self._ours], [], [], 0)[0]:
                self._next(0)
            return self._codes.get(pid)

    def children(self) -> list[int]:
        with suppress(OSError):
            return list(map(int, Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()))
        return []

    def end(self) -> None:
        self._ours.close()
        self._process.wait(TOLD_S)

    def _next(self, within_s: float) -> tuple[dict[str, Any], list[int]]:
        if not select.select([self._ours], [], [], within_s)[0]:
            raise ChildProcessError(f"the programs' server did not answer within {within_s:g} s")
        text, descriptors, _, _ = socket.recv_fds(self._ours, _LONGEST, 1)
        if not text:
            raise ChildProcessError("the programs' server has ended")
        message: dict[str, Any] = json.loads(text)
        if "ended" in message:
            self._codes[message["ended"]] = message["code"]
        return message, descriptors


class Here:
    """What this worker has. Without a server, programs are executed."""

    def __init__(self) -> None:
        self.server: Server | None = None
        self._held: Server | None = None

    def lend(self, *, wanted: bool) -> None:
        """For the test that comes. The first that wants one starts it."""
        if wanted and self._held is None:
            self._held = Server()
        self.server = self._held if wanted else None

    def children(self) -> list[int]:
        """Of the server: what a test could leave behind."""
        return [] if self._held is None else self._held.children()

    def end(self) -> None:
        if self._held is not None:
            self._held.end()
        self.server = self._held = None


HERE: Final = Here()


class Running:
    """What `asyncio.subprocess.Process` is for a program that was executed.

    Attributes:
        stdin: None unless it was asked for.
        stdout: None unless it was asked for.
    """

    def __init__(self, server: Server, pid: int, process: int) -> None:
        self.pid = pid
        self.stdin: asyncio.StreamWriter | None = None
        self.stdout: asyncio.StreamReader | None = None
        self._server = server
        self._process: int | None = process
        self._code: int | None = None

    @property
    def returncode(self) -> int | None:
        if self._code is None and self._has_ended():
            self._code = self._server.exit_code(self.pid)
            if self._code is not None and self._process is not None:
                os.close(self._process)
                self._process = None
        return self._code

    async def wait(self) -> int:
        if self._process is not None and not self._has_ended():
            await _readable(self._process)
        deadline_s = time.monotonic() + TOLD_S
        while (code := self.returncode) is None:
            if time.monotonic() > deadline_s:
                raise ChildProcessError(f"nobody told how process {self.pid} has ended")
            await asyncio.sleep(0.005)
        return code

    async def communicate(self) -> tuple[bytes, bytes]:
        """Its output until it ends; standard error is part of that, or lies in a file."""
        printed = await self.stdout.read() if self.stdout is not None else b""
        await self.wait()
        return printed, b""

    def send_signal(self, number: int) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._process, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _has_ended(self) -> bool:
        """The descriptor of a process is readable when that has ended (pidfd_open(2))."""
        return self._process is None or bool(select.select([self._process], [], [], 0)[0])


Started = Running | asyncio.subprocess.Process
"""Of a program that was forked here, or executed."""


async def start(
    module: str,
    *words: str,
    environment: Mapping[str, str] | None = None,
    piped: Sequence[str] = (),
    errors: Path | None = None,
    folder: Path = ROOT,
    under: Sequence[str] = (),
    limit: int = 1 << 16,
) -> Started:
    """Run `python -m module words` in a session of its own.

    Args:
        environment: All of it; none is that of this process.
        piped: Of "stdin" and "stdout" those that come to the caller. Others come from /dev/null, and go to `errors`.
        errors: Where standard error is appended; none is with the output, when that is piped.
        folder: Where it runs. The programs of another than this project's are not loaded here, and are executed.
        under: The command of a program that starts it, such as strace. It is executed then.
        limit: Of the reader of standard output, in bytes.

    Raises:
        OSError: There is no room for one more process.
    """
    environment = dict(os.environ if environment is None else environment)
    with printed_to(errors) as log:
        if HERE.server is None or folder != ROOT or under:
            beside = log or (asyncio.subprocess.STDOUT if "stdout" in piped else None)
            return await asyncio.create_subprocess_exec(
                *(*under, sys.executable, "-m", module, *words),
                cwd=folder,
                env=environment,
                stdin=asyncio.subprocess.PIPE if "stdin" in piped else asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE if "stdout" in piped else log,
                stderr=beside,
                start_new_session=True,
                limit=limit,
            )
        order: dict[str, Any] = {"module": module, "words": words, "environment": environment}
        order["errors"] = None if errors is None else str(errors)
        return await _forked(HERE.server, order, piped, log.fileno() if log is not None else 2, limit)


async def _forked(server: Server, order: dict[str, Any], piped: Sequence[str], log: int, limit: int) -> Running:
    closed_here: list[int] = []
    kept: dict[str, int] = {}
    try:
        if "stdin" in piped:
            stdin, kept["stdin"] = os.pipe()
        else:
            stdin = os.open(os.devnull, os.O_RDONLY)
        closed_here.append(stdin)
        output = log
        if "stdout" in piped:
            kept["stdout"], output = os.pipe()
            closed_here.append(output)
        running = Running(server, *await asyncio.to_thread(server.fork, order, stdin, output))
    except BaseException:
        for one in kept.values():
            os.close(one)
        raise
    finally:
        for one in closed_here:
            os.close(one)
    loop = asyncio.get_running_loop()
    if "stdout" in kept:
        reader = running.stdout = asyncio.StreamReader(limit=limit)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(kept["stdout"], "rb"))
    if "stdin" in kept:
        transport, protocol = await loop.connect_write_pipe(
            asyncio.streams.FlowControlMixin, os.fdopen(kept["stdin"], "wb")
        )
        running.stdin = asyncio.StreamWriter(transport, protocol, None, loop)
    return running


async def _readable(descriptor: int) -> None:
    loop, seen = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, seen.set)
    try:
        await seen.wait()
    finally:
        loop.remove_reader(descriptor)


# --- the forked program's side ---


def become(words: Sequence[str]) -> NoReturn:
    """Be the program of an order, as if it had been executed."""
    file = Path(words[0])
    order = json.loads(file.read_text())
    file.unlink()
    gc.enable()
    os.environ.clear()
    os.environ.update(order["environment"])
    time.tzset()
    if order["errors"] is not None:
        errors = os.open(order["errors"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.dup2(errors, 2)
        os.close(errors)
    begun.begin = _begin
    sys.argv = [order["module"], *order["words"]]
    status = 0
    try:
        runpy.run_module(order["module"], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


def _begin() -> begun.Begun:
    """The fork server that a supervisor begins, forked: the supervisor has no thread yet. Later ones are executed."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    output = tempfile.TemporaryFile()  # noqa: SIM115  open as long as the process is known
    if (pid := os.fork()) == 0:
        os.setsid()
        ours.close()
        for stream in (1, 2):
            os.dup2(output.fileno(), stream)
        sys.argv = [begun.FORK_SERVER, f"{begun.CHANNEL}{theirs.fileno()}"]
        fork_server.main()
    theirs.close()
    return begun.Begun(pid, ours, output)


def main() -> NoReturn:
    call_it("tests forks")
    [descriptor] = [word.removeprefix(begun.CHANNEL) for word in sys.argv if word.startswith(begun.CHANNEL)]
    gc.disable()
    for module in LOADED:
        importlib.import_module(module)
    gc.freeze()
    fork_server.serve(socket.socket(fileno=int(descriptor)), become)


if __name__ == "__main__":
    main()
