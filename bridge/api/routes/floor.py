"""The floor (*ordet*): its mode, who has it, who asks for it."""

from typing import Annotated, Literal

from fastapi import Body
from pydantic import Field, model_validator

from bridge.api.dependencies import TheService
from bridge.api.reasons import InputReason
from bridge.api.resource import resource
from bridge.api.routes.conferences import ConferenceKey
from bridge.api.security import Asker
from bridge.api.text import Input, Key
from bridge.api.views import FloorOut, floor_out
from bridge.domain.conference.records import Floor, FloorMode, RequestKind
from bridge.domain.kernel.ids import ConferenceId, ParticipantId
from bridge.domain.kernel.principal import Principal
from bridge.domain.kernel.reasons import Unusable
from bridge.service.floor import FloorControl

router = resource("/conferences/{conference}/floor", "floor")


AskedKind = Literal["urgent", "reply", "ordinary"]
"""A class of request that somebody can ask for."""


class ModeIn(Input):
    """The way the floor is led."""

    mode: FloorMode
    """`open`: all are heard. `lecture`: the holder alone, a host to begin with. `queue`: the holder alone, in order."""


class GiveIn(Input):
    """The next holder."""

    participant: Key | None = None
    """The next holder. Where nobody is named: the next of the speaking list, then of the queue."""


class QueueIn(Input):
    """A request for the floor."""

    participant: Key
    """The participant who asks."""
    wanted: bool = True
    """False takes the request back."""
    kind: AskedKind | None = Field(
        default=None,
        validation_alias="class",
        description="As in `POST …/floor/request`; none: as it stands, or ordinary.",
    )


class RequestIn(Input):
    """A request for the floor, or another class for one that stands."""

    participant: Key
    """The participant who asks."""
    kind: AskedKind = Field(
        default="ordinary",
        validation_alias="class",
        description="`urgent` comes before `reply`, and `reply` before `ordinary`.",
    )


class ActionIn(Input):
    """One body for every act: `mode` needs `mode`; `request` and `withdraw` need `participant`; `give` may name one."""

    action: Literal["mode", "give", "take", "request", "withdraw"]
    """The act that is asked for."""
    mode: FloorMode | None = None
    """As in `PUT`."""
    participant: Key | None = None
    """The participant it is about."""

    @model_validator(mode="after")
    def _complete(self) -> "ActionIn":
        if self.action == "mode" and self.mode is None:
            raise Unusable(InputReason.ACTION_NEEDS(action="mode", member="mode"))
        if self.action in {"request", "withdraw"} and self.participant is None:
            raise Unusable(InputReason.ACTION_NEEDS(action=self.action, member="participant"))
        return self

    async def done(self, floor: FloorControl, asker: Principal, conference: ConferenceId) -> Floor:
        participant = ParticipantId(self.participant) if self.participant is not None else None
        if self.action == "mode" and self.mode is not None:
            return await floor.set_mode(asker, conference, self.mode)
        if self.action == "take":
            return await floor.take(asker, conference)
        if self.action == "give" or participant is None:
            return await floor.give(asker, conference, participant)
        return await floor.request(asker, conference, participant, wanted=self.action == "request")


@router.get("")
async def read_floor(conference: ConferenceKey, service: TheService, asker: Asker) -> FloorOut:
    """Mode, holder, line and the time that each organisation has had the floor."""
    return floor_out(await service.floor.read(asker, conference))


@router.put("")
@router.patch("")
async def set_mode(conference: ConferenceKey, body: ModeIn, service: TheService, asker: Asker) -> FloorOut:
    """Change how the floor is led. The holder loses the floor; requests stay. In `lecture` the host who has been there
    longest gets it, in `queue` the first who waits."""
    return floor_out(await service.floor.set_mode(asker, conference, body.mode))


@router.post("")
async def act(conference: ConferenceKey, body: ActionIn, service: TheService, asker: Asker) -> FloorOut:
    """Any request of the floor by one address; see the members of the body."""
    return floor_out(await body.done(service.floor, asker, conference))


@router.post("/give")
async def give(
    conference: ConferenceKey, service: TheService, asker: Asker, body: Annotated[GiveIn | None, Body()] = None
) -> FloorOut:
    """Give the floor to somebody, or to the next: of the speaking list, then of the queue. The holder loses it."""
    named = body.participant if body else None
    participant = ParticipantId(named) if named is not None else None
    return floor_out(await service.floor.give(asker, conference, participant))


@router.post("/take")
async def take(conference: ConferenceKey, service: TheService, asker: Asker) -> FloorOut:
    """Take the floor back. In `lecture` it returns to a host, in `queue` the next has it at once."""
    return floor_out(await service.floor.take(asker, conference))


@router.post("/queue")
async def queue(conference: ConferenceKey, body: QueueIn, service: TheService, asker: Asker) -> FloorOut:
    """Ask for the floor for somebody, or take the request back (`wanted` false). In `queue` a free floor is given at
    once."""
    participant = ParticipantId(body.participant)
    kind = RequestKind(body.kind) if body.kind is not None else None
    return floor_out(await service.floor.request(asker, conference, participant, wanted=body.wanted, kind=kind))


@router.post("/request")
async def request(conference: ConferenceKey, body: RequestIn, service: TheService, asker: Asker) -> FloorOut:
    """Ask for the floor for somebody, in a class; a request that stands gets that class and keeps its time. Within a
    class the organisation that has spoken least lately comes first. Nobody is passed by more than five later
    requests."""
    participant = ParticipantId(body.participant)
    return floor_out(await service.floor.request(asker, conference, participant, kind=RequestKind(body.kind)))
