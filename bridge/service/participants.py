"""Participants: list, ring one more, mute, key the radio, remove."""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.domain.access.permissions import Act
from bridge.domain.callout.commands import NewTarget
from bridge.domain.conference.commands import RemoveParticipant, SetMuted, SetRole
from bridge.domain.conference.records import Conference, Role, Seat
from bridge.domain.directory.records import Forum, Function
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.ids import ConferenceId, ParticipantId, TargetId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.principal import Principal
from bridge.domain.radio.commands import KeyRadio
from bridge.ports import Board
from bridge.service.callouts import NewActivation, board_of, start_in, target_of_function
from bridge.service.lookups import as_seen_by, find_conference, find_participant, open_one, people_of
from bridge.service.reasons import ListReason, UnknownReason
from bridge.service.refusal import Refusal
from bridge.service.use_case import UseCases, use_case


@dataclass(frozen=True, slots=True)
class Ring:
    """Somebody to ring: a function of the directory, or a number with a name."""

    function_id: str | None = None
    number: str = ""
    """E.164."""
    name: str = ""
    language: Language | None = None
    """`None`: the function's, or the conference's."""

    @property
    def identity(self) -> str:
        """Rung again while it is rung, it is the same call-out."""
        return f"function:{self.function_id}" if self.function_id is not None else f"number:{self.number} {self.name}"


class Participants(UseCases):
    @use_case(Act.PARTICIPANT_READ)
    async def find(self, principal: Principal, conference: ConferenceId, *, left: bool = False) -> Sequence[Seat]:
        """In the order they came; with `left` also those who have left."""
        found = await find_conference(self._ports, conference)
        return as_seen_by(principal, await people_of(self._ports, found, left=left))

    @use_case(Act.PARTICIPANT_READ)
    async def read(self, principal: Principal, conference: ConferenceId, participant: ParticipantId) -> Seat:
        """One participant, also one who has left."""
        return as_seen_by(principal, [await find_participant(self._ports, conference, participant)])[0]

    @use_case(Act.PARTICIPANT_RING)
    async def ring(self, principal: Principal, conference: ConferenceId, ring: Ring) -> Board:
        """Ring one participant: an activation of one target."""
        found = await open_one(self._ports, conference)
        target = await self._target(ring, found)
        new = NewActivation(
            key=self._ports.ids.mint("activation"),
            list_name=target.function,
            targets=(target,),
            exercise=found.exercise,
            list_id=ring.identity,
        )
        activation, _ = await start_in(self._ports, principal, new, conference)
        return await board_of(self._ports, activation)

    @use_case(Act.PARTICIPANT_MUTE)
    async def mute(
        self, principal: Principal, conference: ConferenceId, participant: ParticipantId, *, muted: bool
    ) -> Seat:
        """Silence somebody to all others, or let them be heard again."""
        return await self._do(principal, conference, participant, SetMuted(conference, participant, muted))

    @use_case(Act.PARTICIPANT_ROLE)
    async def set_role(
        self, principal: Principal, conference: ConferenceId, participant: ParticipantId, role: Role
    ) -> Seat:
        """Let somebody lead, speak, or only listen."""
        return await self._do(principal, conference, participant, SetRole(conference, participant, role))

    @use_case(Act.PARTICIPANT_KEY_RADIO)
    async def key_radio(
        self, principal: Principal, conference: ConferenceId, participant: ParticipantId, *, keyed: bool
    ) -> Seat:
        """As the participant's own `*0`."""
        return await self._do(principal, conference, participant, KeyRadio(conference, participant, keyed))

    @use_case(Act.PARTICIPANT_REMOVE)
    async def remove(self, principal: Principal, conference: ConferenceId, participant: ParticipantId) -> None:
        """Hang somebody up; remove a talkgroup's patch."""
        await self._must_be_of(conference, participant)
        await self._ask(principal, RemoveParticipant(conference, participant))

    # --- inside ---

    async def _do(
        self, principal: Principal, conference: ConferenceId, participant: ParticipantId, command: Command
    ) -> Seat:
        await self._must_be_of(conference, participant)
        await self._ask(principal, command)
        return await find_participant(self._ports, conference, participant)

    async def _must_be_of(self, conference: ConferenceId, participant: ParticipantId) -> None:
        """The conference takes orders, and the participant is or was in it."""
        await open_one(self._ports, conference)
        await find_participant(self._ports, conference, participant)

    async def _target(self, ring: Ring, conference: Conference) -> NewTarget:
        if ring.function_id is None:
            return NewTarget(
                id=TargetId(self._ports.ids.mint("target")),
                function=ring.name,
                organisation="",
                numbers=(ring.number,),
                language=ring.language or conference.language,
            )
        function = await self._ports.directory.get(Function, ring.function_id)
        if function is None:
            raise Refusal.unknown(UnknownReason.FUNCTION, ring.function_id, "function_id")
        forum = await self._ports.directory.get(Forum, conference.forum) if conference.forum is not None else None
        target = await target_of_function(self._ports, function, ring.language, forum)
        if not target.numbers:
            raise Refusal("invalid", ListReason.FUNCTION_WITHOUT_NUMBER(name=function.name), field="function_id")
        return target
