"""Samband's HTTP API, as a program with a token uses it."""

import asyncio
import json
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, Final

from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Reason
from hardware.simulator.reasons import PlayReason

ANSWER_S: Final = 15.0


class ApiError(Exception):
    """Samband refused a request, or gives no answer; `reason` is for people."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason


class Api:
    """Requests under `/api/v1`.

    Args:
        base: Such as `http://127.0.0.1:8080`.
        token: File that holds the operator's token.
        language: That of its answers.
    """

    def __init__(self, base: str, token: Path, language: Language) -> None:
        self._base = base.rstrip("/")
        self._token = token
        self._language = language

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
            raise ApiError(PlayReason.NO_TOKEN(file=str(self._token))) from error
        data = None if body is None else json.dumps(body).encode()
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Accept-Language": self._language.value,
        }
        request = urllib.request.Request(self._base + path, data, headers, method=method)  # noqa: S310  our own address
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_S) as answer:  # noqa: S310
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            if path == "/readyz" and error.code == 503:
                return json.load(error)
            raise ApiError(_reason(error)) from error
        except (OSError, ValueError) as error:
            raise ApiError(PlayReason.API_SILENT(address=self._base).proved(str(error))) from error


def _reason(error: urllib.error.HTTPError) -> Reason:
    try:
        told = json.load(error)
        words = [str(told[name]) for name in ("detail", "remedy") if told.get(name)]
    except (ValueError, TypeError, AttributeError):
        words = []
    return PlayReason.API_REFUSED(said=". ".join(words)) if words else PlayReason.API_STATUS(status=error.code)
