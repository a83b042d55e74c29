"""Radio terminals, as last reported."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from bridge.api.parts import Parts, TheParts
from bridge.api.problems import Problem
from bridge.api.radio_views import TerminalOut, patch_on, terminal_out
from bridge.api.text import Output
from bridge.domain.ids import TerminalName
from bridge.domain.model import TerminalView

router = APIRouter(prefix="/terminals", tags=["terminals"])
TerminalKey = Annotated[TerminalName, Path(max_length=100, description="Its name in the settings.")]


class LevelsOut(Output):
    """The sound between a meeting and a terminal, as measured."""

    terminal: str
    """Its name."""
    patch_id: str | None = Field(description="The patch that has the terminal; none: there is no sound to measure.")
    conference_id: str | None
    """The conference that it serves now."""
    figures: dict[str, float] = Field(
        description="How its audio path does, as of the last second: levels in dBFS, times by the name's ending, counts"
        " since the path was made. Empty before the first report."
    )


@router.get("")
async def list_terminals(parts: TheParts) -> list[TerminalOut]:
    """In order of name."""
    node = parts.control.node()
    return [terminal_out(one, node) for one in sorted(node.terminals.values(), key=lambda one: one.name)]


@router.get("/{name}")
async def read_terminal(name: TerminalKey, parts: TheParts) -> TerminalOut:
    """One terminal."""
    return terminal_out(_find(parts, name), parts.control.node())


@router.get("/{name}/levels")
async def read_levels(name: TerminalKey, parts: TheParts) -> LevelsOut:
    """The sound between the meeting and the terminal, measured."""
    terminal = _find(parts, name)
    patch = patch_on(parts.control.node(), terminal.name)
    figures = parts.levels(patch.id) if patch is not None else None
    return LevelsOut(
        terminal=terminal.name,
        patch_id=patch.id if patch is not None else None,
        conference_id=patch.conference if patch is not None else None,
        figures=dict(figures or {}),
    )


def _find(parts: Parts, name: TerminalName) -> TerminalView:
    found = parts.control.node().terminals.get(name)
    if found is None:
        raise Problem.not_found("terminal", name)
    return found
