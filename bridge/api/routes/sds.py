"""Texts and statuses by radio (SDS), to a radio, a talkgroup or a function, with what is known of their delivery."""

from collections.abc import Sequence
from typing import Annotated, Self

from fastapi import APIRouter, Path, Query, Response
from pydantic import AliasChoices, Field, StringConstraints, model_validator

from bridge.api.parts import Parts, TheParts, ask
from bridge.api.problems import Problem
from bridge.api.routes.directory import Input
from bridge.api.sds import MessageOut, address, message_out, names_of, terminals_for
from bridge.api.security import Actor
from bridge.api.text import GSSI_MAX, Key, Limit, MessageText, Name, Subscriber
from bridge.domain.commands import SendSds, SendStatus
from bridge.domain.ids import ConferenceId, MessageId
from bridge.domain.model import Message, MessageDirection, MessageState

router = APIRouter(prefix="/sds", tags=["sds"])
MessageKey = Annotated[MessageId, Path(max_length=64, alias="message", description="The message's id.")]


class SdsIn(Input):
    """Either `text` or `status`."""

    to: Subscriber | Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)] = Field(
        description="An ISSI, a GSSI of the directory, or a function's id: its first ISSI."
    )
    group: bool | None = Field(default=None, description="Whether a number is a GSSI; none: if the directory has it.")
    text: MessageText | None = None
    """1 to 4000 characters; a longer text than one message holds is sent in parts."""
    status: int | None = Field(default=None, description="A pre-coded status, 32768…65535.")
    terminal: Name | None = Field(default=None, description="None: any that is ready and free.")
    conference_id: Key | None = Field(
        default=None,
        validation_alias=AliasChoices("conference_id", "conference"),
        description="Whose timeline it is in.",
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.text is None) is (self.status is None):
            raise ValueError("give either text or status")
        return self


@router.post(
    "", status_code=201, responses={404: {"description": "`not_found`: there is no such open conference or terminal."}}
)
async def send(body: SdsIn, parts: TheParts, actor: Actor, response: Response) -> MessageOut:
    """Kept and queued when this returns; sent as soon as a terminal is ready and no call is up on it."""
    receiver, group = await address(parts, body.to, body.group)
    terminals = await terminals_for(parts, receiver, body.terminal, group=group)
    message = MessageId(parts.ids.mint("sds"))
    conference = ConferenceId(body.conference_id) if body.conference_id is not None else None
    command: SendSds | SendStatus
    if body.text is not None:
        command = SendSds(message, receiver, body.text, group, terminals, conference)
    else:
        command = SendStatus(message, receiver, body.status or 0, group, terminals, conference)
    await ask(parts, actor, command)
    response.headers["Location"] = f"/api/v1/sds/{message}"
    return await _view(parts, message)


@router.get("")
async def list_messages(
    parts: TheParts,
    direction: Annotated[MessageDirection | None, Query(description="Only those that came in, or went out.")] = None,
    state: Annotated[MessageState | None, Query(description="Only those that have come so far.")] = None,
    conference: Annotated[str | None, Query(max_length=64, description="Only those of this conference.")] = None,
    identity: Annotated[int | None, Query(ge=1, le=GSSI_MAX, description="Sender or receiver.")] = None,
    limit: Limit = 100,
) -> list[MessageOut]:
    """Newest first."""
    found = await parts.archive.messages(
        direction=direction,
        conference=ConferenceId(conference) if conference is not None else None,
        identity=identity,
        state=state,
        limit=limit,
    )
    return await _all(parts, found)


@router.get("/{message}")
async def read_message(message: MessageKey, parts: TheParts) -> MessageOut:
    """One message with what is known of its delivery."""
    return await _view(parts, message)


async def _view(parts: Parts, message: MessageId) -> MessageOut:
    found = parts.control.node().messages.get(message) or await parts.archive.message(message)
    if found is None:
        raise Problem.not_found("message", message)
    return (await _all(parts, [found]))[0]


async def _all(parts: Parts, messages: Sequence[Message]) -> list[MessageOut]:
    names = await names_of(parts)
    return [message_out(one, names) for one in messages]
