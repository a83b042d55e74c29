"""The commands to send texts and statuses."""

from dataclasses import dataclass

from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.ids import ConferenceId, MessageId, TerminalName


@dataclass(frozen=True, slots=True)
class SendSds(Command):
    """Send a text by radio (short data). `terminals`: those that may send it, none named: all."""

    message: MessageId
    receiver: int
    """An ISSI, or with `group` a GSSI."""
    text: str
    group: bool = False
    terminals: tuple[TerminalName, ...] = ()
    conference: ConferenceId | None = None
    """The conference whose timeline it belongs to. Where none is named: that of the talkgroup's patch, if it is
    patched."""


@dataclass(frozen=True, slots=True)
class SendStatus(Command):
    """Send a pre-coded status. Only 32768…65535, which networks and users give their meanings."""

    message: MessageId
    receiver: int
    status: int
    group: bool = False
    terminals: tuple[TerminalName, ...] = ()
    conference: ConferenceId | None = None
