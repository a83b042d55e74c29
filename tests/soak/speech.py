"""People's speech in the soak is phrases with breaths between. Every 5 ms of it is unlike any other: nothing that is
lost, doubled or moved can hide."""

from collections.abc import Callable

import numpy as np

from bridge.audio.frame import FRAME_SAMPLES, RATE_HZ, Samples
from hardware.simulator.signals import speech_like
from tests.harness.sound_loss import phrase

_ROOM_DBFS = -72.0


def talk(seconds: float, seed: int, breath_s: tuple[float, float] = (0.25, 0.7)) -> Samples:
    """Speech-like phrases of 2 to 5 s with breaths between, over the faint noise of a room."""
    return _talk(seconds, seed, breath_s, lambda lasts_s, number: speech_like(lasts_s, seed=number))


def noise_talk(seconds: float, seed: int, breath_s: tuple[float, float] = (0.25, 0.7)) -> Samples:
    """The same of noise in syllables, in which no 5 ms is like another whatever its level: for cross-correlation."""
    return _talk(seconds, seed, breath_s, lambda lasts_s, number: phrase(number, lasts_s))


def _talk(seconds: float, seed: int, breath_s: tuple[float, float], speaks: Callable[[float, int], Samples]) -> Samples:
    rng = np.random.default_rng(seed)
    pieces: list[Samples] = []
    length = 0
    while length < seconds * RATE_HZ:
        words = speaks(rng.uniform(2, 5), int(rng.integers(1 << 30)))
        breath = np.zeros(round(rng.uniform(*breath_s) * RATE_HZ), dtype=np.int16)
        pieces += [words, breath]
        length += len(words) + len(breath)
    said = np.concatenate(pieces)[: round(seconds * RATE_HZ)]
    said = np.pad(said, (0, -len(said) % FRAME_SAMPLES))
    room = rng.standard_normal(len(said)) * 10 ** (_ROOM_DBFS / 20) * 32768
    both: Samples = np.clip(said + np.rint(room), -32768, 32767).astype(np.int16)
    return both
