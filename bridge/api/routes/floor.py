"""The floor (*ordet*): its mode, who has it, who asks for it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Body
from pydantic import model_validator

from bridge.api.conferences import find_conference, open_one
from bridge.api.parts import Parts, TheParts, ask
from bridge.api.routes.conferences import ConferenceKey
from bridge.api.routes.directory import Input
from bridge.api.security import Actor
from bridge.api.text import Key
from bridge.api.views import FloorOut, floor_out
from bridge.domain.commands import Command, GiveFloor, RequestFloor, SetFloorMode, TakeFloor
from bridge.domain.ids import ConferenceId, ParticipantId
from bridge.domain.model import FloorMode

router = APIRouter(prefix="/conferences/{conference}/floor", tags=["floor"])


class ModeIn(Input):
    """How the floor is led."""

    mode: FloorMode
    """`open`: all are heard. `lecture`: the holder alone, a host to begin with. `queue`: the holder alone, in order."""


class GiveIn(Input):
    """The next holder."""

    participant: Key | None = None
    """The next holder; the first in the queue where nobody is named."""


class QueueIn(Input):
    """A request for the floor."""

    participant: Key
    """The participant who asks."""
    wanted: bool = True
    """False takes the request back."""


class ActionIn(Input):
    """One request for all: `mode` needs `mode`; `request` and `withdraw` need `participant`; `give` may name one."""

    action: Literal["mode", "give", "take", "request", "withdraw"]
    """What is asked for."""
    mode: FloorMode | None = None
    """As in `PUT`."""
    participant: Key | None = None
    """The participant it is about."""

    @model_validator(mode="after")
    def _complete(self) -> "ActionIn":
        if self.action == "mode" and self.mode is None:
            raise ValueError("the action mode needs the member mode")
        if self.action in {"request", "withdraw"} and self.participant is None:
            raise ValueError(f"the action {self.action} needs the member participant")
        return self

    def command(self, conference: ConferenceId) -> Command:
        participant = ParticipantId(self.participant) if self.participant is not None else None
        if self.action == "mode" and self.mode is not None:
            return SetFloorMode(conference, self.mode)
        if self.action == "take":
            return TakeFloor(conference)
        if self.action == "give" or participant is None:
            return GiveFloor(conference, participant)
        return RequestFloor(conference, participant, wanted=self.action == "request")


@router.get("")
async def read_floor(conference: ConferenceKey, parts: TheParts) -> FloorOut:
    """Mode, holder and queue."""
    return floor_out((await find_conference(parts, conference)).floor)


@router.put("")
@router.patch("")
async def set_mode(conference: ConferenceKey, body: ModeIn, parts: TheParts, actor: Actor) -> FloorOut:
    """Change how the floor is led. The holder loses the floor; requests stay. In `lecture` the host who has been there
    longest gets it, in `queue` the first who waits."""
    return await _do(parts, actor, conference, SetFloorMode(conference, body.mode))


@router.post("")
async def act(conference: ConferenceKey, body: ActionIn, parts: TheParts, actor: Actor) -> FloorOut:
    """Any request of the floor by one address; see the members of the body."""
    return await _do(parts, actor, conference, body.command(conference))


@router.post("/give")
async def give(
    conference: ConferenceKey, parts: TheParts, actor: Actor, body: Annotated[GiveIn | None, Body()] = None
) -> FloorOut:
    """Give the floor to somebody, or to the next in the queue. The holder loses it."""
    named = body.participant if body else None
    participant = ParticipantId(named) if named is not None else None
    return await _do(parts, actor, conference, GiveFloor(conference, participant))


@router.post("/take")
async def take(conference: ConferenceKey, parts: TheParts, actor: Actor) -> FloorOut:
    """Take the floor back. In `lecture` it returns to a host, in `queue` the next has it at once."""
    return await _do(parts, actor, conference, TakeFloor(conference))


@router.post("/queue")
async def queue(conference: ConferenceKey, body: QueueIn, parts: TheParts, actor: Actor) -> FloorOut:
    """Ask for the floor for somebody, or take the request back (`wanted` false). In `queue` a free floor is given at
    once."""
    command = RequestFloor(conference, ParticipantId(body.participant), body.wanted)
    return await _do(parts, actor, conference, command)


async def _do(parts: Parts, actor: str, conference: ConferenceId, command: Command) -> FloorOut:
    await open_one(parts, conference)
    await ask(parts, actor, command)
    return floor_out((await find_conference(parts, conference)).floor)
