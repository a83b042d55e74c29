"""The errors of every operation in the OpenAPI document; FastAPI knows of its own form only."""

from collections.abc import Mapping
from typing import Any, Final

from bridge.api.text import Output

_WHEN: Final = {
    400: "`bad_json`: the body is not JSON.",
    401: "`not_authenticated`: no token, or one that is not valid.",
    404: "`not_found`: what the address names is not there.",
    403: "`not_allowed`: the rules forbid it; `not_permitted`: the one who asks may not do this; `cross_site`: a "
    "session's change that comes from another site.",
    409: "`conflict` or `ended`: the present state does not let it.",
    422: "`invalid`: `field` names the member at fault, `errors` all of them.",
    429: "`braked`: too many wrong tokens from this address; see `Retry-After`.",
    503: "`unavailable`: Asterisk, a terminal, a disk or the database; `Retry-After` where trying again can help.",
}
"""Errors of operations, for the description of the API."""


class FaultOut(Output):
    """One member at fault."""

    field: str
    """Its name, such as `numbers[0]`."""
    detail: str
    """One sentence for people, in the language asked for."""
    reason: str
    """The same for programs: a stable code."""
    data: dict[str, Any]
    """The values that the sentence shows, by name."""


class ProblemOut(Output):
    """Any error, as `application/problem+json` (RFC 9457)."""

    type: str
    """`urn:samband:problem:` and the code."""
    title: str
    """The status in words, in the language asked for (`Accept-Language`: `sv`, else `en`)."""
    status: int
    """The HTTP status."""
    code: str
    """The kind of error, stable, for programs."""
    detail: str
    """One sentence for people, in the language asked for."""
    reason: str
    """The same for programs: a stable code, of which many belong to one `code`."""
    data: dict[str, Any]
    """The values that `detail` shows, by name."""
    field: str | None = None
    """The member of the request at fault, such as `numbers[0]`."""
    remedy: str | None = None
    """The remedy, in the language asked for."""
    errors: list[FaultOut] | None = None
    """Every member at fault, where the input is invalid."""


def described(document: dict[str, Any], prefix: str) -> dict[str, Any]:
    """The OpenAPI document with the errors of every operation under the prefix."""
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schema = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas["Fault"] = {**schema.pop("$defs")["FaultOut"], "title": "Fault"}
    schema["properties"]["errors"]["anyOf"][0]["items"] = {"$ref": "#/components/schemas/Fault"}
    schemas["Problem"] = {**schema, "title": "Problem"}
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
    possible = {400: "requestBody" in operation, 404: "{" in path, 409: changes, 422: inputs}
    return sorted({401, 403, 429, 503, *(status for status, can in possible.items() if can)})
