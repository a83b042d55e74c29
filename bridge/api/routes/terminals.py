"""Radio terminals, as last reported."""

from typing import Annotated

from fastapi import Path
from pydantic import Field

from bridge.api.dependencies import TheService
from bridge.api.language import TheLanguage
from bridge.api.radio_views import TerminalOut, terminal_out
from bridge.api.resource import resource
from bridge.api.security import Asker
from bridge.api.text import Output
from bridge.domain.kernel.ids import TerminalName

router = resource("/terminals", "terminals")
TerminalKey = Annotated[TerminalName, Path(max_length=100, description="Its name in the settings.")]


class LevelsOut(Output):
    """The sound between a meeting and a terminal, as measured."""

    terminal: str
    """Its name."""
    patch_id: str | None = Field(description="The patch that has the terminal; none: there is no sound to measure.")
    conference_id: str | None
    """The conference that it serves now."""
    figures: dict[str, float] = Field(
        description="Its audio path in the last second. Levels are in dBFS, times as the name's ending says,"
        " and counts since the path was made. Empty before the first report."
    )


@router.get("")
async def list_terminals(service: TheService, asker: Asker, language: TheLanguage) -> list[TerminalOut]:
    """The radio terminals, in order of name."""
    return [terminal_out(one, language) for one in await service.terminals.find(asker)]


@router.get("/{name}")
async def read_terminal(name: TerminalKey, service: TheService, asker: Asker, language: TheLanguage) -> TerminalOut:
    """One terminal."""
    return terminal_out(await service.terminals.read(asker, name), language)


@router.get("/{name}/levels")
async def read_levels(name: TerminalKey, service: TheService, asker: Asker) -> LevelsOut:
    """The sound between the meeting and the terminal, measured."""
    shown = await service.terminals.read(asker, name)
    return LevelsOut(
        terminal=shown.terminal.name,
        patch_id=shown.patch.id if shown.patch is not None else None,
        conference_id=shown.patch.conference if shown.patch is not None else None,
        figures=dict(shown.figures),
    )
