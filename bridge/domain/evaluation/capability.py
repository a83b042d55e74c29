"""Evaluations, as the step sees them."""

from typing import Final

from bridge.domain.evaluation import orders
from bridge.domain.evaluation.commands import GiveEvaluation
from bridge.domain.evaluation.records import EVALUATIONS
from bridge.domain.kernel.capability import Capability, carries_out

EVALUATION: Final = Capability(
    "evaluation", records=(EVALUATIONS,), commands=(carries_out(GiveEvaluation, orders.give),)
)
