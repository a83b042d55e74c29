"""Messages by SMS and e-mail: the records."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bridge.domain.kernel.ids import ActivationId, MailingId, OutboxId, TargetId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.records import Record
from bridge.domain.kernel.tables import Records


class Bearer(StrEnum):
    SMS = "sms"
    MAIL = "mail"


class OutboxState(StrEnum):
    STANDBY = "standby"
    """To a deputy: sent when the deputy is called."""
    WAITING = "waiting"
    SENDING = "sending"
    """Claimed: with the bearer, or on the way there. From here on a crash leaves a doubt."""
    SENT = "sent"
    """The bearer has taken it, and has given it an id."""
    DELIVERED = "delivered"
    """The bearer's own report. There is none for e-mail."""
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    """Lost sight of while it was sent: perhaps sent, perhaps not; never sent again by itself."""
    WITHDRAWN = "withdrawn"
    """Was not needed any more before it was sent."""


@dataclass(frozen=True, slots=True)
class OutboxMessage(Record):
    """One message to one address by one bearer."""

    id: OutboxId
    bearer: Bearer
    to: str
    """E.164 with plus, or an e-mail address."""
    text: str
    created_at_s: float
    heading: str = ""
    """The subject of an e-mail."""
    language: Language = Language.SV
    state: OutboxState = OutboxState.WAITING
    actor: str = ""
    """The person who ordered it."""
    activation: ActivationId | None = None
    """The call-out that it belongs to."""
    target: TargetId | None = None
    """The function of that call-out."""
    correction: str = ""
    """The text for those whom it has reached, should the call-out be cancelled. Empty: none is sent."""
    correction_heading: str = ""
    corrects: OutboxId | None = None
    """The message that this one takes back."""
    again_of: OutboxId | None = None
    """The message that somebody has ordered to be sent again as this one."""
    held: bool = False
    """Its call-out is known here still: it may be corrected, or answered."""
    withdrawn: bool = False
    """Was not needed any more while it was being sent: it is not tried again."""
    parts: int = 1
    """Of an SMS, as the network counts and charges them (`bridge.domain.outbox.gsm`)."""
    reason: Reason | None = None
    provider_id: str | None = None
    """The bearer's own id."""
    tries: int = 0
    not_before_s: float = 0.0
    expires_at_s: float | None = None
    """Until then it is tried; once it is sent, until then its receipt is waited for."""
    sent_at_s: float | None = None
    delivered_at_s: float | None = None
    mailing: MailingId | None = None
    """The mailing that it belongs to."""
    mailing_on: str | None = None
    """The date of the schedule that it is about; `None`: the series, or none."""
    function_id: str | None = None
    """The function of the directory whom it is to, where it is one."""
    links: bool = False
    """Marks of links in the text are filled when it is sent. In a text of a person they are text."""
    calendar: str = ""
    """An e-mail's calendar object (RFC 5545), beside the text; empty: it has none."""
    calendar_method: str = ""
    """Of iTIP (RFC 5546): `REQUEST` or `CANCEL`."""
    by: str = ""
    """The SMS bearer that took it. Empty: an e-mail, or not taken yet."""
    awaited: tuple[str, ...] = ()
    """The names of its parts at that bearer whose receipts have not come. Empty: the receipt names our own id."""
    refused: bool = False
    """Its bearer will never take it: a fault of the address or of the text."""
    tests_number: bool = False
    """It only tries whether its number is reached."""
    package: str = ""
    """The package of a meeting that it hands over; empty: none."""
    attached: str = ""
    """The name under which the package is attached; empty: it is not."""
    ended_at_s: float | None = None
    """From then on nothing more is awaited."""


OUTBOX: Final = Records[OutboxId, OutboxMessage]("outbox", OutboxMessage, "message")
"""Messages on their way out, those that await a receipt, and those of a call-out that is known here still."""
