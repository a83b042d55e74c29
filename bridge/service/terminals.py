"""Radio terminals, as last reported."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bridge.domain.access.permissions import Act
from bridge.domain.kernel.ids import TerminalName
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.principal import Principal
from bridge.domain.radio.policy import RadioPolicy
from bridge.domain.radio.records import TERMINALS, Patch, TerminalView
from bridge.service.lookups import patch_on
from bridge.service.reasons import UnknownReason
from bridge.service.refusal import Refusal
from bridge.service.use_case import Figures, UseCases, use_case


@dataclass(frozen=True, slots=True)
class ShownTerminal:
    """A terminal, and what it serves."""

    terminal: TerminalView
    patch: Patch | None
    """The patch that has it now."""
    spare: bool
    figures: Figures = field(default_factory=dict)
    """Of the sound between the meeting and it."""


class Terminals(UseCases):
    @use_case(Act.TERMINAL_READ)
    async def find(self, principal: Principal) -> Sequence[ShownTerminal]:
        """In order of name."""
        node = self._ports.control.node()
        return [self._shown(one, node) for one in sorted(node[TERMINALS].values(), key=lambda one: one.name)]

    @use_case(Act.TERMINAL_READ)
    async def read(self, principal: Principal, name: TerminalName) -> ShownTerminal:
        """One terminal."""
        node = self._ports.control.node()
        found = node[TERMINALS].get(name)
        if found is None:
            raise Refusal.not_found(UnknownReason.TERMINAL, name)
        return self._shown(found, node)

    def _shown(self, terminal: TerminalView, node: Node) -> ShownTerminal:
        patch = patch_on(node, terminal.name)
        spare = any(one.spare for one in node.policy[RadioPolicy].terminals if one.name == terminal.name)
        figures = self._ports.levels(patch.id) if patch is not None else None
        return ShownTerminal(terminal, patch, spare, figures or {})
