"""Levels are what the field means by dBFS, and tones are found where they are."""

import numpy as np
import pytest

from bridge.audio import levels, tones
from bridge.audio.align import locate
from bridge.audio.frame import SILENCE, to_samples, to_wave
from bridge.audio.levels import Meter, Reading
from tests.harness import align


def test_a_full_scale_sine_is_3_db_below_full_scale() -> None:
    sine = to_samples(tones.tone(1000, 1.0, level_dbfs=-3.01))
    assert levels.rms_dbfs(sine) == pytest.approx(-3.01, abs=0.01)
    assert levels.peak_dbfs(sine) == pytest.approx(0.0, abs=0.01)


def test_silence_and_nothing_have_a_number() -> None:
    assert levels.rms_dbfs(SILENCE) == levels.SILENT_DBFS
    assert levels.peak_dbfs(np.zeros(0, dtype=np.int16)) == levels.SILENT_DBFS


def test_the_most_negative_sample_is_full_scale() -> None:
    assert levels.peak_dbfs(np.array([-32768], dtype=np.int16)) == 0.0


def test_floats_and_samples_are_the_same_sound() -> None:
    every = np.arange(-32768, 32768).astype(np.int16)
    assert np.array_equal(to_samples(to_wave(every)), every)


def test_too_loud_floats_are_clipped_not_wrapped() -> None:
    assert to_samples(np.array([1.5, -1.5], dtype=np.float32)).tolist() == [32767, -32768]


def test_a_tone_is_found_at_its_frequency_and_nowhere_else() -> None:
    sound = to_samples(tones.tone(1000, 0.5, -20) + tones.noise(0.5, -50))
    assert tones.tone_dbfs(sound, 1000) == pytest.approx(-20, abs=0.5)
    assert tones.tone_dbfs(sound, 1300) < -55


def test_a_sound_is_located_inside_another_however_loud() -> None:
    phrase = to_samples(tones.chirp(300, 3000, 0.3))
    recording = to_samples(tones.noise(2.0, -60))
    recording[5000 : 5000 + phrase.size] += phrase // 2
    match = locate(phrase, recording)
    assert match.offset == 5000
    assert match.score > 0.99


def test_exact_search_is_not_fooled_by_half_samples() -> None:
    haystack = np.array([0x0201, 0x0403, 0x0302], dtype="<i2").astype(np.int16)
    assert align.find_exact(np.array([0x0302], dtype=np.int16), haystack) == 2
    assert align.find_exact(np.array([0x0908], dtype=np.int16), haystack) is None


def test_lost_and_doubled_samples_are_told_with_their_place() -> None:
    sound = to_samples(tones.noise(2.0, -20, seed=7))
    capture = np.concatenate((sound[:4000], sound[4160:9000], sound[8840:]))
    found = align.slips(sound, capture)
    assert [slip.samples for slip in found] == [-160, 160]
    assert abs(found[0].at - 4000) <= 400
    assert abs(found[1].at - 9000) <= 400


def test_an_unbroken_capture_has_no_slips() -> None:
    sound = to_samples(tones.noise(1.0, -20, seed=3))
    assert align.slips(sound, np.concatenate((SILENCE, sound, SILENCE))) == []


def test_a_meter_tells_peak_mean_and_the_loudest_frame_since_it_was_read() -> None:
    meter = Meter()
    meter.add(to_samples(tones.tone(1000, 0.02, -20)))
    for _ in range(9):
        meter.add(SILENCE)
    reading = meter.read()
    assert reading.loudest_dbfs == pytest.approx(-20, abs=0.1)
    assert reading.peak_dbfs == pytest.approx(-17, abs=0.1)
    assert reading.rms_dbfs == pytest.approx(-30, abs=0.1)
    assert meter.read() == Reading()
