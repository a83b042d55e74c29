"""A meeting's time, as the step sees it. Its key stands in `joint`, since it also ends the meeting."""

from typing import Final

from bridge.domain.kernel.capability import Capability, carries_out, when_due
from bridge.domain.meetingtime import keeping, orders, prompts
from bridge.domain.meetingtime.commands import ExtendMeeting, SetEnd
from bridge.domain.meetingtime.notes import MeetingTimeNote
from bridge.domain.meetingtime.timers import MeetingTimer

MEETING_TIME: Final = Capability(
    "meetingtime",
    commands=(carries_out(SetEnd, orders.set_end), carries_out(ExtendMeeting, orders.extend)),
    timers=(when_due(MeetingTimer.MEETING_TIME, keeping.due),),
    notes=MeetingTimeNote,
    prompts=prompts,
    resume=keeping.resume,
    keep=keeping.keep,
)
