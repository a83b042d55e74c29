"""A recording reaches the archive, whole and proved, whatever step a crash comes at."""

import asyncio
import hashlib
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile

from bridge.domain.kernel.events import EffectFailed
from bridge.domain.kernel.ids import RecordingId
from bridge.domain.kernel.reasons import WELL
from bridge.domain.recording.effects import ArchiveRecording
from bridge.domain.recording.events import RecordingArchived, RecordingFailed
from bridge.files import sha256_of
from bridge.ports import PortError
from bridge.recording import Recorder, RecordingSettings
from bridge.recording.job import ArchiveJob
from bridge.recording.manifest import fault_of, slug
from tests.harness.reasons import english
from tests.harness.small_disk import fill, small_disk
from tests.harness.wait import until
from tests.unit.recording.recordings import (
    ARCHIVED_AS,
    BEGAN_S,
    NOTES,
    RECORDING,
    Catalogue,
    Events,
    FixedClock,
    meeting,
    speech,
    wav,
)


class Rig:
    """A recorder on folders of its own."""

    def __init__(self, folder: Path, archive: Path | None = None) -> None:
        self.spool = folder / "spool"
        self.archive = archive or folder / "archive"
        self.spool.mkdir()
        self.archive.mkdir(exist_ok=True)
        self.original = self.spool / "rec-1.wav"
        self.final = self.archive / ARCHIVED_AS
        self.catalogue = Catalogue(meeting())
        self.events = Events()
        self.recorder = Recorder(
            self.spool,
            self.archive,
            self.catalogue,
            FixedClock(),
            self.events.append,
            RecordingSettings(queue_limit=2),
            {"samband": "0.1.0", "asterisk": "22.10.1"},
        )

    def job(self) -> ArchiveJob:
        return ArchiveJob(meeting(), NOTES, self.spool, self.archive, "Europe/Stockholm", {})

    async def archived(self) -> RecordingArchived:
        """Ask, and wait for the answer."""
        before = len(self.events)
        await self.recorder.archive(RECORDING.id)
        await until(lambda: len(self.events) > before, 20)
        event = self.events[-1]
        assert isinstance(event, RecordingArchived), event
        return event

    async def failed(self, recording: RecordingId = RECORDING.id) -> str:
        """Ask, and wait for the refusal."""
        before = len(self.events)
        await self.recorder.archive(recording)
        await until(lambda: len(self.events) > before, 20)
        event = self.events[-1]
        assert isinstance(event, EffectFailed), event
        assert event.effect == ArchiveRecording(recording)
        return english(event.reason)

    def assert_complete(self, data: bytes) -> None:
        """The archive holds the very sound, described; nothing is left over."""
        sound, rate_hz = soundfile.read(self.final, dtype="int16")
        assert rate_hz == 8000
        assert sound.astype("<i2").tobytes() == data
        manifest = json.loads(self.final.with_suffix(".json").read_bytes())
        assert manifest["audio"]["sha256"] == hashlib.sha256(self.final.read_bytes()).hexdigest()
        assert manifest["audio"]["pcm_sha256"] == hashlib.sha256(data).hexdigest()
        assert list(self.spool.iterdir()) == []
        assert list((self.archive / ".partial").iterdir()) == []


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    made = Rig(tmp_path)
    async with worked(made):
        yield made


@asynccontextmanager
async def worked(rig: Rig) -> AsyncIterator[None]:
    task = asyncio.create_task(rig.recorder.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_closed_recording_is_archived_as_flac_with_its_description(rig: Rig) -> None:
    rig.original.write_bytes(wav(speech()))
    event = await rig.archived()
    rig.assert_complete(speech())
    assert (event.recording, event.file, event.duration_s) == (RECORDING.id, ARCHIVED_AS, 2.0)
    assert event.sha256 == hashlib.sha256(rig.final.read_bytes()).hexdigest()
    manifest = json.loads(rig.final.with_suffix(".json").read_bytes())
    assert manifest["conference"]["name"] == "Värmebölja: lägesbild 1"
    assert [person["name"] for person in manifest["participants"]] == ["TiB", "RAPS-1"]
    assert [(span["name"], span["start_s"], span["end_s"]) for span in manifest["timeline"]] == [("TiB", 1.0, 1.5)]
    assert manifest["versions"] == {"samband": "0.1.0", "asterisk": "22.10.1"}
    assert manifest["kind"] == "mix"
    assert manifest["original"] == [
        {
            "file": "rec-1.wav",
            "bytes": len(wav(speech())),
            "sha256": hashlib.sha256(wav(speech())).hexdigest(),
            "repaired": False,
            "silence_before_s": 0.0,
        }
    ]
    assert rig.recorder.health() == {"archive": WELL}


async def test_a_recording_cut_by_a_crash_is_archived_in_full_and_says_so(rig: Rig) -> None:
    rig.original.write_bytes(wav(speech() + b"\x01", told=0))
    await rig.archived()
    rig.assert_complete(speech())
    assert json.loads(rig.final.with_suffix(".json").read_bytes())["original"][0]["repaired"] is True


@pytest.mark.parametrize("steps", range(5))
async def test_after_a_crash_at_any_step_it_is_done_once_more_to_the_same_end(rig: Rig, steps: int) -> None:
    rig.original.write_bytes(wav(speech()))
    interrupted = rig.job()
    for step in interrupted.steps[:steps]:
        step()
    event = await rig.archived()
    rig.assert_complete(speech())
    assert await rig.archived() == event


@pytest.mark.parametrize("call", range(2))
async def test_after_a_crash_between_the_two_names_it_is_done_once_more(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    rig.original.write_bytes(wav(speech()))
    interrupted, seen = rig.job(), 0
    replace_ = Path.replace

    def dies(self: Path, target: Path) -> Path:
        nonlocal seen
        seen += 1
        if seen > call:
            raise KeyboardInterrupt
        return replace_(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", dies)
        with pytest.raises(KeyboardInterrupt):
            interrupted.run()
    assert rig.original.exists()
    await rig.archived()
    rig.assert_complete(speech())


@pytest.mark.parametrize(("lasted_s", "missing_s"), [(2.0, 0.0), (2.9, 0.0), (12.0, 10.0)])
async def test_a_recording_that_is_shorter_than_its_time_says_by_how_much(
    rig: Rig, lasted_s: float, missing_s: float
) -> None:
    known = meeting()
    closed = replace(known.recording, ended_at_s=known.recording.started_at_s + lasted_s)
    rig.catalogue.recordings[RECORDING.id] = replace(known, recording=closed)
    rig.original.write_bytes(wav(speech()))
    await rig.archived()
    assert json.loads(rig.final.with_suffix(".json").read_bytes())["missing_s"] == missing_s


async def test_a_half_made_copy_from_before_is_made_again(rig: Rig) -> None:
    rig.original.write_bytes(wav(speech()))
    (rig.archive / ".partial").mkdir()
    (rig.archive / ".partial" / "rec-1.flac").write_bytes(b"fLaC half")
    rig.final.parent.mkdir(parents=True)
    rig.final.write_bytes(b"damaged")
    await rig.archived()
    rig.assert_complete(speech())


async def test_a_recording_that_is_nowhere_is_told(rig: Rig) -> None:
    await rig.recorder.archive(RECORDING.id)
    await until(lambda: bool(rig.events), 20)
    (event,) = rig.events
    assert isinstance(event, RecordingFailed)
    assert event.recording == RECORDING.id
    assert "not in the spool, and the file is missing" in english(event.reason)
    assert "unknown" in await rig.failed(RecordingId("rec-9"))


async def test_while_the_spool_itself_is_away_a_recording_is_not_given_up(rig: Rig) -> None:
    rig.original.parent.rmdir()
    assert "not in the spool" in await rig.failed()
    assert "could not be archived" in english(rig.recorder.health()["archive"])


@pytest.mark.parametrize("content", [b"", b"no sound", wav(b"")])
async def test_a_file_without_sound_is_told_and_kept(rig: Rig, content: bytes) -> None:
    rig.original.write_bytes(content)
    assert await rig.failed()
    assert rig.original.read_bytes() == content
    assert not rig.final.exists()


async def test_a_disk_that_refuses_loses_no_original(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.original.write_bytes(wav(speech()))

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", full)
        assert "No space left" in await rig.failed()
    assert rig.original.exists()
    assert not rig.final.exists()
    await rig.archived()
    rig.assert_complete(speech())


async def test_when_a_full_disk_has_room_again_the_recording_is_archived_on_asking_once_more(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 200_000) as disk:
        (disk / "archive").mkdir()
        rig = Rig(tmp_path, disk / "archive")
        async with worked(rig):
            rig.original.write_bytes(wav(speech()))
            ballast = fill(disk)
            for _ in range(2):
                assert "0 % of the archive's disk is free" in await rig.failed()
                assert "0 % of the archive's disk is free" in english(rig.recorder.health()["archive"])
                assert [path for path in (disk / "archive").rglob("*") if path.is_file()] == []
            await asyncio.to_thread(ballast.unlink)
            await rig.archived()
            rig.assert_complete(speech())
            assert rig.recorder.health() == {"archive": WELL}


async def test_an_id_that_is_a_path_leads_nowhere(rig: Rig) -> None:
    wicked = RecordingId("../../etc/passwd")
    rig.catalogue.recordings[wicked] = replace(meeting(), recording=replace(RECORDING, id=wicked))
    assert "cannot be a file name" in await rig.failed(wicked)


async def test_more_than_may_wait_is_refused_and_worth_a_retry(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    for name in ("rec-1", "rec-1", "rec-2"):
        await rig.recorder.archive(RecordingId(name))
    with pytest.raises(PortError) as refused:
        await rig.recorder.archive(RecordingId("rec-3"))
    assert refused.value.retry


async def test_an_archived_file_is_proved_by_its_hash(rig: Rig) -> None:
    rig.original.write_bytes(wav(speech()))
    event = await rig.archived()
    assert fault_of(rig.final) is None

    content = bytearray(rig.final.read_bytes())
    content[-1] ^= 1
    rig.final.write_bytes(content)
    assert sha256_of(rig.final) != event.sha256
    assert fault_of(rig.final) == "the file is not the one its manifest describes"
    manifest = rig.final.with_suffix(".json")
    manifest.write_text("[]")
    assert fault_of(rig.final) == "the manifest is damaged"
    manifest.unlink()
    assert fault_of(rig.final) == "the file has no manifest"
    rig.final.unlink()
    assert fault_of(rig.final) == "the file is missing from the archive"


async def test_an_exercise_is_marked_in_the_name(rig: Rig) -> None:
    rig.catalogue.recordings[RECORDING.id] = meeting(exercise=True)
    rig.original.write_bytes(wav(speech()))
    assert "_ovning-varmebolja" in (await rig.archived()).file


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Åre Älvdalen Östersund", "are-alvdalen-ostersund"),
        ("../../etc/passwd", "etc-passwd"),
        ("\n\x00🚒", "konferens"),
        ("", "konferens"),
        ("a" * 500, "a" * 60),
    ],
)
def test_any_name_becomes_a_safe_file_name(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_the_date_in_the_name_is_the_local_one() -> None:
    late = replace(meeting(), recording=replace(RECORDING, started_at_s=BEGAN_S + 8 * 3600))
    job = ArchiveJob(late, (), Path("spool"), Path("archive"), "Europe/Stockholm", {})
    assert str(job.file).startswith("2026/09/2026-09-22_")
