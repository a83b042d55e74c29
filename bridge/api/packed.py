"""Pages, scripts and styles of the console come compressed. A page with its words and scripts is half a megabyte else.

Answers of the API and pages with a secret of the visitor's do not. A listener may have put text of their own beside the
secret. The length of the compressed answer tells something of it then (BREACH, CVE-2013-3587). Sound is compressed
already, and events may not wait for a block to be full.
"""

from typing import Final

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

LEAST_BYTES: Final = 1000
LEVEL: Final = 5
"""Of zlib. A higher one takes twice the time for a hundredth of the size."""
AS_THEY_ARE: Final = ("/api/", "/l/", "/upkeep", "/hooks", "/invitation", "/login", "/metrics", "/step-up")
"""Beginnings of paths."""


class Packed:
    """ASGI middleware, for those who say that they take it (`Accept-Encoding`, RFC 9110 §12.5.3)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._packs = GZipMiddleware(app, LEAST_BYTES, LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith(AS_THEY_ARE):
            await self._packs(scope, receive, send)
        else:
            await self._app(scope, receive, send)
