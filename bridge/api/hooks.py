"""The addresses by which the SMS gateway calls us, in the form of 46elks. A secret in the path stands for a token.

A request is a stranger's until its secret is right, and is bounded also after that. An answer in 2xx means that it
is kept. The gateway asks again after any other.
"""

import hmac
import re
from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Path, Request, Response

from bridge.api.dependencies import TheDependencies
from bridge.api.forms import form_of
from bridge.api.problems import Problem
from bridge.api.reasons import RequestReason
from bridge.api.security import count_wrong
from bridge.domain.kernel.ids import OutboxId
from bridge.domain.kernel.principal import SYSTEM
from bridge.domain.outbox.commands import Receipt

log = structlog.get_logger(__name__)

router = APIRouter(prefix="/hooks/sms/{secret}", include_in_schema=False)
MOST_BYTES: Final = 8192
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{5,14}")
_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,200}")
_OUR_ID: Final = re.compile(r"out-[A-Za-z0-9]{1,40}")
Secret = Annotated[str, Path(max_length=200)]


@router.post("/receipts/{message}", status_code=204, response_class=Response)
async def receipt(
    secret: Secret, message: Annotated[str, Path(max_length=64)], request: Request, parts: TheDependencies
) -> None:
    """`id`, `status` (`delivered` or `failed`), `delivered`. A stage before these is no receipt."""
    _must_know(request, parts, secret)
    form = await form_of(request, MOST_BYTES)
    status = form.get("status", "")
    if _OUR_ID.fullmatch(message) is None or status not in set(Receipt):
        log.warning("receipt_not_understood", status=status[:40], message=message)
        return
    name = form.get("id", "")
    known = name if _ID.fullmatch(name) else None
    await parts.service.outbox.receipt(SYSTEM, OutboxId(message), Receipt(status), known)


@router.post("/answers", status_code=204, response_class=Response)
async def answer(secret: Secret, request: Request, parts: TheDependencies) -> None:
    """`from`, `to`, `message`, `id`: an SMS that has come in. The gateway is told nothing that it could send on."""
    _must_know(request, parts, secret)
    form = await form_of(request, MOST_BYTES)
    sender = form.get("from", "")
    if _NUMBER.fullmatch(sender) is None:
        log.warning("sms_of_no_number", characters=len(form.get("message", "")))
        return
    await parts.service.outbox.answer(SYSTEM, sender, form.get("message", ""))


def _must_know(request: Request, parts: TheDependencies, secret: str) -> None:
    """A wrong secret is as no page at all. Guessing is braked as guessing of tokens is.

    Raises:
        Problem: 404, or 429 after too many.
    """
    if not parts.sms_hook or not hmac.compare_digest(secret.encode(), parts.sms_hook.encode()):
        count_wrong(request, parts)
        raise Problem(404, "not_found", RequestReason.NO_SUCH_ADDRESS())
