"""The records of recordings."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bridge.domain.kernel.ids import ConferenceId, Gssi, MixId, ParticipantId, PatchId, RecordingId
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.records import Record
from bridge.domain.kernel.tables import Records


class ArchiveState(StrEnum):
    RECORDING = "recording"
    SPOOLED = "spooled"
    """Closed by Asterisk, waits to be archived."""
    ARCHIVED = "archived"
    FAILED = "failed"
    DROPPED = "dropped"
    """It was not to be kept longer than the meeting, and is deleted."""
    DISPOSED = "disposed"
    """Its sound was destroyed by a recorded decision. The row stays, with the hashes."""


class RecordingKind(StrEnum):
    MIX = "mix"
    """The sound that everybody in the conference heard."""
    TALKGROUP = "talkgroup"
    """One talkgroup's track: left what came from the radio, right what went to it."""
    PARTICIPANT = "participant"
    """One participant's track: their voice alone, as far as the meeting heard it."""
    NAME = "name"
    """A name, as somebody said it at the door."""


@dataclass(frozen=True, slots=True)
class Recording(Record):
    """One recording of one conference, from start to stop."""

    id: RecordingId
    conference: ConferenceId
    started_at_s: float
    state: ArchiveState = ArchiveState.RECORDING
    ended_at_s: float | None = None
    duration_s: float | None = None
    file: str | None = None
    """Path below the archive's root, set when archived."""
    sha256: str | None = None
    failure: Reason | None = None
    room: MixId | None = None
    """The room whose mix it is; `None` for a track and for a name."""
    patch: PatchId | None = None
    """Set for a talkgroup's track: what came from and went to the air on one patch, not a room's mix."""
    gssi: Gssi | None = None
    seat: ParticipantId | None = None
    """The one person whose voice it is. Set for a participant's track, and for the name that they said at the door."""
    is_passing: bool = False
    """It is deleted at the end of the meeting, and not archived."""
    beside: RecordingId | None = None
    """Set for a participant's track: the mix whose clock it is on."""
    cut_short: Reason | None = None
    """Set for a participant's track of which a part could not be begun: why. It stays when a later part could."""
    manifest_sha256: str | None = None
    """Of the manifest, set when archived; `None` too where it was archived before this was kept."""

    @property
    def kind(self) -> RecordingKind:
        """The sound that it holds."""
        if self.seat is not None:
            return RecordingKind.NAME if self.beside is None else RecordingKind.PARTICIPANT
        return RecordingKind.MIX if self.patch is None else RecordingKind.TALKGROUP

    @property
    def is_track(self) -> bool:
        """Of a talkgroup or a participant: recorded in parts."""
        return self.kind in (RecordingKind.TALKGROUP, RecordingKind.PARTICIPANT)

    @property
    def fault(self) -> Reason | None:
        """Why a track, or a part of it, is missing. A mix has none: its meeting is told of its failure."""
        if not self.is_track:
            return None
        return self.cut_short or (self.failure if self.state is ArchiveState.FAILED else None)


RECORDINGS: Final = Records[RecordingId, Recording]("recordings", Recording, "recording")
