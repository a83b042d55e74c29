"""The fate of a recording, as reported."""

from dataclasses import dataclass

from bridge.domain.kernel.events import Event
from bridge.domain.kernel.ids import ChannelId, RecordingId
from bridge.domain.kernel.reasons import Reason


@dataclass(frozen=True, slots=True)
class RecordingStarted(Event):
    at_s: float
    recording: RecordingId


@dataclass(frozen=True, slots=True)
class RecordingSilenced(Event):
    """Asterisk records silence in place of the sound, or the sound again."""

    at_s: float
    recording: RecordingId
    silent: bool
    since_s: float
    """The stretch off the record that was ordered."""


@dataclass(frozen=True, slots=True)
class LegTrackStopped(Event):
    """Nothing of this telephone alone is recorded any more."""

    at_s: float
    channel: ChannelId
    recording: RecordingId


@dataclass(frozen=True, slots=True)
class RecordingEnded(Event):
    at_s: float
    recording: RecordingId
    duration_s: float | None


@dataclass(frozen=True, slots=True)
class RecordingFailed(Event):
    at_s: float
    recording: RecordingId
    reason: Reason


@dataclass(frozen=True, slots=True)
class RecordingDropped(Event):
    """The recording is deleted, as it was ordered."""

    at_s: float
    recording: RecordingId


@dataclass(frozen=True, slots=True)
class RecordingArchived(Event):
    """The finished file is in the archive, hashed and described."""

    at_s: float
    recording: RecordingId
    file: str
    sha256: str
    duration_s: float
    manifest_sha256: str = ""
    """Of the manifest beside it; empty: it was not told."""
