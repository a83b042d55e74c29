"""What Asterisk writes is forced to the disk while it is written, and a full disk is told in time."""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from bridge.domain.kernel.ids import RecordingId
from bridge.domain.kernel.reasons import WELL
from bridge.recording import RecordingSettings, SpoolWatcher, Stranded
from tests.harness.reasons import english
from tests.harness.wait import until
from tests.unit.recording.recordings import speech, wav


class Synced(list[str]):
    """The names of the files that were forced to the disk."""


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    spool, archive = tmp_path / "spool", tmp_path / "archive"
    spool.mkdir()
    archive.mkdir()
    return spool, archive


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> Synced:
    found, real = Synced(), os.fdatasync

    def fdatasync(descriptor: int) -> None:
        found.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        real(descriptor)

    monkeypatch.setattr(os, "fdatasync", fdatasync)
    return found


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Makes every disk look as full as said."""

    def percent(value: int) -> None:
        monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bavail=value, f_blocks=100))

    return percent


def test_what_has_grown_is_forced_to_the_disk_and_nothing_else(folders: tuple[Path, Path], synced: Synced) -> None:
    spool, archive = folders
    watcher = SpoolWatcher(spool, archive)
    with (spool / "rec-1.wav").open("wb") as growing:
        (spool / "rec-2.wav").write_bytes(wav(speech()))
        (spool / "other.txt").write_text("not a recording")
        growing.write(b"x" * 100)
        growing.flush()
        watcher.look()
        assert sorted(synced) == ["rec-1.wav", "rec-2.wav"]
        synced.clear()
        watcher.look()
        assert synced == []
        growing.write(b"y" * 100)
        growing.flush()
        watcher.look()
        assert synced == ["rec-1.wav"]
    (spool / "rec-1.wav").unlink()
    watcher.look()
    assert watcher.health()["spool disk"] == WELL


async def test_it_looks_again_and_again(folders: tuple[Path, Path], synced: Synced) -> None:
    spool, archive = folders
    task = asyncio.create_task(SpoolWatcher(spool, archive, RecordingSettings(sync_interval_s=0.01)).run())
    for number in range(3):
        (spool / f"rec-{number}.wav").write_bytes(b"x")
        await until(lambda wanted=number + 1: len(set(synced)) == wanted, 10)  # type: ignore[misc]
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def test_room_is_told_and_at_the_last_five_percent_no_recording_begins(
    folders: tuple[Path, Path], free: Callable[[int], None]
) -> None:
    watcher = SpoolWatcher(*folders)
    free(50)
    watcher.look()
    assert watcher.health() == {"spool disk": WELL, "archive disk": WELL}
    free(15)
    watcher.look()
    assert english(watcher.health()["spool disk"]) == "15 % free: free space soon"
    assert watcher.may_record
    free(4)
    watcher.look()
    assert "no new recording" in english(watcher.health()["archive disk"])
    assert not watcher.may_record
    free(50)
    watcher.look()
    assert watcher.may_record


def test_a_disk_that_refuses_is_told_and_the_watch_goes_on(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    spool, archive = folders
    (spool / "rec-1.wav").write_bytes(b"x")
    watcher = SpoolWatcher(spool, archive)

    def broken(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", broken)
        watcher.look()
    assert "cannot be forced to the disk" in english(watcher.health()["spool disk"])
    watcher.look()
    assert watcher.health()["spool disk"] == WELL


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    watcher = SpoolWatcher(tmp_path / "spool", tmp_path / "archive")
    watcher.look()
    assert "check the mount" in english(watcher.health()["archive disk"])


def test_what_no_recording_owns_is_listed_at_start_and_kept(folders: tuple[Path, Path]) -> None:
    spool, archive = folders
    (spool / "rec-1.wav").write_bytes(wav(speech()))
    stranded = spool / "rec-2.wav"
    stranded.write_bytes(wav(speech(), told=0))
    empty = spool / "rec-3.wav"
    empty.touch()
    (archive / ".partial").mkdir()
    (archive / ".partial" / "rec-1.flac").write_bytes(b"half")
    assert SpoolWatcher(spool, archive).recover({RecordingId("rec-1")}) == [
        Stranded(RecordingId("rec-2"), stranded, stranded.stat().st_size, 2.0),
        Stranded(RecordingId("rec-3"), empty, 0, None),
    ]
    assert stranded.exists()
    assert empty.exists()
    assert list((archive / ".partial").iterdir()) == []
