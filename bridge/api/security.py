"""Who may ask: bearer tokens, the console's session cookie, the brake on wrong tokens, and where a request comes from.

A cookie holds the token itself, encrypted and dated (Fernet), so that a revoked token ends its sessions at once and a
restart ends none. A request that changes something by cookie must come from our own pages.
"""

import hashlib
import ipaddress
from collections import deque
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import structlog
from cryptography.fernet import Fernet, InvalidToken
from fastapi import Depends, Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge.api.parts import Parts, get_parts
from bridge.api.problems import Problem
from bridge.files import replace_file

log = structlog.get_logger(__name__)

COOKIE: Final = "samband_session"
WINDOW_S: Final = 60.0
_LARGEST_CACHE: Final = 1024
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LONGEST_TOKEN: Final = 200

_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "media-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def session_key(path: Path) -> bytes:
    """The key of the session cookies, made (mode 600) where it is missing. Deleting the file ends every session.

    Nothing but logins depends on it: one that is no key is replaced, and said so.
    """
    found = path.read_bytes().strip() if path.exists() else None
    if found is not None:
        try:
            Fernet(found)
        except ValueError:
            log.warning("session_key_made_anew", file=str(path), reason="it held no key: everybody logs in again")
        else:
            return found
    key = Fernet.generate_key()
    replace_file(path, key)
    return key


class Brake:
    """Slows guessing down: after `limit` wrong tokens from one address within a minute, only tokens that were right
    before are looked at. Remembers at most 1024 addresses, the oldest dropped."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._wrong: dict[str, deque[float]] = {}
        self._known: dict[str, None] = {}

    def wait_s(self, address: str, token: str, now_s: float) -> float:
        """How long this address must wait before this token is looked at; 0 for now."""
        times = self._wrong.get(address)
        if times is None or _digest(token) in self._known:
            return 0.0
        while times and times[0] <= now_s - WINDOW_S:
            times.popleft()
        return 0.0 if len(times) < self._limit else times[0] + WINDOW_S - now_s

    def wrong(self, address: str, now_s: float) -> None:
        times = self._wrong.pop(address, deque(maxlen=self._limit))
        times.append(now_s)
        self._wrong[address] = times
        if len(self._wrong) > _LARGEST_CACHE:
            self._wrong.pop(next(iter(self._wrong)))

    def right(self, token: str) -> None:
        self._known[_digest(token)] = None
        if len(self._known) > _LARGEST_CACHE:
            self._known.pop(next(iter(self._known)))


class Sessions:
    """Console logins as cookies."""

    def __init__(self, key: bytes, lasts_h: float) -> None:
        self._fernet = Fernet(key)
        self.lasts_s = int(lasts_h * 3600)
        self._ended: dict[str, None] = {}

    def seal(self, token: str) -> str:
        return self._fernet.encrypt(token.encode()).decode()

    def open(self, cookie: str) -> str | None:
        """The token in a cookie; nothing when it is forged, too old or logged out."""
        if _digest(cookie) in self._ended:
            return None
        try:
            return self._fernet.decrypt(cookie.encode(), ttl=self.lasts_s).decode()
        except (InvalidToken, UnicodeError):
            return None

    def end(self, cookie: str) -> None:
        """Log out. Remembered for the last 1024 until the program ends; revoking the token is for good."""
        self._ended[_digest(cookie)] = None
        if len(self._ended) > _LARGEST_CACHE:
            self._ended.pop(next(iter(self._ended)))


async def authenticate(request: Request, parts: Annotated[Parts, Depends(get_parts)]) -> str:
    """The name of who asks, for the audit.

    Raises:
        Problem: 401 without a right token or session, 429 after too many wrong ones, 403 for a change that comes from
            another site by our cookie.
    """
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        actor = await check_token(request, parts, bearer.strip())
    else:
        actor = await session_actor(request, parts)
        if actor is not None and request.method not in _SAFE and not from_our_pages(request):
            raise Problem(403, "cross_site", "a change by session cookie must come from the console's own pages")
    if actor is None:
        raise Problem(
            401,
            "not_authenticated",
            "a right token is needed",
            remedy="send `Authorization: Bearer <token>`; the first token is in operator.token in the state directory",
            headers={"WWW-Authenticate": 'Bearer realm="samband"'},
        )
    request.state.actor = actor
    return actor


async def check_token(request: Request, parts: Parts, token: str) -> str | None:
    """The name of a token, or nobody; wrong ones are counted.

    Raises:
        Problem: 429, too many wrong tokens from this address.
    """
    brake: Brake = request.app.state.brake
    address = request.client.host if request.client else ""
    now_s = parts.clock.now_s()
    if (wait_s := brake.wait_s(address, token, now_s)) > 0:
        raise Problem(
            429,
            "braked",
            "too many wrong tokens from this address",
            headers={"Retry-After": str(max(1, round(wait_s)))},
        )
    actor = await parts.tokens.who(token) if 0 < len(token) <= _LONGEST_TOKEN else None
    if actor is None:
        brake.wrong(address, now_s)
    else:
        brake.right(token)
    return actor


async def session_actor(request: Request, parts: Parts) -> str | None:
    """Who is logged in to the console with this request's cookie."""
    sessions: Sessions = request.app.state.sessions
    cookie = request.cookies.get(COOKIE)
    token = sessions.open(cookie) if cookie else None
    return await parts.tokens.who(token) if token else None


def from_our_pages(request: Request) -> bool:
    """Whether a browser says that the request was made by a page of ours (Fetch Metadata, else RFC 6454 Origin)."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc == request.headers.get("host")


Actor = Annotated[str, Depends(authenticate)]


class Guard:
    """ASGI middleware: refuses foreign host names and sets the security headers of every answer."""

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...]) -> None:
        self._app = app
        self._hosts = frozenset(name.lower() for name in (*hosts, "localhost"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if not scope["path"].startswith("/static/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        host = Headers(scope=scope).get("host", "")
        if self._known(host):
            await self._app(scope, receive, send_guarded)
            return
        problem = Problem(
            421,
            "unknown_host",
            "this host name is not one of ours",
            field="Host",
            remedy="use the address, or add the name to `hosts` in the [api] table",
        )
        await problem.response()(scope, receive, send_guarded)

    def _known(self, host: str) -> bool:
        """A plain address cannot be rebound to another; a name must be ours."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name.lower() in self._hosts:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
