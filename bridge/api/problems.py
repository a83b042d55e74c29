"""Errors as `application/problem+json` (RFC 9457), each with the field at fault and the remedy where there is one."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from bridge.api.text import Output
from bridge.domain.commands import Refused
from bridge.ports import IntegrityConflict, PortError

log = structlog.get_logger(__name__)

_STATUS_OF_REFUSAL: Final = {
    "not_found": 404,
    "ended": 409,
    "not_allowed": 403,
    "conflict": 409,
    "invalid": 422,
    "unavailable": 503,
}
_TITLES: Final = {
    400: "Bad request",
    401: "Not authenticated",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflicts with the present state",
    410: "Gone",
    413: "Too large",
    416: "Range not satisfiable",
    421: "Unknown host name",
    422: "Invalid input",
    429: "Too many wrong tokens",
    500: "Internal error",
    503: "Not available now",
}


_WHEN: Final = {
    400: "`bad_json`: the body is not JSON.",
    401: "`not_authenticated`: no token, or one that is not valid.",
    404: "`not_found`: what the address names is not there.",
    403: "`not_allowed`: the rules forbid it; `cross_site`: a session's change that comes from another site.",
    409: "`conflict` or `ended`: the present state does not let it.",
    422: "`invalid`: `field` names the member at fault, `errors` all of them.",
    429: "`braked`: too many wrong tokens from this address; see `Retry-After`.",
    503: "`unavailable`: Asterisk, a terminal, a disk or the database; `Retry-After` where trying again can help.",
}
"""Errors of operations, for the description of the API."""


class Problem(Exception):
    """An answer that is an error.

    Attributes:
        status: The HTTP status.
        code: Stable, snake_case, for programs.
        detail: One sentence for people.
        field: The member of the request at fault, such as `numbers[0]`.
        remedy: What to do about it.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        field: str | None = None,
        remedy: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.field = field
        self.remedy = remedy
        self.headers = dict(headers or {})

    @classmethod
    def of_refusal(cls, refused: Refused) -> "Problem":
        """The engine's refusal as an answer."""
        headers = {"Retry-After": "5"} if refused.retry else {}
        return cls(
            _STATUS_OF_REFUSAL.get(refused.code, 409),
            refused.code,
            refused.reason,
            field=refused.field,
            headers=headers,
        )

    @classmethod
    def not_found(cls, what: str, key: str) -> "Problem":
        return cls(404, "not_found", f"there is no {what} {key}")

    @classmethod
    def invalid(cls, field: str, detail: str, remedy: str | None = None) -> "Problem":
        return cls(422, "invalid", detail, field=field, remedy=remedy)

    def response(self) -> JSONResponse:
        return problem_response(
            self.status, self.code, self.detail, field=self.field, remedy=self.remedy, headers=self.headers
        )


def problem_response(
    status: int,
    code: str,
    detail: str,
    *,
    field: str | None = None,
    remedy: str | None = None,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    body: dict[str, Any] = {
        "type": f"urn:samband:problem:{code}",
        "title": _TITLES.get(status, "Error"),
        "status": status,
        "code": code,
        "detail": detail,
    }
    if field is not None:
        body["field"] = field
    if remedy is not None:
        body["remedy"] = remedy
    if errors:
        body["errors"] = list(errors)
    return JSONResponse(body, status, headers=dict(headers or {}), media_type="application/problem+json")


def field_name(location: Sequence[str | int]) -> str:
    """Pydantic's location as people write it: `("body", "numbers", 0)` → `numbers[0]`."""
    name = ""
    for part in location[1:] if location and location[0] in {"body", "query", "path", "header"} else location:
        if isinstance(part, int):
            name += f"[{part}]"
        else:
            name += f".{part}" if name else part
    return name


def install(app: FastAPI) -> None:
    """Make every error of the application a problem document."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(PortError, _port)
    app.add_exception_handler(Exception, _unexpected)


async def _problem(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)  # noqa: S101 - the handler is registered for this type
    return error.response()


async def _validation(_request: Request, error: Exception) -> JSONResponse:
    """What was sent is not repeated: it may hold a code."""
    assert isinstance(error, RequestValidationError)  # noqa: S101
    errors = [{"field": field_name(one["loc"]), "detail": _plain(one)} for one in error.errors()[:20]]
    first = errors[0]
    if error.errors()[0]["type"] == "json_invalid":
        return problem_response(400, "bad_json", "the body is not JSON", remedy="send JSON in UTF-8")
    return problem_response(422, "invalid", first["detail"], field=first["field"] or None, errors=errors)


def _plain(error: Mapping[str, Any]) -> str:
    return str(error["msg"]).removeprefix("Value error, ").lower()


async def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    code = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}.get(error.status_code, "http_error")
    return problem_response(error.status_code, code, str(error.detail).lower(), headers=error.headers)


async def _port(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, PortError)  # noqa: S101
    if isinstance(error, IntegrityConflict):
        return problem_response(409, "conflict", error.message, remedy="read the state again: somebody changed it")
    log.error("request_failed_at_device", device=error.device, reason=error.message, evidence=error.evidence)
    headers = {"Retry-After": "5"} if error.retry else {}
    return problem_response(503, "unavailable", f"{error.device}: {error.message}", headers=headers)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("request_failed", path=request.url.path, method=request.method, exc_info=error)
    return problem_response(500, "internal", "an error in Samband; it is in the log")


class ProblemOut(Output):
    """Any error, as `application/problem+json` (RFC 9457)."""

    type: str
    """`urn:samband:problem:` and the code."""
    title: str
    """The status in words."""
    status: int
    """The HTTP status."""
    code: str
    """Stable, for programs."""
    detail: str
    """One sentence for people."""
    field: str | None = None
    """The member of the request at fault, such as `numbers[0]`."""
    remedy: str | None = None
    """What to do about it."""
    errors: list[dict[str, str]] | None = None
    """Every member at fault (`field`, `detail`), where there are several."""


def described(document: dict[str, Any], prefix: str) -> dict[str, Any]:
    """The OpenAPI document with the errors of every operation under the prefix; FastAPI knows of its own form only."""
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = {**ProblemOut.model_json_schema(), "title": "Problem"}
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            operation["responses"].pop("422", None)
            for status in _errors_of(path, method, operation) if path.startswith(prefix) else ():
                operation["responses"][str(status)] = {"description": _WHEN[status], "content": content}
            for status, answer in operation["responses"].items():
                if status[0] in "45":
                    answer["content"] = content
    return document


def _errors_of(path: str, method: str, operation: Mapping[str, Any]) -> list[int]:
    """Which errors an operation can end in, by its form."""
    changes, inputs = method != "get", "requestBody" in operation or "parameters" in operation
    possible = {400: "requestBody" in operation, 403: changes, 404: "{" in path, 409: changes, 422: inputs}
    return sorted({401, 429, 503, *(status for status, can in possible.items() if can)})
