"""Quiet and loud talkers come out alike, slowly, and no noise is drawn up."""

import numpy as np
import pytest

from bridge.audio import tones
from bridge.audio.autolevel import AutoLevel, AutoLevelConfig
from bridge.audio.frame import FRAME_SAMPLES, Wave
from bridge.audio.levels import dbfs_of_power

TALK_S = 8.0


def said(level_dbfs: float, duration_s: float = TALK_S) -> Wave:
    return tones.noise(duration_s, level_dbfs, seed=4)


def through(auto: AutoLevel, sound: Wave, voiced: bool = True) -> Wave:
    frames = [sound[at : at + FRAME_SAMPLES] for at in range(0, sound.size, FRAME_SAMPLES)]
    return np.concatenate([auto.process(frame, voiced=voiced) for frame in frames])


def level(sound: Wave) -> float:
    return dbfs_of_power(float(np.mean(np.square(sound))))


@pytest.mark.parametrize("level_dbfs", [-32, -28, -24, -16, -12, -10])
def test_every_talker_within_reach_comes_out_near_the_target(level_dbfs: float) -> None:
    heard = through(AutoLevel(AutoLevelConfig()), said(level_dbfs))
    assert level(heard[-8000:]) == pytest.approx(-20, abs=2)


@pytest.mark.parametrize(("level_dbfs", "expected_dbfs"), [(-45, -33), (-4, -16)])
def test_it_never_gives_or_takes_more_than_its_range(level_dbfs: float, expected_dbfs: float) -> None:
    heard = through(AutoLevel(AutoLevelConfig()), said(level_dbfs))
    assert level(heard[-8000:]) == pytest.approx(expected_dbfs, abs=1)


@pytest.mark.parametrize("level_dbfs", [-21.5, -20, -18.5])
def test_what_is_near_the_target_passes_sample_for_sample(level_dbfs: float) -> None:
    sound = said(level_dbfs)
    assert np.array_equal(through(AutoLevel(AutoLevelConfig()), sound), sound)


def test_it_stands_still_in_silence_and_draws_up_no_noise() -> None:
    auto = AutoLevel(AutoLevelConfig())
    through(auto, said(-26))
    gain_db = auto.gain_db
    heard = through(auto, said(-60, 30.0), voiced=False)
    assert auto.gain_db == gain_db
    assert level(heard) == pytest.approx(-60 + gain_db, abs=0.1)


def test_pauses_that_are_called_voiced_do_not_pump() -> None:
    auto = AutoLevel(AutoLevelConfig())
    through(auto, said(-28))
    gain_db = auto.gain_db
    for _ in range(10):
        through(auto, said(-55, 0.5))
        through(auto, said(-28, 0.5))
        assert auto.gain_db == pytest.approx(gain_db, abs=1)


def test_it_is_slow() -> None:
    auto = AutoLevel(AutoLevelConfig(rise_db_per_s=4, fall_db_per_s=8))
    last_db = 0.0
    for sound in (said(-40, 3.0), said(-8, 3.0)):
        for at in range(0, sound.size, FRAME_SAMPLES):
            auto.process(sound[at : at + FRAME_SAMPLES], voiced=True)
            assert -0.161 <= auto.gain_db - last_db <= 0.081
            last_db = auto.gain_db


def test_the_first_syllable_moves_nothing() -> None:
    sound = said(-35, 0.18)
    assert np.array_equal(through(AutoLevel(AutoLevelConfig()), sound), sound)


def test_another_talker_begins_at_rest() -> None:
    auto = AutoLevel(AutoLevelConfig())
    through(auto, said(-35))
    auto.reset()
    assert auto.gain_db == 0
    heard = through(auto, said(-20, 1.0))
    assert level(heard[-4000:]) == pytest.approx(-20, abs=0.2)


def test_a_shout_after_a_whisper_is_not_lifted_over_the_ceiling() -> None:
    auto = AutoLevel(AutoLevelConfig(ceiling_dbfs=-1))
    through(auto, said(-40))
    shout = tones.tone(500, 0.02, -5)
    heard = np.concatenate([auto.process(shout, voiced=True), auto.process(shout, voiced=True)])
    assert np.abs(heard[160:]).max() <= 10 ** (-1 / 20) + 1e-6


def test_it_adds_no_delay_and_no_click() -> None:
    auto = AutoLevel(AutoLevelConfig())
    sound = tones.tone(200, 6.0, -32)
    heard = through(auto, sound)
    assert np.abs(np.diff(heard)).max() < 1.2 * np.abs(np.diff(heard[-8000:])).max()
    assert np.array_equal(np.sign(heard), np.sign(sound))
