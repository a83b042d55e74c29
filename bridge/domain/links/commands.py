"""The commands of the links."""

from dataclasses import dataclass

from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.ids import LinkId


@dataclass(frozen=True, slots=True)
class CountWrongCode(Command):
    """A wrong code was typed."""

    link: LinkId


@dataclass(frozen=True, slots=True)
class MarkUsed(Command):
    """Its one thing was done."""

    link: LinkId
