"""A recording that is shorter than its time: Asterisk, or the machine, stood still meanwhile."""

from typing import Final

from bridge.domain.recording.records import Recording, RecordingKind

GAP_S: Final = 1.0
"""Less than this comes from the way a recording is closed."""


def missing_s(recording: Recording, duration_s: float) -> float:
    """How much shorter the sound is than the recording's time from beginning to end. Sound after such a gap is so much
    too early. A name has none: the silence at its end is left out. A participant's track is as long as its mix."""
    if recording.ended_at_s is None or recording.kind in (RecordingKind.NAME, RecordingKind.PARTICIPANT):
        return 0.0
    short_s = recording.ended_at_s - recording.started_at_s - duration_s
    return round(short_s, 1) if short_s >= GAP_S else 0.0
