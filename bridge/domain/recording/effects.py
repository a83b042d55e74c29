"""Orders to Asterisk and the archive about recordings."""

from collections.abc import Hashable
from dataclasses import dataclass

from bridge.domain.kernel.effects import DeviceEffect
from bridge.domain.kernel.ids import ChannelId, MixId, RecordingId


@dataclass(frozen=True, slots=True)
class StartRecording(DeviceEffect):
    mix: MixId
    recording: RecordingId

    @property
    def subject(self) -> str:
        return self.recording

    @property
    def lane(self) -> Hashable:
        return self.mix


@dataclass(frozen=True, slots=True)
class StopRecording(DeviceEffect):
    mix: MixId
    recording: RecordingId

    @property
    def subject(self) -> str:
        return self.recording

    @property
    def lane(self) -> Hashable:
        return self.mix


@dataclass(frozen=True, slots=True)
class SilenceRecording(DeviceEffect):
    """Record silence in place of the sound, or the sound again. Answered by `RecordingSilenced`. Idempotent."""

    mix: MixId
    recording: RecordingId
    silent: bool
    since_s: float
    """The stretch off the record that it is about."""

    @property
    def subject(self) -> str:
        return self.recording

    @property
    def lane(self) -> Hashable:
        return self.mix


@dataclass(frozen=True, slots=True)
class StartLegTrack(DeviceEffect):
    """Record what one telephone says, from now on, as another part of its seat's track. Idempotent."""

    channel: ChannelId
    recording: RecordingId

    @property
    def subject(self) -> str:
        return self.channel

    @property
    def lane(self) -> Hashable:
        return ("track", self.channel)  # a mute must not wait for a disk


@dataclass(frozen=True, slots=True)
class StopLegTrack(DeviceEffect):
    """Record nothing of this telephone any more. Answered by `LegTrackStopped`. Idempotent."""

    channel: ChannelId
    recording: RecordingId

    @property
    def subject(self) -> str:
        return self.channel

    @property
    def lane(self) -> Hashable:
        return ("track", self.channel)


@dataclass(frozen=True, slots=True)
class ArchiveRecording(DeviceEffect):
    """Bring a closed recording from Asterisk's spool into the archive. Answered by `RecordingArchived`."""

    recording: RecordingId

    @property
    def subject(self) -> str:
        return self.recording

    @property
    def lane(self) -> Hashable:
        return "archive"


@dataclass(frozen=True, slots=True)
class RecordName(DeviceEffect):
    """Record a caller who is in no mix, until they key `#`, fall silent or have used up the time.

    Answered by `RecordingEnded`; by `RecordingFailed` where nothing was said.
    """

    channel: ChannelId
    recording: RecordingId
    longest_s: float

    @property
    def subject(self) -> str:
        return self.recording

    @property
    def lane(self) -> Hashable:
        return self.channel


@dataclass(frozen=True, slots=True)
class StopName(DeviceEffect):
    """A name is recorded no further. Answered by `RecordingEnded`."""

    channel: ChannelId
    recording: RecordingId

    @property
    def subject(self) -> str:
        return self.recording

    @property
    def lane(self) -> Hashable:
        return self.channel


@dataclass(frozen=True, slots=True)
class DropRecording(DeviceEffect):
    """Delete a closed recording from Asterisk's spool. Answered by `RecordingDropped`."""

    recording: RecordingId

    @property
    def subject(self) -> str:
        return self.recording

    @property
    def lane(self) -> Hashable:
        return "archive"


RecordingEffect = (
    StartRecording
    | StopRecording
    | SilenceRecording
    | StartLegTrack
    | StopLegTrack
    | RecordName
    | StopName
    | DropRecording
)
