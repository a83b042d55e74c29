"""Call-outs (*inkallningar*): start by list, watch every target, cancel."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response
from pydantic import AliasChoices, Field

from bridge.api.activations import NewActivation, activation_view, start_once, targets_of_list
from bridge.api.parts import TheParts, ask
from bridge.api.problems import Problem
from bridge.api.routes.directory import Input
from bridge.api.security import Actor
from bridge.api.text import Key, Limit, Name
from bridge.api.views import ActivationOut
from bridge.domain.commands import CancelActivation
from bridge.domain.directory import ActivationList
from bridge.domain.ids import ActivationId, ConferenceId

router = APIRouter(prefix="/activations", tags=["activations"])
ActivationKey = Annotated[ActivationId, Path(max_length=64, alias="activation", description="The activation's id.")]


class ActivationIn(Input):
    """`key` is the client's own: the same key again gives the activation that was started with it."""

    key: Key | None = None
    """The client's own: the same key again gives the activation that was started with it. Also as the header
    `Idempotency-Key`."""
    list_id: Key = Field(validation_alias=AliasChoices("activation_list_id", "list_id"))
    """Whom to call in. Also as `list_id`."""
    conference_id: Key | None = Field(
        default=None, description="Where the called ones are taken; a new conference where none is named."
    )
    name: Name | None = Field(default=None, description="The new conference's name; the list's where none is given.")
    ring_s: float | None = Field(default=None, ge=5, le=120)
    """How long each number rings, in seconds; the list's where none is given."""
    rounds: int | None = Field(default=None, ge=1, le=10)
    """How often all numbers of a function are tried; the list's where none is given."""
    round_pause_s: float | None = Field(default=None, ge=0, le=3600)
    """Seconds between two rounds; the list's where none is given."""
    exercise: bool | None = None
    """An exercise (*övning*): those who answer are told. As the conference where none is given."""


@router.get("")
async def list_activations(
    parts: TheParts,
    conference: Annotated[str | None, Query(max_length=64, description="Only those into this conference.")] = None,
    limit: Limit = 100,
) -> list[ActivationOut]:
    """Newest first, the running ones and the finished."""
    found = {one.id: one for one in await parts.archive.activations(limit=limit)}
    found.update(parts.control.node().activations)
    wanted = [one for one in found.values() if conference is None or one.conference == conference]
    newest = sorted(wanted, key=lambda one: -one.started_at_s)[:limit]
    return [await activation_view(parts, one.id) for one in newest]


@router.post("", status_code=201, responses={200: {"description": "Started before with this key."}})
async def start(
    body: ActivationIn,
    parts: TheParts,
    actor: Actor,
    response: Response,
    idempotency_key: Annotated[Key | None, Header(description="As `key` in the body, which goes before.")] = None,
) -> ActivationOut:
    """Call a list in. What is to be done is on disk when this returns; the same key again gives the activation that was
    started with it (200)."""
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
        list_name=body.name or list_.name,
        targets=targets,
        ring_s=list_.ring_s if body.ring_s is None else body.ring_s,
        rounds=list_.rounds if body.rounds is None else body.rounds,
        round_pause_s=list_.round_pause_s if body.round_pause_s is None else body.round_pause_s,
        exercise=(held.exercise if held else False) if body.exercise is None else body.exercise,
    )
    activation, started = await start_once(parts, actor, new, conference)
    response.status_code = 201 if started else 200
    response.headers["Location"] = f"/api/v1/activations/{activation}"
    return await activation_view(parts, activation)


@router.get("/{activation}")
async def read_activation(activation: ActivationKey, parts: TheParts) -> ActivationOut:
    """The board: every target with its state, reason and calls."""
    return await activation_view(parts, activation)


@router.post("/{activation}/cancel")
async def cancel(activation: ActivationKey, parts: TheParts, actor: Actor) -> ActivationOut:
    """Rings nobody more and ends the calls under way. Those in the conference stay."""
    await activation_view(parts, activation)
    await ask(parts, actor, CancelActivation(activation))
    return await activation_view(parts, activation)
