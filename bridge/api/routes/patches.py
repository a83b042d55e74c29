"""Patches (*sammankopplingar*): a talkgroup tied to a conference through a terminal."""

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query
from pydantic import Field

from bridge.api.conferences import find_conference, open_one
from bridge.api.parts import Parts, TheParts, ask
from bridge.api.problems import Problem
from bridge.api.radio_views import PatchOut, is_spare, patch_on, patch_out, patches_of, talker_names
from bridge.api.routes.conferences import ConferenceKey
from bridge.api.routes.directory import IdleS, Input, LeaseS
from bridge.api.security import Actor
from bridge.api.text import Name, Subscriber
from bridge.domain.commands import AddPatch, ApprovePatch, ExtendPatch, RemovePatch, SetPatch
from bridge.domain.directory import PatchRule, Talkgroup
from bridge.domain.events import TerminalState
from bridge.domain.ids import ConferenceId, Gssi, ParticipantId, PatchId, TerminalName
from bridge.domain.model import Keying, PatchState, Precedence

router = APIRouter(prefix="/conferences/{conference}/patches", tags=["patches"])
PatchKey = Annotated[PatchId, Path(max_length=64, alias="patch", description="The patch's id.")]


class PatchIn(Input):
    """What is left out is as the talkgroup's own entry says."""

    gssi: Subscriber = Field(description="A talkgroup of the directory.")
    terminal: Name | None = Field(
        default=None, description="None: one that is free and may use the talkgroup, ready before not, spares last."
    )
    keying: Keying | None = Field(default=None, description="What opens the way from the meeting to the air.")
    precedence: Precedence | None = Field(default=None, description="Who goes first when both talk.")
    lease_s: LeaseS | None = Field(default=None, description="The patch ends after this; null: no end.")
    idle_s: IdleS | None = Field(default=None, description="It ends when unused for so long; null: never.")
    notice: bool | None = Field(default=None, description="Tell the talkgroup in words of the beginning and the end.")
    spoken_end: bool | None = Field(default=None, description="End each turn from the meeting with a spoken KOM.")


class PatchChange(Input):
    """What is left out stays."""

    keying: Keying | None = None
    """What opens the way from the meeting to the air."""
    precedence: Precedence | None = None
    """Who goes first when both talk."""
    spoken_end: bool | None = None
    """End each turn from the meeting with a spoken KOM."""


class ExtendIn(Input):
    """How long the lease shall be."""

    lease_s: LeaseS | None = Field(
        default=None, description="From now; null: no end. Left out: the lease of the talkgroup's own entry."
    )


@router.get("")
async def list_patches(conference: ConferenceKey, parts: TheParts) -> list[PatchOut]:
    """The talkgroups in the conference, those that wait for approval too."""
    await find_conference(parts, conference)
    found = patches_of(parts.control.node(), conference)
    names = await talker_names(parts, found)
    return [patch_out(one, names, parts) for one in found]


@router.post("", status_code=201)
async def add_patch(conference: ConferenceKey, body: PatchIn, parts: TheParts, actor: Actor) -> PatchOut:
    """Connect the talkgroup. Where its rule is `approval`, the patch waits until somebody else approves it."""
    await open_one(parts, conference)
    talkgroup = await _talkgroup(parts, body.gssi)
    if talkgroup.rule is PatchRule.FORBIDDEN:
        raise Problem(
            403,
            "not_allowed",
            f"the talkgroup {talkgroup.name} may not be patched",
            field="gssi",
            remedy="its rule is in the directory, under /api/v1/talkgroups",
        )
    given = body.model_fields_set
    command = AddPatch(
        conference=conference,
        patch=PatchId(parts.ids.mint("patch")),
        participant=ParticipantId(parts.ids.mint("participant")),
        terminal=_terminal_for(parts, talkgroup, body.terminal),
        gssi=talkgroup.gssi,
        name=talkgroup.name,
        terminals=talkgroup.terminals,
        keying=body.keying or talkgroup.keying,
        precedence=body.precedence or talkgroup.precedence,
        approval_required=talkgroup.rule is PatchRule.APPROVAL,
        lease_s=body.lease_s if "lease_s" in given else talkgroup.lease_s,
        idle_s=body.idle_s if "idle_s" in given else talkgroup.idle_s,
        notice=talkgroup.notice if body.notice is None else body.notice,
        spoken_end=talkgroup.spoken_end if body.spoken_end is None else body.spoken_end,
    )
    return await _view(parts, conference, PatchId(await ask(parts, actor, command)))


@router.get("/{patch}")
async def read_patch(conference: ConferenceKey, patch: PatchKey, parts: TheParts) -> PatchOut:
    """One patch, with what its talkgroup does now."""
    return await _view(parts, conference, patch)


@router.patch("/{patch}")
async def change_patch(
    conference: ConferenceKey, patch: PatchKey, body: PatchChange, parts: TheParts, actor: Actor
) -> PatchOut:
    """Change what keys it, what goes first, and whether KOM is spoken."""
    await _view(parts, conference, patch)
    await ask(parts, actor, SetPatch(conference, patch, body.keying, body.precedence, body.spoken_end))
    return await _view(parts, conference, patch)


@router.post("/{patch}/approve")
async def approve_patch(conference: ConferenceKey, patch: PatchKey, parts: TheParts, actor: Actor) -> PatchOut:
    """Make a patch that waits for approval. The one who asked for it cannot approve it. To refuse it, remove it."""
    await _view(parts, conference, patch)
    await ask(parts, actor, ApprovePatch(conference, patch))
    return await _view(parts, conference, patch)


@router.post("/{patch}/extend")
async def extend_patch(
    conference: ConferenceKey,
    patch: PatchKey,
    parts: TheParts,
    actor: Actor,
    body: Annotated[ExtendIn | None, Body()] = None,
) -> PatchOut:
    """The lease begins anew."""
    found = await _view(parts, conference, patch)
    if body is not None and "lease_s" in body.model_fields_set:
        lease_s = body.lease_s
    else:
        lease_s = (await _talkgroup(parts, found.gssi)).lease_s
        if lease_s is None:
            raise Problem.invalid("lease_s", "the talkgroup has no lease of its own", "say how long, or null for ever")
    await ask(parts, actor, ExtendPatch(conference, patch, lease_s))
    return await _view(parts, conference, patch)


@router.delete("/{patch}", status_code=204)
async def remove_patch(
    conference: ConferenceKey,
    patch: PatchKey,
    parts: TheParts,
    actor: Actor,
    at_once: Annotated[bool, Query(description="Without telling the talkgroup.")] = False,
) -> None:
    """Disconnect the talkgroup. It hears so first, where `notice` is on; until then the patch is `closing`. A patch
    that waits for approval is refused."""
    await _view(parts, conference, patch)
    await ask(parts, actor, RemovePatch(conference, patch, at_once))


async def _talkgroup(parts: Parts, gssi: int) -> Talkgroup:
    found = await parts.directory.get(Talkgroup, str(gssi))
    if found is None:
        raise Problem.invalid("gssi", f"there is no talkgroup {gssi}", "add it under /api/v1/talkgroups first")
    return found


def _terminal_for(parts: Parts, talkgroup: Talkgroup, wanted: str | None) -> TerminalName | None:
    """The terminal to ask for. One that any terminal may serve, and that first needs approval, gets one only then. A
    talkgroup that is patched already needs none: that is why it is refused."""
    if wanted is None and talkgroup.rule is PatchRule.APPROVAL and not talkgroup.terminals:
        return None
    patches = parts.control.node().patches.values()
    if wanted is None and any(one.gssi == talkgroup.gssi and not one.closing for one in patches):
        return None
    return choose_terminal(parts, talkgroup, wanted)


def choose_terminal(parts: Parts, talkgroup: Talkgroup, wanted: str | None) -> TerminalName:
    """The named terminal, or the best free one: ready before not ready, spares last, else in order of name.

    Raises:
        Problem: Unknown, not allowed on this talkgroup, or none free.
    """
    node = parts.control.node()
    allowed = [name for name in node.terminals if _may_use(parts, talkgroup, name)]
    if wanted is not None:
        if wanted not in node.terminals:
            raise Problem.invalid("terminal", f"there is no terminal {wanted}", "see /api/v1/terminals")
        if wanted not in allowed:
            raise Problem.invalid("terminal", f"{wanted} may not use the talkgroup {talkgroup.name}")
        return TerminalName(wanted)
    if not allowed:
        raise Problem(
            403,
            "not_allowed",
            f"no terminal may use the talkgroup {talkgroup.name}",
            field="terminal",
            remedy="name the talkgroup in a terminal's settings, or the terminal in the directory's talkgroup",
        )
    free = [name for name in allowed if patch_on(node, name) is None]
    if not free:
        raise Problem(
            409,
            "conflict",
            f"every terminal that may use the talkgroup {talkgroup.name} is in use",
            field="terminal",
            remedy="remove a patch, or add a terminal",
        )
    return min(free, key=lambda name: (node.terminals[name].state != TerminalState.READY, is_spare(node, name), name))


def _may_use(parts: Parts, talkgroup: Talkgroup, terminal: TerminalName) -> bool:
    named = not talkgroup.terminals or terminal in talkgroup.terminals
    return named and parts.may_use(terminal, Gssi(talkgroup.gssi))


async def _view(parts: Parts, conference: ConferenceId, patch: PatchId) -> PatchOut:
    found = parts.control.node().patches.get(patch)
    if found is None or found.conference != conference or found.state is PatchState.REMOVED:
        raise Problem.not_found("patch", patch)
    return patch_out(found, await talker_names(parts, [found]), parts)
