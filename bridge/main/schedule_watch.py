"""The watch of the schedule: it tells when the wall clock is set, and what was missed."""

import asyncio
from collections.abc import Mapping
from typing import Final

import structlog

from bridge.domain.kernel.reasons import WELL, Reason
from bridge.domain.schedule.events import ClockSet
from bridge.domain.schedule.reasons import ScheduleReason
from bridge.domain.schedule.records import OCCURRENCES, SCHEDULES, Occurrence, OccurrenceState, Ringing
from bridge.engine.clock import SteadyClock
from bridge.ports import Control, Emit

log = structlog.get_logger(__name__)

LOOK_S: Final = 5.0
SET_S: Final = 2.0
"""The wall clock has been set when it differs by more from what was told last. A running chrony stays far below."""
ALARM_S: Final = 86_400.0
"""So long people are told of a meeting that was missed."""
_HARMLESS: Final = frozenset({ScheduleReason.MEETING_OVER.value, ScheduleReason.SCHEDULE_REMOVED.value})
"""People have done this themselves."""


class ScheduleWatch:
    """Start `run()` as a supervised task. Implements `bridge.ports.Health`."""

    def __init__(self, control: Control, clock: SteadyClock, emit: Emit) -> None:
        self._control = control
        self._clock = clock
        self._emit = emit
        self._told_s = 0.0

    def health(self) -> Mapping[str, Reason]:
        """`schedule`: whether a meeting was not opened, or not rung, within the last day."""
        since_s = self._clock.now_s() - ALARM_S
        node = self._control.node()
        missed = [
            one
            for one in node[OCCURRENCES].values()
            if one.decided_at_s > since_s and one.schedule in node[SCHEDULES] and is_missed(one)
        ]
        if not missed:
            return {"schedule": WELL}
        latest = max(missed, key=lambda one: one.starts_at_s)
        return {"schedule": ScheduleReason.MISSED(count=len(missed), name=latest.name)}

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_S)

    def look(self) -> None:
        """The rules hear of a clock that was set, so that a meeting begins by the clock on the wall."""
        ahead_s = self._clock.ahead_s()
        if abs(ahead_s - self._told_s) > SET_S:
            log.warning("wall_clock_set", ahead_s=round(ahead_s, 1))
            self._told_s = ahead_s
            self._emit(ClockSet(self._clock.now_s(), ahead_s))


def is_missed(occurrence: Occurrence) -> bool:
    """Whether it was not opened or not rung, and nobody wanted it so."""
    is_so = occurrence.state is OccurrenceState.MISSED or occurrence.ringing is Ringing.MISSED
    return is_so and (occurrence.reason is None or occurrence.reason.code not in _HARMLESS)
