"""Patches (*sammankopplingar*): a talkgroup tied to a conference through a terminal."""

from typing import Annotated

from fastapi import APIRouter, Path

from bridge.api.conferences import find_conference, live_conference, must_be_open
from bridge.api.parts import Parts, TheParts, ask
from bridge.api.problems import Problem
from bridge.api.routes.conferences import ConferenceKey
from bridge.api.routes.directory import Input
from bridge.api.security import Actor
from bridge.api.text import Name, Subscriber
from bridge.api.views import PatchOut, patch_out, patches_of, talker_names
from bridge.domain.commands import AddPatch, RemovePatch
from bridge.domain.directory import Talkgroup
from bridge.domain.events import TerminalState
from bridge.domain.ids import ConferenceId, ParticipantId, PatchId, TerminalName
from bridge.domain.model import PatchState

router = APIRouter(prefix="/conferences/{conference}/patches", tags=["patches"])
PatchKey = Annotated[PatchId, Path(max_length=64, alias="patch")]


class PatchIn(Input):
    gssi: Subscriber
    terminal: Name | None = None
    """A free one that may use the talkgroup, where none is named."""


@router.get("")
async def list_patches(conference: ConferenceKey, parts: TheParts) -> list[PatchOut]:
    await find_conference(parts, conference)
    found = patches_of(parts.control.node(), conference)
    names = await talker_names(parts, found)
    return [patch_out(one, names) for one in found]


@router.post("", status_code=201)
async def add_patch(conference: ConferenceKey, body: PatchIn, parts: TheParts, actor: Actor) -> PatchOut:
    must_be_open(live_conference(parts, conference))
    talkgroup = await parts.directory.get(Talkgroup, str(body.gssi))
    if talkgroup is None:
        raise Problem.invalid("gssi", f"there is no talkgroup {body.gssi}", "add it under /api/v1/talkgroups first")
    terminal = choose_terminal(parts, talkgroup, body.terminal)
    command = AddPatch(
        conference=conference,
        patch=PatchId(parts.ids.mint("patch")),
        participant=ParticipantId(parts.ids.mint("participant")),
        terminal=terminal,
        gssi=talkgroup.gssi,
        name=talkgroup.name,
    )
    return await _view(parts, conference, PatchId(await ask(parts, actor, command)))


@router.get("/{patch}")
async def read_patch(conference: ConferenceKey, patch: PatchKey, parts: TheParts) -> PatchOut:
    return await _view(parts, conference, patch)


@router.delete("/{patch}", status_code=204)
async def remove_patch(conference: ConferenceKey, patch: PatchKey, parts: TheParts, actor: Actor) -> None:
    await _view(parts, conference, patch)
    await ask(parts, actor, RemovePatch(conference, patch))


def choose_terminal(parts: Parts, talkgroup: Talkgroup, wanted: str | None) -> TerminalName:
    """The named terminal, or the best free one: ready before not ready, else in order of name.

    Raises:
        Problem: Unknown, not allowed on this talkgroup, or none free.
    """
    node = parts.control.node()
    allowed = [
        name
        for name in node.terminals
        if (not talkgroup.terminals or name in talkgroup.terminals) and parts.may_use(name, talkgroup.gssi)
    ]
    if wanted is not None:
        if wanted not in node.terminals:
            raise Problem.invalid("terminal", f"there is no terminal {wanted}", "see /api/v1/terminals")
        if wanted not in allowed:
            raise Problem.invalid("terminal", f"{wanted} may not use the talkgroup {talkgroup.name}")
        return TerminalName(wanted)
    busy = {one.terminal for one in node.patches.values() if one.state is not PatchState.REMOVED}
    free = [name for name in allowed if name not in busy]
    if not free:
        raise Problem(
            409,
            "conflict",
            f"no terminal is free for the talkgroup {talkgroup.name}",
            field="terminal",
            remedy="remove a patch, or add a terminal",
        )
    return min(free, key=lambda name: (node.terminals[name].state != TerminalState.READY, name))


async def _view(parts: Parts, conference: ConferenceId, patch: PatchId) -> PatchOut:
    found = parts.control.node().patches.get(patch)
    if found is None or found.conference != conference or found.state is PatchState.REMOVED:
        raise Problem.not_found("patch", patch)
    return patch_out(found, await talker_names(parts, [found]))
