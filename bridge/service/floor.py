"""The floor (*ordet*): its mode, its holder, those who ask for it."""

from collections.abc import Sequence

from bridge.domain.access.permissions import Act
from bridge.domain.conference.commands import GiveFloor, RequestFloor, SetFloorMode, TakeFloor
from bridge.domain.conference.records import Floor, FloorMode, RequestKind
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.ids import ConferenceId, ParticipantId
from bridge.domain.kernel.principal import Principal
from bridge.domain.speaking.commands import SetSpeakingList, SetTurnLimit
from bridge.domain.speaking.records import SPEAKING, Speaking, SpeakingItem, TurnEnds
from bridge.service.lookups import find_conference, open_one
from bridge.service.use_case import UseCases, use_case


class FloorControl(UseCases):
    @use_case(Act.FLOOR_READ)
    async def read(self, principal: Principal, conference: ConferenceId) -> Floor:
        """Mode, holder and queue."""
        return (await find_conference(self._ports, conference)).floor

    @use_case(Act.FLOOR_LEAD)
    async def set_mode(self, principal: Principal, conference: ConferenceId, mode: FloorMode) -> Floor:
        """Change how the floor is led."""
        return await self._do(principal, conference, SetFloorMode(conference, mode))

    @use_case(Act.FLOOR_LEAD)
    async def give(self, principal: Principal, conference: ConferenceId, participant: ParticipantId | None) -> Floor:
        """Give the floor to somebody, or to the first in the queue."""
        return await self._do(principal, conference, GiveFloor(conference, participant))

    @use_case(Act.FLOOR_LEAD)
    async def take(self, principal: Principal, conference: ConferenceId) -> Floor:
        """Take the floor back."""
        return await self._do(principal, conference, TakeFloor(conference))

    @use_case(Act.FLOOR_REQUEST)
    async def request(
        self,
        principal: Principal,
        conference: ConferenceId,
        participant: ParticipantId,
        *,
        wanted: bool = True,
        kind: RequestKind | None = None,
    ) -> Floor:
        """Ask for the floor for somebody, give the request another class, or take it back."""
        return await self._do(principal, conference, RequestFloor(conference, participant, wanted, kind))

    @use_case(Act.FLOOR_READ)
    async def speaking(self, principal: Principal, conference: ConferenceId) -> Speaking:
        """The speaking list, and the limit of turns. An ended conference has none any more."""
        await find_conference(self._ports, conference)
        return self._speaking(conference)

    @use_case(Act.FLOOR_LEAD)
    async def set_list(self, principal: Principal, conference: ConferenceId, items: Sequence[SpeakingItem]) -> Speaking:
        """Put another speaking list in the place of the one before."""
        await self._do(principal, conference, SetSpeakingList(conference, tuple(items)))
        return self._speaking(conference)

    @use_case(Act.FLOOR_LEAD)
    async def set_turn_limit(
        self, principal: Principal, conference: ConferenceId, turn_s: float | None, turn_ends: TurnEnds | None
    ) -> Speaking:
        """Limit the turns that begin from now on."""
        await self._do(principal, conference, SetTurnLimit(conference, turn_s, turn_ends))
        return self._speaking(conference)

    def _speaking(self, conference: ConferenceId) -> Speaking:
        return self._ports.control.node()[SPEAKING].get(conference) or Speaking(conference, conference)

    async def _do(self, principal: Principal, conference: ConferenceId, command: Command) -> Floor:
        await open_one(self._ports, conference)
        await self._ask(principal, command)
        return (await find_conference(self._ports, conference)).floor
