"""Limiter, gates and resampling, by what is heard."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.audio import tones
from bridge.audio.frame import FRAME_SAMPLES, Wave, to_samples
from bridge.audio.gate import Fader, GateConfig, NoiseGate
from bridge.audio.levels import rms_dbfs
from bridge.audio.limiter import Limiter, LimiterConfig
from bridge.audio.resample import resampler


def by_frames(wave: Wave, size: int = FRAME_SAMPLES) -> list[Wave]:
    return [wave[at : at + size] for at in range(0, wave.size - size + 1, size)]


# --- limiter ---


@given(seed=st.integers(0, 1000), level_dbfs=st.floats(-40, 20), ceiling_dbfs=st.floats(-20, 0))
def test_nothing_passes_the_ceiling(seed: int, level_dbfs: float, ceiling_dbfs: float) -> None:
    limiter = Limiter(LimiterConfig(ceiling_dbfs=ceiling_dbfs))
    wave = tones.noise(0.2, level_dbfs, seed) * np.repeat([0.01, 1, 0.1, 1, 0.001], 320).astype(np.float32)
    out = np.concatenate([limiter.process(frame) for frame in by_frames(wave)])
    assert np.abs(out).max() <= 10 ** (ceiling_dbfs / 20) * 1.0001


def test_what_is_below_the_ceiling_is_unchanged_and_two_milliseconds_late() -> None:
    limiter = Limiter(LimiterConfig())
    wave = tones.chirp(300, 3000, 0.5, -20)
    out = np.concatenate([limiter.process(frame) for frame in by_frames(wave)])
    assert np.array_equal(out[limiter.delay_samples :], wave[: -limiter.delay_samples])


def test_the_gain_comes_back_after_a_shout() -> None:
    limiter = Limiter(LimiterConfig(ceiling_dbfs=-12, release_db_per_s=60))
    wave = np.concatenate((tones.tone(500, 0.2, -3.01), tones.tone(500, 1.0, -30)))
    out = np.concatenate([limiter.process(frame) for frame in by_frames(wave)])
    assert rms_dbfs(to_samples(out[1700:1900])) < -33
    assert rms_dbfs(to_samples(out[-1600:])) == pytest.approx(-30, abs=0.2)


def test_a_ragged_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 16"):
        Limiter(LimiterConfig()).process(np.zeros(150, dtype=np.float32))


# --- gates ---


def test_a_closed_door_is_silent_and_an_open_one_changes_nothing() -> None:
    fader, frame = Fader(), tones.tone(500, 0.02)
    assert not fader.process(frame, opened=False).any()
    fader.process(frame, opened=True)
    assert np.array_equal(fader.process(frame, opened=True), frame)


def test_doors_make_no_click() -> None:
    fader, frame = Fader(), np.full(FRAME_SAMPLES, 0.5, dtype=np.float32)
    opening = fader.process(frame, opened=True)
    closing = fader.process(frame, opened=False)
    assert np.abs(np.diff(np.concatenate(([0.0], opening, closing, [0.0])))).max() < 0.05


def test_the_idle_codecs_mumble_is_shut_out_and_speech_is_not() -> None:
    gate = NoiseGate(GateConfig(open_dbfs=-50, hold_ms=100))
    mumble, speech = tones.noise(0.02, -58), tones.noise(0.02, -30)
    assert not gate.process(mumble).any()
    assert np.array_equal(gate.process(speech)[16:], speech[16:])
    for _ in range(4):
        assert gate.process(mumble)[16:].any(), "within the hold time"
    gate.process(mumble)
    assert not gate.process(mumble).any()


# --- resampling ---


@pytest.mark.parametrize("high_hz", [16000, 24000, 48000])
def test_what_would_fold_down_into_speech_is_60_db_down(high_hz: int) -> None:
    for frequency_hz in (4600, 5000, 6000, 7700):
        down = resampler(high_hz, 8000)
        wave = tones.tone(frequency_hz, 0.4, -3.01, rate_hz=high_hz)
        out = np.concatenate([down.process(frame) for frame in by_frames(wave, high_hz // 50)])
        assert rms_dbfs(to_samples(out[400:])) < -63


@pytest.mark.parametrize("high_hz", [16000, 24000, 48000])
@pytest.mark.parametrize("frequency_hz", [200, 1000, 3300])
def test_speech_passes_down_and_up_at_its_own_level(high_hz: int, frequency_hz: int) -> None:
    down, up = resampler(high_hz, 8000), resampler(8000, high_hz)
    wave = tones.tone(frequency_hz, 0.5, -20, rate_hz=high_hz)
    out = np.concatenate([up.process(down.process(frame)) for frame in by_frames(wave, high_hz // 50)])
    assert tones.tone_dbfs(to_samples(out[high_hz // 10 :]), frequency_hz, high_hz) == pytest.approx(-20, abs=0.3)


def test_the_image_above_the_telephone_band_is_60_db_down() -> None:
    up = resampler(8000, 48000)
    out = np.concatenate([up.process(frame) for frame in by_frames(tones.tone(3300, 0.5, -3.01))])
    assert tones.tone_dbfs(to_samples(out[4800:]), 4700, 48000) < -63


def test_a_stream_in_pieces_is_the_stream_in_one() -> None:
    wave = tones.noise(0.2, -20, rate_hz=48000)
    whole = resampler(48000, 8000).process(wave)
    pieces = resampler(48000, 8000)
    joined = np.concatenate([pieces.process(frame) for frame in by_frames(wave, 960)])
    assert np.allclose(whole, joined, atol=1e-6)


@pytest.mark.parametrize(("from_hz", "to_hz"), [(44100, 8000), (8000, 44100), (8000, 8000)])
def test_rates_that_do_not_divide_are_refused(from_hz: int, to_hz: int) -> None:
    with pytest.raises(ValueError, match="multiple"):
        resampler(from_hz, to_hz)
