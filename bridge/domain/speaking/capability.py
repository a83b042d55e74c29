"""The speaking list and the limits of turns, as the step sees them."""

from typing import Final

from bridge.domain.kernel.capability import Capability, carries_out, when_due
from bridge.domain.speaking import orders, prompts, turns
from bridge.domain.speaking.commands import SetSpeakingList, SetTurnLimit
from bridge.domain.speaking.notes import SpeakingNote
from bridge.domain.speaking.records import SPEAKING as LISTS
from bridge.domain.speaking.timers import SpeakingTimer

SPEAKING: Final = Capability(
    "speaking",
    records=(LISTS,),
    commands=(
        carries_out(SetSpeakingList, orders.set_list),
        carries_out(SetTurnLimit, orders.set_turn_limit),
    ),
    timers=(
        when_due(SpeakingTimer.TURN_WARNING, turns.warn),
        when_due(SpeakingTimer.TURN_END, turns.over),
        when_due(SpeakingTimer.TURN_KEPT, turns.kept_over),
    ),
    notes=SpeakingNote,
    prompts=prompts,
    resume=turns.resume,
    keep=turns.keep,
)
