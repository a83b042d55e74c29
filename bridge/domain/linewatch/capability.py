"""The watch over lines, as the step sees it."""

from typing import Final

from bridge.domain.kernel.capability import Capability, on, when_due
from bridge.domain.linewatch import prompts, watching
from bridge.domain.linewatch.notes import LineNote
from bridge.domain.linewatch.timers import LineTimer
from bridge.domain.telephony.events import (
    LegHeld,
    LegResumed,
    RtpResumed,
    RtpStopped,
    TalkingStarted,
    TalkingStopped,
    TelephonyUp,
)

LINE_WATCH: Final = Capability(
    "linewatch",
    heed=(
        on(LegHeld, watching.held),
        on(LegResumed, watching.resumed),
        on(TalkingStarted, watching.sounds),
        on(TalkingStopped, watching.pauses),
        on(RtpStopped, watching.rtp_stopped),
        on(RtpResumed, watching.rtp_resumed),
        on(TelephonyUp, watching.telephony_up),
    ),
    timers=(when_due(LineTimer.CEASELESS, watching.due),),
    notes=LineNote,
    prompts=prompts,
    keep=watching.keep,
)
