"""Speech is known within 40 ms of its onset; noise, hum and clicks are not speech."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.audio import tones
from bridge.audio.frame import FRAME_SAMPLES, RATE_HZ, Samples, Wave, to_samples
from bridge.audio.speech import SpeechConfig, SpeechDetector


def talking_by_frame(sound: Wave | Samples, config: SpeechConfig | None = None) -> list[bool]:
    samples = sound if sound.dtype == np.int16 else to_samples(sound.astype(np.float32))
    detector = SpeechDetector(config or SpeechConfig())
    return [
        detector.process(samples[at : at + FRAME_SAMPLES].astype(np.int16)).talking
        for at in range(0, samples.size - FRAME_SAMPLES + 1, FRAME_SAMPLES)
    ]


def quiet_line(duration_s: float) -> Wave:
    return tones.noise(duration_s, -65, seed=1)


@given(phase=st.integers(0, FRAME_SAMPLES - 1))
def test_the_onset_is_known_within_40_ms_wherever_it_falls_in_a_frame(phase: int) -> None:
    onset = RATE_HZ // 2 + phase
    sound = quiet_line(1.0)
    sound[onset:] += tones.noise(1.0, -26, seed=2)[: sound.size - onset]
    first = talking_by_frame(sound).index(True)
    latency_samples = (first + 1) * FRAME_SAMPLES - onset
    assert 0 < latency_samples <= 2 * FRAME_SAMPLES + 16


def test_a_quiet_speaker_is_heard_over_a_noisy_line() -> None:
    sound = tones.noise(4.0, -55, seed=1)
    sound[24000:] += tones.noise(1.0, -42, seed=2)
    talking = talking_by_frame(sound)
    assert not any(talking[50:149])
    assert all(talking[153:])


@pytest.mark.parametrize("level_dbfs", [-60, -50, -44])
def test_steady_noise_that_comes_up_is_learned_within_five_seconds(level_dbfs: float) -> None:
    sound = np.concatenate((quiet_line(1.0), tones.noise(8.0, level_dbfs, seed=4)))
    assert not any(talking_by_frame(sound)[300:])


def test_steady_mains_hum_is_learned() -> None:
    sound = np.concatenate((quiet_line(1.0), tones.tone(50, 8.0, -45) + quiet_line(8.0)))
    assert not any(talking_by_frame(sound)[300:])


def test_speech_is_still_heard_over_the_hum_that_was_learned() -> None:
    sound = tones.tone(50, 9.0, -45) + quiet_line(9.0)
    sound[-RATE_HZ:] += tones.noise(1.0, -26, seed=5)
    assert talking_by_frame(sound)[-1]


def test_a_loud_steady_tone_is_never_taken_for_noise() -> None:
    assert all(talking_by_frame(tones.tone(1000, 70.0, -20))[2:])


@given(at=st.integers(4000, 4000 + FRAME_SAMPLES), width=st.integers(1, 80))
def test_one_click_is_not_speech_wherever_it_falls(at: int, width: int) -> None:
    sound = quiet_line(1.0)
    sound[at : at + width] = 0.9
    assert not any(talking_by_frame(sound))


def test_talking_ends_when_it_has_been_quiet_for_the_hang_time() -> None:
    sound = quiet_line(2.0)
    sound[:RATE_HZ] += tones.noise(1.0, -26, seed=2)
    talking = talking_by_frame(sound, SpeechConfig(hang_ms=400))
    assert talking[50 + 18]
    assert not talking[50 + 20]


def test_pauses_between_words_do_not_end_talking() -> None:
    sound = quiet_line(5.0)
    for start_s in (0.5, 1.0, 1.5, 2.0, 2.5):
        at = round(start_s * RATE_HZ)
        sound[at : at + 1600] += tones.noise(0.2, -26, seed=2)
    assert all(talking_by_frame(sound)[27:125])


def test_time_without_sound_runs_the_hang_time_and_teaches_nothing() -> None:
    detector = SpeechDetector(SpeechConfig(hang_ms=400))
    speech = to_samples(tones.noise(0.2, -26))
    for at in range(0, speech.size, FRAME_SAMPLES):
        detector.process(speech[at : at + FRAME_SAMPLES])
    noise_dbfs = detector.noise_dbfs
    for _ in range(19):
        detector.pass_time()
    assert detector.talking
    detector.pass_time()
    assert not detector.talking
    assert detector.noise_dbfs == noise_dbfs


def test_onset_is_told_once_per_utterance() -> None:
    detector = SpeechDetector(SpeechConfig())
    speech = to_samples(tones.noise(1.0, -26))
    onsets = [detector.process(speech[at : at + FRAME_SAMPLES]).onset for at in range(0, speech.size, FRAME_SAMPLES)]
    assert onsets.count(True) == 1


@pytest.mark.parametrize("value", [0, 32767, -32768])
def test_extreme_input_is_survived(value: int) -> None:
    talking_by_frame(np.full(FRAME_SAMPLES * 50, value, dtype=np.int16))
