"""Tones through a wire tell its gain, its noise, its delay and where it is overdriven."""

import numpy as np
import pytest

from bridge.audio import calibration, tones
from bridge.audio.calibration import LEVELS_DBFS, Findings, Remark, Step
from bridge.audio.frame import Samples, to_samples, to_wave
from bridge.audio.levels import gain_of_db


def wire(sound: Samples, gain_db: float = 0.0, noise_dbfs: float = -70.0, late_ms: int = 80) -> Samples:
    """What comes back: later, louder or quieter, with noise, and clipped where it is too loud."""
    wave = np.concatenate((np.zeros(late_ms * 8), to_wave(sound) * gain_of_db(gain_db), np.zeros(4000)))
    return to_samples((wave + tones.noise(wave.size / 8000, noise_dbfs, seed=8)).astype(np.float32))


def measured(gain_db: float, noise_dbfs: float = -70.0) -> tuple[list[Step], Findings]:
    steps = [
        calibration.measure(level, wire(calibration.sounded_tone(level), gain_db, noise_dbfs)) for level in LEVELS_DBFS
    ]
    silence = to_samples(tones.noise(0.5, noise_dbfs, seed=9))
    return steps, calibration.judge(steps, silence)


@pytest.mark.parametrize("gain_db", [-10, -3.2, 0, 2.6])
def test_the_gain_of_a_clean_wire_is_found_and_undone(gain_db: float) -> None:
    steps, found = measured(gain_db)
    assert found.gain_db == pytest.approx(gain_db, abs=0.2)
    assert found.correction_db == pytest.approx(-gain_db, abs=0.5)
    assert found.overdriven_from_dbfs is None
    assert found.remarks == ()
    assert [step.gain_db for step in steps] == pytest.approx([gain_db] * len(steps), abs=0.5)


def test_where_the_wire_clips_is_told_and_does_not_spoil_the_gain() -> None:
    _, found = measured(12)
    assert found.gain_db == pytest.approx(12, abs=0.3)
    assert found.overdriven_from_dbfs == -12
    assert found.remarks[0] is Remark.OVERDRIVEN


def test_a_gain_that_is_for_the_pots_is_said_to_be() -> None:
    _, found = measured(-18)
    assert Remark.TURN_UP in found.remarks


def test_the_noise_gate_goes_above_the_noise() -> None:
    _, found = measured(0, noise_dbfs=-66)
    assert found.noise_dbfs == pytest.approx(-66, abs=0.5)
    assert found.gate_dbfs == pytest.approx(-56, abs=1)


def test_noise_near_speech_is_a_fault_of_the_wiring() -> None:
    _, found = measured(0, noise_dbfs=-45)
    assert Remark.NOISY in found.remarks


def test_without_a_loop_nothing_is_advised() -> None:
    silence = to_samples(tones.noise(1.5, -60, seed=3))
    found = calibration.judge([calibration.measure(level, silence) for level in LEVELS_DBFS], silence)
    assert found.gain_db is None
    assert found.correction_db == 0
    assert found.remarks == (Remark.NOTHING_BACK,)


def test_nothing_heard_at_all_is_no_error() -> None:
    nothing = np.zeros(0, dtype=np.int16)
    found = calibration.judge([calibration.measure(-20, nothing)], nothing)
    assert found.gain_db is None
    assert calibration.delay_ms(calibration.sounded_sweep(), nothing) is None


@pytest.mark.parametrize("late_ms", [0, 45, 230])
def test_the_delay_there_and_back_is_found(late_ms: int) -> None:
    sweep = calibration.sounded_sweep()
    assert calibration.delay_ms(sweep, wire(sweep, -6, late_ms=late_ms)) == late_ms
