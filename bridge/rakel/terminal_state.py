"""One terminal's known state, reported whenever it changes: state, reason, identities, levels, alarms."""

from collections import Counter
from dataclasses import replace
from typing import Any, Final

import structlog

from bridge.domain.kernel.reasons import Reason
from bridge.domain.radio.events import TerminalChanged, TerminalState
from bridge.ports import Clock, Emit
from bridge.rakel.health import Alarm, Health
from bridge.rakel.reasons import TerminalReason
from bridge.rakel.settings import TerminalSettings

_log = structlog.get_logger(__name__)

_UP: Final = (TerminalState.READY, TerminalState.UNREGISTERED, TerminalState.BLOCKED)
_NOTED: Final = {
    "talk_watchdog": Alarm.STUCK_TALKER,
    "release_unconfirmed": Alarm.RELEASE_UNCONFIRMED,
    "release_refused": Alarm.RELEASE_UNCONFIRMED,
    "panel_used": Alarm.PANEL_USED,
    "individual_call_rings": Alarm.INDIVIDUAL_CALL,
}
_ERRORS: Final = ("command_refused", "command_unanswered")
_UNKNOWN: Final = ("unknown", "malformed", "overlong", "orphan_header", "stray_final")


class Known:
    """Keeps the last `TerminalChanged` and emits the next when something in it is new."""

    def __init__(self, settings: TerminalSettings, clock: Clock, emit: Emit) -> None:
        self.now = TerminalChanged(0.0, settings.terminal, TerminalState.ABSENT, TerminalReason.NOT_OPENED_YET())
        self._clock = clock
        self._emit = emit
        self._health = Health(settings.alarm_limits)
        self._counted: Counter[str] = Counter()
        self._log = _log.bind(terminal=settings.name)

    @property
    def up(self) -> bool:
        """It is set up and answers, with a network or without."""
        return self.now.state in _UP

    def become(self, state: TerminalState, reason: Reason | None, *, expected: bool = False, **changes: Any) -> None:
        """Take on a state; `changes` are fields of `TerminalChanged`, told with it. `expected`: not an alarm."""
        if state is not self.now.state:
            self._log.info("terminal_state", state=state.value, reason=str(reason or ""))
            if self.up and state not in _UP and not expected:
                self._health.happened(Alarm.REPEATED_RESTARTS, self._clock.now_s())
        if state in (TerminalState.ABSENT, TerminalState.FAILED):
            self._health.answers(does=expected)
        elif state in _UP:
            self._health.answers(does=True)
            self._health.registered(self._clock.now_s(), found=state is not TerminalState.UNREGISTERED)
        self.tell(state=state, reason=reason, **changes)

    def tell(self, **changes: Any) -> None:
        """Fields of `TerminalChanged` that are known anew; emitted when any differs, or an alarm does."""
        if "signal_dbm" in changes:
            self._health.signal(changes["signal_dbm"])
        if "battery_percent" in changes:
            self._health.battery(changes["battery_percent"])
        now_s = self._clock.now_s()
        raised = self._health.raised(now_s)
        alarms, times_s = tuple(alarm for alarm, _ in raised), tuple(at_s for _, at_s in raised)
        known = replace(self.now, **changes, alarms=alarms, alarm_times_s=times_s)
        self._log_alarms(known)
        if known != self.now or not self.now.at_s:
            self.now = replace(known, at_s=now_s)
            self._emit(self.now)

    def noted(self, what: str) -> None:
        """Something out of the ordinary in a call."""
        alarm = _NOTED.get(what)
        if alarm is not None:
            self._health.happened(alarm, self._clock.now_s())
            self.tell()

    def mode(self, *, right: bool) -> None:
        """Whether the terminal is in the mode we need; told with the next change."""
        self._health.mode(right=right)

    def line_counted(self, counters: Counter[str]) -> None:
        """The line's counters as they are now; what came since the last time is judged."""
        now_s, fresh = self._clock.now_s(), counters - self._counted
        self._counted = counters.copy()
        self._health.happened(Alarm.MANY_ERRORS, now_s, sum(fresh[one] for one in _ERRORS))
        self._health.happened(Alarm.MANY_UNKNOWN_LINES, now_s, sum(fresh[one] for one in _UNKNOWN))
        self.tell()

    def line_begun(self, counters: Counter[str]) -> None:
        """Forget the counts of the start-up, in which terminals refuse some commands."""
        self._counted = counters.copy()

    def _log_alarms(self, known: TerminalChanged) -> None:
        for alarm in set(known.alarms) - set(self.now.alarms):
            self._log.warning("alarm_raised", alarm=alarm)
        for alarm in set(self.now.alarms) - set(known.alarms):
            self._log.info("alarm_cleared", alarm=alarm)
