"""The shape of a sound is what a waveform shows, and is made once."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bridge.ports import ArchivedRecording
from bridge.recording import peaks
from bridge.recording.peaks import FOLDER, PER_S, Peaks, shape_of
from tests.unit.recording.recordings import meeting


def an_archived(file: Path, sha256: str = "0" * 64) -> ArchivedRecording:
    found = meeting(file)
    return replace(found, recording=replace(found.recording, sha256=sha256))


def written(file: Path, samples: np.ndarray, rate_hz: int = 8000) -> Path:
    soundfile.write(file, samples, rate_hz, subtype="PCM_16", format="FLAC")
    return file


def pairs(content: bytes) -> np.ndarray:
    return np.frombuffer(content, np.int8).reshape(-1, 2)


def test_each_tenth_of_a_second_has_its_least_and_greatest_sample(tmp_path: Path) -> None:
    samples = np.zeros(8000, np.int16)
    samples[850], samples[900] = 32767, -32768
    shape = shape_of(written(tmp_path / "a.flac", samples))
    assert (shape.per_s, shape.count) == (PER_S, 10)
    assert pairs(shape.pairs)[1].tolist() == [-128, 127]
    assert not pairs(shape.pairs)[[0, *range(2, 10)]].any()


def test_both_channels_are_seen(tmp_path: Path) -> None:
    samples = np.zeros((1600, 2), np.int16)
    samples[10, 0], samples[1000, 1] = 25600, -25600
    assert pairs(shape_of(written(tmp_path / "a.flac", samples)).pairs).tolist() == [[0, 100], [-100, 0]]


def test_a_very_long_sound_has_longer_stretches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peaks, "MOST", 100)
    shape = shape_of(written(tmp_path / "a.flac", np.ones(8000 * 100, np.int16)))
    assert shape.count <= 100
    assert shape.count / shape.per_s == pytest.approx(100, rel=0.02)


def test_it_is_made_once_and_made_again_when_its_file_is_cut(tmp_path: Path) -> None:
    found = an_archived(written(tmp_path / "a.flac", np.full(8000, 25600, np.int16)))
    made = Peaks(tmp_path)(found)
    [kept] = (tmp_path / FOLDER).iterdir()
    found.path.unlink()  # type: ignore[union-attr]
    assert Peaks(tmp_path)(found) == made  # the sound is not read again
    kept.write_bytes(kept.read_bytes()[:-1])
    with pytest.raises((OSError, soundfile.SoundFileError)):
        Peaks(tmp_path)(found)


def test_the_folder_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peaks, "MOST_KEPT", 3)
    for one in range(6):
        found = an_archived(written(tmp_path / f"{one}.flac", np.full(800, one, np.int16)), sha256=f"{one:064}")
        Peaks(tmp_path)(found)
    assert len(list((tmp_path / FOLDER).iterdir())) == 3
