"""Every effect of every room: what a rule or a performer must be total over."""

from bridge.domain.conference.effects import CodeEffect
from bridge.domain.mailings.effects import WriteMailing
from bridge.domain.outbox.effects import SendMessage
from bridge.domain.radio.effects import MediaEffect, RadioEffect
from bridge.domain.recording.effects import ArchiveRecording, RecordingEffect
from bridge.domain.rollcall.effects import ReadRoll
from bridge.domain.schedule.effects import PrepareMeeting, ReadCalled
from bridge.domain.shortdata.effects import SdsEffect
from bridge.domain.telephony.effects import TelephonyEffect

KnownEffect = (
    TelephonyEffect
    | RecordingEffect
    | ArchiveRecording
    | CodeEffect
    | RadioEffect
    | MediaEffect
    | SdsEffect
    | ReadRoll
    | SendMessage
    | PrepareMeeting
    | ReadCalled
    | WriteMailing
)
