"""Conferences: open, read, lock, mute all, record, end."""

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, Response

from bridge.api.conferences import NewConference, find_conference, live_conference, open_conference
from bridge.api.parts import TheParts, ask
from bridge.api.problems import Problem
from bridge.api.routes.directory import Input
from bridge.api.security import Actor
from bridge.api.text import Key, Name, OwnCode
from bridge.api.views import ConferenceOut, ConferenceRecordingOut, conference_out, recording_out
from bridge.domain.commands import EndConference, LockConference, MuteAll, SetRecording
from bridge.domain.directory import Forum
from bridge.domain.ids import ConferenceId
from bridge.domain.model import ConferenceState, FloorMode, Language

router = APIRouter(prefix="/conferences", tags=["conferences"])
ConferenceKey = Annotated[ConferenceId, Path(max_length=64, alias="conference")]


class ConferenceIn(Input):
    """What is left out comes from the forum, if one is named; else Swedish and recorded."""

    name: Name
    language: Language | None = None
    recorded: bool | None = None
    exercise: bool = False
    forum: Key | None = None
    floor_mode: FloorMode = FloorMode.OPEN
    code: OwnCode | None = None
    host_code: OwnCode | None = None


class LockIn(Input):
    locked: bool = True


class OnIn(Input):
    on: bool = True


@router.get("")
async def list_conferences(
    parts: TheParts, ended: Annotated[bool, Query(description="The ended ones too.")] = False
) -> list[ConferenceOut]:
    node = parts.control.node()
    found = {one.id: one for one in await parts.archive.conferences(limit=200)} if ended else {}
    found.update(node.conferences)
    shown = [one for one in found.values() if ended or one.state is not ConferenceState.ENDED]
    return [await conference_out(parts, one) for one in sorted(shown, key=lambda one: -one.created_at_s)]


@router.post("", status_code=201)
async def create_conference(body: ConferenceIn, parts: TheParts, actor: Actor, response: Response) -> ConferenceOut:
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
        floor_mode=body.floor_mode,
        code=body.code,
        host_code=body.host_code,
    )
    conference = await open_conference(parts, actor, new)
    response.headers["Location"] = f"/api/v1/conferences/{conference.id}"
    return await conference_out(parts, conference)


@router.get("/{conference}")
async def read_conference(conference: ConferenceKey, parts: TheParts) -> ConferenceOut:
    return await conference_out(parts, await find_conference(parts, conference))


@router.post("/{conference}/lock")
async def lock(
    conference: ConferenceKey, parts: TheParts, actor: Actor, body: Annotated[LockIn | None, Body()] = None
) -> ConferenceOut:
    await ask(parts, actor, LockConference(live_conference(parts, conference).id, (body or LockIn()).locked))
    return await conference_out(parts, await find_conference(parts, conference))


@router.post("/{conference}/mute-all")
async def mute_all(conference: ConferenceKey, parts: TheParts, actor: Actor) -> ConferenceOut:
    await ask(parts, actor, MuteAll(live_conference(parts, conference).id))
    return await conference_out(parts, await find_conference(parts, conference))


@router.post("/{conference}/end")
async def end(conference: ConferenceKey, parts: TheParts, actor: Actor) -> ConferenceOut:
    """Ending an ended conference changes nothing. Its codes open no door from now on."""
    found = await find_conference(parts, conference)
    if found.state is not ConferenceState.ENDED:
        await ask(parts, actor, EndConference(conference))
        await parts.codes.withdraw(conference)
        found = await find_conference(parts, conference)
    return await conference_out(parts, found)


@router.get("/{conference}/recording")
async def read_recording(conference: ConferenceKey, parts: TheParts) -> ConferenceRecordingOut:
    return recording_out(await find_conference(parts, conference))


@router.post("/{conference}/recording")
async def record(
    conference: ConferenceKey, parts: TheParts, actor: Actor, body: Annotated[OnIn | None, Body()] = None
) -> ConferenceRecordingOut:
    await ask(parts, actor, SetRecording(live_conference(parts, conference).id, (body or OnIn()).on))
    return recording_out(await find_conference(parts, conference))


@router.delete("/{conference}/recording")
async def stop_recording(conference: ConferenceKey, parts: TheParts, actor: Actor) -> ConferenceRecordingOut:
    """Goes off the record. What is recorded already stays."""
    await ask(parts, actor, SetRecording(live_conference(parts, conference).id, on=False))
    return recording_out(await find_conference(parts, conference))
