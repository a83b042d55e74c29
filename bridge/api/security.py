"""Authentication: bearer tokens, the console's session cookie, the brake on wrong tokens, the origin of a request.

A cookie holds the token itself, encrypted and dated (Fernet). So a revoked token ends its sessions at once, and a
restart ends none. A request that changes something by cookie must come from our own pages.
"""

import hashlib
import ipaddress
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import structlog
from cryptography.fernet import Fernet, InvalidToken
from fastapi import Depends, Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge.api.dependencies import Dependencies, get_parts
from bridge.api.language import asked_for
from bridge.api.problems import Problem
from bridge.api.reasons import RequestReason
from bridge.domain.kernel.principal import AccessRole, Principal, PrincipalKind
from bridge.domain.kernel.rate import Rate, Rates
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

    Nothing but logins depends on it: a file that holds no key is replaced, and the log says so.
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
    """Slows guessing down. After `limit` wrong tokens from one address within a minute, only tokens that were right
    before are looked at. Remembers at most 1024 addresses, the oldest dropped."""

    def __init__(self, limit: int) -> None:
        self._fresh = Rate(WINDOW_S, limit)
        self._wrong: Rates[str] = Rates(_LARGEST_CACHE)
        self._known: dict[str, None] = {}

    def wait_s(self, address: str, token: str, now_s: float) -> float:
        """The wait in seconds before a token from this address is looked at; 0: none."""
        wait_s = self._wrong.of(address, self._fresh).wait_s(now_s)
        return 0.0 if wait_s == 0 or _digest(token) in self._known else wait_s

    def wrong(self, address: str, now_s: float) -> None:
        self._wrong = self._wrong.happened(address, now_s, self._fresh)

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


async def authenticate(request: Request, parts: Annotated[Dependencies, Depends(get_parts)]) -> Principal:
    """The principal who asks.

    Raises:
        Problem: 401 without a right token or session, 429 after too many wrong ones. 403 answers a change that comes
            from another site by our cookie.
    """
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        name, kind = await check_token(request, parts, bearer.strip()), PrincipalKind.TOKEN
    else:
        name, kind = await session_actor(request, parts), PrincipalKind.OPERATOR
        if name is not None and request.method not in _SAFE and not from_our_pages(request):
            raise Problem(403, "cross_site", RequestReason.CROSS_SITE())
    if name is None:
        raise Problem(
            401,
            "not_authenticated",
            RequestReason.NOT_AUTHENTICATED(),
            headers={"WWW-Authenticate": 'Bearer realm="samband"'},
        )
    return principal_of(name, kind, reads_secrets=name in parts.secrecy_readers)


def principal_of(name: str, kind: PrincipalKind, *, reads_secrets: bool) -> Principal:
    """The holder of a token. Every token is an operator's today. The settings say who reads what is under secrecy."""
    roles = {AccessRole.OPERATOR, AccessRole.SECRECY} if reads_secrets else {AccessRole.OPERATOR}
    return Principal(f"{kind}:{name}", name, kind, frozenset(roles))


async def check_token(request: Request, parts: Dependencies, token: str) -> str | None:
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
            RequestReason.TOO_MANY_WRONG_TOKENS(),
            headers={"Retry-After": str(max(1, round(wait_s)))},
        )
    actor = await parts.tokens.who(token) if 0 < len(token) <= _LONGEST_TOKEN else None
    if actor is None:
        brake.wrong(address, now_s)
    else:
        brake.right(token)
    return actor


async def session_actor(request: Request, parts: Dependencies) -> str | None:
    """The user who is logged in to the console with this request's cookie."""
    sessions: Sessions = request.app.state.sessions
    cookie = request.cookies.get(COOKIE)
    token = sessions.open(cookie) if cookie else None
    return await parts.tokens.who(token) if token else None


def from_our_pages(request: Request) -> bool:
    """True where a browser says that a page of ours made the request (Fetch Metadata, else RFC 6454 Origin)."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc == request.headers.get("host")


Asker = Annotated[Principal, Depends(authenticate)]


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
        problem = Problem(421, "unknown_host", RequestReason.UNKNOWN_HOST(), field="Host")
        await problem.response(asked_for(Headers(scope=scope)))(scope, receive, send_guarded)

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
