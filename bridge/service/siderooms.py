"""The rooms of a conference: open side rooms, send people there, call them back."""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.domain.access.permissions import Act
from bridge.domain.conference import rooms
from bridge.domain.conference.records import ROOMS, Room
from bridge.domain.kernel.ids import ConferenceId, MixId, ParticipantId
from bridge.domain.kernel.principal import Principal
from bridge.domain.siderooms.commands import CloseSideRoom, Consult, OpenSideRoom, RecallAll, SendToRoom
from bridge.service.lookups import find_conference, open_one
from bridge.service.use_case import UseCases, use_case


@dataclass(frozen=True, slots=True)
class ShownRoom:
    """A room with those whose place is there."""

    room: Room
    people: Sequence[ParticipantId]


class SideRooms(UseCases):
    @use_case(Act.ROOM_READ)
    async def find(self, principal: Principal, conference: ConferenceId) -> Sequence[ShownRoom]:
        """The open rooms: the main one first, then in the order in which they were opened."""
        await find_conference(self._ports, conference)
        return self._all(conference)

    @use_case(Act.ROOM_LEAD)
    async def open(self, principal: Principal, conference: ConferenceId, name: str, *, parallel: bool) -> ShownRoom:
        """Open a side room."""
        await open_one(self._ports, conference)
        room = MixId(self._ports.ids.mint("mix"))
        return self._shown(await self._ask(principal, OpenSideRoom(conference, room, name, parallel)))

    @use_case(Act.ROOM_LEAD)
    async def send(
        self, principal: Principal, conference: ConferenceId, room: MixId, participants: Sequence[ParticipantId]
    ) -> ShownRoom:
        """Move people to a room: all of them, or none."""
        await open_one(self._ports, conference)
        return self._shown(await self._ask(principal, SendToRoom(conference, room, tuple(participants))))

    @use_case(Act.ROOM_LEAD)
    async def recall(
        self, principal: Principal, conference: ConferenceId, warning_s: float | None
    ) -> Sequence[ShownRoom]:
        """Call everybody back to the main room, after a spoken warning."""
        await open_one(self._ports, conference)
        await self._ask(principal, RecallAll(conference, warning_s))
        return self._all(conference)

    @use_case(Act.ROOM_LEAD)
    async def close(self, principal: Principal, conference: ConferenceId, room: MixId) -> ShownRoom:
        """Close a side room; its people are back in the main room at once."""
        await open_one(self._ports, conference)
        return self._shown(await self._ask(principal, CloseSideRoom(conference, room)))

    @use_case(Act.ROOM_LEAD)
    async def consult(
        self, principal: Principal, conference: ConferenceId, participants: Sequence[ParticipantId]
    ) -> ShownRoom:
        """Let two talk in private."""
        await open_one(self._ports, conference)
        room = MixId(self._ports.ids.mint("mix"))
        return self._shown(await self._ask(principal, Consult(conference, room, tuple(participants))))

    # --- inside ---

    def _all(self, conference: ConferenceId) -> list[ShownRoom]:
        found = rooms.of(self._ports.control.node(), conference)
        return [self._shown(one.id) for one in found if one.closed_at_s is None]

    def _shown(self, room: str) -> ShownRoom:
        node, mix = self._ports.control.node(), MixId(room)
        return ShownRoom(node[ROOMS][mix], [one.id for one in rooms.in_room(node, mix)])
