"""Short data, as the step sees it."""

from typing import Final

from bridge.domain.kernel.capability import Capability, carries_out, on, when_due
from bridge.domain.radio.events import RadioEvent
from bridge.domain.shortdata import desk
from bridge.domain.shortdata.commands import SendSds, SendStatus
from bridge.domain.shortdata.events import ShortDataEvent
from bridge.domain.shortdata.notes import ShortDataNote
from bridge.domain.shortdata.records import MESSAGES
from bridge.domain.shortdata.timers import ShortDataTimer

SHORT_DATA: Final = Capability(
    "shortdata",
    records=(MESSAGES,),
    heed=tuple(on(kind, desk.heed) for kind in (*RadioEvent.__args__, *ShortDataEvent.__args__)),
    commands=(carries_out(SendSds, desk.send), carries_out(SendStatus, desk.send)),
    timers=(when_due(ShortDataTimer.SDS_PUMP, lambda step, _: desk.pump(step)),),
    notes=ShortDataNote,
    resume=desk.at_start,
)
