"""An ARI peer that misbehaves on request: closes, aborts, freezes, floods, answers late, wrongly or not at all."""

import asyncio
import json
import socket
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import WSMsgType, encode_basic_auth, web

USER, PASSWORD = "samband", "not-a-secret"


@dataclass
class Answer:
    """What the next request gets. `lost`: it is carried out, and its reply never comes."""

    status: int = 204
    body: object = None
    lost: bool = False


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    body: object


@dataclass
class FakeAri:
    port: int = 0
    requests: list[Request] = field(default_factory=list)
    answers: deque[Answer] = field(default_factory=deque)
    """Used up one by one by requests other than the event filter; then 204."""
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    refuse_sockets: int = 0
    """So many event sockets are refused with 503."""
    silent: bool = False
    """Event sockets are accepted, and pings are not answered."""
    _arrived: asyncio.Condition = field(default_factory=asyncio.Condition)
    _release: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/ari"

    async def send(self, *events: object) -> None:
        """Events as JSON; a string goes out as it is."""
        for event in events:
            await self.sockets[-1].send_str(event if isinstance(event, str) else json.dumps(event))

    async def close(self) -> None:
        await self.sockets[-1].close()

    def abort(self) -> None:
        """Cut the connection off without a closing handshake."""
        transport = self.sockets[-1]._req.transport if self.sockets[-1]._req else None
        assert transport is not None
        raw = transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        transport.abort()

    async def connections(self, count: int) -> None:
        """Wait until so many event sockets have been opened in all."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(self.sockets) >= count)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        if self.refuse_sockets:
            self.refuse_sockets -= 1
            return web.Response(status=503)
        opened = web.WebSocketResponse(autoping=not self.silent)
        await opened.prepare(request)
        async with self._arrived:
            self.sockets.append(opened)
            self._arrived.notify_all()
        if self.silent:
            await self._release.wait()
            return opened
        async for message in opened:
            if message.type is WSMsgType.ERROR:
                break
        return opened

    async def _any(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != encode_basic_auth(USER, PASSWORD):
            return web.json_response({"message": "Authentication required"}, status=401)
        path = request.path.removeprefix("/ari")
        if path == "/events":
            return await self._events(request)
        body = await request.json() if request.can_read_body else None
        self.requests.append(Request(request.method, path, dict(request.query), body))
        if path.endswith("/eventFilter"):
            return web.json_response({})
        answer = self.answers.popleft() if self.answers else Answer()
        if answer.lost:
            await self._release.wait()
        if answer.body is None:
            return web.Response(status=answer.status)
        if isinstance(answer.body, str):
            return web.Response(status=answer.status, text=answer.body)
        return web.json_response(answer.body, status=answer.status)


@asynccontextmanager
async def fake_ari() -> AsyncGenerator[FakeAri]:
    """A peer on a free port of 127.0.0.1."""
    peer = FakeAri()
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", peer._any)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    peer.port = runner.addresses[0][1]
    try:
        yield peer
    finally:
        peer._release.set()
        await runner.cleanup()
