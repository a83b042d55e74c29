"""Forms that strangers send, read within bounds."""

from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request

from bridge.api.problems import Problem
from bridge.api.reasons import InputReason, RequestReason

MOST_FIELDS: Final = 20


async def form_of(request: Request, most_bytes: int) -> dict[str, str]:
    """The fields of a form, the first of each name. A longer or a stranger body is none.

    Raises:
        Problem: 413, or 400.
    """
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most_bytes:
            raise Problem(413, "too_large", RequestReason.TOO_LARGE())
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="replace")
    except ValueError:
        raise Problem(400, "invalid", InputReason.WRONG_FORM()) from None
    form: dict[str, str] = {}
    for name, value in pairs:
        form.setdefault(name, value)
    return form
