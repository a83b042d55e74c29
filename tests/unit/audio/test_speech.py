"""Speech is known within 40 ms of its onset; noise, hum and clicks are not speech."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.audio import tones
from bridge.audio.frame import FRAME_SAMPLES, RATE_HZ, Samples, Wave, to_samples
from bridge.audio.speech import SpeechConfig, SpeechDetector
from tests.harness.audio import voice

STRICT = SpeechConfig(stuck_s=10.0)
"""The guard against noise at its keenest: what is speech here is speech with any setting."""


def talking_by_frame(sound: Wave | Samples, config: SpeechConfig | None = None) -> list[bool]:
    samples = sound if sound.dtype == np.int16 else to_samples(sound.astype(np.float32))
    detector = SpeechDetector(config or STRICT)
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


def test_a_loud_steady_tone_stays_speech_where_the_guard_is_off() -> None:
    assert all(talking_by_frame(tones.tone(1000, 70.0, -20), SpeechConfig(stuck_s=0))[2:])


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


def test_a_dead_line_is_never_speech() -> None:
    assert not any(talking_by_frame(np.zeros(FRAME_SAMPLES * 50, dtype=np.int16)))


@pytest.mark.parametrize("value", [32767, -32768])
def test_a_line_stuck_at_full_scale_is_given_up_with_the_other_noises(value: int) -> None:
    stuck = talking_by_frame(np.full(FRAME_SAMPLES * 50 * 15, value, dtype=np.int16))
    assert not any(stuck[50 * 12 :]), "it may not hold a talkgroup for longer than a noise may"


# --- what is no speech though it is loud ---


def pink(duration_s: float, level_dbfs: float) -> Wave:
    """As a telephone's microphone gives it, from 300 Hz on."""
    white = tones.noise(duration_s, -20, seed=7)
    hz = np.fft.rfftfreq(white.size, 1 / RATE_HZ)
    spectrum = np.where(hz >= 300, np.fft.rfft(white) / np.sqrt(np.maximum(hz, 1)), 0)
    wave = np.fft.irfft(spectrum, white.size)
    return np.asarray(wave * 10 ** (level_dbfs / 20) / np.std(wave), dtype=np.float32)


def hold_music(duration_s: float) -> Wave:
    """A slow chord that swells a little: the pads that telephone systems play to those who are put on hold."""
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    chord = sum(np.sin(2 * np.pi * hz * time_s) * (1 + 0.3 * np.sin(2 * np.pi * 0.3 * time_s + hz)) for hz in CHORD_HZ)
    return np.asarray(chord * 0.05, dtype=np.float32)


CHORD_HZ = (220, 277, 330, 440)
STEADY = {
    "white noise": tones.noise(20.0, -20, seed=3),
    "pink noise": pink(20.0, -20),
    "mains hum": tones.tone(50, 20.0, -20) + tones.tone(150, 20.0, -30),
    "a tone": tones.tone(1000, 20.0, -20),
    "hold music": hold_music(20.0),
}


def syllables(duration_s: float, seed: int, level_dbfs: float = -20.0) -> Wave:
    """Noise with the level of continuous speech. It has three to six syllables a second, 10 to 25 dB deep, and no
    pause."""
    random = np.random.default_rng(seed)
    points_s, levels_db = [0.0], [0.0]
    while points_s[-1] < duration_s:
        vowel_s, dip_s = random.uniform(0.06, 0.15), random.uniform(0.1, 0.18)
        points_s += [points_s[-1] + vowel_s, points_s[-1] + vowel_s + dip_s / 2, points_s[-1] + vowel_s + dip_s]
        levels_db += [0.0, -random.uniform(10, 25), 0.0]
    envelope_db = np.interp(np.arange(round(duration_s * RATE_HZ)) / RATE_HZ, points_s, levels_db)
    wave = tones.noise(duration_s, level_dbfs, seed=seed) * 10 ** (envelope_db / 20)
    return wave.astype(np.float32)


@pytest.mark.parametrize("name", STEADY)
def test_a_steady_sound_is_speech_for_ten_seconds_at_most(name: str) -> None:
    talking = talking_by_frame(np.concatenate((quiet_line(1.0), STEADY[name])))
    assert talking[60]
    assert not any(talking[50 + 550 :])


def stuck_by_frame(sound: Wave) -> tuple[list[bool], list[bool]]:
    detector, samples = SpeechDetector(STRICT), to_samples(sound)
    told = []
    for at in range(0, samples.size - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        heard = detector.process(samples[at : at + FRAME_SAMPLES])
        told.append((detector.stuck, heard.talking))
    return [stuck for stuck, _ in told], [talking for _, talking in told]


def test_the_guard_lets_go_when_the_steady_sound_ends_and_speech_keys_as_ever() -> None:
    sound = np.concatenate((tones.noise(12.0, -20, seed=3), quiet_line(2.0), syllables(3.0, seed=1)))
    stuck, talking = stuck_by_frame(sound)
    assert stuck[12 * 50 - 1]
    assert not stuck[12 * 50 + 30]
    assert not any(talking[12 * 50 : 14 * 50])
    assert all(talking[14 * 50 + 5 :])


@pytest.mark.parametrize("name", STEADY)
def test_speech_on_top_of_a_stuck_sound_is_heard_and_when_it_is_over_the_sound_keys_nothing(name: str) -> None:
    steady = STEADY[name]
    sound = np.concatenate((steady[: 12 * RATE_HZ], steady[: 8 * RATE_HZ]))
    said = syllables(3.0, seed=2, level_dbfs=-12)
    sound[13 * RATE_HZ : 13 * RATE_HZ + said.size] += said
    stuck, talking = stuck_by_frame(sound)
    assert stuck[12 * 50 + 25]
    assert any(talking[13 * 50 : 13 * 50 + 20]), "heard with its second syllable at the latest"
    assert not any(stuck[13 * 50 + 20 : 16 * 50])
    assert not any(talking[17 * 50 :])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_ten_minutes_of_continuous_speech_are_speech_to_the_end(seed: int) -> None:
    assert all(talking_by_frame(syllables(600.0, seed=seed))[3:])


def test_continuous_speech_over_the_noise_of_a_car_is_speech_to_the_end() -> None:
    assert all(talking_by_frame(syllables(60.0, seed=5) + tones.noise(60.0, -32, seed=6))[3:])


@pytest.mark.parametrize("number", range(8))
def test_the_voices_of_the_tests_are_speech_however_long(number: int) -> None:
    assert all(talking_by_frame(voice(number).lasting(70.0))[3:])


@pytest.mark.parametrize("burst_ms", [60, 110])
def test_a_burst_shorter_than_the_least_speech_is_none(burst_ms: int) -> None:
    sound = quiet_line(1.0)
    sound[4000 : 4000 + burst_ms * 8] += tones.noise(1.0, -20, seed=2)[: burst_ms * 8]
    assert any(talking_by_frame(sound))
    assert not any(talking_by_frame(sound, SpeechConfig(speech_min_ms=150)))


def test_words_with_dips_between_their_sounds_are_longer_than_the_least_speech() -> None:
    sound = quiet_line(1.0)
    for at in range(4000, 7000, 1000):
        sound[at : at + 560] += tones.noise(1.0, -20, seed=2)[:560]
    talking = talking_by_frame(sound, SpeechConfig(speech_min_ms=150))
    assert talking.index(True) <= 25 + 11
