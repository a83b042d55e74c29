"""Faults of a terminal as named alarms. No IO: observations and time in, the standing alarms out.

An alarm is raised at one bound and cleared at another, so that no alarm flickers:

| alarm | raised | cleared |
|---|---|---|
| `weak_signal` | below `weak_signal_dbm` | `SIGNAL_BACK_DB` above it |
| `low_battery` | below `low_battery_percent` | `BATTERY_BACK_PERCENT` above it |
| `not_registered` | without network for `UNREGISTERED_S` | registered |
| `silent_terminal` | it does not answer, or its line is gone | set up again |
| `many_errors` | as many refused or unanswered commands within a minute as set | half as many |
| `many_unknown_lines` | as many lines that mean nothing within a minute as set | half as many |
| `repeated_restarts` | `restarts_per_hour` within an hour | half as many |
| `stuck_talker` | the watchdog closed a talker | `HOLD_S` without another |
| `release_unconfirmed` | the end of a transmission was refused or not confirmed | `HOLD_S` without another |
| `wrong_mode` | it left trunked mode | it is back |
| `panel_used` | somebody changed its mode or its talkgroup by hand | `HOLD_S` without another |
| `individual_call` | somebody rang the terminal itself | `HOLD_S` without another |
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bridge.domain.kernel.rate import Rate

SIGNAL_BACK_DB: Final = 4
BATTERY_BACK_PERCENT: Final = 5
UNREGISTERED_S: Final = 10.0
"""A change of cell or a tunnel's mouth is no alarm."""
HOLD_S: Final = 600.0
_MINUTE_S: Final = 60.0
_HOUR_S: Final = 3600.0


class Alarm(StrEnum):
    WEAK_SIGNAL = "weak_signal"
    LOW_BATTERY = "low_battery"
    NOT_REGISTERED = "not_registered"
    SILENT_TERMINAL = "silent_terminal"
    MANY_ERRORS = "many_errors"
    MANY_UNKNOWN_LINES = "many_unknown_lines"
    REPEATED_RESTARTS = "repeated_restarts"
    STUCK_TALKER = "stuck_talker"
    RELEASE_UNCONFIRMED = "release_unconfirmed"
    WRONG_MODE = "wrong_mode"
    PANEL_USED = "panel_used"
    INDIVIDUAL_CALL = "individual_call"


@dataclass(frozen=True, slots=True)
class AlarmLimits:
    """Where alarms are raised."""

    weak_signal_dbm: int = -93
    low_battery_percent: int = 20
    errors_per_minute: int = 10
    unknown_lines_per_minute: int = 20
    restarts_per_hour: int = 3


@dataclass(slots=True)
class _Counted:
    """An alarm that counts. It is raised at the limit, and stands until half as many are left in the window."""

    rate: Rate
    standing: bool = False

    def look(self, at_s: float) -> bool:
        count, limit = self.rate.count(at_s), self.rate.limit
        self.standing = count >= limit or (self.standing and count > limit // 2)
        return self.standing


class Health:
    """The alarms of one terminal. Tell it what is noticed; ask `alarms` when something was, and now and then."""

    def __init__(self, limits: AlarmLimits) -> None:
        self._limits = limits
        self._standing: set[Alarm] = set()
        self._without_network_s: float | None = None
        rates = {
            Alarm.MANY_ERRORS: Rate(_MINUTE_S, limits.errors_per_minute),
            Alarm.MANY_UNKNOWN_LINES: Rate(_MINUTE_S, limits.unknown_lines_per_minute),
            Alarm.REPEATED_RESTARTS: Rate(_HOUR_S, limits.restarts_per_hour),
            Alarm.STUCK_TALKER: Rate(HOLD_S, 1),
            Alarm.RELEASE_UNCONFIRMED: Rate(HOLD_S, 1),
            Alarm.PANEL_USED: Rate(HOLD_S, 1),
            Alarm.INDIVIDUAL_CALL: Rate(HOLD_S, 1),
        }
        self._counted = {alarm: _Counted(rate) for alarm, rate in rates.items()}
        self._raised_at_s: dict[Alarm, float] = {}

    def signal(self, dbm: int | None) -> None:
        """An unknown signal is no weak one: another alarm reports a lost network."""
        bound = self._limits.weak_signal_dbm
        self._level(Alarm.WEAK_SIGNAL, dbm, bound, bound + SIGNAL_BACK_DB)

    def battery(self, percent: int | None) -> None:
        bound = self._limits.low_battery_percent
        self._level(Alarm.LOW_BATTERY, percent, bound, bound + BATTERY_BACK_PERCENT)

    def registered(self, at_s: float, *, found: bool) -> None:
        if found:
            self._without_network_s = None
        elif self._without_network_s is None:
            self._without_network_s = at_s

    def answers(self, *, does: bool) -> None:
        """Whether it is set up and answers. One that does not is not known to be without a network."""
        self._set(Alarm.SILENT_TERMINAL, standing=not does)
        if not does:
            self._without_network_s = None
            self._standing -= {Alarm.WEAK_SIGNAL, Alarm.LOW_BATTERY}

    def mode(self, *, right: bool) -> None:
        """Whether it is in the mode we need."""
        self._set(Alarm.WRONG_MODE, standing=not right)

    def happened(self, alarm: Alarm, at_s: float, count: int = 1) -> None:
        """One of what is counted: an error, an unknown line, a restart, a stuck talker, an unconfirmed release."""
        counted = self._counted[alarm]
        counted.rate = counted.rate.happened(at_s, count)

    def alarms(self, at_s: float) -> tuple[str, ...]:
        """The alarms that stand now, in the order of `Alarm`."""
        return tuple(alarm for alarm, _ in self.raised(at_s))

    def raised(self, at_s: float) -> tuple[tuple[str, float], ...]:
        """The alarms that stand now, each with its time. That is when it was raised, or when an event counted over more
        than a minute last happened."""
        without_s = self._without_network_s
        self._set(Alarm.NOT_REGISTERED, standing=without_s is not None and at_s - without_s >= UNREGISTERED_S)
        for alarm, counted in self._counted.items():
            self._set(alarm, standing=counted.look(at_s))
        self._raised_at_s = {one: self._raised_at_s.get(one, at_s) for one in Alarm if one in self._standing}
        return tuple((alarm.value, self._last_at_s(alarm) or since_s) for alarm, since_s in self._raised_at_s.items())

    def _last_at_s(self, alarm: Alarm) -> float | None:
        counted = self._counted.get(alarm)
        return counted.rate.last_s if counted is not None and counted.rate.window_s > _MINUTE_S else None

    def _level(self, alarm: Alarm, value: int | None, raised_below: int, cleared_at: int) -> None:
        if value is None or value >= cleared_at:
            self._standing.discard(alarm)
        elif value < raised_below:
            self._standing.add(alarm)

    def _set(self, alarm: Alarm, *, standing: bool) -> None:
        (self._standing.add if standing else self._standing.discard)(alarm)
