"""The bound on request bodies, refused in our words.

Starlette's own bound answers in English and in plain text, and does so past all that stands inside it.
"""

from starlette.datastructures import Headers
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge.api.language import asked_for
from bridge.api.problems import Problem
from bridge.api.reasons import RequestReason

TOO_LARGE = 413


class Bounded:
    """ASGI middleware. A route's own bound goes before this one.

    Args:
        app: All within.
        most_bytes: A larger body is answered 413, as a problem (RFC 9457).
    """

    def __init__(self, app: ASGIApp, most_bytes: int) -> None:
        self._app = RequestBodyLimitMiddleware(app, max_body_size=most_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused = False

        async def send_worded(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and _is_starlettes(message):
                refused = True
                problem = Problem(TOO_LARGE, "too_large", RequestReason.TOO_LARGE())
                await problem.response(asked_for(Headers(scope=scope)))(scope, receive, send)
            elif not refused:
                await send(message)

        await self._app(scope, receive, send_worded)


def _is_starlettes(start: Message) -> bool:
    kind = Headers(raw=start["headers"]).get("content-type", "")
    return start["status"] == TOO_LARGE and kind.startswith("text/plain")
