"""Passing state, which a restart may lose: since when the mix is full or has room, and whom people opened."""

from typing import Final

from bridge.domain.kernel.ids import ParticipantId
from bridge.domain.kernel.tables import Fact, Table

FULL_SINCE: Final = Fact[float | None]("mixing_full_since", None)
ROOM_SINCE: Final = Fact[float | None]("mixing_room_since", None)
OPENED: Final = Fact[frozenset[ParticipantId]]("opened_by_headroom", frozenset())
"""Those whom the rule itself has opened last."""
KEPT_OPEN: Final = Table[ParticipantId, float]("kept_open_by_people")
"""A microphone that a person has opened all the same, and since when. It is not closed again while they are here."""
