"""The phrases of this room, by the names of their recordings."""

from typing import Final

from bridge.domain.kernel.phrases import Prompt

MEETING_RECORDING_STARTED: Final = Prompt("meeting/recording-started")
MEETING_RECORDING_STOPPED: Final = Prompt("meeting/recording-stopped")
MEETING_RECORDING_FAILED: Final = Prompt("meeting/recording-failed")
MEETING_OFF_RECORD: Final = Prompt("meeting/off-record")
MEETING_ON_RECORD: Final = Prompt("meeting/on-record")
MEETING_STILL_RECORDED: Final = Prompt("meeting/still-recorded")
"""To those who lead: the meeting is not off the record yet."""
MEETING_NOT_RECORDED: Final = Prompt("meeting/not-recorded")
HELP_HASH_6: Final = Prompt("help/hash-6")
HELP_STAR_9: Final = Prompt("help/star-9")
