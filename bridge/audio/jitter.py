"""A small elastic buffer for sound that comes by somebody else's clock.

It waits until `target_ms` has come, then gives a frame at a time. It meets a fast or slow clock by leaving out or
repeating a quiet frame. The backlog after a stall is met in the same way. No delay lasts longer than until the next
pauses.
"""

from dataclasses import dataclass

import numpy as np

from bridge.audio.frame import FRAME_SAMPLES, Samples, ms_of_samples, samples_of_ms
from bridge.audio.levels import rms_dbfs


@dataclass(frozen=True, slots=True)
class JitterConfig:
    target_ms: int = 50
    """So much is gathered before the first frame is given."""
    slack_ms: int = 30
    """How far from the target the filling may be before a quiet frame is left out or repeated."""
    bound_ms: int = 1000
    """At most this much waits; then the oldest is dropped, and counted."""
    quiet_dbfs: float = -40.0
    """A frame below this may be left out or repeated."""


class JitterBuffer:
    """`push` when sound comes, in pieces of any size; `pop` once per 20 ms of our own clock."""

    def __init__(self, config: JitterConfig) -> None:
        self._target = samples_of_ms(config.target_ms)
        self._low = self._target - samples_of_ms(config.slack_ms)
        self._high = self._target + samples_of_ms(config.slack_ms)
        self._bound = samples_of_ms(config.bound_ms)
        self._quiet_dbfs = config.quiet_dbfs
        self._waiting: Samples = np.zeros(0, dtype=np.int16)
        self._playing = False
        self.lost_samples = 0
        """Dropped because of the bound, ever."""
        self.left_out = 0
        """Quiet frames left out, ever."""
        self.repeated = 0
        """Quiet frames repeated, ever."""
        self.gaps = 0
        """Times it ran empty: a transmission's end, or a stall of the other side."""

    @property
    def delay_ms(self) -> int:
        return ms_of_samples(self._waiting.size)

    def push(self, samples: Samples) -> None:
        self._waiting = np.concatenate((self._waiting, samples))
        excess = self._waiting.size - self._bound
        if excess > 0:
            self.lost_samples += excess
            self._waiting = self._waiting[excess:]

    def give_back(self, samples: Samples) -> None:
        """Frames that were popped come before all that waits, and are popped again.

        The delay is caught up in the pauses.
        """
        self._waiting = np.concatenate((samples, self._waiting))
        self._playing = True

    def trim(self) -> None:
        """Nobody listens: what waits beyond the target is dropped, uncounted."""
        self._waiting = self._waiting[-self._target :]

    def pop(self) -> Samples | None:
        """The next 160 samples, or nothing while it fills."""
        if not self._playing:
            if self._waiting.size < self._target:
                return None
            self._playing = True
        if self._waiting.size < FRAME_SAMPLES:
            self._playing = False
            self.gaps += 1
            return self._remainder()
        frame = self._waiting[:FRAME_SAMPLES]
        filling = self._waiting.size - FRAME_SAMPLES
        if self._low <= filling <= self._high or rms_dbfs(frame) >= self._quiet_dbfs:
            self._waiting = self._waiting[FRAME_SAMPLES:]
        elif filling < self._low:
            self.repeated += 1
        else:
            self.left_out += 1
            self._waiting = self._waiting[FRAME_SAMPLES:]
            return self._skip_quiet(filling - self._target)
        return frame

    def _skip_quiet(self, excess: int) -> Samples:
        """One quiet frame is left out already. The quiet frames after it are left out too, as long as the excess
        lasts."""
        frame = self._waiting[:FRAME_SAMPLES]
        while excess > 2 * FRAME_SAMPLES and rms_dbfs(frame) < self._quiet_dbfs:
            self.left_out += 1
            excess -= FRAME_SAMPLES
            self._waiting = self._waiting[FRAME_SAMPLES:]
            frame = self._waiting[:FRAME_SAMPLES]
        self._waiting = self._waiting[FRAME_SAMPLES:]
        return frame

    def _remainder(self) -> Samples | None:
        """The rest of a sound that ended, with silence after it."""
        if self._waiting.size == 0:
            return None
        rest, self._waiting = self._waiting, self._waiting[:0]
        return np.pad(rest, (0, FRAME_SAMPLES - rest.size))
