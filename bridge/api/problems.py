"""Errors as `application/problem+json` (RFC 9457): code, data, the words in the language asked for, and the remedy.

The one place that knows which HTTP status a refusal has.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from bridge.api.language import asked_for, tags
from bridge.api.reasons import RequestReason, of_fault
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Reason, data_of
from bridge.ports import IntegrityConflict, PortError
from bridge.service import Refusal
from bridge.words import say, section, word

log = structlog.get_logger(__name__)

STATUS_OF_REFUSAL: Final = {
    "not_found": 404,
    "ended": 409,
    "not_allowed": 403,
    "not_permitted": 403,
    "step_up": 403,
    "conflict": 409,
    "gone": 410,
    "invalid": 422,
    "unavailable": 503,
    "login": 401,
    "braked": 429,
}
STATUSES: Final = (400, 401, 403, 404, 405, 409, 410, 413, 416, 421, 422, 429, 500, 503)
"""Every status that an error can have; their titles stand in the catalogue's section `status`."""
AGAIN_S: Final = 5
"""`Retry-After` of what can succeed later."""
MOST_FAULTS: Final = 20
"""So many members at fault are named."""


class Problem(Exception):
    """An answer that is an error.

    Attributes:
        status: The HTTP status.
        code: The kind of error, stable, for programs.
        reason: Why, as a code with data; its words are chosen when it is answered.
        field: The member of the request at fault, such as `numbers[0]`.
        errors: Every member at fault with its reason, where there are several.
    """

    def __init__(
        self,
        status: int,
        code: str,
        reason: Reason,
        *,
        field: str | None = None,
        errors: Sequence[tuple[str, Reason]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {reason}")
        self.status = status
        self.code = code
        self.reason = reason
        self.field = field
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    @classmethod
    def of_refusal(cls, refusal: Refusal) -> "Problem":
        """A use case's refusal as an answer."""
        return cls(
            STATUS_OF_REFUSAL.get(refusal.code, 409),
            refusal.code,
            refusal.reason,
            field=refusal.field,
            headers=_again(refusal.retry),
        )

    def response(self, language: Language) -> JSONResponse:
        """The answer in this language."""
        body: dict[str, Any] = {
            "type": f"urn:samband:problem:{self.code}",
            "title": word(language, "status", str(self.status)),
            "status": self.status,
            "code": self.code,
            "detail": say(self.reason, language),
            "reason": str(self.reason.code),
            "data": data_of(self.reason),
        }
        if self.field is not None:
            body["field"] = self.field
        if self.reason.code in section(language, "remedy"):
            body["remedy"] = word(language, "remedy", self.reason.code, **dict(self.reason.data))
        if self.errors:
            body["errors"] = [
                {"field": field, "detail": say(one, language), "reason": str(one.code), "data": data_of(one)}
                for field, one in self.errors
            ]
        return JSONResponse(
            body, self.status, headers={**self.headers, **tags(language)}, media_type="application/problem+json"
        )


def _again(retry: bool) -> dict[str, str]:
    return {"Retry-After": str(AGAIN_S)} if retry else {}


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
    for kind in (Problem, Refusal, RequestValidationError, HTTPException, PortError, Exception):
        app.add_exception_handler(kind, answer)


async def answer(request: Request, error: Exception) -> JSONResponse:
    """Any error as a problem document, in the language asked for."""
    return problem_of(request, error).response(asked_for(request.headers))


def problem_of(request: Request, error: Exception) -> Problem:
    """Any error as a problem; one that nobody foresaw is logged."""
    match error:
        case Problem():
            return error
        case Refusal():
            return Problem.of_refusal(error)
        case RequestValidationError():
            return _of_validation(error)
        case HTTPException():
            return _of_http(request, error)
        case IntegrityConflict():
            return Problem(409, "conflict", RequestReason.CHANGED_MEANWHILE())
        case PortError():
            log.error("request_failed_at_device", device=error.device, reason=error.message, evidence=error.evidence)
            return Problem(503, "unavailable", error.reason, headers=_again(error.retry))
        case _:
            log.error("request_failed", path=request.url.path, method=request.method, exc_info=error)
            return Problem(500, "internal", RequestReason.INTERNAL())


def _of_validation(error: RequestValidationError) -> Problem:
    """The value that was sent is not repeated: it may be a code."""
    faults = error.errors()
    if faults[0]["type"] == "json_invalid":
        return Problem(400, "bad_json", RequestReason.NOT_JSON())
    errors = [(field_name(one["loc"]), of_fault(one)) for one in faults[:MOST_FAULTS]]
    field, reason = errors[0]
    return Problem(422, "invalid", reason, field=field or None, errors=errors)


def _of_http(request: Request, error: HTTPException) -> Problem:
    match error.status_code:
        case 404:
            code, reason = "not_found", RequestReason.NO_SUCH_ADDRESS()
        case 405:
            code, reason = "method_not_allowed", RequestReason.METHOD_NOT_ALLOWED(method=request.method)
        case 413:
            code, reason = "too_large", RequestReason.TOO_LARGE()
        case status:
            code, reason = "http_error", RequestReason.HTTP_FAULT(status=status)
    return Problem(error.status_code, code, reason, headers=error.headers)
