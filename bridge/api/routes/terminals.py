"""Radio terminals, as last reported."""

from typing import Annotated

from fastapi import APIRouter, Path

from bridge.api.parts import TheParts
from bridge.api.problems import Problem
from bridge.api.views import TerminalOut, terminal_out
from bridge.domain.ids import TerminalName

router = APIRouter(prefix="/terminals", tags=["terminals"])


@router.get("")
async def list_terminals(parts: TheParts) -> list[TerminalOut]:
    node = parts.control.node()
    return [terminal_out(one, node) for one in sorted(node.terminals.values(), key=lambda one: one.name)]


@router.get("/{name}")
async def read_terminal(name: Annotated[TerminalName, Path(max_length=100)], parts: TheParts) -> TerminalOut:
    node = parts.control.node()
    found = node.terminals.get(name)
    if found is None:
        raise Problem.not_found("terminal", name)
    return terminal_out(found, node)
