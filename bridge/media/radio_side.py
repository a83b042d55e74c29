"""From the radio to the meeting: jitter buffer, gate by command, noise gate, gain, automatic level, limiter. Pure."""

from collections import deque
from typing import Final

import numpy as np

from bridge.audio.autolevel import AutoLevel
from bridge.audio.frame import FRAME_SAMPLES, SILENCE, Samples, samples_of_ms, to_samples, to_wave
from bridge.audio.gate import Fader, GateConfig, NoiseGate
from bridge.audio.jitter import JitterBuffer, JitterConfig
from bridge.audio.levels import Meter, gain_of_db, rms_dbfs
from bridge.audio.limiter import Limiter, LimiterConfig
from bridge.media.settings import MediaSettings

_ON_ITS_WAY: Final = 2 * FRAME_SAMPLES
"""Sound of a talker that may still be under way when the terminal reports the end of the talk."""
_LONGEST_TAIL: Final = 5 * FRAME_SAMPLES
"""A closed gate is silent after 100 ms, whatever waits."""
_KEPT_BEFORE: Final = 10
"""Frames of speech behind a gate that the controller has yet to open: 200 ms. It takes some 20 ms to open it."""
_FADES_OUT: Final = 2
"""Frames after closing in which the fade and the limiter's look-ahead still give sound; later ones are spared."""


class RadioSide:
    """One path's ear. Each talker begins with the automatic level at rest.

    `push` sound from the terminal, `pop` a frame for the meeting every 20 ms.

    A talker's first words come before the terminal's report has reached the controller, and the controller the gate. So
    speech that waits before the shut gate without a break is heard when it opens.

    While we send, and for `turnaround_ms` after, the gate is shut whatever was commanded. The terminal's sound is then
    our own transmission, heard back.
    """

    def __init__(self, settings: MediaSettings) -> None:
        self.jitter = JitterBuffer(JitterConfig(target_ms=settings.radio_target_ms, bound_ms=settings.radio_bound_ms))
        self._gain = gain_of_db(settings.radio_gain_db)
        self._fader = Fader()
        self._gate = NoiseGate(GateConfig(open_dbfs=settings.radio_gate_dbfs))
        self._auto = AutoLevel(settings.levelling) if settings.levelling is not None else None
        self._limiter = Limiter(LimiterConfig(ceiling_dbfs=settings.radio_ceiling_dbfs))
        self._turnaround = samples_of_ms(settings.turnaround_ms)
        self._shut = 0
        self._heard = False
        self._tail = 0
        self._closed = 0
        self._before: deque[Samples] = deque(maxlen=_KEPT_BEFORE)
        self._loud_dbfs = settings.radio_gate_dbfs
        self._behind = 0
        self.meter = Meter()
        """As it comes from the terminal, before any gain."""

    @property
    def heard(self) -> bool:
        return self._heard

    @heard.setter
    def heard(self, heard: bool) -> None:
        """When closed, it lets out the waiting sound and `_ON_ITS_WAY`: the report of the end overtakes the talker's
        last sound. Sound that was kept before the gate has made all after it later."""
        if self._heard and not heard:
            self._tail = min(samples_of_ms(self.jitter.delay_ms) + _ON_ITS_WAY, _LONGEST_TAIL + self._behind)
        if heard and not self._heard and self._auto is not None:
            self._auto.reset()
        self._heard = heard

    @property
    def gain_db(self) -> float:
        """The gain of the automatic level now."""
        return self._auto.gain_db if self._auto is not None else 0.0

    def push(self, samples: Samples) -> None:
        self.jitter.push(samples)

    def pop(self, *, sending: bool) -> Samples:
        """The next frame for the meeting; silence when nothing is to be heard."""
        opened = self._is_open(sending)
        if opened and self._before:
            self._let_in()
        frame = self.jitter.pop()
        self._closed = 0 if opened else self._closed + 1
        if not opened:
            self.jitter.trim()
            self._keep(frame, own=sending or self._shut > 0)
        if frame is None:
            frame = SILENCE
        else:
            self.meter.add(frame)
        if self._closed > _FADES_OUT:
            return SILENCE
        wave = self._fader.process(self._gate.process(to_wave(frame)), opened=opened) * self._gain
        if self._auto is not None:
            wave = self._auto.process(wave, voiced=opened and self._gate.is_loud)
        return to_samples(self._limiter.process(wave))

    def _keep(self, frame: Samples | None, *, own: bool) -> None:
        if own or frame is None or rms_dbfs(frame) < self._loud_dbfs:
            self._before.clear()
        else:
            self._before.append(frame)

    def _let_in(self) -> None:
        kept = np.concatenate(tuple(self._before))
        self._before.clear()
        self._behind = kept.size
        self.jitter.give_back(kept)

    def _is_open(self, sending: bool) -> bool:
        if sending:
            self._shut = self._turnaround
            self._tail = 0
            return False
        if self._shut > 0:
            self._shut -= FRAME_SAMPLES
            return False
        opened = self._heard or self._tail > 0
        self._tail = max(0, self._tail - FRAME_SAMPLES)
        return opened
