"""The roll call, as the step sees it."""

from typing import Final

from bridge.domain.conference import keypad
from bridge.domain.kernel.capability import Capability, carries_out, on, when_due
from bridge.domain.rollcall import calling, orders, prompts
from bridge.domain.rollcall.commands import EndRollCall, StartRollCall, TickRollCall
from bridge.domain.rollcall.events import RollRead
from bridge.domain.rollcall.notes import RollCallNote
from bridge.domain.rollcall.records import ROLL_CALLS, ROLL_ENTRIES
from bridge.domain.rollcall.timers import RollCallTimer

ROLL_CALL: Final = Capability(
    "rollcall",
    records=(ROLL_CALLS, ROLL_ENTRIES),
    heed=(on(RollRead, calling.read),),
    commands=(
        carries_out(StartRollCall, orders.start),
        carries_out(TickRollCall, orders.tick),
        carries_out(EndRollCall, orders.end),
    ),
    timers=(when_due(RollCallTimer.ROLL_CALL, calling.due),),
    notes=RollCallNote,
    prompts=prompts,
    keys=(keypad.for_hosts("#4", "call the roll, or end the roll call", prompts.HELP_HASH_4, calling.by_key),),
    resume=calling.resume,
)
