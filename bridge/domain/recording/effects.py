"""Orders to Asterisk and the archive about recordings."""

from collections.abc import Hashable
from dataclasses import dataclass

from bridge.domain.kernel.effects import DeviceEffect
from bridge.domain.kernel.ids import ChannelId, MixId, RecordingId


class MixRecordingEffect(DeviceEffect):
    """About the recording of one mix, in the lane of the mix."""

    __slots__ = ()
    mix: MixId
    recording: RecordingId

    @property
    def subject(self) -> str:
        return self.recording

    @property
    def lane(self) -> Hashable:
        return self.mix


class LegTrackEffect(DeviceEffect):
    """About the track of one telephone. A mute must not wait for a disk: its lane is its own."""

    __slots__ = ()
    channel: ChannelId

    @property
    def subject(self) -> str:
        return self.channel

    @property
    def lane(self) -> Hashable:
        return ("track", self.channel)


class SpoolEffect(DeviceEffect):
    """About one closed recording, in the lane of the archive."""

    __slots__ = ()
    recording: RecordingId

    @property
    def subject(self) -> str:
        return self.recording

    @property
    def lane(self) -> Hashable:
        return "archive"


class NameEffect(DeviceEffect):
    """About the name of one caller, in the lane of their channel."""

    __slots__ = ()
    channel: ChannelId
    recording: RecordingId

    @property
    def subject(self) -> str:
        return self.recording

    @property
    def lane(self) -> Hashable:
        return self.channel


@dataclass(frozen=True, slots=True)
class StartRecording(MixRecordingEffect):
    mix: MixId
    recording: RecordingId


@dataclass(frozen=True, slots=True)
class StopRecording(MixRecordingEffect):
    mix: MixId
    recording: RecordingId


@dataclass(frozen=True, slots=True)
class SilenceRecording(MixRecordingEffect):
    """Record silence in place of the sound, or the sound again. Answered by `RecordingSilenced`. Idempotent."""

    mix: MixId
    recording: RecordingId
    silent: bool
    since_s: float
    """The stretch off the record that it is about."""


@dataclass(frozen=True, slots=True)
class StartLegTrack(LegTrackEffect):
    """Record what one telephone says, from now on, as another part of its seat's track. Idempotent."""

    channel: ChannelId
    recording: RecordingId


@dataclass(frozen=True, slots=True)
class StopLegTrack(LegTrackEffect):
    """Record nothing of this telephone any more. Answered by `LegTrackStopped`. Idempotent."""

    channel: ChannelId
    recording: RecordingId


@dataclass(frozen=True, slots=True)
class ArchiveRecording(SpoolEffect):
    """Bring a closed recording from Asterisk's spool into the archive. Answered by `RecordingArchived`."""

    recording: RecordingId


@dataclass(frozen=True, slots=True)
class RecordName(NameEffect):
    """Record a caller who is in no mix, until they key `#`, fall silent or have used up the time.

    Answered by `RecordingEnded`; by `RecordingFailed` where nothing was said.
    """

    channel: ChannelId
    recording: RecordingId
    longest_s: float


@dataclass(frozen=True, slots=True)
class StopName(NameEffect):
    """A name is recorded no further. Answered by `RecordingEnded`."""

    channel: ChannelId
    recording: RecordingId


@dataclass(frozen=True, slots=True)
class DropRecording(SpoolEffect):
    """Delete a closed recording from Asterisk's spool. Answered by `RecordingDropped`."""

    recording: RecordingId


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
