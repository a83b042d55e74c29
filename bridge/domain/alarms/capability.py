"""Alarms, as the step sees them. The faults are found in `joint/alarmed`."""

from typing import Final

from bridge.domain.alarms import keeping, prompts
from bridge.domain.alarms.commands import AcknowledgeAlarms, ShelveAlarm, UnshelveAlarm
from bridge.domain.alarms.notes import AlarmNote
from bridge.domain.alarms.records import ALARMS
from bridge.domain.kernel.capability import Capability, carries_out

ALARM: Final = Capability(
    "alarms",
    records=(ALARMS,),
    commands=(
        carries_out(AcknowledgeAlarms, keeping.acknowledge),
        carries_out(ShelveAlarm, keeping.shelve),
        carries_out(UnshelveAlarm, keeping.unshelve),
    ),
    notes=AlarmNote,
    prompts=prompts,
)
