"""What is said in a talkgroup is recorded, both ways on one time line, whatever becomes of worker and disk."""

import asyncio
import errno
import json
import os
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import soundfile

from bridge.audio.align import locate
from bridge.audio.frame import SILENCE, Samples
from bridge.domain.kernel.ids import RecordingId
from bridge.domain.radio.events import PathDown, PathUp, SpeechBegan
from bridge.domain.recording.events import RecordingEnded, RecordingFailed, RecordingStarted
from bridge.media.client import MediaWorker
from bridge.media.settings import MediaSettings
from bridge.media.track_file import FRAME_BYTES, MOST_WAITING, TrackFile
from bridge.media.track_parts import TrackFolder
from bridge.ports import PortError
from bridge.recording.wav import read_layout
from tests.harness import align
from tests.harness.reasons import english
from tests.unit.media.sound import frames, phrase
from tests.unit.media.world import PATCH, CountingIds, FakeAsterisk, LoopClock, World, running_world, until

pytestmark = pytest.mark.realtime  # a process of its own, in real time

TRACK = RecordingId("rec-00000000000000000000000001")


@asynccontextmanager
async def recording_world(tracks: Path, **changes: float) -> AsyncIterator[World]:
    settings = MediaSettings.model_validate({"tracks": tracks, "auto_level": False, **changes})
    async with running_world(settings) as world:
        await world.open()
        await world.happened(PathUp)
        yield world


def samples(file: Path) -> Samples:
    both, rate_hz = soundfile.read(file, dtype="int16", always_2d=True)
    assert rate_hz == 8000
    return np.asarray(both, dtype=np.int16)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def begun(world: World) -> None:
    await world.media.start_track(PATCH, TRACK)
    await world.happened(RecordingStarted)


async def test_the_radio_is_on_the_left_and_what_goes_to_it_on_the_right_of_one_time_line(tmp_path: Path) -> None:
    async with recording_world(tmp_path) as world:
        await begun(world)
        await world.media.set_radio_heard(PATCH, heard=True)
        await world.terminal.talk(list(frames(phrase(1))))
        await world.media.set_radio_heard(PATCH, heard=False)
        world.asterisk.leg.say += [*frames(phrase(2))]
        await world.happened(SpeechBegan)
        await world.media.send_voice(PATCH)
        await world.on_air(60)
        await world.media.stop_track(PATCH, TRACK)
        await world.happened(RecordingEnded)
        track = samples(tmp_path / f"{TRACK}.wav")
        [ended] = world.of(RecordingEnded)
        assert ended.duration_s == pytest.approx(len(track) / 8000, abs=0.2)
        left = locate(phrase(1)[160:], np.ascontiguousarray(track[:, 0]))
        right = align.find_exact(phrase(2), np.ascontiguousarray(track[:, 1]))
        assert left.score > 0.99
        assert right is not None
        assert right > left.offset + 7000, "one after the other, as they were said"
        assert not track[left.offset : left.offset + 7000, 1].any()


async def test_the_radio_is_recorded_only_while_its_gate_is_open(tmp_path: Path) -> None:
    async with recording_world(tmp_path) as world:
        await begun(world)
        await world.terminal.talk(list(frames(phrase(1, 0.5))))
        await world.media.stop_track(PATCH, TRACK)
        await world.happened(RecordingEnded)
        track = samples(tmp_path / f"{TRACK}.wav")
        assert len(track) >= 3200
        assert not track.any()


async def test_a_killed_worker_costs_a_second_at_most_and_the_track_goes_on_in_another_part(tmp_path: Path) -> None:
    async with recording_world(tmp_path) as world:
        await begun(world)
        await world.media.set_radio_heard(PATCH, heard=True)
        await world.terminal.talk(list(frames(phrase(1, 1.5))))
        pid = world.media.worker_pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await world.happened(PathDown)
        await world.happened(PathUp, 2)
        await until(lambda: (tmp_path / f"{TRACK}.1.wav").exists(), "a second part")
        await world.media.set_radio_heard(PATCH, heard=True)
        await world.terminal.talk([*frames(phrase(2, 0.5)), *[SILENCE] * 10])
        await world.media.stop_track(PATCH, TRACK)
        await world.happened(RecordingEnded)
        first = read_layout(tmp_path / f"{TRACK}.wav")
        assert not first.repaired, "its header was right at every moment"
        assert first.duration_s >= 0.5
        assert locate(phrase(2, 0.5)[160:], samples(tmp_path / f"{TRACK}.1.wav")[:, 0].copy()).score > 0.99
        index = json.loads((tmp_path / f"{TRACK}.json").read_text())
        assert [part["file"] for part in index["parts"]] == [f"{TRACK}.wav", f"{TRACK}.1.wav"]
        began = [part["began_at_s"] for part in index["parts"]]
        assert index["began_at_s"] == began[0] < began[1]
        [ended] = world.of(RecordingEnded)
        second = read_layout(tmp_path / f"{TRACK}.1.wav")
        assert ended.duration_s == pytest.approx(began[1] + second.duration_s - began[0], abs=0.2)
        assert world.count(RecordingStarted) == 1


async def test_a_track_that_an_earlier_program_began_goes_on_in_another_part(tmp_path: Path) -> None:
    async with recording_world(tmp_path) as world:
        await begun(world)
    async with recording_world(tmp_path) as world:
        await begun(world)
        await world.media.stop_track(PATCH, TRACK)
        await world.happened(RecordingEnded)
    parts = json.loads((tmp_path / f"{TRACK}.json").read_text())["parts"]
    assert [part["file"] for part in parts] == [f"{TRACK}.wav", f"{TRACK}.1.wav"]


async def test_a_track_that_nobody_goes_on_with_ends_where_its_file_does(tmp_path: Path) -> None:
    async with recording_world(tmp_path) as world:
        await begun(world)
        await world.terminal.talk([SILENCE] * 40)
    async with recording_world(tmp_path) as world:
        await world.media.stop_track(PATCH, TRACK)
        [ended] = world.of(RecordingEnded)
        assert ended.duration_s == pytest.approx(read_layout(tmp_path / f"{TRACK}.wav").duration_s, abs=0.01)
        with pytest.raises(PortError, match="there is no track"):
            await world.media.stop_track(PATCH, RecordingId("rec-unknown"))


async def test_starting_twice_is_one_track_and_closing_the_path_ends_it(tmp_path: Path) -> None:
    async with recording_world(tmp_path) as world:
        await begun(world)
        await world.media.start_track(PATCH, TRACK)
        await world.media.close_path(PATCH)
        await world.happened(RecordingEnded)
        assert world.count(RecordingStarted) == 1
    assert names_in(tmp_path) == [f"{TRACK}.json", f"{TRACK}.wav"]


async def test_off_the_record_while_its_file_is_being_made_nothing_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, go_on, next_part = threading.Event(), threading.Event(), TrackFolder.next_part

    def slow(folder: TrackFolder, recording: RecordingId) -> Path:
        entered.set()
        go_on.wait(10)
        return next_part(folder, recording)

    async with recording_world(tmp_path) as world:
        monkeypatch.setattr(TrackFolder, "next_part", slow)
        starting = asyncio.create_task(world.media.start_track(PATCH, TRACK))
        await until(entered.is_set, "the file is being made")
        await world.media.stop_track(PATCH, TRACK)
        await world.happened(RecordingEnded)
        go_on.set()
        await starting
        other = RecordingId("rec-00000000000000000000000002")
        await world.media.start_track(PATCH, other)
        await until(lambda: other in [one.recording for one in world.of(RecordingStarted)], "the next one runs")
        assert [one.recording for one in world.of(RecordingStarted)] == [other]
    assert not [name for name in names_in(tmp_path) if name.startswith(TRACK)]


async def test_a_disk_that_cannot_be_written_is_told_and_the_sound_goes_on(tmp_path: Path) -> None:
    in_the_way = tmp_path / "tracks"
    in_the_way.write_text("a file, no folder")
    async with recording_world(in_the_way) as world:
        await world.media.start_track(PATCH, TRACK)
        await world.happened(RecordingFailed)
        assert "cannot be written" in english(world.of(RecordingFailed)[0].reason)
        world.asterisk.leg.say += [*frames(phrase(1))]
        await world.happened(SpeechBegan)
        await world.media.send_voice(PATCH)
        await world.on_air(20)


async def test_without_asterisk_the_talkgroup_is_recorded_all_the_same(tmp_path: Path) -> None:
    async with running_world(MediaSettings(tracks=tmp_path, auto_level=False)) as world:
        world.asterisk.refusals = 1000
        with pytest.raises(PortError, match="no such mix"):
            await world.open()
        await until(lambda: world.terminal.connected, "the terminal's audio")
        await begun(world)
        await world.media.set_radio_heard(PATCH, heard=True)
        await world.terminal.talk([*frames(phrase(1)), *[SILENCE] * 10])
        await world.media.stop_track(PATCH, TRACK)
        await world.happened(RecordingEnded)
        assert locate(phrase(1)[160:], samples(tmp_path / f"{TRACK}.wav")[:, 0].copy()).score > 0.99


async def test_where_no_folder_is_set_a_track_is_refused() -> None:
    media = MediaWorker(FakeAsterisk(), CountingIds(), LoopClock(), print, MediaSettings())
    with pytest.raises(PortError, match="no folder for tracks"):
        await media._tracks.start(PATCH, TRACK, None)


# --- the file ---


class Watched:
    """A file's own thread, and what it told."""

    def __init__(self, file: Path) -> None:
        self.opened, self.ended = threading.Event(), threading.Event()
        self.failure = ""
        self.file = TrackFile(file, self.opened.set, self._failed, self.ended.set)

    def _failed(self, reason: str) -> None:
        self.failure = reason
        self.ended.set()


def test_a_full_disk_is_told_with_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(tmp_path / "track.wav")
    watched.file.start()
    assert watched.opened.wait(10)
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    monkeypatch.setattr(os, "pwrite", Mock(side_effect=full))  # no disk can be filled here
    watched.file.write(bytes(FRAME_BYTES))
    assert watched.ended.wait(10)
    assert watched.failure == "track.wav cannot be written: No space left on device"


def test_a_file_that_is_there_already_is_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "there.wav"
    file.write_text("precious")
    watched = Watched(file)
    watched.file.start()
    assert watched.ended.wait(10)
    assert "File exists" in watched.failure
    assert file.read_text() == "precious"


def test_a_disk_that_stands_still_costs_sound_but_no_time(tmp_path: Path) -> None:
    watched = Watched(tmp_path / "slow.wav")
    pieces = [np.full((4000, 2), number, dtype="<i2") for number in range(MOST_WAITING + 4)]
    for piece in pieces[:-1]:
        watched.file.write(piece.tobytes())  # the thread does not run yet: the disk stands still
    watched.file.start()
    assert watched.opened.wait(10)
    while not watched.file.is_idle:
        watched.ended.wait(0.01)
    watched.file.write(pieces[-1].tobytes())
    watched.file.close(10)
    track = samples(tmp_path / "slow.wav")
    assert len(track) == len(pieces) * 4000
    assert np.array_equal(track[::4000][:, 0], [*range(MOST_WAITING), 0, 0, 0, MOST_WAITING + 3])
    assert watched.file.lost_frames == 3 * 4000


def test_the_file_is_whole_at_every_moment(tmp_path: Path) -> None:
    watched = Watched(tmp_path / "track.wav")
    watched.file.start()
    for number in range(5):
        watched.file.write(np.full((4000, 2), number + 1, dtype="<i2").tobytes())
        while not watched.file.is_idle:
            watched.ended.wait(0.005)
        layout = read_layout(tmp_path / "track.wav")
        assert (layout.frames, layout.channels, layout.repaired) == ((number + 1) * 4000, 2, False)
        assert (tmp_path / "track.wav").stat().st_size == 44 + (number + 1) * 4000 * FRAME_BYTES
    watched.file.close(10)


def test_an_unreadable_list_of_parts_is_begun_anew(tmp_path: Path) -> None:
    folder = TrackFolder(tmp_path)
    (tmp_path / f"{TRACK}.json").write_text("{")
    assert folder.span(TRACK) is None
    assert folder.add_part(TRACK, "a.wav", 5.0) == 5.0
    assert folder.add_part(TRACK, "b.wav", 9.0) == 5.0
