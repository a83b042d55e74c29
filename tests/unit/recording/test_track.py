"""What was said in a talkgroup lies beside the meeting: whole, at its time, with who it was."""

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bridge.domain.kernel.events import EffectFailed, Event
from bridge.domain.kernel.ids import RecordingId
from bridge.domain.kernel.reasons import WELL
from bridge.domain.recording.events import RecordingArchived, RecordingFailed
from bridge.recording import Recorder, SpoolWatcher
from bridge.recording.package import package
from tests.harness.reasons import english
from tests.harness.wait import until
from tests.unit.recording.recordings import (
    NOTES,
    TRACK,
    TRACK_ARCHIVED_AS,
    TRACK_NOTES,
    Catalogue,
    Events,
    FixedClock,
    meeting,
    speech,
    track,
    wav,
)

RATE_HZ = 8000


def stereo(seconds: float, seed: int = 1) -> bytes:
    return np.random.default_rng(seed).integers(-9000, 9000, (int(seconds * RATE_HZ), 2)).astype("<i2").tobytes()


async def names() -> Mapping[int, str]:
    return {1401001: "Insatsledare"}


class Rig:
    """A recorder whose tracks lie in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.spool, self.tracks, self.archive = folder / "spool", folder / "tracks", folder / "archive"
        for path in (self.spool, self.tracks, self.archive):
            path.mkdir()
        self.events = Events()
        self.recorder = Recorder(
            self.spool,
            self.archive,
            Catalogue(track(), meeting(), notes=TRACK_NOTES),
            FixedClock(),
            self.events.append,
            tracks=self.tracks,
            issi_names=names,
        )

    def part(self, name: str, data: bytes, *, rate_hz: int = RATE_HZ, told: int | None = None) -> None:
        (self.tracks / name).write_bytes(wav(data, channels=2, rate_hz=rate_hz, told=told))

    def listed(self, *parts: tuple[str, float]) -> None:
        told = {"began_at_s": parts[0][1], "parts": [{"file": file, "began_at_s": at_s} for file, at_s in parts]}
        (self.tracks / "rec-2.json").write_text(json.dumps(told))

    async def answer(self, recording: RecordingId = TRACK.id) -> Event:
        before = len(self.events)
        await self.recorder.archive(recording)
        await until(lambda: len(self.events) > before, 20)
        return self.events[-1]

    async def archived(self) -> RecordingArchived:
        event = await self.answer()
        assert isinstance(event, RecordingArchived), event
        return event

    def sound(self) -> bytes:
        samples, rate_hz = soundfile.read(self.archive / TRACK_ARCHIVED_AS, dtype="int16")
        assert rate_hz == RATE_HZ
        return np.ascontiguousarray(samples, "<i2").tobytes()

    def manifest(self) -> dict[str, object]:
        found: dict[str, object] = json.loads((self.archive / TRACK_ARCHIVED_AS).with_suffix(".json").read_bytes())
        return found


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    made = Rig(tmp_path)
    running = asyncio.create_task(made.recorder.run())
    yield made
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_a_track_is_archived_in_stereo_beside_the_mix_with_its_talkgroup(rig: Rig) -> None:
    rig.part("rec-2.wav", stereo(2))
    rig.listed(("rec-2.wav", TRACK.started_at_s))
    event = await rig.archived()
    assert (event.file, event.duration_s) == (TRACK_ARCHIVED_AS, 2.0)
    assert rig.sound() == stereo(2)
    manifest = rig.manifest()
    assert manifest["kind"] == "talkgroup"
    assert manifest["talkgroup"] == {
        "gssi": 2401, "name": "RAPS-1", "terminal": "rakel-1", "left": "from the radio", "right": "to the radio",
    }  # fmt: skip
    assert list(rig.tracks.iterdir()) == []


async def test_its_timeline_tells_who_the_radio_users_were_and_what_was_sent(rig: Rig) -> None:
    rig.part("rec-2.wav", stereo(6))
    await rig.archived()
    timeline = rig.manifest()["timeline"]
    assert isinstance(timeline, list)
    assert [(one["kind"], one["name"], one["issi"], one["start_s"], one["end_s"]) for one in timeline] == [
        ("radio", "Insatsledare", 1401001, 1.0, 2.0),
        ("radio", "1401777", 1401777, 2.0, 3.0),
        ("transmission", "RAPS-1", None, 3.0, 4.0),
    ]


async def test_a_worker_that_was_started_anew_leaves_silence_and_no_shift(rig: Rig) -> None:
    began_s = TRACK.started_at_s
    rig.part("rec-2.wav", stereo(2, 1), told=0)
    rig.part("rec-2.1.wav", stereo(1, 2))
    rig.listed(("rec-2.wav", began_s + 0.25), ("rec-2.1.wav", began_s + 3))
    event = await rig.archived()
    assert event.duration_s == 4.0
    silence = bytes(4 * RATE_HZ // 4)
    assert rig.sound() == silence + stereo(2, 1) + silence * 3 + stereo(1, 2)
    original = rig.manifest()["original"]
    assert isinstance(original, list)
    assert [(one["file"], one["repaired"], one["silence_before_s"]) for one in original] == [
        ("rec-2.wav", True, 0.25),
        ("rec-2.1.wav", False, 0.75),
    ]


@pytest.mark.parametrize(
    "told", ["", "{", "[]", '{"parts": 1}', '{"parts": [{"file": "../x.wav"}]}', '{"parts": [{"began_at_s": 1}]}']
)
async def test_without_a_readable_list_the_parts_follow_each_other(rig: Rig, told: str) -> None:
    for number in (2, 10, 1):
        rig.part(f"rec-2.{number}.wav", stereo(0.5, number))
    rig.part("rec-2.wav", stereo(0.5, 0))
    (rig.tracks / "rec-2.json").write_text(told)
    await rig.archived()
    assert rig.sound() == b"".join(stereo(0.5, number) for number in (0, 1, 2, 10))


@pytest.mark.parametrize("shift_s", [-5.0, 90_000.0])
async def test_a_clock_that_was_set_makes_no_hours_of_silence(rig: Rig, shift_s: float) -> None:
    rig.part("rec-2.wav", stereo(1))
    rig.listed(("rec-2.wav", TRACK.started_at_s + shift_s))
    assert (await rig.archived()).duration_s == 1.0


async def test_a_part_that_holds_no_sound_is_passed_over(rig: Rig) -> None:
    rig.part("rec-2.wav", b"")
    rig.part("rec-2.1.wav", stereo(1))
    await rig.archived()
    assert rig.sound() == stereo(1)


async def test_a_track_whose_file_never_came_is_failed_with_the_reason(rig: Rig) -> None:
    event = await rig.answer()
    assert isinstance(event, RecordingFailed), event
    assert event.recording == TRACK.id
    assert "not among the tracks" in english(event.reason)


async def test_a_track_in_which_nothing_was_written_is_failed_with_the_reason(rig: Rig) -> None:
    rig.part("rec-2.wav", b"")
    event = await rig.answer()
    assert isinstance(event, RecordingFailed), event
    assert "no sound" in english(event.reason)


async def test_a_track_is_not_looked_for_in_the_spool_nor_a_mix_among_the_tracks(rig: Rig) -> None:
    (rig.spool / "rec-2.wav").write_bytes(wav(speech()))
    rig.part("rec-1.wav", stereo(1))
    for recording in ("rec-2", "rec-1"):
        assert isinstance(await rig.answer(RecordingId(recording)), RecordingFailed)


async def test_parts_that_do_not_fit_are_left_where_they_are(rig: Rig) -> None:
    rig.part("rec-2.wav", stereo(1))
    rig.part("rec-2.1.wav", stereo(1), rate_hz=16000)
    event = await rig.answer()
    assert isinstance(event, EffectFailed), event
    assert "another format" in english(event.reason)
    assert len(list(rig.tracks.iterdir())) == 2


def test_what_the_worker_writes_is_watched_over_and_found_again(rig: Rig) -> None:
    rig.part("rec-2.wav", stereo(1))
    rig.part("rec-2.1.wav", stereo(1))
    rig.part("rec-9.3.wav", stereo(1), told=0)
    watcher = SpoolWatcher(rig.spool, rig.archive, None, rig.tracks)
    watcher.look()
    assert watcher.health()["spool disk"] == WELL
    (stranded,) = watcher.recover([TRACK.id])
    assert (stranded.recording, stranded.duration_s) == ("rec-9", 1.0)


async def test_the_package_of_a_meeting_holds_its_talkgroups(rig: Rig, tmp_path: Path) -> None:
    rig.part("rec-2.wav", stereo(6))
    event = await rig.archived()
    mix = tmp_path / "mix.flac"
    soundfile.write(mix, np.zeros(100, "int16"), RATE_HZ, subtype="PCM_16")
    late = replace(track(), recording=replace(TRACK, id=RecordingId("rec-3")))
    beside = (track(rig.archive / event.file), late)
    content = b"".join(package(meeting(mix), TRACK_NOTES, tracks=beside, issi_names=await names()))
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert packed.namelist() == [
            "README.txt", "participants.csv", "participants.json", "timeline.json", "timeline_raps-1_rec-2.json",
            "mix.flac", Path(event.file).name, "SHA256SUMS",
        ]  # fmt: skip
        told = json.loads(packed.read("timeline_raps-1_rec-2.json"))
        readme = packed.read("README.txt").decode()
    assert [span["name"] for span in told["spans"]] == ["Insatsledare", "1401777", "RAPS-1"]
    assert told["talkgroup"]["gssi"] == 2401
    assert "talgruppen RAPS-1: vänster kanal från radion, höger till radion" in readme


async def test_a_track_alone_has_a_package_too(rig: Rig) -> None:
    rig.part("rec-2.wav", stereo(6))
    event = await rig.archived()
    content = b"".join(package(track(rig.archive / event.file), NOTES))
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert json.loads(packed.read("timeline.json"))["talkgroup"]["name"] == "RAPS-1"
