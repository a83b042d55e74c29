"""No lost syllable: speech is kept until it can be sent, and catches up by shortening pauses.

The hold is a queue of 5 ms grains. Sound that nobody has claimed as speech passes through a short *pre-roll*. When
speech is declared, the pre-roll is taken too, so that the first sample of speech is there. A word does not end with its
last voiced grain. The grains after it belong to the word for as long as a pause is kept. They are held with it. Sound
leaves the hold as it came in, sample for sample and in order, less two things:

- grains without voice beyond the first `kept_pause_ms` of a pause, while there is a delay to catch up. The grain just
  before voice is always kept; ahead of the first voice there is nothing to keep;
- the oldest grains when more than `bound_s` is held, and what `forget_older` drops by its age. Both are counted in
  `lost_samples`.
"""

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bridge.audio.frame import (
    FRAME_SAMPLES,
    GRAIN_MS,
    GRAIN_SAMPLES,
    GRAINS_PER_FRAME,
    Samples,
    ms_of_samples,
    samples_of_ms,
)
from bridge.audio.speech import Voicing


@dataclass(frozen=True, slots=True)
class HoldConfig:
    preroll_ms: int = 300
    """How far back before the declaration of speech its beginning is looked for."""
    kept_pause_ms: int = 120
    """A longer pause is shortened to this when catching up."""
    bound_s: float = 60.0
    """At most this much is held; then the oldest is dropped, and counted."""
    resend_ms: int = 100
    """So much of what was taken can be taken back."""


class _Grain(NamedTuple):
    samples: Samples
    voiced: bool
    at: int
    """Position on the hold's own clock, in samples."""
    spoken: bool = False
    """Of a word: voiced, or its end dying away."""


class VoiceHold:
    """One per path. `listen` and `keep` between them take every frame that comes; `take` gives what is next to send."""

    def __init__(self, config: HoldConfig) -> None:
        self._kept_pause = config.kept_pause_ms // GRAIN_MS
        self._bound = max(GRAINS_PER_FRAME, int(config.bound_s * 1000) // GRAIN_MS)
        self._preroll: deque[_Grain] = deque(maxlen=config.preroll_ms // GRAIN_MS)
        self._taken: deque[_Grain] = deque(maxlen=config.resend_ms // GRAIN_MS)
        self._queue: deque[_Grain] = deque()
        self._spoken = 0
        self._pause = self._kept_pause
        self._guard: _Grain | None = None
        self._now = 0
        self._lost_samples = 0

    @property
    def has_voice(self) -> bool:
        """Whether anything but background is held."""
        return self._spoken > 0

    @property
    def held_ms(self) -> int:
        return len(self._queue) * GRAIN_MS

    @property
    def delay_ms(self) -> int:
        """How long ago the next sample to be sent came in; 0 when nothing waits."""
        return ms_of_samples(self._now - self._queue[0].at) if self._queue else 0

    @property
    def lost_samples(self) -> int:
        """Dropped because of the bound or of its age, ever."""
        return self._lost_samples

    def listen(self, frame: Samples, voicing: Voicing) -> None:
        """A frame that is not speech: remembered for the length of the pre-roll only."""
        self._preroll.extend(self._grains(frame, voicing))
        self._pause += GRAINS_PER_FRAME

    def keep(self, frame: Samples, voicing: Voicing) -> None:
        """A frame of speech, while nothing is being sent: held, with the pre-roll before it."""
        self._take_preroll()
        for grain in self._grains(frame, voicing):
            self._append(grain, shorten=True, talking=True)

    def keep_sending(self, frame: Samples, voicing: Voicing, *, talking: bool) -> None:
        """Take in a frame of anything, while `take` is called once for each. Pauses are shortened only as far as a
        whole frame is left to take. With no delay everything passes unchanged.

        `talking`: somebody talks, or did just now. Otherwise a loud grain is nobody's word, and has no end to wait for.
        """
        self._take_preroll()
        for grain in self._grains(frame, voicing):
            to_come = self._now - grain.at - GRAIN_SAMPLES
            shorten = len(self._queue) * GRAIN_SAMPLES + to_come >= FRAME_SAMPLES
            self._append(grain, shorten=shorten, talking=talking)

    def take(self) -> Samples | None:
        """The next 160 samples, or nothing when less than that is held."""
        if len(self._queue) < GRAINS_PER_FRAME:
            return None
        grains = [self._queue.popleft() for _ in range(GRAINS_PER_FRAME)]
        self._spoken -= sum(grain.spoken for grain in grains)
        self._taken.extend(grains)
        return np.concatenate([grain.samples for grain in grains])

    def take_back(self) -> None:
        """Hold the frames that were taken last once more, up to `resend_ms` of them. No more than that is ever taken
        twice."""
        self._queue.extendleft(reversed(self._taken))
        self._spoken += sum(grain.spoken for grain in self._taken)
        self._taken.clear()

    def rest(self) -> None:
        """Sending stops. Unsent sound stays; if it is background only, it becomes pre-roll. A pause that has begun goes
        on. The dip between two syllables belongs to the word, also when sending stops in its middle."""
        self._taken.clear()
        if self.has_voice:
            return
        self._preroll.extend(self._queue)
        if self._guard is not None:
            self._preroll.append(self._guard)
        self._queue.clear()
        self._guard = None

    def close(self) -> None:
        """End the held sound, so that all of it can be taken. Sound that comes later has nothing before it."""
        self._preroll.clear()
        self.fill()

    def fill(self) -> None:
        """Silence for what is missing of the last frame that is held."""
        missing = -len(self._queue) % GRAINS_PER_FRAME
        silence = np.zeros(GRAIN_SAMPLES, dtype=np.int16)
        self._queue.extend(_Grain(silence, False, self._now) for _ in range(missing))

    def forget(self) -> None:
        """Drop all that is held and heard."""
        self._taken.clear()
        self._preroll.clear()
        self._empty()

    def forget_older(self, age_ms: int) -> None:
        """Drop the whole frames that came in longer ago."""
        before, limit = self._lost_samples, self._now - samples_of_ms(age_ms)
        while len(self._queue) >= GRAINS_PER_FRAME and self._queue[GRAINS_PER_FRAME - 1].at < limit:
            for _ in range(GRAINS_PER_FRAME):
                self._lose_oldest()
        while self._queue and self._queue[-1].at < limit:  # less than a frame is left, and nothing followed it
            self._lose_oldest()
        if self._lost_samples > before:
            self.rest()

    def pass_time(self) -> None:
        """20 ms in which nothing came: what is held grows older."""
        self._now += FRAME_SAMPLES

    def _lose_oldest(self) -> None:
        self._spoken -= self._queue.popleft().spoken
        self._lost_samples += GRAIN_SAMPLES

    def _take_preroll(self) -> None:
        for grain in self._preroll:
            self._append(grain, shorten=True, talking=False)
        self._preroll.clear()

    def _empty(self) -> None:
        self._queue.clear()
        self._spoken = 0
        self._pause = self._kept_pause
        self._guard = None

    def _grains(self, frame: Samples, voicing: Voicing) -> list[_Grain]:
        start = self._now
        self._now += FRAME_SAMPLES
        return [
            _Grain(frame[offset : offset + GRAIN_SAMPLES], voiced, start + offset)
            for offset, voiced in zip(range(0, FRAME_SAMPLES, GRAIN_SAMPLES), voicing, strict=True)
        ]

    def _append(self, grain: _Grain, *, shorten: bool, talking: bool) -> None:
        if grain.voiced:
            if self._guard is not None:
                self._queue.append(self._guard)
            self._pause = 0
        elif shorten and self._pause >= self._kept_pause:
            self._guard = grain
            return
        else:
            self._pause += 1
        self._guard = None
        spoken = grain.voiced or (talking and self._pause <= self._kept_pause)
        self._spoken += spoken
        self._queue.append(grain._replace(spoken=spoken))
        while len(self._queue) > self._bound:
            self._lose_oldest()
