"""The life of alarms as one pure function: alarms, faults and the time in, alarms out.

- A fault is an alarm when it has been there for its kind's `on_s`. It is over when it was away for `off_s`. One
  that comes and goes faster is no alarm. One that comes again before it is acknowledged is the same row.
- **Cause hides effect.** A fault behind another one that is there becomes no alarm. One that is an alarm already is no
  row while its cause stands, and ends with it in silence.

Overflow: with `MOST` alarms a new one takes the place of the one that matters least, or is not raised. So a flood has
at most `MOST` rows, and never pushes out what matters more.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from bridge.domain.alarms.kinds import EMERGENCIES, KINDS, AlarmKind
from bridge.domain.alarms.passing import NO_DELAYS, Delays
from bridge.domain.alarms.records import Alarm, AlarmState
from bridge.domain.kernel.ids import AlarmId, ConferenceId
from bridge.domain.kernel.reasons import Reason

MOST: Final = 200
TELL_S: Final = 10.0
"""The words of a cause whose figures move change so often at most."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A fault that is there now.

    Attributes:
        key: Its cause by name.
        kind: Its row of the table.
        cause: In words.
        subject: The part, or what people call the thing that it is about.
        behind: Keys of the causes that would explain it.
        exercise: It belongs to an exercise.
        conference: It belongs to this conference.
    """

    key: str
    kind: AlarmKind
    cause: Reason
    subject: str
    behind: tuple[str, ...] = ()
    exercise: bool = False
    conference: ConferenceId | None = None


@dataclass(frozen=True)
class Book:
    """The alarms by key, with the delays under way, and those that have just ended."""

    alarms: Mapping[str, Alarm]
    delays: Delays = NO_DELAYS
    ended: tuple[Alarm, ...] = field(default=())


def book_of(alarms: Iterable[Alarm], delays: Delays) -> Book:
    return Book({one.key: one for one in alarms}, delays)


def advance(book: Book, conditions: Mapping[str, Condition], now_s: float, mint: Callable[[], AlarmId]) -> Book:
    """The book as it is at one instant.

    Args:
        book: As it was.
        conditions: By key, all that is there now.
        now_s: Wall time.
        mint: A fresh id for an alarm that is raised.
    """
    page = _Page(book, conditions, now_s, mint)
    for key in sorted(conditions):
        page.is_there(conditions[key])
    for key in sorted(book.alarms):
        page.look(key)
    return page.book()


def hidden(alarm: Alarm, standing: Mapping[str, Alarm]) -> bool:
    """Whether a cause that stands explains it.

    Args:
        alarm: Any alarm.
        standing: All alarms by key.
    """
    if alarm.is_emergency:
        return False
    return any(one in standing and standing[one].standing and one != alarm.key for one in alarm.behind)


def rows(alarms: Iterable[Alarm]) -> list[Alarm]:
    """Those that people see, what matters most first: emergencies, priority, not acknowledged, the newest."""
    found = {one.key: one for one in alarms}
    shown = [one for one in found.values() if not hidden(one, found)]
    return sorted(
        shown, key=lambda one: (one.priority, not one.is_emergency, _ORDER[one.state], -one.last_at_s, one.id)
    )


_ORDER: Final = {
    AlarmState.NEW: 0,
    AlarmState.RETURNED: 1,
    AlarmState.ACKNOWLEDGED: 2,
    AlarmState.SHELVED: 3,
    AlarmState.ENDED: 4,
}


class _Page:
    """One advance under construction."""

    def __init__(
        self, book: Book, conditions: Mapping[str, Condition], now_s: float, mint: Callable[[], AlarmId]
    ) -> None:
        self._alarms = dict(book.alarms)
        self._conditions = conditions
        self._now_s = now_s
        self._mint = mint
        self._waiting = {key: since_s for key, since_s in book.delays.waiting.items() if key in conditions}
        self._gone = dict(book.delays.gone)
        self._told = dict(book.delays.told)
        self._ended: list[Alarm] = []

    def is_there(self, found: Condition) -> None:
        self._gone.pop(found.key, None)
        alarm = self._alarms.get(found.key)
        if alarm is not None and alarm.standing:
            self._tell(alarm, found)
            return
        since_s = self._waiting.setdefault(found.key, self._now_s)
        if self._cause_of(found) is None and self._now_s - since_s >= KINDS[found.kind].on_s:
            del self._waiting[found.key]
            self._raise(alarm, found, since_s)

    def look(self, key: str) -> None:
        """One that stood before: whether it is over, and whether its shelf is."""
        alarm = self._alarms.get(key)
        if alarm is None:
            return
        if alarm.standing and key not in self._conditions:
            since_s = self._gone.setdefault(key, self._now_s)
            if self._now_s - since_s >= KINDS[alarm.kind].off_s:
                alarm = self._over(alarm, since_s)
        if alarm.state is AlarmState.SHELVED and self._now_s >= (alarm.shelved_until_s or 0.0):
            alarm = replace(alarm, state=AlarmState.NEW if alarm.standing else AlarmState.ENDED)
        self._put(alarm)

    def book(self) -> Book:
        counted = Counter(
            cause
            for found in self._conditions.values()
            if (cause := self._cause_of(found)) is not None and cause in self._alarms
        )
        for key, alarm in self._alarms.items():
            if alarm.effects != counted[key]:
                self._alarms[key] = replace(alarm, effects=counted[key])
        told = {key: at_s for key, at_s in self._told.items() if key in self._alarms}
        return Book(self._alarms, Delays(self._waiting, self._gone, told), tuple(self._ended))

    # --- inside ---

    def _cause_of(self, found: Condition) -> str | None:
        """The first cause that is there, or whose alarm stands still. Nothing explains an emergency away."""
        if found.kind in EMERGENCIES:
            return None
        for one in found.behind:
            alarm = self._alarms.get(one)
            if one != found.key and (one in self._conditions or (alarm is not None and alarm.standing)):
                return one
        return None

    def _raise(self, known: Alarm | None, found: Condition, since_s: float) -> None:
        if known is not None:
            state = AlarmState.SHELVED if known.state is AlarmState.SHELVED else AlarmState.NEW
            again = replace(known, state=state, standing=True, times=known.times + 1, cleared_at_s=None)
            self._alarms[found.key] = replace(
                again, cause=found.cause, last_at_s=self._now_s, behind=found.behind, exercise=found.exercise
            )
        elif self._has_room(found):
            self._alarms[found.key] = Alarm(
                self._mint(),
                found.key,
                found.kind,
                KINDS[found.kind].priority,
                found.cause,
                found.subject,
                since_s,
                last_at_s=self._now_s,
                behind=found.behind,
                exercise=found.exercise,
                conference=found.conference,
            )
        else:
            return
        self._told[found.key] = self._now_s

    def _has_room(self, found: Condition) -> bool:
        """The one that matters least makes room for what matters more: one that is over before one that stands."""
        if len(self._alarms) < MOST:
            return True
        least = max(self._alarms.values(), key=lambda one: (not one.standing, one.priority, -one.last_at_s))
        if least.standing and least.priority <= KINDS[found.kind].priority:
            return False
        self._put(replace(least, state=AlarmState.ENDED))
        return True

    def _tell(self, alarm: Alarm, found: Condition) -> None:
        """Other words for the same fault. Figures that move would else be written twice a second."""
        is_due = self._now_s - self._told.get(alarm.key, alarm.last_at_s) >= TELL_S
        if found.cause.code != alarm.cause.code or (found.cause != alarm.cause and is_due):
            self._alarms[alarm.key] = replace(alarm, cause=found.cause)
            self._told[alarm.key] = self._now_s

    def _over(self, alarm: Alarm, since_s: float) -> Alarm:
        self._gone.pop(alarm.key, None)
        over = replace(alarm, standing=False, cleared_at_s=since_s)
        if alarm.state is AlarmState.SHELVED:
            return over
        is_seen = alarm.state is AlarmState.ACKNOWLEDGED or hidden(alarm, self._alarms)
        return replace(over, state=AlarmState.ENDED if is_seen else AlarmState.RETURNED)

    def _put(self, alarm: Alarm) -> None:
        if alarm.state is AlarmState.ENDED:
            self._alarms.pop(alarm.key, None)
            self._gone.pop(alarm.key, None)
            self._ended.append(replace(alarm, ended_at_s=self._now_s))
        else:
            self._alarms[alarm.key] = alarm
