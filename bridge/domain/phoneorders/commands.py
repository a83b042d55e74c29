"""The answers of the directory and of the call-out to an order by telephone."""

from dataclasses import dataclass

from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.ids import ChannelId


@dataclass(frozen=True, slots=True)
class DescribeOrder(Command):
    """The list that was keyed, as the directory has it."""

    channel: ChannelId
    list_id: str
    list_name: str
    functions: int


@dataclass(frozen=True, slots=True)
class NoSuchList(Command):
    """No list has the number that was keyed. The caller may key another."""

    channel: ChannelId


@dataclass(frozen=True, slots=True)
class OrderStarted(Command):
    """The call-out runs."""

    channel: ChannelId


@dataclass(frozen=True, slots=True)
class OrderRefused(Command):
    """It cannot be carried out, or the function may not order it."""

    channel: ChannelId


@dataclass(frozen=True, slots=True)
class GiveUpOrder(Command):
    """A confirmed order of before a restart is not carried out: it is too old, or cannot be."""

    channel: ChannelId
