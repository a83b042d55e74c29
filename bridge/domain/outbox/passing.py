"""The passing state of the outbox, which a restart may lose."""

from typing import Final, NamedTuple

from bridge.domain.kernel.tables import Table
from bridge.domain.outbox.commands import Receipt
from bridge.domain.outbox.records import Bearer

NEXT_AT_S: Final = Table[Bearer, float]("next_message_at_s")
"""When the pace of a bearer allows the next message."""
SLOWED: Final = Table[Bearer, int]("bearer_slowed")
"""How often its pace has been halved. Each message that it takes gives one step back."""


class EarlyReceipt(NamedTuple):
    """The receipt of a part that came before its message was known as sent."""

    receipt: Receipt
    at_s: float


EARLY: Final = Table[str, EarlyReceipt]("early_receipts")
"""By bearer and name. Of `MOST_EARLY` the oldest gives way."""
MOST_EARLY: Final = 256
EARLY_S: Final = 120.0
"""An older one is of another message: a modem's names begin again at 0."""
