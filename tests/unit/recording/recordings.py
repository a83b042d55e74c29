"""A recorded meeting for the tests: what the database knows of it, and the file Asterisk made."""

import struct
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from bridge.domain.events import Event
from bridge.domain.ids import (
    ActivationId,
    ConferenceId,
    Gssi,
    MixId,
    ParticipantId,
    PatchId,
    RecordingId,
    TerminalName,
)
from bridge.domain.model import (
    Activation,
    ArchiveState,
    Attempt,
    Conference,
    Note,
    NoteKind,
    Participant,
    ParticipantKind,
    Patch,
    Recording,
    Target,
)
from bridge.ports import ArchivedRecording

BEGAN_S = 1_790_000_000.0
"""2026-09-21 16:13:20 in Stockholm."""
CONFERENCE = Conference(ConferenceId("cnf-1"), MixId("mix-1"), "Värmebölja: lägesbild 1", "+46855555555", BEGAN_S - 60)
TIB = Participant(
    ParticipantId("prt-1"),
    CONFERENCE.id,
    ParticipantKind.PHONE,
    "TiB",
    organisation="Länsstyrelsen",
    function="Tjänsteman i beredskap",
    joined_at_s=BEGAN_S - 30,
    left_at_s=BEGAN_S + 60,
)
PATCH = Patch(PatchId("pat-1"), CONFERENCE.id, TerminalName("rakel-1"), Gssi(2401), ParticipantId("prt-2"), "RAPS-1")
RADIO = Participant(
    PATCH.participant, CONFERENCE.id, ParticipantKind.RADIO, "RAPS-1", patch=PATCH.id, joined_at_s=BEGAN_S
)
RECORDING = Recording(RecordingId("rec-1"), CONFERENCE.id, BEGAN_S, ArchiveState.SPOOLED)
TRACK = Recording(
    RecordingId("rec-2"), CONFERENCE.id, BEGAN_S + 10, ArchiveState.SPOOLED, patch=PATCH.id, gssi=PATCH.gssi
)
NOTES = (
    Note(CONFERENCE.id, BEGAN_S + 1, NoteKind.TALK_STARTED, TIB.id),
    Note(CONFERENCE.id, BEGAN_S + 1.5, NoteKind.TALK_STOPPED, TIB.id),
)
ARCHIVED_AS = "2026/09/2026-09-21_varmebolja-lagesbild-1_rec-1.flac"


class Catalogue:
    """`bridge.ports.Archive` over what it was given."""

    def __init__(self, *recordings: ArchivedRecording, notes: Sequence[Note] = NOTES) -> None:
        self.recordings = {one.recording.id: one for one in recordings}
        self.notes = notes

    async def find(
        self, *, text: str = "", since_s: float | None = None, until_s: float | None = None, limit: int = 100
    ) -> Sequence[ArchivedRecording]:
        return list(self.recordings.values())

    async def get(self, recording: RecordingId) -> ArchivedRecording | None:
        return self.recordings.get(recording)

    async def timeline(self, conference: ConferenceId) -> Sequence[Note]:
        return [note for note in self.notes if note.conference == conference]

    async def conferences(self, limit: int = 100) -> Sequence[Conference]:
        return []

    async def conference(self, conference: ConferenceId) -> tuple[Conference, Sequence[Participant]] | None:
        return None

    async def activations(self, limit: int = 100) -> Sequence[Activation]:
        return []

    async def activation(
        self, activation: ActivationId
    ) -> tuple[Activation, Sequence[Target], Sequence[Attempt]] | None:
        return None

    async def activation_by_key(self, key: str) -> tuple[Activation, Sequence[Target], Sequence[Attempt]] | None:
        return None


class FixedClock:
    def now_s(self) -> float:
        return BEGAN_S + 100


class Events(list[Event]):
    """What was emitted."""


def meeting(path: Path | None = None, **changes: object) -> ArchivedRecording:
    """The recording with its conference; `path` when it is archived. Changes are to the conference."""
    conference = replace(CONFERENCE, **changes)  # type: ignore[arg-type]
    recording = RECORDING
    if path is not None:
        recording = replace(RECORDING, state=ArchiveState.ARCHIVED, file=ARCHIVED_AS, duration_s=2.0)
    return ArchivedRecording(recording, conference, (TIB, RADIO), path)


TRACK_NOTES = (
    *NOTES,
    Note(CONFERENCE.id, BEGAN_S + 11, NoteKind.RADIO_TALK_STARTED, RADIO.id, (("issi", 1401001),)),
    Note(CONFERENCE.id, BEGAN_S + 12, NoteKind.RADIO_TALK_STOPPED, RADIO.id),
    Note(CONFERENCE.id, BEGAN_S + 12, NoteKind.RADIO_TALK_STARTED, RADIO.id, (("issi", 1401777),)),
    Note(CONFERENCE.id, BEGAN_S + 13, NoteKind.RADIO_TALK_STOPPED, RADIO.id),
    Note(CONFERENCE.id, BEGAN_S + 13, NoteKind.TRANSMISSION_STARTED, RADIO.id),
    Note(CONFERENCE.id, BEGAN_S + 13.5, NoteKind.TALK_STARTED, TIB.id),
    Note(CONFERENCE.id, BEGAN_S + 14, NoteKind.TRANSMISSION_STOPPED, RADIO.id),
)
TRACK_ARCHIVED_AS = "2026/09/2026-09-21_varmebolja-lagesbild-1_raps-1_rec-2.flac"


def track(path: Path | None = None) -> ArchivedRecording:
    """The talkgroup's track of the same meeting; `path` when it is archived."""
    recording = TRACK
    if path is not None:
        recording = replace(TRACK, state=ArchiveState.ARCHIVED, file=TRACK_ARCHIVED_AS, duration_s=6.0)
    return ArchivedRecording(recording, CONFERENCE, (TIB, RADIO), path, PATCH, (RECORDING.id,))


def speech(seconds: float = 2.0, rate_hz: int = 8000) -> bytes:
    """Something like speech: a tone in noise, 16 bit little-endian."""
    time_s = np.arange(int(seconds * rate_hz)) / rate_hz
    noise = np.random.default_rng(1).normal(0, 300, time_s.size)
    return (8000 * np.sin(2 * np.pi * 440 * time_s) + noise).astype("<i2").tobytes()


def wav(data: bytes, *, rate_hz: int = 8000, told: int | None = None, extra: bytes = b"", channels: int = 1) -> bytes:
    """A WAV file. `told` is the size its header tells, 0 as Asterisk leaves it when it is killed."""
    size = len(data) if told is None else told
    form = struct.pack("<HHIIHH", 1, channels, rate_hz, rate_hz * 2 * channels, 2 * channels, 16)
    riff = min(36 + size, 0xFFFFFFFF) if size else 0
    return (
        struct.pack("<4sI4s4sI", b"RIFF", riff, b"WAVE", b"fmt ", 16)
        + form
        + extra
        + struct.pack("<4sI", b"data", size)
        + data
    )
