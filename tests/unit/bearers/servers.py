"""Real servers for the bearers: a mail server, and a gateway as 46elks is one. Each remembers what it was given."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.harness.ports import free_port

USER, PASSWORD = "samband", "hemligt-lösen"


@dataclass
class Post:
    """A mail server: `refusal` is its answer to the next step of that name."""

    port: int
    mails: list[EmailMessage] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    at_rcpt: str = ""
    at_data: str = ""
    falls_silent: bool = False
    """It takes a mail, and its answer never comes."""

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]) -> str:
        if self.at_rcpt:
            return self.at_rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: SMTP, session: Session, envelope: Envelope) -> str:
        if self.at_data:
            return self.at_data
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        self.envelopes.append(envelope)
        self.encrypted.append(session.ssl is not None)
        if self.falls_silent:
            await asyncio.Event().wait()
        return "250 OK"

    def authenticates(self, _: SMTP, __: Session, ___: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(mechanism)
        return AuthResult(handled=False, success=(data.login, data.password) == (USER.encode(), PASSWORD.encode()))


@asynccontextmanager
async def a_mail_server(context: ssl.SSLContext | None = None, *, asks_login: bool = False) -> AsyncIterator[Post]:
    """On loopback; with `context` it speaks STARTTLS and takes no mail without it."""
    post = Post(free_port())
    made: list[SMTP] = []

    def smtp() -> SMTP:
        one = SMTP(
            post,
            hostname="post.example.se",
            tls_context=context,
            require_starttls=context is not None,
            auth_required=asks_login,
            authenticator=post.authenticates if asks_login else None,
            loop=asyncio.get_running_loop(),
        )
        made.append(one)
        return one

    server = await asyncio.get_running_loop().create_server(smtp, "127.0.0.1", post.port)
    try:
        yield post
    finally:
        server.close()
        handlers = [one._handler_coroutine for one in made if one._handler_coroutine is not None]
        for one in handlers:
            one.cancel()
        for session in made:
            if session.transport is not None:
                session.transport.close()
        await asyncio.gather(*handlers, return_exceptions=True)


@dataclass
class Gateway:
    """A gateway. `answers` makes its answer; it has the message by then."""

    port: int
    forms: list[dict[str, str]] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    answers: Callable[[int], web.StreamResponse] | None = None
    falls_silent: bool = False
    """It takes a message, and its answer never comes."""
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/a1/sms"

    async def take(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        self.forms.append({name: str(value) for name, value in form.items()})
        login = request.headers.get("Authorization", "").removeprefix("Basic ")
        self.logins.append(base64.b64decode(login).decode())
        if self.falls_silent:
            await self.over.wait()
        if self.answers is not None:
            return self.answers(len(self.forms))
        return web.json_response({"id": f"s{len(self.forms):032d}", "status": "created", "parts": 1})


@asynccontextmanager
async def a_gateway() -> AsyncIterator[Gateway]:
    gateway = Gateway(free_port())
    app = web.Application()
    app.router.add_post("/a1/sms", gateway.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", gateway.port).start()
    try:
        yield gateway
    finally:
        gateway.over.set()
        await runner.cleanup()
