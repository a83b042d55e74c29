"""A line between a client and a server on loopback that may stand still, half-open, or be cut.

async with tcp_relay(server_port) as line:
    line.holds()
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.harness.ports import free_port


class Line:
    """The client's side is at 127.0.0.1:`port`."""

    def __init__(self, server_port: int) -> None:
        self.port = free_port()
        self._server_port = server_port
        self._open = asyncio.Event()
        self._open.set()
        self._server: asyncio.Server | None = None
        self._ways: set[asyncio.StreamWriter] = set()
        self._lost: set[asyncio.StreamWriter] = set()
        self._latest: dict[asyncio.StreamWriter, bytes] = {}

    async def starts(self) -> None:
        self._server = await asyncio.start_server(self._client, "127.0.0.1", self.port)

    def holds(self) -> None:
        """Nothing comes through, and nobody is told."""
        self._open.clear()

    def goes_on(self) -> None:
        self._open.set()

    def loses(self) -> None:
        """The connections that stand carry nothing any more, and nobody is told. New ones do: as after a machine has
        slept longer than its router remembers."""
        self._lost |= self._ways

    def cuts(self) -> None:
        """Every connection breaks. New ones are refused until it `starts` again."""
        if self._server is not None:
            self._server.close()
        for way in self._ways:
            way.transport.abort()

    def open_for(self, request: bytes) -> int:
        """How many connections are open whose latest request begins so."""
        return sum(latest.startswith(request) for latest in self._latest.values())

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        self._ways |= {writer, far_writer}
        try:
            await asyncio.gather(self._carries(reader, far_writer, asks=True), self._carries(far_reader, writer))
        finally:
            self._ways -= {writer, far_writer}
            self._lost -= {writer, far_writer}
            self._latest.pop(far_writer, None)
            for way in (writer, far_writer):
                way.close()

    async def _carries(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, asks: bool = False) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                if asks:
                    self._latest[writer] = data[:64]
                await self._open.wait()
                if writer in self._lost:
                    continue
                writer.write(data)
                await writer.drain()
            writer.write_eof()


@asynccontextmanager
async def tcp_relay(server_port: int) -> AsyncIterator[Line]:
    """A line to 127.0.0.1:`server_port`."""
    line = Line(server_port)
    await line.starts()
    try:
        yield line
    finally:
        line.goes_on()
        line.cuts()
        await asyncio.sleep(0)
