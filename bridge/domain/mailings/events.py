"""The answer to the order to write a mailing."""

from dataclasses import dataclass

from bridge.domain.kernel.events import Event
from bridge.domain.kernel.ids import MailingId
from bridge.domain.links.records import Link
from bridge.domain.outbox.commands import NewMessage


@dataclass(frozen=True, slots=True)
class Written:
    """A mailing in words."""

    messages: tuple[NewMessage, ...] = ()
    links: tuple[Link, ...] = ()
    """Those that the messages hold."""
    without_address: tuple[str, ...] = ()
    """Functions whom it concerns, and who have no address that it could go to."""


@dataclass(frozen=True, slots=True)
class MailingWritten(Event):
    at_s: float
    mailing: MailingId
    written: Written
