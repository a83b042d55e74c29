"""The watchdog of call-outs: it looks from outside the rules, and tells the engine what they have forgotten."""

import asyncio
from collections.abc import Mapping
from typing import Final

import structlog

from bridge.domain.callout import caps, deadline, watchdog
from bridge.domain.callout.events import TargetsIdle
from bridge.domain.callout.reasons import CalloutReason
from bridge.domain.callout.records import ACTIVATIONS
from bridge.domain.kernel.ids import TargetId
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.ports import Clock, Control, Emit

log = structlog.get_logger(__name__)

LOOK_S: Final = 0.5
IDLE_S: Final = 4.0
"""A function without a next action is one after so long. With two looks it is an alarm within 5 s."""
ALARM_S: Final = 600.0
"""So long people are told of it after it has happened."""


class CalloutWatch:
    """Start `run()` as a supervised task. Implements `bridge.ports.Health`."""

    def __init__(self, control: Control, clock: Clock, emit: Emit) -> None:
        self._control = control
        self._clock = clock
        self._emit = emit
        self._since_s: dict[TargetId, float] = {}
        self._count = 0
        self._latest_at_s = float("-inf")

    def health(self) -> Mapping[str, Reason]:
        """`callout`: whether a function of a running call-out had no next action lately, or a deadline has passed."""
        if self._clock.now_s() - self._latest_at_s < ALARM_S:
            return {"callout": CalloutReason.TARGETS_IDLE(count=self._count)}
        node = self._control.node()
        for one in node[ACTIVATIONS].values():
            late = next(iter(deadline.late(node, one)), None)
            if late is not None:
                return {"callout": CalloutReason.LATE(list=one.list_name, came=late.came, needed=late.needed)}
        return {"callout": caps.alarm(node, self._clock.now_s()) or WELL}

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_S)

    def look(self) -> None:
        """Those that are idle for `IDLE_S` are told to the engine and to people. Where the engine hangs they are told
        again each `IDLE_S`, and no sooner."""
        now_s = self._clock.now_s()
        found = watchdog.idle(self._control.node(), now_s)
        self._since_s = {one: self._since_s.get(one, now_s) for one in found}
        late = tuple(one for one, since_s in self._since_s.items() if now_s - since_s >= IDLE_S)
        if late:
            self._count, self._latest_at_s = len(late), now_s
            self._since_s |= dict.fromkeys(late, now_s)
            log.error("targets_without_next_action", targets=late)
            self._emit(TargetsIdle(now_s, late))
