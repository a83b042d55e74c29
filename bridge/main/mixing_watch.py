"""How much of the time there is for mixing is used. The engine bounds open microphones before the sound breaks.

Asterisk mixes each bridge in a thread of its own, which has 20 ms for each turn (`bridge_softmix.c`). A thread that
works all the time is late, and everybody in that meeting hears gaps. Each telephone has a thread too, and many together
use up the cores. So the fuller of the two counts: the busiest thread, or all threads on all cores. The shares are the
kernel's figures of Asterisk's own work. A machine that is busy with something else raises no alarm here.
"""

import asyncio
import os
from collections.abc import Mapping
from typing import Final, Protocol

from bridge.domain.headroom import keeping
from bridge.domain.headroom.events import MixingMeasured
from bridge.domain.headroom.policy import HeadroomPolicy
from bridge.domain.headroom.reasons import HeadroomReason
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.main.processes import threads_ns
from bridge.ports import Clock, Control, Emit

LOOK_S: Final = 2.0


class Process(Protocol):
    """The process to watch: `bridge.ari.process.AsteriskProcess`."""

    def pid(self) -> int | None: ...


class Shares:
    """How much of the time one process has used. Time is data."""

    def __init__(self, cores: int) -> None:
        self._cores = cores
        self._before: Mapping[int, int] = {}
        self._at_s = 0.0

    def used_percent(self, at_s: float, used_ns: Mapping[int, int]) -> float:
        """Since the last look: by the busiest thread, or by all on all cores. New threads count from the next look."""
        passed_ns = (at_s - self._at_s) * 1e9
        worked = [ns - self._before[thread] for thread, ns in used_ns.items() if thread in self._before]
        self._before, self._at_s = used_ns, at_s
        return 100 * max(max(worked, default=0), sum(worked) / self._cores) / passed_ns if passed_ns > 0 else 0.0


class MixingWatch:
    """Start `run()` as a supervised task. Implements `bridge.ports.Health`."""

    def __init__(self, process: Process, control: Control, clock: Clock, emit: Emit) -> None:
        self._process = process
        self._control = control
        self._clock = clock
        self._emit = emit
        self._shares = Shares(os.cpu_count() or 1)
        self._told_percent = 0.0

    def health(self) -> Mapping[str, Reason]:
        """`mixing`: whether microphones are closed because too many were open."""
        closed = keeping.crowded_out(self._control.node())
        if not closed:
            return {"mixing": WELL}
        used = round(self._told_percent)
        return {"mixing": HeadroomReason.MICROPHONES_CLOSED(count=len(closed), used_percent=used)}

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            pid = self._process.pid()
            self.look(await asyncio.to_thread(threads_ns, pid) if pid is not None else {})

    def look(self, used_ns: Mapping[int, int]) -> None:
        """Tell the engine, unless there is plenty of room and was before."""
        now_s = self._clock.now_s()
        used = self._shares.used_percent(now_s, used_ns)
        node = self._control.node()
        plenty = node.policy[HeadroomPolicy].room_percent / 2
        if max(used, self._told_percent) > plenty or keeping.crowded_out(node):
            self._emit(MixingMeasured(now_s, used))
        self._told_percent = used
