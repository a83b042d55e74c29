"""A recorded meeting for the tests: what the database knows of it, and the file Asterisk made."""

import struct
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from bridge.domain.callout.records import Activation, Attempt, Target
from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.conference.records import Conference, LegKind, Seat
from bridge.domain.kernel.events import Event
from bridge.domain.kernel.ids import (
    ActivationId,
    ConferenceId,
    Gssi,
    MixId,
    ParticipantId,
    PatchId,
    RecordingId,
    TerminalName,
)
from bridge.domain.kernel.journal import Note
from bridge.domain.radio.notes import RadioNote
from bridge.domain.radio.records import Patch
from bridge.domain.recording.records import ArchiveState, Recording
from bridge.ports import ArchivedRecording

BEGAN_S = 1_790_000_000.0
"""2026-09-21 16:13:20 in Stockholm."""
ROOM = MixId("mix-1")
CONFERENCE = Conference(ConferenceId("cnf-1"), "Värmebölja: lägesbild 1", "+46855555555", BEGAN_S - 60)
TIB = Seat(
    ParticipantId("prt-1"),
    CONFERENCE.id,
    ROOM,
    LegKind.PHONE,
    "TiB",
    organisation="Länsstyrelsen",
    function="Tjänsteman i beredskap",
    joined_at_s=BEGAN_S - 30,
    left_at_s=BEGAN_S + 60,
)
PATCH = Patch(PatchId("pat-1"), CONFERENCE.id, TerminalName("rakel-1"), Gssi(2401), ParticipantId("prt-2"), "RAPS-1")
RADIO = Seat(PATCH.participant, CONFERENCE.id, ROOM, LegKind.RADIO, "RAPS-1", joined_at_s=BEGAN_S)
RECORDING = Recording(RecordingId("rec-1"), CONFERENCE.id, BEGAN_S, ArchiveState.SPOOLED, room=ROOM)
TRACK = Recording(
    RecordingId("rec-2"), CONFERENCE.id, BEGAN_S + 10, ArchiveState.SPOOLED, patch=PATCH.id, gssi=PATCH.gssi
)
NOTES = (
    Note(CONFERENCE.id, BEGAN_S + 1, ConferenceNote.TALK_STARTED, TIB.id),
    Note(CONFERENCE.id, BEGAN_S + 1.5, ConferenceNote.TALK_STOPPED, TIB.id),
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

    async def conference(self, conference: ConferenceId) -> tuple[Conference, Sequence[Seat]] | None:
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
    Note(CONFERENCE.id, BEGAN_S + 11, RadioNote.RADIO_TALK_STARTED, RADIO.id, (("issi", 1401001),)),
    Note(CONFERENCE.id, BEGAN_S + 12, RadioNote.RADIO_TALK_STOPPED, RADIO.id),
    Note(CONFERENCE.id, BEGAN_S + 12, RadioNote.RADIO_TALK_STARTED, RADIO.id, (("issi", 1401777),)),
    Note(CONFERENCE.id, BEGAN_S + 13, RadioNote.RADIO_TALK_STOPPED, RADIO.id),
    Note(CONFERENCE.id, BEGAN_S + 13, RadioNote.TRANSMISSION_STARTED, RADIO.id),
    Note(CONFERENCE.id, BEGAN_S + 13.5, ConferenceNote.TALK_STARTED, TIB.id),
    Note(CONFERENCE.id, BEGAN_S + 14, RadioNote.TRANSMISSION_STOPPED, RADIO.id),
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
