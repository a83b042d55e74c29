"""The waiting room: who waits, letting them in, and speaking to them."""

from collections.abc import Sequence

from bridge.domain.access.permissions import Act
from bridge.domain.conference.records import Seat, SeatState
from bridge.domain.kernel.ids import ConferenceId, ParticipantId
from bridge.domain.kernel.principal import Principal
from bridge.domain.waiting.commands import LetIn, Message, SpeakToWaiting, TellWaiting
from bridge.service.lookups import find_conference, find_participant, open_one, people_in
from bridge.service.use_case import UseCases, use_case


class WaitingRoom(UseCases):
    @use_case(Act.PARTICIPANT_READ)
    async def find(self, principal: Principal, conference: ConferenceId) -> Sequence[Seat]:
        """Those who wait to be let in, the first first."""
        await find_conference(self._ports, conference)
        return self._line(conference)

    @use_case(Act.CONFERENCE_LET_IN)
    async def let_in(self, principal: Principal, conference: ConferenceId, participant: ParticipantId) -> Seat:
        """Let one in, whichever place in the line they have."""
        await open_one(self._ports, conference)
        await find_participant(self._ports, conference, participant)
        await self._ask(principal, LetIn(conference, participant))
        return await find_participant(self._ports, conference, participant)

    @use_case(Act.CONFERENCE_LET_IN)
    async def let_all_in(self, principal: Principal, conference: ConferenceId) -> Sequence[Seat]:
        """Let everybody in who waits. With nobody there nothing changes.

        Returns:
            Those who waited.
        """
        await open_one(self._ports, conference)
        waited = self._line(conference)
        await self._ask(principal, LetIn(conference))
        return [await find_participant(self._ports, conference, one.id) for one in waited]

    @use_case(Act.CONFERENCE_LET_IN)
    async def say(self, principal: Principal, conference: ConferenceId, message: Message) -> Sequence[Seat]:
        """Say something to those who wait."""
        await open_one(self._ports, conference)
        await self._ask(principal, TellWaiting(conference, message))
        return self._line(conference)

    @use_case(Act.CONFERENCE_LET_IN)
    async def speak(
        self, principal: Principal, conference: ConferenceId, participant: ParticipantId | None
    ) -> Sequence[Seat]:
        """Let a host speak to those who wait, with their own voice; `None` ends that."""
        await open_one(self._ports, conference)
        await self._ask(principal, SpeakToWaiting(conference, participant))
        return self._line(conference)

    def _line(self, conference: ConferenceId) -> list[Seat]:
        people = people_in(self._ports.control.node(), conference)
        waiting = [one for one in people if one.state is SeatState.WAITING]
        return sorted(waiting, key=lambda one: one.waits_since_s or 0.0)
