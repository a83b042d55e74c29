"""Beside the master there is a copy for slow lines, and how loud it is. The master is never altered."""

from hashlib import sha256
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile

from bridge.recording import loudness
from bridge.recording.copies import SoundCopies
from tests.unit.api.devices import flac
from tests.unit.api.region import Region


def tone(seconds: float, dbfs: float, rate_hz: int = 8000, hz: float = 997.0) -> np.ndarray:
    time_s = np.arange(int(seconds * rate_hz)) / rate_hz
    return (32767 * 10 ** (dbfs / 20) * np.sin(2 * np.pi * hz * time_s)).astype(np.int16)


@pytest.mark.parametrize("rate_hz", [8000, 16000, 48000])
def test_a_tone_of_a_known_level_has_the_loudness_of_the_standard(tmp_path: Path, rate_hz: int) -> None:
    """BS.1770-4: a sine of 997 Hz at 0 dBFS in one channel is -3.01 LUFS."""
    soundfile.write(tmp_path / "a.flac", tone(5.0, -20.0, rate_hz), rate_hz, subtype="PCM_16")
    lufs, peak = loudness.measure(tmp_path / "a.flac")
    assert lufs == pytest.approx(-23.01, abs=0.3)
    assert peak == pytest.approx(-20.0, abs=0.05)


def test_pauses_do_not_make_a_speaker_quiet(tmp_path: Path) -> None:
    with_pauses = np.concatenate([tone(3.0, -20.0), np.zeros(8000 * 20, np.int16), tone(3.0, -20.0)])
    soundfile.write(tmp_path / "a.flac", with_pauses, 8000, subtype="PCM_16")
    lufs, _ = loudness.measure(tmp_path / "a.flac")
    assert lufs == pytest.approx(-23.0, abs=0.6)


def test_silence_has_no_loudness(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", np.zeros(16000, np.int16), 8000, subtype="PCM_16")
    assert loudness.measure(tmp_path / "a.flac") == (None, None)


@pytest.mark.slow
async def test_a_copy_for_the_web_is_made_as_long_as_the_master(region: Region, host: httpx.AsyncClient) -> None:
    recording = await region.recorded("a.flac", sound=flac(tone(65.3, -30.0)))
    master = sha256(region.recording_file("a.flac").read_bytes()).hexdigest()
    assert (await host.get(f"/recordings/{recording}/web-audio")).status_code == 409
    assert await SoundCopies(region.copies, region.archive_folder).look() == 1
    told = (await host.get(f"/recordings/{recording}/loudness")).json()
    assert told["loudness_lufs"] == pytest.approx(-33.0, abs=0.3)
    assert told["gain_db"] == pytest.approx(14.0, abs=0.3)
    answer = await host.get(f"/recordings/{recording}/web-audio", headers={"Range": "bytes=0-3"})
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (206, b"OggS", "audio/ogg")
    assert [line.object for line in await region.audited("recording.listened")] == [recording]
    copy = soundfile.info(region.recording_file("a.opus"))
    assert copy.duration == pytest.approx(65.3, abs=0.05)
    assert sha256(region.recording_file("a.flac").read_bytes()).hexdigest() == master
    assert (await region.proof.verification.verify()).findings == ()


async def test_a_copy_for_the_web_answers_ranges_as_safari_asks_them(region: Region, host: httpx.AsyncClient) -> None:
    """Two bytes first, then from a byte to the end; a range beyond it is refused with the length."""
    recording = await region.recorded("a.flac", sound=flac(tone(5.0, -30.0)))
    await SoundCopies(region.copies, region.archive_folder).look()
    whole = region.recording_file("a.opus").read_bytes()
    path = f"/recordings/{recording}/web-audio"
    for asked, span in (
        ("bytes=0-1", (0, 2)),
        (f"bytes=0-{len(whole) - 1}", (0, len(whole))),
        ("bytes=100-", (100, len(whole))),
    ):
        answer = await host.get(path, headers={"Range": asked})
        assert (answer.status_code, answer.content) == (206, whole[span[0] : span[1]])
        assert answer.headers["content-range"] == f"bytes {span[0]}-{span[1] - 1}/{len(whole)}"
    assert (await host.get(path, headers={"Range": f"bytes={len(whole)}-"})).status_code == 416


async def test_nothing_is_copied_while_somebody_is_in_a_meeting(region: Region) -> None:
    await region.recorded("a.flac", sound=flac(tone(2.0, -20.0)))
    asked = iter([False, False, True])
    copies = SoundCopies(region.copies, region.archive_folder, lambda: next(asked, True))
    assert await copies.look() == 0
    assert not region.recording_file("a.opus").exists()
    assert await SoundCopies(region.copies, region.archive_folder).look() == 1


async def test_a_sound_that_cannot_be_read_is_not_tried_for_ever(region: Region, host: httpx.AsyncClient) -> None:
    recording = await region.recorded("a.flac")
    copies = SoundCopies(region.copies, region.archive_folder)
    assert await copies.look() == 1
    assert await copies.look() == 0
    assert (await host.get(f"/recordings/{recording}/loudness")).json()["loudness_lufs"] is None
