"""The bearers' reports."""

from dataclasses import dataclass

from bridge.domain.kernel.events import Event
from bridge.domain.kernel.ids import OutboxId


@dataclass(frozen=True, slots=True)
class MessageSent(Event):
    """The bearer has taken the message. `provider_id` is the name that it goes by there."""

    at_s: float
    message: OutboxId
    provider_id: str
    by: str = ""
    """The SMS bearer that has it."""
    awaited: tuple[str, ...] = ()
    """The names of its parts, where their receipts name those alone."""
