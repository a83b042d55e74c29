"""The waiting room: who waits, letting them in, and speaking to them."""

from collections.abc import Sequence

from bridge.domain.access.permissions import Act
from bridge.domain.conference.records import Seat, SeatState
from bridge.domain.kernel.ids import ConferenceId, ParticipantId
from bridge.domain.kernel.order import oldest_first
from bridge.domain.kernel.principal import Principal
from bridge.domain.waiting import together
from bridge.domain.waiting.commands import LetIn, Message, SpeakToWaiting, TellWaiting
from bridge.service.lookups import as_seen_by, find_conference, find_participant, open_one, people_in
from bridge.service.use_case import UseCases, use_case


class WaitingRoom(UseCases):
    @use_case(Act.PARTICIPANT_READ)
    async def find(self, principal: Principal, conference: ConferenceId) -> Sequence[Seat]:
        """Those who wait to be let in, the first first; last those out of the emergency room, who wait together."""
        await find_conference(self._ports, conference)
        return as_seen_by(principal, self._line(conference))

    @use_case(Act.CONFERENCE_LET_IN)
    async def let_in(self, principal: Principal, conference: ConferenceId, participant: ParticipantId) -> Seat:
        """Let one in, whichever place in the line they have. One of those who wait together is let in with the
        others."""
        await open_one(self._ports, conference)
        if participant not in {one.id for one in self._together(conference)}:
            await find_participant(self._ports, conference, participant)
        let_in = ParticipantId(await self._ask(principal, LetIn(conference, participant)))
        return await find_participant(self._ports, conference, let_in)

    @use_case(Act.CONFERENCE_LET_IN)
    async def let_all_in(self, principal: Principal, conference: ConferenceId) -> Sequence[Seat]:
        """Let everybody in who waits. With nobody there nothing changes.

        Returns:
            Those who waited.
        """
        await open_one(self._ports, conference)
        waited, others = self._in_line(conference), self._together(conference)
        await self._ask(principal, LetIn(conference))
        return [*[await find_participant(self._ports, conference, one.id) for one in waited], *others]

    @use_case(Act.CONFERENCE_LET_IN)
    async def say(self, principal: Principal, conference: ConferenceId, message: Message) -> Sequence[Seat]:
        """Say something to those who wait."""
        await open_one(self._ports, conference)
        await self._ask(principal, TellWaiting(conference, message))
        return self._in_line(conference)

    @use_case(Act.CONFERENCE_LET_IN)
    async def speak(
        self, principal: Principal, conference: ConferenceId, participant: ParticipantId | None
    ) -> Sequence[Seat]:
        """Let a host speak to those who wait, with their own voice; `None` ends that."""
        await open_one(self._ports, conference)
        await self._ask(principal, SpeakToWaiting(conference, participant))
        return self._in_line(conference)

    def _line(self, conference: ConferenceId) -> list[Seat]:
        return [*self._in_line(conference), *self._together(conference)]

    def _together(self, conference: ConferenceId) -> list[Seat]:
        return together.of(self._ports.control.node(), conference)

    def _in_line(self, conference: ConferenceId) -> list[Seat]:
        people = people_in(self._ports.control.node(), conference)
        waiting = [one for one in people if one.state is SeatState.WAITING]
        return oldest_first(waiting, lambda one: one.waits_since_s)
