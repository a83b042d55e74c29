"""The tracks of participants, as the step sees them. Its `keep` comes after all that moves a microphone."""

from typing import Final

from bridge.domain.kernel.capability import Capability, on
from bridge.domain.recording.events import LegTrackStopped
from bridge.domain.seattracks import following
from bridge.domain.telephony.events import LegEnded, TalkingStopped

SEAT_TRACKS: Final = Capability(
    "seattracks",
    heed=(
        on(LegTrackStopped, following.stopped),
        on(LegEnded, following.leg_ended),
        on(TalkingStopped, following.pauses),
    ),
    keep=following.follow,
)
