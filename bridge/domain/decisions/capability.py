"""Decisions, as the step sees them."""

from typing import Final

from bridge.domain.conference import keypad
from bridge.domain.decisions import decisions, orders, prompts
from bridge.domain.decisions.commands import (
    AnswerDecision,
    BeginDecision,
    CancelDecision,
    EndDecision,
)
from bridge.domain.decisions.notes import DecisionNote
from bridge.domain.decisions.records import ACKNOWLEDGEMENTS, DECISIONS
from bridge.domain.decisions.timers import DecisionTimer
from bridge.domain.kernel.capability import Capability, carries_out, when_due

DECISION: Final = Capability(
    "decisions",
    records=(DECISIONS, ACKNOWLEDGEMENTS),
    commands=(
        carries_out(BeginDecision, orders.begin),
        carries_out(EndDecision, orders.end),
        carries_out(CancelDecision, orders.cancel),
        carries_out(AnswerDecision, orders.answer),
    ),
    timers=(when_due(DecisionTimer.DECISION, decisions.due),),
    notes=DecisionNote,
    prompts=prompts,
    keys=(
        keypad.for_hosts("#5", "mark the beginning of a decision, then its end", prompts.HELP_HASH_5, decisions.by_key),
    ),
    resume=decisions.resume,
    keep=decisions.keep,
)
