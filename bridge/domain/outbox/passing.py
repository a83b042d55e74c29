"""The passing state of the outbox, which a restart may lose."""

from typing import Final

from bridge.domain.kernel.tables import Table
from bridge.domain.outbox.commands import Receipt
from bridge.domain.outbox.records import Bearer

NEXT_AT_S: Final = Table[Bearer, float]("next_message_at_s")
"""When the pace of a bearer allows the next message."""
SLOWED: Final = Table[Bearer, int]("bearer_slowed")
"""How often its pace has been halved. Each message that it takes gives one step back."""
EARLY: Final = Table[str, Receipt]("early_receipts")
"""Receipts of parts whose message is not known as sent yet, by bearer and name. Of `MOST_EARLY` the oldest gives
way."""
MOST_EARLY: Final = 256
