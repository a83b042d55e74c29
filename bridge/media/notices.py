"""Words for the air alone: read from the prompts' sounds, and waiting in order for their time on the air."""

from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from bridge.audio.frame import FRAME_SAMPLES, RATE_HZ, Samples, samples_of_ms
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.phrases import Prompt

MOST_SAID: Final = 4
"""So many notices wait at most, besides the one on the air."""
_EDGE: Final = np.zeros(samples_of_ms(100), dtype=np.int16)
"""Before and after, so that no codec that wakes up or goes to sleep clips a word."""
_BETWEEN: Final = np.zeros(samples_of_ms(120), dtype=np.int16)
_MOST_SAMPLES: Final = 60 * RATE_HZ


class UnsayableError(Exception):
    """A notice has no sound. The text says which file, and why."""


def read_notice(sounds: Path | None, prompts: Sequence[Prompt], language: Language) -> Samples:
    """The sound of `<sounds>/<language>/samband/<prompt>.wav`, one after the other. Blocking.

    Returns:
        8 kHz, whole frames, 100 ms of silence at both ends, a minute at most.

    Raises:
        UnsayableError: A file is missing, no 8 kHz mono sound, or the whole is too long.
    """
    if sounds is None:
        raise UnsayableError("no folder of prompts is set: name one in media.sounds")
    parts: list[Samples] = [_EDGE]
    for prompt in prompts:
        parts += [_read(sounds / language / "samband" / f"{prompt}.wav"), _BETWEEN]
    parts[-1] = _EDGE
    sound: Samples = np.concatenate(parts)
    if sound.size > _MOST_SAMPLES:
        raise UnsayableError(f"{sound.size / RATE_HZ:.0f} s are too long for one notice")
    return np.pad(sound, (0, -sound.size % FRAME_SAMPLES))


def _read(path: Path) -> Samples:
    try:
        samples, rate_hz = soundfile.read(path, dtype="int16", always_2d=True)
    except (OSError, RuntimeError) as error:
        raise UnsayableError(f"{path} cannot be read: {error}") from error
    if rate_hz != RATE_HZ or samples.shape[1] != 1:
        raise UnsayableError(f"{path} has {rate_hz} Hz and {samples.shape[1]} channels: 8000 Hz mono is wanted")
    return np.asarray(samples[:, 0], dtype=np.int16)


class NoticeQueue:
    """The notices of one path. When more than `MOST_SAID` wait, the oldest that has not begun is dropped. It counts as
    ended, like a notice that is said to its last sample."""

    def __init__(self) -> None:
        self._queue: deque[Samples] = deque()
        self._at = 0
        self._ended = 0
        self.dropped = 0
        """By the overflow rule, ever."""

    @property
    def waiting(self) -> bool:
        """Whether anything is still to be said."""
        return bool(self._queue)

    @property
    def count(self) -> int:
        return len(self._queue)

    def add(self, notice: Samples) -> None:
        """Whole frames; an empty one has ended at once."""
        if notice.size == 0:
            self._ended += 1
            return
        self._queue.append(notice)
        begun = int(self._at > 0)
        if len(self._queue) - begun > MOST_SAID:
            del self._queue[begun]
            self._ended += 1
            self.dropped += 1

    def take(self) -> Samples | None:
        """The next 160 samples; what was taken is never given again."""
        if not self._queue:
            return None
        notice = self._queue[0]
        frame = notice[self._at : self._at + FRAME_SAMPLES]
        self._at += FRAME_SAMPLES
        if self._at >= notice.size:
            self._queue.popleft()
            self._at = 0
            self._ended += 1
        return frame

    def take_ended(self) -> int:
        """How many have ended since this was last asked."""
        ended, self._ended = self._ended, 0
        return ended
