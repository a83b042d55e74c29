"""The passing state on the way to the air, which a restart may lose."""

from typing import Final

from bridge.domain.kernel.ids import PatchId
from bridge.domain.kernel.tables import Table

RADIO_HEARD: Final = Table[PatchId, bool]("radio_heard")
"""The last order to each gate from the radio."""
ARMED: Final = Table[PatchId, bool]("armed")
"""The last order to each path: whether the meeting's speech is taken for the air. None: it is."""
PATHS: Final = Table[PatchId, bool]("paths")
"""Paths ordered in this life of the controller."""
REFUSALS: Final = Table[PatchId, int]("refusals")
"""How often in a row its terminal has not taken a patch's talkgroup."""
LOOPS: Final = Table[PatchId, int]("loops")
"""Suspected loops in a row."""
