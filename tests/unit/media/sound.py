"""Sound for the tests of the paths. Phrases are known again sample for sample, and a path is driven by frames."""

from collections.abc import Iterable, Iterator

import numpy as np

from bridge.audio import tones
from bridge.audio.frame import FRAME_SAMPLES, SILENCE, Samples, to_samples
from bridge.media.path import AudioPath, PathEvent
from bridge.media.settings import MediaSettings
from tests.harness import align


def phrase(number: int, duration_s: float = 1.0) -> Samples:
    """A sweep and a burst of noise, different for each number; loud from its first sample to its last."""
    half_s = duration_s / 2
    sweep = tones.chirp(300 + 40 * number, 3000 - 30 * number, half_s, -20)
    return to_samples(np.concatenate((sweep + 0.05, tones.noise(half_s, -20, seed=number))).astype(np.float32))


def pause(duration_s: float, seed: int = 1000) -> Samples:
    return to_samples(tones.noise(duration_s, -65, seed=seed))


def speech(count: int, phrase_s: float = 1.0, pause_s: float = 0.3) -> tuple[Samples, list[Samples]]:
    """A second of quiet, then phrases with pauses after each; whole, and the phrases."""
    phrases = [phrase(number, phrase_s) for number in range(count)]
    parts = [pause(1.0)]
    for number, each in enumerate(phrases):
        parts += [each, pause(pause_s, seed=2000 + number)]
    return np.concatenate(parts), phrases


def frames(sound: Samples) -> Iterator[Samples]:
    """Whole frames; the last is filled up with silence."""
    padded = np.pad(sound, (0, -sound.size % FRAME_SAMPLES))
    for at in range(0, padded.size, FRAME_SAMPLES):
        yield padded[at : at + FRAME_SAMPLES]


def assert_complete(phrases: Iterable[Samples], heard: Samples) -> None:
    """Every phrase is there, bit for bit from its first sample to its last, in order, once."""
    at = 0
    for number, each in enumerate(phrases):
        found = align.find_exact(each, heard, at)
        assert found is not None, f"phrase {number} is not complete after sample {at}"
        at = found + each.size
        assert align.find_exact(each, heard, at) is None, f"phrase {number} is heard twice"


def plain(**changes: float) -> MediaSettings:
    """Sound passes bit for bit, and test signals, which have no syllables, stay speech however long they are."""
    return MediaSettings.model_validate({"auto_level": False, "stuck_s": 0, **changes})


class Driven:
    """A path, stepped 20 ms at a time, with all it gave."""

    def __init__(self, settings: MediaSettings | None = None) -> None:
        self.path = AudioPath(settings or plain())
        self.events: list[PathEvent] = []
        self.to_radio: list[Samples] = []
        self.to_meeting: list[Samples] = []
        self.steps = 0

    def step(
        self, frame: Samples | None, elapsed_samples: int = FRAME_SAMPLES, terminal_ready: bool = True
    ) -> list[PathEvent]:
        output = self.path.step(frame, elapsed_samples, terminal_ready=terminal_ready)
        self.steps += 1
        self.events += output.events
        if output.to_radio is not None:
            self.to_radio.append(output.to_radio)
        if output.to_meeting is not None:
            self.to_meeting.append(output.to_meeting)
        return list(output.events)

    def send_voice(self) -> None:
        first = self.path.send_voice()
        if first is not None:
            self.to_radio.append(first)

    def feed(self, sound: Samples) -> None:
        for frame in frames(sound):
            self.step(frame)

    def quiet(self, duration_s: float) -> None:
        self.feed(pause(duration_s, seed=3000 + self.steps))

    @property
    def radio(self) -> Samples:
        return np.concatenate(self.to_radio) if self.to_radio else SILENCE[:0]

    @property
    def meeting(self) -> Samples:
        return np.concatenate(self.to_meeting) if self.to_meeting else SILENCE[:0]
