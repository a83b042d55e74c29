"""Opening and finding conferences: shared by the resources that need one."""

from dataclasses import dataclass

from bridge.api.parts import Parts, ask
from bridge.api.problems import Problem
from bridge.domain.commands import OpenConference
from bridge.domain.ids import ConferenceId, MixId
from bridge.domain.model import Conference, ConferenceState, FloorMode, Language
from bridge.ports import CodeRefused


@dataclass(frozen=True, slots=True)
class NewConference:
    name: str
    language: Language = Language.SV
    recorded: bool = True
    exercise: bool = False
    forum: str | None = None
    floor_mode: FloorMode = FloorMode.OPEN
    code: str | None = None
    host_code: str | None = None


async def open_conference(parts: Parts, actor: str, new: NewConference) -> Conference:
    """Issue the codes, then open. A refusal takes the codes back.

    Raises:
        Problem: A wanted code is taken, or the engine refused.
    """
    conference = ConferenceId(parts.ids.mint("conference"))
    await issue_codes(parts, actor, conference, new)
    command = OpenConference(
        conference=conference,
        mix=MixId(parts.ids.mint("mix")),
        name=new.name,
        number=parts.number,
        language=new.language,
        recorded=new.recorded,
        exercise=new.exercise,
        forum=new.forum,
        floor_mode=new.floor_mode,
    )
    try:
        await ask(parts, actor, command)
    except Problem:
        await parts.codes.withdraw(conference)
        raise
    return parts.control.node().conferences[conference]


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


def live_conference(parts: Parts, conference: ConferenceId) -> Conference:
    """One that the node holds, ended or not: the engine says what may still be done with it."""
    found = parts.control.node().conferences.get(conference)
    if found is None:
        raise Problem.not_found("conference", conference)
    return found


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


def must_be_open(conference: Conference) -> None:
    if conference.state is ConferenceState.ENDED:
        raise Problem(409, "ended", "the conference has ended")
