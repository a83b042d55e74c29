"""Texts and statuses by radio (SDS), to a radio, a talkgroup or a function. Each has the known state of its
delivery."""

from typing import Annotated, Self

from fastapi import Path, Query, Response
from pydantic import AliasChoices, Field, StringConstraints, model_validator

from bridge.api.dependencies import TheService
from bridge.api.language import TheLanguage
from bridge.api.message_views import MessageOut, message_out
from bridge.api.reasons import InputReason
from bridge.api.resource import resource
from bridge.api.security import Asker
from bridge.api.text import Input, Key, Limit, MessageText, Name, Subscriber
from bridge.domain.kernel.ids import ConferenceId, MessageId
from bridge.domain.kernel.reasons import Unusable
from bridge.domain.shortdata.records import MessageDirection, MessageState
from bridge.service.shortdata import SUBSCRIBER_MAX, NewMessage

router = resource("/sds", "sds")
MessageKey = Annotated[MessageId, Path(max_length=64, alias="message", description="The message's id.")]


class SdsIn(Input):
    """Either `text` or `status`."""

    to: Subscriber | Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)] = Field(
        description="An ISSI, a GSSI of the directory, or a function's id: its first ISSI."
    )
    group: bool | None = Field(
        default=None, description="True: a number is a GSSI; none: it is one where the directory has it."
    )
    text: MessageText | None = None
    """1 to 4000 characters; a longer text than one message holds is sent in parts."""
    status: int | None = Field(default=None, description="A pre-coded status, 32768…65535.")
    terminal: Name | None = Field(default=None, description="None: any that is ready and free.")
    conference_id: Key | None = Field(
        default=None,
        validation_alias=AliasChoices("conference_id", "conference"),
        description="The conference whose timeline it is in.",
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.text is None) is (self.status is None):
            raise Unusable(InputReason.TEXT_OR_STATUS())
        return self


@router.post(
    "", status_code=201, responses={404: {"description": "`not_found`: there is no such open conference or terminal."}}
)
async def send(body: SdsIn, service: TheService, asker: Asker, language: TheLanguage, response: Response) -> MessageOut:
    """Send a text or a status. It is kept and queued when this returns. It is sent as soon as a terminal is ready and
    has no call."""
    new = NewMessage(
        to=body.to,
        text=body.text,
        status=body.status or 0,
        group=body.group,
        terminal=body.terminal,
        conference=ConferenceId(body.conference_id) if body.conference_id is not None else None,
    )
    shown = await service.shortdata.send(asker, new)
    response.headers["Location"] = f"/api/v1/sds/{shown.message.id}"
    return message_out(shown, language)


@router.get("")
async def list_messages(
    service: TheService,
    asker: Asker,
    language: TheLanguage,
    direction: Annotated[MessageDirection | None, Query(description="Only those that came in, or went out.")] = None,
    state: Annotated[MessageState | None, Query(description="Only those that have come so far.")] = None,
    conference: Annotated[str | None, Query(max_length=64, description="Only those of this conference.")] = None,
    identity: Annotated[int | None, Query(ge=1, le=SUBSCRIBER_MAX, description="Sender or receiver.")] = None,
    limit: Limit = 100,
) -> list[MessageOut]:
    """The messages, newest first."""
    found = await service.shortdata.find(
        asker,
        direction=direction,
        state=state,
        conference=ConferenceId(conference) if conference is not None else None,
        identity=identity,
        limit=limit,
    )
    return [message_out(one, language) for one in found]


@router.get("/{message}")
async def read_message(message: MessageKey, service: TheService, asker: Asker, language: TheLanguage) -> MessageOut:
    """One message, with the proved stages of its delivery."""
    return message_out(await service.shortdata.read(asker, message), language)
