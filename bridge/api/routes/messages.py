"""Messages by SMS and e-mail: sent, followed, sent again by decision. Those of a call-out are shown with it too."""

from typing import Annotated, Any, Final

from fastapi import Path, Query, Response
from pydantic import Field, StringConstraints

from bridge.api.dependencies import TheService
from bridge.api.language import TheLanguage
from bridge.api.outbox_views import OutboxMessageOut, outbox_message_out
from bridge.api.resource import resource
from bridge.api.security import Asker
from bridge.api.text import Input, Limit, MessageText, Name
from bridge.domain.kernel.ids import ActivationId, OutboxId
from bridge.domain.kernel.language import Language
from bridge.domain.outbox.records import Bearer, OutboxState
from bridge.service.outbox import FreeMessage

router = resource("/messages", "messages")
OutboxKey = Annotated[OutboxId, Path(max_length=64, alias="message", description="The message's id.")]
_AWAY: Final[dict[int | str, dict[str, Any]]] = {404: {"description": "`not_found`: there is no such message."}}


class OutboxMessageIn(Input):
    """One message to one address."""

    bearer: Bearer
    """`sms` or `mail`."""
    to: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=254)] = Field(
        description="A function's id, a telephone number, or an e-mail address."
    )
    text: MessageText
    """1 to 4000 characters. An SMS has at most ten parts."""
    heading: Name | None = None
    """The subject of an e-mail."""
    language: Language = Language.SV
    """Of the text."""


@router.post("", status_code=201)
async def send(
    body: OutboxMessageIn, service: TheService, asker: Asker, language: TheLanguage, response: Response
) -> OutboxMessageOut:
    """Send an SMS or an e-mail. It is kept when this returns, and sent as soon as its bearer has room."""
    new = FreeMessage(body.bearer, body.to, body.text, body.heading or "", body.language)
    message = await service.outbox.send(asker, new)
    response.headers["Location"] = f"/api/v1/messages/{message.id}"
    return outbox_message_out(message, language)


@router.get("")
async def list_messages(
    service: TheService,
    asker: Asker,
    language: TheLanguage,
    bearer: Annotated[Bearer | None, Query(description="Only those by this bearer.")] = None,
    state: Annotated[OutboxState | None, Query(description="Only those that have come so far.")] = None,
    activation: Annotated[str | None, Query(max_length=64, description="Only those of this call-out.")] = None,
    limit: Limit = 100,
) -> list[OutboxMessageOut]:
    """The messages, newest first."""
    key = ActivationId(activation) if activation is not None else None
    found = await service.outbox.find(asker, bearer=bearer, state=state, activation=key, limit=limit)
    return [outbox_message_out(one, language) for one in found]


@router.get("/{message}", responses=_AWAY)
async def read_message(
    message: OutboxKey, service: TheService, asker: Asker, language: TheLanguage
) -> OutboxMessageOut:
    """One message, with what is known of it."""
    return outbox_message_out(await service.outbox.read(asker, message), language)


@router.post("/{message}/again", status_code=201, responses=_AWAY)
async def send_again(
    message: OutboxKey, service: TheService, asker: Asker, language: TheLanguage, response: Response
) -> OutboxMessageOut:
    """Send one again that failed, was withdrawn, or is uncertain. It is a new message that names the first."""
    made = await service.outbox.again(asker, message)
    response.headers["Location"] = f"/api/v1/messages/{made.id}"
    return outbox_message_out(made, language)


@router.post("/{message}/withdraw", responses=_AWAY)
async def withdraw(message: OutboxKey, service: TheService, asker: Asker, language: TheLanguage) -> OutboxMessageOut:
    """Do not send one that still waits."""
    return outbox_message_out(await service.outbox.withdraw(asker, message), language)
