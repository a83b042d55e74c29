"""The order to a bearer."""

from dataclasses import dataclass

from bridge.domain.kernel.effects import DeviceEffect
from bridge.domain.kernel.ids import OutboxId
from bridge.domain.outbox.records import Bearer


@dataclass(frozen=True, slots=True)
class SendMessage(DeviceEffect):
    """Hand one message to its bearer. `MessageSent` reports that it was taken.

    A failure whose fate is unknown may have been sent. It is never ordered again under the same id.
    """

    message: OutboxId
    bearer: Bearer
    to: str
    """E.164 with plus, or an e-mail address."""
    heading: str
    text: str
    created_at_s: float
    calendar: str = ""
    """An e-mail's calendar object (RFC 5545); empty: it has none."""
    calendar_method: str = ""
    links: bool = False
    """Marks of links in the text are filled (`bridge.domain.outbox.marks`)."""
    package: str = ""
    """The package of a meeting that it hands over; empty: none."""
    attached: str = ""
    """The name under which the package is attached; empty: it is not."""

    @property
    def subject(self) -> str:
        return self.message
