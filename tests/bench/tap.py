"""Between a program and the terminals' audio: when does each frame come? A process of its own, so that it is on time.

`python -m tests.bench.tap HOST:PORT…` prints a port for each and passes on what comes there, both ways (AudioSocket
framing). For each line on standard input it answers with the gaps of each port since the last: JSON, a list of
`Gaps` as lists. It ends with its standard input.
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
LATE_S: Final = 0.040
"""After this long without a frame a terminal that keeps one frame of 20 ms in hand has nothing to send."""
STOPPED_S: Final = 0.3
"""After this long there was nothing to send: held speech has caught up in a pause, or the transmission is over. A whole
process that stood still so long shows in the product's own count of late steps, which is told beside."""
REAL_TIME: Final = 20


class Gaps(NamedTuple):
    """What a stream of frames was like."""

    frames: int
    late: int
    longest_ms: float


class Watch:
    """One stream."""

    def __init__(self) -> None:
        self._last_s = 0.0
        self._gaps = Gaps(0, 0, 0.0)

    def frame(self, at_s: float) -> None:
        gap_s, self._last_s = at_s - self._last_s, at_s
        frames, late, longest_ms = self._gaps
        if gap_s < STOPPED_S:
            late, longest_ms = late + (gap_s > LATE_S), max(longest_ms, 1000 * gap_s)
        self._gaps = Gaps(frames + 1, late, longest_ms)

    def taken(self) -> Gaps:
        gaps, self._gaps = self._gaps, Gaps(0, 0, 0.0)
        return gaps


class Tap:
    """The other end of `python -m tests.bench.tap`."""

    def __init__(self, process: asyncio.subprocess.Process, ports: list[int]) -> None:
        self._process = process
        self.ports = ports

    async def gaps(self) -> list[Gaps]:
        """Of each port since the last time."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the tap has no pipes")
        self._process.stdin.write(b"\n")
        return [Gaps(*one) for one in json.loads(await self._process.stdout.readline())]


@asynccontextmanager
async def tapped(targets: Sequence[str]) -> AsyncIterator[Tap]:
    """`targets` are HOST:PORT; none of them has to listen before somebody comes."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.tap", *targets, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
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
