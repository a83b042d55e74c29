"""A TCP listener that knows its connections, and ends them when it stops."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

DEFAULT_LIMIT_BYTES: Final = 65_536


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Address":
        """`host:port`. Raises ValueError."""
        host, separator, port = text.rpartition(":")
        if not separator or not host:
            raise ValueError(f"{text!r} is not host:port")
        return cls(host, int(port))


class Listener:
    """Serves each connection by `serve`, which returns when its peer is gone.

    `port` is the real one after `start`, also when 0 was asked for; it is kept for the next start.
    """

    def __init__(self, host: str, port: int, serve: Serve, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        self.host = host
        self.port = port
        self._serve = serve
        self._limit_bytes = limit_bytes
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}

    async def start(self) -> None:
        """Does nothing when it listens already. Raises OSError when the port is taken."""
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, self.host, self.port, limit=self._limit_bytes)
            self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Refuse new connections, cut the ones there are, and wait for their end."""
        if self._server is not None:
            self._server.close()
            self._server = None
        tasks = [task for task in self._connections.values() if task is not None]
        for writer in list(self._connections):
            writer.transport.abort()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections[writer] = asyncio.current_task()
        try:
            await self._serve(reader, writer)
        finally:
            del self._connections[writer]
            writer.transport.abort()
