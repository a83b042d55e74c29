"""The terminal's clock, its jitter and its stalls are evened out, in silence, within a bound."""

import numpy as np
import pytest

from bridge.audio import tones
from bridge.audio.frame import FRAME_SAMPLES, SILENCE, Samples, to_samples
from bridge.audio.jitter import JitterBuffer, JitterConfig
from tests.harness import align


def phrases(count: int, phrase_s: float = 0.8, pause_s: float = 0.4) -> tuple[Samples, list[Samples]]:
    """Different bursts of noise with pauses between them, whole, and the bursts."""
    bursts = [to_samples(tones.noise(phrase_s, -20, seed=seed)) for seed in range(count)]
    pause = to_samples(tones.noise(pause_s, -70, seed=99))
    return np.concatenate([part for burst in bursts for part in (burst, pause)]), bursts


def pop_all(buffer: JitterBuffer, count: int) -> list[Samples]:
    return [frame if (frame := buffer.pop()) is not None else SILENCE for _ in range(count)]


def test_frames_that_come_on_time_pass_unchanged_after_the_target_delay() -> None:
    buffer = JitterBuffer(JitterConfig())
    sound, _ = phrases(3)
    out: list[Samples] = []
    for at in range(0, sound.size, FRAME_SAMPLES):
        buffer.push(sound[at : at + FRAME_SAMPLES])
        out += pop_all(buffer, 1)
    assert align.find_exact(sound[:-480], np.concatenate(out)) == 2 * FRAME_SAMPLES
    assert buffer.left_out == buffer.repeated == buffer.gaps == 0


@pytest.mark.parametrize("parts_per_million", [-200, 200])
@pytest.mark.slow
def test_a_drifting_terminal_loses_no_word_in_ten_minutes(parts_per_million: int) -> None:
    buffer = JitterBuffer(JitterConfig())
    sound, bursts = phrases(500)
    out: list[Samples] = []
    pushed = 0
    due = 0.0
    while pushed < sound.size:
        due += FRAME_SAMPLES * (1 + parts_per_million / 1_000_000)
        while pushed + FRAME_SAMPLES <= due or (pushed < due and pushed + FRAME_SAMPLES > sound.size):
            buffer.push(sound[pushed : pushed + FRAME_SAMPLES])
            pushed += FRAME_SAMPLES
        out += pop_all(buffer, 1)
        assert buffer.delay_ms <= 120
    out += pop_all(buffer, 10)
    heard = np.concatenate(out)
    at = 0
    for burst in bursts:
        found = align.find_exact(burst, heard, at)
        assert found is not None
        at = found
    assert buffer.lost_samples == 0
    assert (buffer.left_out if parts_per_million > 0 else buffer.repeated) >= 1


def test_jitter_of_40_ms_breaks_no_word() -> None:
    buffer = JitterBuffer(JitterConfig())
    sound, bursts = phrases(20)
    random = np.random.default_rng(1)
    arrivals = sorted((at / FRAME_SAMPLES + random.uniform(0, 2), at) for at in range(0, sound.size, FRAME_SAMPLES))
    arrivals = [(max(when for when, _ in arrivals[: index + 1]), at) for index, (_, at) in enumerate(arrivals)]
    order = iter(sorted(arrivals, key=lambda arrival: arrival[1]))
    following = next(order, None)
    out: list[Samples] = []
    for tick in range(sound.size // FRAME_SAMPLES + 20):
        while following is not None and following[0] <= tick:
            buffer.push(sound[following[1] : following[1] + FRAME_SAMPLES])
            following = next(order, None)
        out += pop_all(buffer, 1)
    heard = np.concatenate(out)
    assert all(align.find_exact(burst, heard) is not None for burst in bursts)


def test_after_a_stall_of_500_ms_no_word_is_lost_and_the_delay_is_gone_in_the_next_pauses() -> None:
    buffer = JitterBuffer(JitterConfig())
    sound, bursts = phrases(6)
    out: list[Samples] = []
    frames = [sound[at : at + FRAME_SAMPLES] for at in range(0, sound.size, FRAME_SAMPLES)]
    for index, frame in enumerate(frames):
        buffer.push(frame)
        stalled = 60 <= index < 85
        out += [] if stalled else pop_all(buffer, 1)
    assert buffer.delay_ms <= 100
    heard = np.concatenate([*out, *pop_all(buffer, 10)])
    assert all(align.find_exact(burst, heard) is not None for burst in bursts)


def test_more_than_the_bound_is_dropped_oldest_first_and_counted() -> None:
    buffer = JitterBuffer(JitterConfig(bound_ms=200))
    sound = to_samples(tones.noise(1.0, -20))
    buffer.push(sound)
    assert buffer.lost_samples == sound.size - 1600
    first = buffer.pop()
    assert first is not None
    assert np.array_equal(first, sound[-1600:-1440])


def test_the_end_of_a_transmission_is_played_to_its_last_sample() -> None:
    buffer = JitterBuffer(JitterConfig())
    sound = to_samples(tones.noise(0.1, -20))[:-37]
    buffer.push(sound)
    heard = np.concatenate(pop_all(buffer, 10))
    assert align.find_exact(sound, heard) == 0
    assert buffer.gaps == 1


def test_nobody_listening_leaves_only_the_target() -> None:
    buffer = JitterBuffer(JitterConfig(target_ms=50))
    buffer.push(to_samples(tones.noise(0.5, -20)))
    buffer.trim()
    assert buffer.delay_ms == 50
    assert buffer.lost_samples == 0
