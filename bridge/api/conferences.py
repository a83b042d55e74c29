"""Opening and finding conferences: shared by the resources that need one."""

from dataclasses import dataclass

from bridge.api.parts import Parts, ask
from bridge.api.problems import Problem
from bridge.domain.commands import OpenConference
from bridge.domain.ids import ConferenceId, MixId
from bridge.domain.model import Conference, ConferenceState, FloorMode, Language
from bridge.ports import CodeTaken


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
    try:
        await parts.codes.issue(conference, code=new.code, host_code=new.host_code)
    except CodeTaken as taken:
        raise Problem(409, "conflict", str(taken), field=taken.field, remedy="choose another code") from taken
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
    for ended in await parts.archive.conferences(limit=1000):
        if ended.id == conference:
            return ended
    raise Problem.not_found("conference", conference)


def must_be_open(conference: Conference) -> None:
    if conference.state is ConferenceState.ENDED:
        raise Problem(409, "ended", "the conference has ended")
