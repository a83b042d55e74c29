"""Between a program and the terminals' audio: when does each frame come? A process of its own, so that it is on time.

`python -m tests.bench.tap HOST:PORT…` prints a port for each and passes on what comes there, both ways (AudioSocket
framing). For each line on standard input it answers with the times of each port's frames since the last. The answer is
JSON, a list for each port. It ends with its standard input.
"""

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

AUDIO: Final = 0x10
HEADER_BYTES: Final = 3
LATE_S: Final = 0.020
"""This much behind its turn a terminal that keeps one frame of 20 ms in hand has nothing to send."""
FRAME_S: Final = 0.020
REAL_TIME: Final = 20
MOST_BYTES: Final = 100_000_000


class Schedule(NamedTuple):
    """A stream of frames against a frame every 20 ms.

    Attributes:
        frames: That came, of those that were wanted.
        late: Came more than `LATE_S` after their turn, or never.
        worst_ms: How far behind its turn one was at most.
    """

    frames: int
    late: int
    worst_ms: float


def against_schedule(times_s: Sequence[float], wanted: int) -> Schedule:
    """The first frames of a transmission, as many as its speech has: none of them may wait. The first one sets the
    turns, as it does where they are played. A stream that falls behind and stays there is late for good."""
    late, worst_s = 0, 0.0
    came = sorted(times_s)[:wanted]
    for number, at_s in enumerate(came):
        behind_s = at_s - number * FRAME_S - came[0]
        late += behind_s > LATE_S + 1e-6
        worst_s = max(worst_s, behind_s)
    return Schedule(len(came), late + wanted - len(came), 1000 * worst_s)


class Watch:
    """One stream: when each frame came (CLOCK_MONOTONIC)."""

    def __init__(self) -> None:
        self._times_s: list[float] = []

    def frame(self, at_s: float) -> None:
        self._times_s.append(at_s)

    def taken(self) -> list[float]:
        times_s, self._times_s = self._times_s, []
        return times_s


class Tap:
    """The other end of `python -m tests.bench.tap`."""

    def __init__(self, process: asyncio.subprocess.Process, ports: list[int]) -> None:
        self._process = process
        self.ports = ports

    async def times(self) -> list[list[float]]:
        """When each frame came at each port, since the last time."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the tap has no pipes")
        self._process.stdin.write(b"\n")
        times: list[list[float]] = json.loads(await self._process.stdout.readline())
        return times


@asynccontextmanager
async def tapped(targets: Sequence[str]) -> AsyncIterator[Tap]:
    """`targets` are HOST:PORT; none of them has to listen before somebody comes."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.tap", *targets),
        limit=MOST_BYTES,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        if process.stdout is None:
            raise RuntimeError("the tap has no output")
        yield Tap(process, [int(port) for port in (await process.stdout.readline()).split()])
    finally:
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


async def _serve(targets: Sequence[str]) -> None:
    with contextlib.suppress(OSError):  # without it the measurement is later than what it measures
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(REAL_TIME))
    watches = [Watch() for _ in targets]
    ports = []
    for watch, target in zip(watches, targets, strict=True):
        server = await asyncio.start_server(_between(watch, target), "127.0.0.1", 0)
        ports.append(server.sockets[0].getsockname()[1])
    print(*ports, flush=True)
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while await lines.readline():
        print(json.dumps([watch.taken() for watch in watches]), flush=True)


Connected = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def _between(watch: Watch, target: str) -> Connected:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, _, port = target.rpartition(":")
        try:
            far_reader, far_writer = await asyncio.open_connection(host, int(port))
        except OSError:
            writer.close()
            return
        back = asyncio.create_task(_pour(far_reader, writer))
        try:
            while True:
                header = await reader.readexactly(HEADER_BYTES)
                if header[0] == AUDIO:
                    watch.frame(time.monotonic())
                far_writer.write(header + await reader.readexactly(int.from_bytes(header[1:], "big")))
        except (asyncio.IncompleteReadError, ConnectionError):
            far_writer.close()
        finally:
            back.cancel()

    return connected


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(4096):
            writer.write(data)
    writer.close()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1:]))
