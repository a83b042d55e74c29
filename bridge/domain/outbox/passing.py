"""The passing state of the outbox, which a restart may lose."""

from typing import Final

from bridge.domain.kernel.tables import Table
from bridge.domain.outbox.records import Bearer

NEXT_AT_S: Final = Table[Bearer, float]("next_message_at_s")
"""When the pace of a bearer allows the next message."""
