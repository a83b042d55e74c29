"""The API's server: uvicorn, told when to stop by the controller alone."""

import asyncio
import socket
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from bridge.api.settings import ApiSettings
from bridge.main.notify import IN_CONTROL, tell


class ApiServer(uvicorn.Server):
    """uvicorn without its own signal handling: one place decides when to stop."""

    def __init__(self, app: FastAPI, settings: ApiSettings) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.port,
                log_config=None,
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=1,
                server_header=False,
                proxy_headers=False,
            )
        )

        self.up = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield

    def close(self) -> None:
        """Take no new connection. Connections that wait at shared sockets are for the next controller."""
        self.should_exit = True
        for one in getattr(self, "servers", ()):
            one.close()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        tell(IN_CONTROL)
        self.up.set()
