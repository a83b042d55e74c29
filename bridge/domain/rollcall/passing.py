"""The passing state of a roll call. After a restart the name that was read out is read out again."""

from typing import Final

from bridge.domain.kernel.ids import RollCallId, RollEntryId
from bridge.domain.kernel.tables import Table

CALLED: Final = Table[RollCallId, RollEntryId]("roll_called")
"""The name that has been read out and awaits its answer."""
