"""Situation reports, as the step sees them."""

from typing import Final

from bridge.domain.kernel.capability import Capability, carries_out
from bridge.domain.situation import orders
from bridge.domain.situation.commands import GiveSituationReport
from bridge.domain.situation.notes import SituationNote
from bridge.domain.situation.records import SITUATION_REPORTS

SITUATION: Final = Capability(
    "situation",
    records=(SITUATION_REPORTS,),
    commands=(carries_out(GiveSituationReport, orders.give),),
    notes=SituationNote,
)
