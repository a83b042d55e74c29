"""Passing state, which a restart may lose: whose ceaseless sound a person has accepted."""

from typing import Final

from bridge.domain.kernel.ids import ParticipantId
from bridge.domain.kernel.tables import Table

ACCEPTED: Final = Table[ParticipantId, float]("ceaseless_accepted")
"""A line that a person has let be heard all the same, and since when. It is not isolated again while they are here."""
