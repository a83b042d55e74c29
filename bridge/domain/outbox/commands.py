"""The commands of the outbox."""

from dataclasses import dataclass
from enum import StrEnum

from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.ids import MailingId, OutboxId, TargetId
from bridge.domain.kernel.language import Language
from bridge.domain.outbox.records import Bearer


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message that is to be sent."""

    id: OutboxId
    bearer: Bearer
    to: str
    """E.164 with plus, or an e-mail address."""
    text: str
    heading: str = ""
    language: Language = Language.SV
    target: TargetId | None = None
    """The function of a call-out whom it is to."""
    correction: str = ""
    correction_heading: str = ""
    mailing: MailingId | None = None
    """The mailing that it belongs to."""
    mailing_on: str | None = None
    """The date that it is about."""
    function_id: str | None = None
    """The function of the directory whom it is to."""
    links: bool = False
    """Marks of links in the text are filled when it is sent. In a text of a person they are text."""
    calendar: str = ""
    """An e-mail's calendar object (RFC 5545); empty: it has none."""
    calendar_method: str = ""
    """Of iTIP: `REQUEST` or `CANCEL`."""
    tests_number: bool = False
    """It only tries whether its number is reached."""
    package: str = ""
    """The package of a meeting that it hands over; empty: none."""
    attached: str = ""
    """The name under which the package is attached; empty: it is not."""


@dataclass(frozen=True, slots=True)
class QueueMessage(Command):
    """Send a message that belongs to no call-out. The same id again sends nothing."""

    message: NewMessage
    again_of: OutboxId | None = None
    """The message that this one repeats, by somebody's decision."""


@dataclass(frozen=True, slots=True)
class WithdrawMessage(Command):
    """Do not send a message that still waits."""

    message: OutboxId


class Receipt(StrEnum):
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class TakeReceipt(Command):
    """The bearer has told what became of a message."""

    message: OutboxId
    receipt: Receipt
    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class TakePartReceipt(Command):
    """The bearer `by` has told what became of a part, by the name that it gave the part."""

    by: str
    name: str
    receipt: Receipt
