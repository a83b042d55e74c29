"""Opening and finding conferences: shared by the resources that need one."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bridge.api.parts import Parts, Undecided, ask
from bridge.api.problems import Problem
from bridge.domain.commands import EndConference, OpenConference
from bridge.domain.ids import ConferenceId, MixId, ParticipantId
from bridge.domain.model import (
    Conference,
    ConferenceState,
    FloorMode,
    Language,
    Participant,
    ParticipantState,
)
from bridge.domain.node import Node
from bridge.ports import CodeRefused


@dataclass(frozen=True, slots=True)
class NewConference:
    name: str
    language: Language = Language.SV
    recorded: bool = True
    exercise: bool = False
    forum: str | None = None
    floor_mode: FloorMode = FloorMode.OPEN
    emergency: bool = False
    code: str | None = None
    host_code: str | None = None


async def open_conference(parts: Parts, actor: str, new: NewConference) -> Conference:
    """Issue the codes, then open. A refusal takes the codes back.

    Raises:
        Problem: A wanted code is taken, or the engine refused.
    """
    command = opening_of(parts, new)
    async with issued(parts, actor, command.conference, new):
        await ask(parts, actor, command)
    return parts.control.node().conferences[command.conference]


def opening_of(parts: Parts, new: NewConference) -> OpenConference:
    """The command that opens it, with fresh ids."""
    return OpenConference(
        conference=ConferenceId(parts.ids.mint("conference")),
        mix=MixId(parts.ids.mint("mix")),
        name=new.name,
        number=parts.number,
        language=new.language,
        recorded=new.recorded,
        exercise=new.exercise,
        forum=new.forum,
        emergency=new.emergency,
        floor_mode=new.floor_mode,
    )


@asynccontextmanager
async def issued(parts: Parts, actor: str, conference: ConferenceId, new: NewConference) -> AsyncIterator[None]:
    """Codes for a conference that is about to be opened: taken back when it is refused, not when that is unknown.

    Raises:
        Problem: A wanted code is taken.
    """
    await issue_codes(parts, actor, conference, new)
    try:
        yield
    except Undecided:
        raise
    except Problem:
        await parts.codes.withdraw(conference)
        raise


async def issue_codes(parts: Parts, actor: str, conference: ConferenceId, new: NewConference) -> None:
    """Fresh codes, or those the host chose.

    Raises:
        Problem: A chosen code cannot be used; none is kept.
    """
    code, host_code = await parts.codes.issue(conference)
    if new.code is None and new.host_code is None:
        return
    try:
        await parts.codes.set_codes(conference, new.code or code, new.host_code or host_code, actor)
    except CodeRefused as refused:
        await parts.codes.withdraw(conference)
        raise Problem(409, "conflict", str(refused), field=refused.field, remedy="choose another code") from refused


async def find_conference(parts: Parts, conference: ConferenceId) -> Conference:
    """A live one, else an ended one from the archive.

    Raises:
        Problem: There is none.
    """
    live = parts.control.node().conferences.get(conference)
    if live is not None:
        return live
    ended = await parts.archive.conference(conference)
    if ended is None:
        raise Problem.not_found("conference", conference)
    return ended[0]


async def open_one(parts: Parts, conference: ConferenceId) -> Conference:
    """One that takes orders.

    Raises:
        Problem: There is none, or it has ended, however long ago.
    """
    found = await find_conference(parts, conference)
    if found.state is ConferenceState.ENDED:
        raise Problem(409, "ended", "the conference has ended")
    return found


async def people_of(parts: Parts, conference: Conference, *, left: bool) -> list[Participant]:
    """Who is in the conference, in the order they came; with `left` also those who have left, from the archive."""
    if not left:
        return people_in(parts.control.node(), conference.id)
    found = {one.id: one for one in await _archived_people(parts, conference.id)}
    live = parts.control.node().participants.values()
    found.update({one.id: one for one in live if one.conference == conference.id})
    return _in_order(found.values())


def people_in(node: Node, conference: ConferenceId) -> list[Participant]:
    """Who is in it now, in the order they came."""
    people = (one for one in node.participants.values() if one.conference == conference)
    return _in_order(one for one in people if one.state is not ParticipantState.LEFT)


async def find_participant(parts: Parts, conference: ConferenceId, participant: ParticipantId) -> Participant:
    """Somebody who is or was in the conference.

    Raises:
        Problem: There is no such conference, or nobody of it with that id.
    """
    await find_conference(parts, conference)
    live = parts.control.node().participants.get(participant)
    known = [live] if live is not None else await _archived_people(parts, conference)
    found = next((one for one in known if one.id == participant and one.conference == conference), None)
    if found is None:
        raise Problem.not_found("participant", participant)
    return found


async def _archived_people(parts: Parts, conference: ConferenceId) -> Sequence[Participant]:
    archived = await parts.archive.conference(conference)
    return archived[1] if archived is not None else ()


async def end_conference(parts: Parts, actor: str, conference: ConferenceId) -> Conference:
    """End it for everybody, and withdraw its codes. To end an ended one changes nothing."""
    found = await find_conference(parts, conference)
    if found.state is ConferenceState.ENDED:
        return found
    await ask(parts, actor, EndConference(conference))
    await parts.codes.withdraw(conference)
    return await find_conference(parts, conference)


def _in_order(people: Iterable[Participant]) -> list[Participant]:
    """In the order they came."""
    return sorted(people, key=lambda one: (one.joined_at_s or float("inf"), one.id))
