"""Samband's HTTP API, as a program with a token uses it."""

import asyncio
import json
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, Final

ANSWER_S: Final = 15.0


class ApiError(Exception):
    """Samband refused a request, or gives no answer. The text is for people."""


class Api:
    """Requests under `/api/v1`.

    Args:
        base: Such as `http://127.0.0.1:8080`.
        token: File that holds the operator's token.
    """

    def __init__(self, base: str, token: Path) -> None:
        self._base = base.rstrip("/")
        self._token = token

    async def get(self, path: str, **query: str) -> Any:
        """Raises ApiError."""
        asked = f"?{urllib.parse.urlencode(query)}" if query else ""
        return await asyncio.to_thread(self._ask, "GET", f"/api/v1{path}{asked}", None)

    async def post(self, path: str, body: object = None) -> Any:
        """Raises ApiError."""
        return await asyncio.to_thread(self._ask, "POST", f"/api/v1{path}", {} if body is None else body)

    async def put(self, path: str, body: object) -> Any:
        """Raises ApiError."""
        return await asyncio.to_thread(self._ask, "PUT", f"/api/v1{path}", body)

    async def parts(self) -> dict[str, str]:
        """Part → `ok` or what is wrong. Raises ApiError."""
        told = await asyncio.to_thread(self._ask, "GET", "/readyz", None)
        return dict(told["parts"])

    def _ask(self, method: str, path: str, body: object) -> Any:
        try:
            token = self._token.read_text(encoding="ascii").strip()
        except (OSError, ValueError) as error:
            raise ApiError(f"{self._token} cannot be read: start Samband first") from error
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self._base + path, data, headers, method=method)  # noqa: S310  our own address
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_S) as answer:  # noqa: S310
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            if path == "/readyz" and error.code == 503:
                return json.load(error)
            raise ApiError(_words(error)) from error
        except (OSError, ValueError) as error:
            raise ApiError(f"nothing of ours answers at {self._base} ({error}): start it with `make run`") from error


def _words(error: urllib.error.HTTPError) -> str:
    try:
        told = json.load(error)
        words = [str(told[name]) for name in ("detail", "remedy") if told.get(name)]
    except (ValueError, TypeError, AttributeError):
        words = []
    return ". ".join(words) or f"the API answered {error.code}"
