"""Call-outs (*inkallningar*): start by list, watch every target, cancel."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response
from pydantic import AliasChoices, Field

from bridge.api.activations import (
    NewActivation,
    activation_view,
    activation_views,
    opening_of_list,
    start_once,
    targets_of_list,
)
from bridge.api.parts import TheParts, ask
from bridge.api.problems import Problem
from bridge.api.routes.directory import Input
from bridge.api.security import Actor
from bridge.api.text import Key, Limit, Name
from bridge.api.views import ActivationOut
from bridge.domain.commands import CancelActivation
from bridge.domain.directory import ActivationList
from bridge.domain.ids import ActivationId, ConferenceId
from bridge.domain.model import Language

router = APIRouter(prefix="/activations", tags=["activations"])
ActivationKey = Annotated[ActivationId, Path(max_length=64, alias="activation", description="The activation's id.")]


class ActivationIn(Input):
    """`key` is the client's own: the same key again gives the activation that was started with it."""

    key: Key | None = None
    """The client's own: the same key again gives the activation that was started with it. Also as the header
    `Idempotency-Key`."""
    list_id: Key = Field(validation_alias=AliasChoices("activation_list_id", "list_id"))
    """The list to call in. `list_id` is another name for it."""
    conference_id: Key | None = Field(
        default=None,
        description="Where the called ones are taken; where none is named, a new conference with the defaults of the"
        " list's forum.",
    )
    name: Name | None = Field(
        default=None, description="The new conference's name; its forum's, or the list's, where none is given."
    )
    ring_s: float | None = Field(default=None, ge=5, le=120)
    """How long each number rings, in seconds; the list's where none is given."""
    rounds: int | None = Field(default=None, ge=1, le=10)
    """How often all numbers of a function are tried; the list's where none is given."""
    round_pause_s: float | None = Field(default=None, ge=0, le=3600)
    """Seconds between two rounds; the list's where none is given."""
    exercise: bool | None = None
    """An exercise (*övning*): those who answer hear it. As the conference where none is given; always in the
    conference of an exercise."""


@router.get("")
async def list_activations(
    parts: TheParts,
    conference: Annotated[str | None, Query(max_length=64, description="Only those into this conference.")] = None,
    limit: Limit = 100,
) -> list[ActivationOut]:
    """Newest first, the running ones and the finished."""
    key = ConferenceId(conference) if conference is not None else None
    found = {one.id: one for one in await parts.archive.activations(conference=key, limit=limit)}
    running = parts.control.node().activations.values()
    found.update({one.id: one for one in running if key in (None, one.conference)})
    newest = sorted(found.values(), key=lambda one: -one.started_at_s)[:limit]
    return await activation_views(parts, [one.id for one in newest])


@router.post(
    "",
    status_code=201,
    responses={
        200: {"description": "Started before: with this key, or of this list to this conference."},
        404: {"description": "`not_found`: there is no such conference."},
    },
)
async def start(
    body: ActivationIn,
    parts: TheParts,
    actor: Actor,
    response: Response,
    idempotency_key: Annotated[Key | None, Header(description="As `key` in the body, which goes before.")] = None,
) -> ActivationOut:
    """Call a list in. What is to be done is on disk when this returns. The same key again gives the activation that was
    started with it (200), and so does the same list to the same conference while it is called in."""
    list_ = await parts.directory.get(ActivationList, body.list_id)
    if list_ is None:
        raise Problem.invalid("activation_list_id", f"there is no activation list {body.list_id}")
    targets = await targets_of_list(parts, list_)
    if not targets:
        raise Problem.invalid("activation_list_id", f"the list {list_.name} is empty", "add functions to it first")
    conference = ConferenceId(body.conference_id) if body.conference_id is not None else None
    held = parts.control.node().conferences.get(conference) if conference else None
    new = NewActivation(
        key=body.key or idempotency_key or parts.ids.mint("activation"),
        list_name=list_.name,
        list_id=list_.id,
        targets=targets,
        ring_s=list_.ring_s if body.ring_s is None else body.ring_s,
        rounds=list_.rounds if body.rounds is None else body.rounds,
        round_pause_s=list_.round_pause_s if body.round_pause_s is None else body.round_pause_s,
        exercise=(held.exercise if held else False) if body.exercise is None else body.exercise,
    )
    opening = await opening_of_list(parts, list_, Language.SV)
    opening = replace(opening, name=body.name or opening.name, exercise=new.exercise)
    activation, started = await start_once(parts, actor, new, conference, opening)
    response.status_code = 201 if started else 200
    response.headers["Location"] = f"/api/v1/activations/{activation}"
    return await activation_view(parts, activation)


@router.get("/{activation}")
async def read_activation(activation: ActivationKey, parts: TheParts) -> ActivationOut:
    """The board: every target with its state, reason and calls."""
    return await activation_view(parts, activation)


@router.post("/{activation}/cancel")
async def cancel(activation: ActivationKey, parts: TheParts, actor: Actor) -> ActivationOut:
    """Ring nobody more, and end the calls under way. Those in the conference stay."""
    await activation_view(parts, activation)
    await ask(parts, actor, CancelActivation(activation))
    return await activation_view(parts, activation)
