"""Conferences: open, read, lock, mute all, record, end."""

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, Response

from bridge.api.conferences import NewConference, end_conference, find_conference, open_conference, open_one
from bridge.api.parts import TheParts, ask
from bridge.api.problems import Problem
from bridge.api.routes.directory import Input
from bridge.api.security import Actor
from bridge.api.text import Key, Name, OwnCode
from bridge.api.views import ConferenceOut, ConferenceRecordingOut, conference_out, conferences_out, recording_out
from bridge.domain.commands import LockConference, MuteAll, SetRecording
from bridge.domain.directory import Forum
from bridge.domain.ids import ConferenceId
from bridge.domain.model import ConferenceState, FloorMode, Language

router = APIRouter(prefix="/conferences", tags=["conferences"])
ConferenceKey = Annotated[ConferenceId, Path(max_length=64, alias="conference", description="The conference's id.")]


class ConferenceIn(Input):
    """What is left out comes from the forum, if one is named; else Swedish and recorded."""

    name: Name
    """As it is shown and kept."""
    language: Language | None = None
    """`sv` or `en`: of what is said to all."""
    recorded: bool | None = None
    """Record it whenever somebody is there."""
    exercise: bool = False
    """An exercise (*övning*): marked wherever it is shown or kept."""
    emergency: bool = False
    """Callers rescued from the emergency room are let into it without its code."""
    forum: Key | None = None
    """The forum whose defaults it takes."""
    floor_mode: FloorMode = FloorMode.OPEN
    """The floor from the start."""
    code: OwnCode | None = None
    """A code of your own, 4 to 12 digits; one is made where none is given. Must not be in use."""
    host_code: OwnCode | None = None
    """The host's, as `code`; must differ from it."""


class LockIn(Input):
    """Whether the conference is locked."""

    locked: bool = True
    """False opens it again."""


class OnIn(Input):
    """Whether it is recorded."""

    on: bool = True
    """False goes off the record."""


@router.get("")
async def list_conferences(
    parts: TheParts, ended: Annotated[bool, Query(description="The ended ones too.")] = False
) -> list[ConferenceOut]:
    """The open ones, the newest first; with `ended` also the latest 200."""
    node = parts.control.node()
    found = {one.id: one for one in await parts.archive.conferences(limit=200)} if ended else {}
    found.update(node.conferences)
    shown = [one for one in found.values() if ended or one.state is not ConferenceState.ENDED]
    return await conferences_out(parts, sorted(shown, key=lambda one: -one.created_at_s))


@router.post("", status_code=201)
async def create_conference(body: ConferenceIn, parts: TheParts, actor: Actor, response: Response) -> ConferenceOut:
    """Open a conference with number and codes. Nobody is called: see `/activations`."""
    forum = await parts.directory.get(Forum, body.forum) if body.forum is not None else None
    if body.forum is not None and forum is None:
        raise Problem.invalid("forum", f"there is no forum {body.forum}", "create the forum first")
    if body.code is not None and body.code == body.host_code:
        raise Problem.invalid("host_code", "the host's code must differ from the participants'")
    new = NewConference(
        name=body.name,
        language=body.language or (forum.language if forum else Language.SV),
        recorded=body.recorded if body.recorded is not None else (forum.recorded if forum else True),
        exercise=body.exercise,
        forum=body.forum,
        emergency=body.emergency,
        floor_mode=body.floor_mode,
        code=body.code,
        host_code=body.host_code,
    )
    conference = await open_conference(parts, actor, new)
    response.headers["Location"] = f"/api/v1/conferences/{conference.id}"
    return await conference_out(parts, conference)


@router.get("/{conference}")
async def read_conference(conference: ConferenceKey, parts: TheParts) -> ConferenceOut:
    """One conference with participants, floor, recording and patches."""
    return await conference_out(parts, await find_conference(parts, conference))


@router.post("/{conference}/lock")
async def lock(
    conference: ConferenceKey, parts: TheParts, actor: Actor, body: Annotated[LockIn | None, Body()] = None
) -> ConferenceOut:
    """Let nobody new in, or open again. The host's code and the call-out still let people in."""
    await ask(parts, actor, LockConference((await open_one(parts, conference)).id, (body or LockIn()).locked))
    return await conference_out(parts, await find_conference(parts, conference))


@router.post("/{conference}/mute-all")
async def mute_all(conference: ConferenceKey, parts: TheParts, actor: Actor) -> ConferenceOut:
    """Mute everybody but the hosts, talkgroups too. A telephone unmutes itself with `*6`, a talkgroup by the API."""
    await ask(parts, actor, MuteAll((await open_one(parts, conference)).id))
    return await conference_out(parts, await find_conference(parts, conference))


@router.post("/{conference}/end")
async def end(conference: ConferenceKey, parts: TheParts, actor: Actor) -> ConferenceOut:
    """End it for everybody: a farewell, then all are hung up. Its codes open nothing from now on. To end an ended
    conference changes nothing."""
    return await conference_out(parts, await end_conference(parts, actor, conference))


@router.get("/{conference}/recording")
async def read_recording(conference: ConferenceKey, parts: TheParts) -> ConferenceRecordingOut:
    """Whether it is recorded now."""
    return recording_out(await find_conference(parts, conference))


@router.post("/{conference}/recording")
async def record(
    conference: ConferenceKey, parts: TheParts, actor: Actor, body: Annotated[OnIn | None, Body()] = None
) -> ConferenceRecordingOut:
    """Begin or end the recording; everybody hears it. Where nobody is there, it begins when somebody comes."""
    await ask(parts, actor, SetRecording((await open_one(parts, conference)).id, (body or OnIn()).on))
    return recording_out(await find_conference(parts, conference))


@router.delete("/{conference}/recording")
async def stop_recording(conference: ConferenceKey, parts: TheParts, actor: Actor) -> ConferenceRecordingOut:
    """End the recording, announced to everybody. What is recorded already stays."""
    await ask(parts, actor, SetRecording((await open_one(parts, conference)).id, on=False))
    return recording_out(await find_conference(parts, conference))
