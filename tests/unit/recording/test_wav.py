"""A recording that Asterisk could not finish is read in full."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.recording.wav import WavError, blocks, read_layout
from tests.unit.recording.recordings import speech, wav


def read(path: Path) -> bytes:
    return b"".join(blocks(path, read_layout(path), block_frames=1000))


def test_a_finished_recording_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "rec.wav"
    path.write_bytes(wav(speech()) + b"LIST\x04\x00\x00\x00abcd")
    layout = read_layout(path)
    assert (layout.rate_hz, layout.channels, layout.duration_s, layout.repaired) == (8000, 1, 2.0, False)
    assert read(path) == speech()


@pytest.mark.parametrize("told", [0, 0xFFFFFFFF, 10_000_000])
def test_a_header_without_the_true_size_costs_no_sound(tmp_path: Path, told: int) -> None:
    path = tmp_path / "rec.wav"
    path.write_bytes(wav(speech(), told=told))
    assert read_layout(path).repaired
    assert read_layout(path).duration_s == 2.0
    assert read(path) == speech()


def test_half_a_sample_at_the_end_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "rec.wav"
    path.write_bytes(wav(speech() + b"\x01", told=0))
    assert read(path) == speech()


def test_other_chunks_before_the_sound_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "rec.wav"
    path.write_bytes(wav(speech(), rate_hz=16000, extra=b"LIST\x03\x00\x00\x00abc\x00"))
    assert read(path) == speech()
    assert read_layout(path).rate_hz == 16000


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"RIFF", "ends before"),
        (b"\x00" * 4096, "no WAV file"),
        (wav(b"", told=0), "no sound"),
        (wav(speech())[:40], "ends before"),
        (wav(speech()).replace(b"fmt ", b"xxxx"), "no format"),
        (wav(speech(), rate_hz=0), "not 16-bit PCM"),
        (b"RIFF\x00\x00\x00\x00WAVE" + b"junk\x00\x00\x00\x00" * 1000, "no sound"),
    ],
)
def test_what_holds_no_sound_is_refused_with_the_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "rec.wav"
    path.write_bytes(content)
    with pytest.raises(WavError, match=reason):
        read_layout(path)


@given(st.binary(max_size=200))
def test_garbage_is_refused_or_read_and_nothing_else(content: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"RIFF\x00\x00\x00\x00WAVE" + content)
        file.flush()
        path = Path(file.name)
        try:
            layout = read_layout(path)
        except WavError:
            return
        assert len(b"".join(blocks(path, layout))) == layout.data_bytes
