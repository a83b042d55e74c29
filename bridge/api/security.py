"""Authentication: bearer tokens, the console's session cookie, the brake on wrong secrets, the origin of a request.

A cookie holds a reference token of a session in the database. So a session that is ended is refused at once, and a
restart ends none. A request that changes something by cookie must come from our own pages.
"""

import ipaddress
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge.api.dependencies import Dependencies, get_parts
from bridge.api.language import asked_for
from bridge.api.problems import Problem
from bridge.api.reasons import RequestReason
from bridge.domain.kernel.principal import Principal
from bridge.domain.kernel.rate import Rate, Rates
from bridge.service.identities import by_session, by_token

COOKIE: Final = "samband_session"
WINDOW_S: Final = 60.0
_LARGEST_CACHE: Final = 1024
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_MOST_PROXIES: Final = 10

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


class Brake:
    """Slows guessing down: after `limit` wrong secrets from one address within a minute, further wrong ones are
    answered 429. A right one always works, since it is looked at first. Remembers at most 1024 addresses, the oldest
    dropped."""

    def __init__(self, limit: int) -> None:
        self._fresh = Rate(WINDOW_S, limit)
        self._wrong: Rates[str] = Rates(_LARGEST_CACHE)

    def wrong(self, address: str, now_s: float) -> float:
        """Count a wrong secret. The wait in seconds before another is counted; 0: there were not too many."""
        wait_s = self._wrong.of(address, self._fresh).wait_s(now_s)
        if wait_s == 0:
            self._wrong = self._wrong.happened(address, now_s, self._fresh)
        return wait_s


async def authenticate(request: Request, parts: Annotated[Dependencies, Depends(get_parts)]) -> Principal:
    """The principal who asks.

    Raises:
        Problem: 401 without a right token or session, 429 after too many wrong ones. 403 answers a change that comes
            from another site by our cookie.
    """
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        found = await by_token(parts.identity, bearer.strip())
        if found is None:
            count_wrong(request, parts)
    else:
        found = await session_principal(request, parts, acts=request.method not in _SAFE)
        if found is not None and request.method not in _SAFE and not from_our_pages(request):
            raise Problem(403, "cross_site", RequestReason.CROSS_SITE())
    if found is None:
        raise Problem(
            401,
            "not_authenticated",
            RequestReason.NOT_AUTHENTICATED(),
            headers={"WWW-Authenticate": 'Bearer realm="samband"'},
        )
    return principal_of(found)


def principal_of(found: Principal) -> Principal:
    """The one door through which everybody comes that the API knows."""
    return found


def count_wrong(request: Request, parts: Dependencies) -> None:
    """A secret was wrong.

    Raises:
        Problem: 429, too many from this address.
    """
    brake: Brake = request.app.state.brake
    wait_s = brake.wrong(address_of(request), parts.clock.now_s())
    if wait_s > 0:
        raise Problem(
            429,
            "braked",
            RequestReason.TOO_MANY_WRONG_TOKENS(),
            headers={"Retry-After": str(max(1, round(wait_s)))},
        )


async def session_principal(request: Request, parts: Dependencies, *, acts: bool) -> Principal | None:
    """The person who is logged in to the console with this request's cookie. `acts`: they do something by it, which
    keeps them logged in."""
    cookie = request.cookies.get(COOKIE)
    return await by_session(parts.identity, parts.clock, cookie, acts=acts) if cookie else None


def address_of(request: Request) -> str:
    """Where a request comes from. Behind trusted proxies it is the rightmost address that is none of theirs. All left
    of it can be made up."""
    trusted = [ipaddress.ip_network(one) for one in request.app.state.settings.trusted_proxies]

    def is_trusted(address: str) -> bool:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in trusted)

    address = request.client.host if request.client else ""
    told = ",".join(request.headers.getlist("x-forwarded-for"))
    for further in reversed([one.strip() for one in told.split(",")][-_MOST_PROXIES:]):
        if not is_trusted(address):
            break
        try:
            address = str(ipaddress.ip_address(further))
        except ValueError:
            break
    return address


def origin_of(request: Request) -> str:
    """Where the browser thinks that our pages are. The host is one of ours (`Guard`)."""
    scheme = "https" if request.app.state.settings.secure_cookie else request.url.scheme
    return f"{scheme}://{request.headers.get('host', '')}"


def passkey_host(request: Request, parts: Dependencies) -> str | None:
    """The name that passkeys are made for; none where the page was opened by a plain address, which has none."""
    if parts.passkey_host:
        return parts.passkey_host
    name = urlsplit(origin_of(request)).hostname or ""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name or None
    return None


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
