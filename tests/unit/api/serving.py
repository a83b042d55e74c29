"""The application on a real socket, for clients that need one."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn

from bridge.api.settings import ApiSettings
from tests.unit.api.region import Region


@asynccontextmanager
async def served(region: Region, settings: ApiSettings | None = None) -> AsyncIterator[int]:
    """Serve the region's API on a free port of loopback; gives the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            region.app(settings),
            log_level="warning",
            log_config=None,
            lifespan="off",
            timeout_graceful_shutdown=1,
            proxy_headers=False,  # as the product's own server
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await serving
