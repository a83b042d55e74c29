"""Sound between a card's clock and the path's: its rate, its level, and the difference of the two clocks. Pure.

Both clocks are nominally the same and really up to some hundred ppm apart. Nothing is stretched. A quiet frame is left
out or repeated (`JitterBuffer`) when the buffer has moved too far from its target.
"""

from typing import Final

from bridge.audio.frame import FRAME_SAMPLES, RATE_HZ, SILENCE, Samples, samples_of_ms, to_samples, to_wave
from bridge.audio.jitter import JitterBuffer, JitterConfig
from bridge.audio.levels import SILENT_DBFS, gain_of_db, peak_dbfs
from bridge.audio.limiter import Limiter, LimiterConfig
from bridge.audio.resample import resampler
from bridge.media.settings import CardSettings

_ROOM_MS: Final = 60
"""So much may wait beyond the target. It is enough for a slow card to be noticed, and met in the next pause."""
_BOUND_MS: Final = 200
"""More than `is_ready` ever lets wait."""


class FromCard:
    """20 ms at the card's rate in, 160 samples at 8 kHz out, louder by the card's receive gain."""

    def __init__(self, rate_hz: int, settings: CardSettings) -> None:
        self._resampler = resampler(rate_hz, RATE_HZ) if rate_hz != RATE_HZ else None
        self._gain = gain_of_db(settings.receive_gain_db)
        self.peak_dbfs = SILENT_DBFS
        """The loudest sample that the card itself has given: at 0 it is overdriven, whatever the gain."""

    def process(self, samples: Samples) -> Samples:
        self.peak_dbfs = max(self.peak_dbfs, peak_dbfs(samples))
        wave = to_wave(samples)
        if self._resampler is not None:
            wave = self._resampler.process(wave)
        return to_samples(wave * self._gain)


class ToCard:
    """160 samples at 8 kHz go in, 20 ms at the card's rate come out. The transmit gain is applied, never above the
    ceiling."""

    def __init__(self, rate_hz: int, settings: CardSettings) -> None:
        self._resampler = resampler(RATE_HZ, rate_hz) if rate_hz != RATE_HZ else None
        self._gain = gain_of_db(settings.transmit_gain_db)
        self._limiter = Limiter(LimiterConfig(ceiling_dbfs=settings.transmit_ceiling_dbfs))

    def process(self, samples: Samples) -> Samples:
        wave = self._limiter.process(to_wave(samples) * self._gain)
        return to_samples(self._resampler.process(wave) if self._resampler is not None else wave)


class Playback:
    """A buffer between two clocks. The path gives a frame for each one due by Asterisk's clock. The card takes one per
    period of its own. `target_ms` is gathered at the beginning of a transmission.

    Overflow rule: none is dropped. The path asks `is_ready` before it pushes, and keeps the speech while it is not.
    """

    def __init__(self, target_ms: int) -> None:
        self._jitter = JitterBuffer(JitterConfig(target_ms=target_ms, bound_ms=_BOUND_MS))
        self._full = samples_of_ms(target_ms + _ROOM_MS)

    @property
    def delay_ms(self) -> int:
        return self._jitter.delay_ms

    @property
    def repeated(self) -> int:
        return self._jitter.repeated

    @property
    def left_out(self) -> int:
        return self._jitter.left_out

    @property
    def gaps(self) -> int:
        """Times it ran empty: each end of a transmission is one."""
        return self._jitter.gaps

    @property
    def lost_samples(self) -> int:
        return self._jitter.lost_samples

    def is_ready(self, on_the_way: int = 0) -> bool:
        """Whether one more frame may be pushed; `on_the_way` frames are not counted in it yet."""
        return samples_of_ms(self._jitter.delay_ms) + on_the_way * FRAME_SAMPLES < self._full

    def push(self, samples: Samples) -> None:
        self._jitter.push(samples)

    def pop(self) -> Samples:
        """The next frame for the card; silence while there is nothing to say."""
        frame = self._jitter.pop()
        return SILENCE if frame is None else frame
