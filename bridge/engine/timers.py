"""Timers by name: starting one again moves it."""

import asyncio

from bridge.domain.kernel.events import TimerDue
from bridge.domain.kernel.timers import TimerKey
from bridge.ports import Clock, Emit


class Timers:
    """Each due timer comes back as `TimerDue`. They pass with the process; what must survive is a record's instant."""

    def __init__(self, clock: Clock, emit: Emit) -> None:
        self._clock = clock
        self._emit = emit
        self._handles: dict[TimerKey, asyncio.TimerHandle] = {}

    def start(self, key: TimerKey, after_s: float) -> None:
        self.stop(key)
        self._handles[key] = asyncio.get_running_loop().call_later(after_s, self._due, key)

    def stop(self, key: TimerKey) -> None:
        handle = self._handles.pop(key, None)
        if handle is not None:
            handle.cancel()

    def stop_all(self) -> None:
        for key in list(self._handles):
            self.stop(key)

    def _due(self, key: TimerKey) -> None:
        self._handles.pop(key, None)
        self._emit(TimerDue(self._clock.now_s(), key))
