"""One voice beside the mix: its parts at their time, cut where silence was ordered."""

import asyncio
import json
import os
import time
import zipfile
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bridge.ari.reasons import AsteriskReason
from bridge.domain.conference.records import Seat
from bridge.domain.kernel.events import EffectFailed, Event
from bridge.domain.kernel.ids import RecordingId
from bridge.domain.kernel.journal import Note
from bridge.domain.recording.events import RecordingArchived
from bridge.domain.recording.notes import RecordingNote
from bridge.domain.recording.records import ArchiveState, Recording
from bridge.domain.siderooms.notes import SideRoomNote
from bridge.ports import ArchivedRecording, FaultyTrack
from bridge.recording import Recorder, SpanKind
from bridge.recording.package import package
from bridge.recording.timeline import recording_timeline
from tests.harness.wait import until
from tests.unit.recording.recordings import (
    BEGAN_S,
    CONFERENCE,
    NOTES,
    RADIO,
    RECORDING,
    TIB,
    Catalogue,
    Events,
    FixedClock,
    meeting,
    wav,
)

RATE_HZ = 8000
VOICE = Recording(
    RecordingId("rec-3"),
    CONFERENCE.id,
    BEGAN_S,
    ArchiveState.SPOOLED,
    ended_at_s=BEGAN_S + 10,
    seat=TIB.id,
    beside=RECORDING.id,
)
ARCHIVED_AS = "2026/09/2026-09-21_varmebolja-lagesbild-1_tib_rec-3.flac"
MARKS = (
    *NOTES,
    Note(CONFERENCE.id, BEGAN_S + 5, RecordingNote.OFF_RECORD),
    Note(CONFERENCE.id, BEGAN_S + 6, RecordingNote.ON_RECORD),
)


def speech(seconds: float, seed: int) -> bytes:
    return np.random.default_rng(seed).integers(1, 9000, int(seconds * RATE_HZ)).astype("<i2").tobytes()


def silence(seconds: float) -> bytes:
    return bytes(2 * int(seconds * RATE_HZ))


def found(path: Path | None = None) -> ArchivedRecording:
    recording = VOICE if path is None else replace(VOICE, state=ArchiveState.ARCHIVED, file=ARCHIVED_AS, duration_s=10)
    return ArchivedRecording(recording, CONFERENCE, (TIB, RADIO), path)


class Rig:
    """A recorder whose participants' tracks lie in Asterisk's folder for them."""

    def __init__(self, folder: Path) -> None:
        self.spool, self.tapes, self.archive = folder / "spool", folder / "tapes", folder / "archive"
        for path in (self.spool, self.tapes, self.archive):
            path.mkdir()
        self.events = Events()
        self.catalogue = catalogue = Catalogue(found(), meeting(), notes=MARKS)
        self.recorder = Recorder(
            self.spool, self.archive, catalogue, FixedClock(), self.events.append, tapes=self.tapes
        )

    def part(self, name: str, data: bytes, *, told: int | None = None) -> Path:
        file = self.tapes / name
        file.write_bytes(wav(data, channels=1, rate_hz=RATE_HZ, told=told))
        return file

    def listed(self, **parts: tuple[float, float | None]) -> None:
        told = [
            {"file": f"{name.replace('_', '-').replace('x', '.')}.wav", "began_at_s": BEGAN_S + began_s}
            | ({} if ended_s is None else {"ended_at_s": BEGAN_S + ended_s})
            for name, (began_s, ended_s) in parts.items()
        ]
        (self.tapes / "rec-3.json").write_text(json.dumps({"parts": told}))

    async def answer(self) -> Event:
        before = len(self.events)
        await self.recorder.archive(VOICE.id)
        await until(lambda: len(self.events) > before, 20)
        return self.events[-1]

    def sound(self) -> bytes:
        samples, rate_hz = soundfile.read(self.archive / ARCHIVED_AS, dtype="int16")
        assert rate_hz == RATE_HZ
        return np.ascontiguousarray(samples, "<i2").tobytes()


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    made = Rig(tmp_path)
    running = asyncio.create_task(made.recorder.run())
    yield made
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_the_parts_stand_at_their_time_and_the_track_is_as_long_as_its_mix(rig: Rig) -> None:
    rig.part("rec-3.wav", speech(2, 1))
    rig.part("rec-3.1.wav", speech(1, 2))
    rig.listed(rec_3=(1, 3), rec_3x1=(6, None))
    event = await rig.answer()
    assert isinstance(event, RecordingArchived), event
    assert (event.file, event.duration_s) == (ARCHIVED_AS, 10.0)
    assert rig.sound() == silence(1) + speech(2, 1) + silence(3) + speech(1, 2) + silence(3)
    assert list(rig.tapes.iterdir()) == []


async def test_what_a_file_holds_after_the_order_to_be_silent_is_not_in_the_track(rig: Rig) -> None:
    rig.part("rec-3.wav", speech(2, 1))
    rig.listed(rec_3=(1, 2.5))
    await rig.answer()
    assert rig.sound() == silence(1) + speech(2, 1)[: len(silence(1.5))] + silence(7.5)


async def test_the_manifest_says_whose_it_is_and_what_was_off_the_record(rig: Rig) -> None:
    rig.part("rec-3.wav", speech(2, 1))
    rig.listed(rec_3=(1, None))
    await rig.answer()
    told = json.loads((rig.archive / ARCHIVED_AS).with_suffix(".json").read_bytes())
    assert told["kind"] == "participant"
    assert (told["participant"]["name"], told["participant"]["organisation"]) == ("TiB", "Länsstyrelsen")
    assert [(one["kind"], one["start_s"], one["end_s"]) for one in told["timeline"]] == [
        ("talk", 1.0, 1.5),
        ("off_record", 5.0, 6.0),
    ]


async def test_the_manifest_marks_where_they_were_away_and_where_they_talked_in_private(rig: Rig) -> None:
    def moved(after_s: float, kind: SideRoomNote, person: Seat = TIB, **detail: bool) -> Note:
        return Note(CONFERENCE.id, BEGAN_S + after_s, kind, person.id, tuple(detail.items()))

    rig.catalogue.notes = (
        *NOTES,
        moved(3, SideRoomNote.SIDE_ROOM_ENTERED),
        moved(3.5, SideRoomNote.SIDE_ROOM_ENTERED, RADIO),
        moved(4, SideRoomNote.SIDE_ROOM_ENTERED, recorded=True),
        moved(6, SideRoomNote.SIDE_ROOM_LEFT),
        moved(8, SideRoomNote.SIDE_ROOM_ENTERED),
    )
    rig.part("rec-3.wav", speech(2, 1))
    rig.listed(rec_3=(1, None))
    await rig.answer()
    told = json.loads((rig.archive / ARCHIVED_AS).with_suffix(".json").read_bytes())["timeline"]
    assert [(one["kind"], one["name"], one["start_s"], one["end_s"]) for one in told][1:] == [
        ("away", "TiB", 3.0, 4.0),
        ("consultation", "TiB", 4.0, 6.0),
        ("away", "TiB", 8.0, 10.0),
    ]
    (mix,) = recording_timeline(meeting(), rig.catalogue.notes, BEGAN_S + 10)
    assert mix.kind is SpanKind.TALK, "the mix went on without them"


async def test_the_manifest_names_the_tracks_that_failed_or_are_cut_short_with_the_reason(rig: Rig) -> None:
    cut = replace(VOICE, cut_short=AsteriskReason.RECORDING_FAILED(evidence="no room"))
    rig.catalogue.recordings[VOICE.id] = replace(found(), recording=cut, faulty=(FaultyTrack(cut),))
    rig.part("rec-3.wav", speech(2, 1))
    rig.listed(rec_3=(1, None))
    await rig.answer()
    [told] = json.loads((rig.archive / ARCHIVED_AS).with_suffix(".json").read_bytes())["faults"]
    assert (told["recording"], told["kind"], told["name"]) == ("rec-3", "participant", "TiB")
    assert (told["state"], told["reason"]) == ("cut_short", "asterisk_recording_failed")
    assert told["words"] == "Asterisk har avbrutit inspelningen"


async def test_a_file_that_asterisk_is_still_writing_is_waited_for(rig: Rig) -> None:
    """Its sizes are written into the header when it is closed, a moment after the telephone has gone."""
    file = rig.part("rec-3.wav", speech(2, 1), told=0)
    rig.listed(rec_3=(1, None))
    assert isinstance(await rig.answer(), EffectFailed)
    assert file.exists()
    rig.part("rec-3.wav", speech(2, 1))
    assert isinstance(await rig.answer(), RecordingArchived)


async def test_a_file_that_asterisk_left_behind_is_kept_as_far_as_it_goes(rig: Rig) -> None:
    """Its meeting's mix was cut at the same moment: no silence stands for the time until somebody noticed."""
    file = rig.part("rec-3.wav", speech(2, 1), told=0)
    rig.listed(rec_3=(0, None))
    os.utime(file, (time.time() - 60,) * 2)
    assert isinstance(await rig.answer(), RecordingArchived)
    assert rig.sound() == speech(2, 1)


async def test_silence_of_one_who_left_before_a_power_cut_ends_with_the_mix(rig: Rig) -> None:
    """The mix has four seconds. The restart that closed it came after ten."""
    mix = replace(RECORDING, state=ArchiveState.ARCHIVED, duration_s=4.0, ended_at_s=BEGAN_S + 10)
    rig.catalogue.recordings[mix.id] = replace(meeting(), recording=mix)
    rig.part("rec-3.wav", speech(2, 1))
    rig.listed(rec_3=(0, 2))
    assert isinstance(await rig.answer(), RecordingArchived)
    assert rig.sound() == speech(2, 1) + silence(2)


async def test_and_with_a_mix_that_still_waits_in_the_spool(rig: Rig) -> None:
    (rig.spool / f"{RECORDING.id}.wav").write_bytes(wav(speech(3, 2), channels=1, rate_hz=RATE_HZ, told=0))
    rig.part("rec-3.wav", speech(2, 1))
    rig.listed(rec_3=(0, 2))
    assert isinstance(await rig.answer(), RecordingArchived)
    assert rig.sound() == speech(2, 1) + silence(1)


async def test_the_package_of_the_meeting_has_the_track_with_the_name(rig: Rig, tmp_path: Path) -> None:
    rig.part("rec-3.wav", speech(2, 1))
    rig.listed(rec_3=(1, None))
    await rig.answer()
    mix = tmp_path / "rec-1.flac"
    mix.write_bytes(b"sound")
    content = b"".join(package(meeting(mix), MARKS, tracks=[found(rig.archive / ARCHIVED_AS)]))
    (tmp_path / "package.zip").write_bytes(content)
    archive = zipfile.ZipFile(tmp_path / "package.zip")
    assert {Path(ARCHIVED_AS).name, "timeline_tib_rec-3.json"} <= set(archive.namelist())
    assert "deltagaren TiB" in archive.read("README.txt").decode()
