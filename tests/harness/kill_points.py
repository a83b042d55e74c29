"""A process dies at a point of its own work. `strace` counts its system calls, and sends SIGKILL.

    async with dies_at(pid, Point("fdatasync", 3)) as killed:
        …
        await killed.wait()

SIGKILL comes with the entry of the call, which is then not carried out. With SQLite's write-ahead log a process that
dies at `pwrite64` has a transaction that is not, or not wholly, written. One that dies at `fdatasync` has written it,
and has done nothing yet of what it asks for. `sendto` is a message to Asterisk, or an answer to somebody who asked.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from tests.harness import wait

ATTACHED_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Point:
    """The `number`th such call, counted from 1, that a thread makes from now on."""

    call: str
    number: int

    def __str__(self) -> str:
        return f"{self.call} {self.number}"


@asynccontextmanager
async def dies_at(pid: int, point: Point) -> AsyncIterator[asyncio.subprocess.Process]:
    """Gives the tracer, which ends with the process. A process that has not come to the point is let go at the end."""
    strace = shutil.which("strace")
    assert strace is not None, "strace is missing: python -m tests.prepare"
    inject = f"inject={point.call}:signal=SIGKILL:when={point.number}"
    tracer = await asyncio.create_subprocess_exec(
        *(strace, "-f", "-p", str(pid), "-e", f"trace={point.call}", "-e", inject, "-o", "/dev/null"),
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert tracer.stderr is not None
        async with asyncio.timeout(ATTACHED_S):
            told = (await tracer.stderr.readline()).decode()
        assert "attached" in told, told
        yield tracer
    finally:
        if tracer.returncode is None:
            tracer.terminate()
        await wait.until(lambda: tracer.returncode is not None, ATTACHED_S, what="the tracer has ended")
