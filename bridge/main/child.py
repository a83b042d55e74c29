"""A program that is kept running, and what it prints."""

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import structlog

from bridge.domain.kernel.backoff import Backoff
from bridge.main.begun import Begun

log = structlog.get_logger(__name__)

LOOK_S: Final = 0.1
STOP_S: Final = 5.0
"""A program has so long to end when it is asked to. A controller takes half a second."""
QUICK_DEATH_S: Final = 10.0
"""One that lives shorter has not come to work: the next try would end in the same way."""
TRIES: Final = 9
"""So many quick deaths in a row prove that it will not work; they take some 16 s."""
LONGEST_REST_S: Final = 5.0
"""Some causes pass by themselves (a full disk, a device). They cost at most so much more when they have passed."""
RESTS: Final = Backoff(0.1, LONGEST_REST_S)


class Rest:
    """How long a program that has ended waits for its next start: not at all, or ever longer."""

    def __init__(self) -> None:
        self._quick_deaths = 0

    def after(self, lived_s: float) -> float:
        self._quick_deaths = self._quick_deaths + 1 if lived_s < QUICK_DEATH_S else 0
        return RESTS.after(self._quick_deaths)


@dataclass(frozen=True, slots=True)
class Program:
    """A program to start: its command, the file it prints to, its environment and descriptors.

    Without a file it prints where this process does.
    """

    name: str
    command: Sequence[str]
    log_file: Path | None
    environment: Mapping[str, str]
    descriptors: Sequence[int] = ()
    """File descriptors that it inherits under the same numbers."""


class Child:
    """One process of a program.

    Args:
        program: Of the process.
        begun: The process, where it is there already. It is not started then.
    """

    def __init__(self, program: Program, begun: Begun | None = None) -> None:
        self.program = program
        self._begun = begun
        self._process: asyncio.subprocess.Process | Begun | None = begun
        self._started_at_s = time.monotonic()

    async def start(self) -> None:
        """Raises OSError when there is no such program, or no room for one more process."""
        with printed_to(self.program.log_file) as output:
            self._process = await asyncio.create_subprocess_exec(
                *self.program.command,
                stdin=asyncio.subprocess.PIPE,
                stdout=output,
                stderr=output,
                env={**os.environ, **self.program.environment},
                pass_fds=self.program.descriptors,
                start_new_session=True,
            )
        self._started_at_s = time.monotonic()

    def said(self) -> str:
        """The end of all that it has printed, for the one who wants to know why it has ended."""
        return self._begun.said() if self._begun is not None else last_lines(self.program.log_file)

    @property
    def log_file(self) -> Path | None:
        return self.program.log_file

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    @property
    def exit_code(self) -> int | None:
        return None if self._process is None else self._process.returncode

    @property
    def lived_s(self) -> float:
        return time.monotonic() - self._started_at_s

    async def ended(self) -> None:
        if self._process is not None:
            await self._process.wait()

    def kill(self) -> None:
        """Its end is seen when it comes: nobody waits for a process that the kernel does not let go."""
        if self._process is not None and self.running:
            with suppress(ProcessLookupError):
                self._process.kill()

    async def stop(self) -> None:
        """Ask it to end, and end it."""
        if self._process is None or not self.running:
            return
        for ask in (self._process.terminate, self._process.kill):
            with suppress(ProcessLookupError):
                ask()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), STOP_S)
                return
            log.error("program_does_not_stop", program=self.program.name, pid=self._process.pid)


async def keep(program: Program) -> None:
    """Run it, and start it again whenever it has ended, until cancelled; then stop it. A child that dies `TRIES` times
    in a row before it has come to work is given up. Its last words are logged."""
    rest = Rest()
    child = Child(program)
    quick = 0
    try:
        while quick < TRIES:
            try:
                await child.start()
                await child.ended()
                code: int | str | None = child.exit_code
            except OSError as error:
                code = str(error)
            quick = quick + 1 if child.lived_s < QUICK_DEATH_S else 0
            pause_s = rest.after(child.lived_s)
            log.warning("program_ended", program=program.name, exit=code, again_in_s=pause_s)
            await asyncio.sleep(pause_s)
        said = last_lines(program.log_file, 1)
        log.error("program_given_up", program=program.name, tries=quick, said=said, log=str(program.log_file))
    finally:
        await child.stop()


async def holds(what: Callable[[], bool]) -> None:
    """Wait until it is so. It is asked again and again, since nobody tells what processes do."""
    while True:
        if what():
            return
        await asyncio.sleep(LOOK_S)


def printed_to(file: Path | None) -> AbstractContextManager[IO[bytes] | None]:
    """A log, opened to go on with it; nothing where this process's own output is meant."""
    return nullcontext() if file is None else file.open("ab")


def last_lines(file: Path | None, count: int = 15) -> str:
    """The end of a log, for the one who wants to know why. Of our own output it is empty."""
    if file is None:
        return ""
    try:
        with file.open(errors="replace") as lines:
            return "".join(deque(lines, count)).rstrip()
    except OSError:
        return ""
