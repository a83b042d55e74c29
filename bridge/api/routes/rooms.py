"""Rooms: open side rooms, send people there, call them back; two in private."""

from typing import Annotated

from fastapi import Body, Path
from pydantic import Field

from bridge.api.dependencies import TheService
from bridge.api.resource import resource
from bridge.api.routes.conferences import ConferenceKey
from bridge.api.security import Asker
from bridge.api.text import Input, Key, Name, Output, when
from bridge.domain.kernel.ids import MixId, ParticipantId
from bridge.service.siderooms import ShownRoom

router = resource("/conferences/{conference}", "rooms")
RoomKey = Annotated[MixId, Path(max_length=64, alias="room", description="The room's id.")]
People = Annotated[list[Key], Field(min_length=1, max_length=500)]


class RoomIn(Input):
    """A new side room."""

    name: Name
    """As it is shown, and said to those who come in."""
    parallel: bool = False
    """It stays open while nobody is in it, such as one of another group that meets beside the meeting."""


class SendIn(Input):
    """Those who are moved."""

    participants: People
    """Telephones in the meeting, by id. One who cannot be moved keeps all where they are."""


class RecallIn(Input):
    """The way back."""

    warning_s: Annotated[float, Field(ge=0, le=120)] | None = None
    """So long after the spoken warning they are brought back; 0 brings them back at once. None: the setting
    `side_rooms.recall_warning_s`."""


class ConsultIn(Input):
    """Two who talk in private."""

    participants: Annotated[list[Key], Field(min_length=2, max_length=2)]
    """Two telephones in the meeting, by id."""


class RoomOut(Output):
    """A room of a conference: those in it hear each other, and nobody else."""

    id: str
    """Made by Samband."""
    kind: str
    """`main`, `side`, or `waiting`, while a host speaks to those who wait."""
    name: str
    """Of a side room; empty for the main room and for two in private."""
    number: int | None
    """The digit that leads there after `#7`; none where no key does."""
    parallel: bool
    """It stays open while nobody is in it."""
    private: bool
    """For two: it ends when either goes."""
    recorded: bool
    """For two whose voices are recorded in their own tracks: the setting `side_rooms.consultations_recorded`."""
    participants: list[str]
    """Those whose place is there, also while a lost line is rung back."""
    opened_at: str | None
    """When it was opened (RFC 3339, UTC)."""
    recall_at: str | None
    """When everybody in it is brought back (RFC 3339, UTC); none where no recall is under way."""
    closed_at: str | None
    """When it was closed (RFC 3339, UTC)."""


@router.get("/rooms")
async def list_rooms(conference: ConferenceKey, service: TheService, asker: Asker) -> list[RoomOut]:
    """The open rooms, the main one first."""
    return [_out(one) for one in await service.rooms.find(asker, conference)]


@router.post("/rooms", status_code=201)
async def open_room(conference: ConferenceKey, body: RoomIn, service: TheService, asker: Asker) -> RoomOut:
    """Open a side room, with a digit of its own. At most nine are open at a time. It is closed some time after its last
    person has left, unless it is parallel. No side room is recorded, and those who come in hear so."""
    return _out(await service.rooms.open(asker, conference, body.name, parallel=body.parallel))


@router.post("/rooms/recall")
async def recall(
    conference: ConferenceKey,
    service: TheService,
    asker: Asker,
    body: Annotated[RecallIn | None, Body()] = None,
) -> list[RoomOut]:
    """Call everybody back to the main room. Each side room hears so first, and in how many seconds."""
    warning_s = (body or RecallIn()).warning_s
    return [_out(one) for one in await service.rooms.recall(asker, conference, warning_s)]


@router.post("/rooms/{room}/send")
async def send(conference: ConferenceKey, room: RoomKey, body: SendIn, service: TheService, asker: Asker) -> RoomOut:
    """Move telephones to a room; the main room's id brings them back. They keep their mutes and give the floor back.
    In a side room the floor is open."""
    people = [ParticipantId(one) for one in body.participants]
    return _out(await service.rooms.send(asker, conference, room, people))


@router.post("/rooms/{room}/close")
async def close(conference: ConferenceKey, room: RoomKey, service: TheService, asker: Asker) -> RoomOut:
    """Close a side room. Its people are back in the main room at once. To close a closed one changes nothing."""
    return _out(await service.rooms.close(asker, conference, room))


@router.post("/consultations", status_code=201)
async def consult(conference: ConferenceKey, body: ConsultIn, service: TheService, asker: Asker) -> RoomOut:
    """Let two talk in private. Both are back in the meeting when either keys `#7` and `0`, or hangs up. They are not
    recorded, unless the setting `side_rooms.consultations_recorded` has it so; both are told which."""
    return _out(await service.rooms.consult(asker, conference, [ParticipantId(one) for one in body.participants]))


def _out(shown: ShownRoom) -> RoomOut:
    room = shown.room
    return RoomOut(
        id=room.id,
        kind=room.kind,
        name=room.name,
        number=room.number,
        parallel=room.parallel,
        private=room.private,
        recorded=room.recorded,
        participants=list(shown.people),
        opened_at=when(room.opened_at_s),
        recall_at=when(room.recall_at_s),
        closed_at=when(room.closed_at_s),
    )
