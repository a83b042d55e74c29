"""The report of a call-out, as values: every function with every call, those who were late, the talk. Pure.

The words and the form are the writers' (`told`, `spreadsheet`, `paper`).
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bridge.domain.callout.deadline import Standing, standings
from bridge.domain.callout.records import Activation, AnswerLevel, Attempt, AttemptResult, Target, TargetState
from bridge.domain.callout.sharing import left_out
from bridge.domain.conference.records import Conference, Seat
from bridge.domain.kernel.ids import RollCallId, RollEntryId
from bridge.domain.kernel.reasons import Reason
from bridge.domain.rollcall import quorum as quorum_rule
from bridge.domain.rollcall.records import Attendance, RollEntry
from bridge.domain.telephony.hours import NumberUse, person_of

Name = tuple[str, str]
"""A function as it is written: its organisation and its own name."""

KEYS: Final = {
    AttemptResult.JOINED: "1",
    AttemptResult.LATER: "2",
    AttemptResult.CANNOT: "3",
    AttemptResult.DEPUTY: "4",
}
"""Result of a call → the key that gave it."""
_ANSWERED_WITH_A_KEY: Final = frozenset({TargetState.JOINED, TargetState.LOST, TargetState.LATER, TargetState.CANNOT})


@dataclass(frozen=True, slots=True)
class Quorum:
    """How many of a forum's functions must be there, and which. See `bridge.domain.rollcall.quorum`."""

    count: int | None = None
    required: frozenset[Name] = frozenset()


@dataclass(frozen=True, slots=True)
class Stretch:
    """Somebody spoke; instants in seconds on any one scale.

    Attributes:
        organisation: Of the speaker; `None`: not known.
        is_radio: A radio user spoke, of whom only the talkgroup is known.
    """

    organisation: str | None
    is_radio: bool
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Talk:
    """The talk of one organisation. Two of its people who speak at once count once."""

    organisation: str | None
    is_radio: bool
    talked_s: float
    times: int


class Way(StrEnum):
    """How a function came into the conference."""

    CALLED = "called"
    BY_ITSELF = "by_itself"
    """It dialled in while it was called."""
    ALREADY = "already"
    """It was there when the call-out began."""


@dataclass(frozen=True, slots=True)
class Called:
    """One function that was called.

    Attributes:
        answered_at_s: When the call was answered in which a key was pressed.
        came_at_s: When the function came into the conference, by this call-out or by itself.
        way: How it came; `None`: it did not.
        calls: In order of time.
        late_because: The results of the calls before it came; empty where it came by the first.
        left_out: Numbers that were passed over, since they were outside their hours.
        number_uses: The persons whose numbers they are.
        level: By when it was to come; `None`: it had no deadline.
        due_at_s: The same as an instant.
    """

    organisation: str
    function: str
    state: TargetState
    reason: Reason | None
    answered_at_s: float | None
    came_at_s: float | None
    way: Way | None
    calls: tuple[Attempt, ...]
    late_because: tuple[AttemptResult, ...]
    left_out: tuple[str, ...] = ()
    number_uses: tuple[NumberUse, ...] = ()
    level: AnswerLevel | None = None
    due_at_s: float | None = None

    def person_of(self, call: Attempt) -> str:
        """For whom was rung; empty: for the function."""
        return person_of(call.number, self.number_uses)

    @property
    def is_late(self) -> bool:
        """It came, and not by the first call to it."""
        return self.way is Way.BY_ITSELF or (self.way is Way.CALLED and bool(self.late_because))

    @property
    def is_reached(self) -> bool:
        """Somebody pressed a key, or came."""
        return self.state in _ANSWERED_WITH_A_KEY or self.came_at_s is not None


@dataclass(frozen=True, slots=True)
class Report:
    """A call-out from its order to its end. Times are seconds from the order, and `None` where it never came to that.

    Attributes:
        called: In order of priority.
        first_s: Until the first function was there.
        half_s: Until half of the functions were there.
        quorum: The rule of the conference's forum; `None`: it has no forum.
        quorum_s: Until the forum had its quorum.
        longest_s: The longest wait until a function answered with a key.
        talk: By organisation, the one that spoke most first.
        levels: How far each level came, the most urgent first.
    """

    activation: Activation
    conference: Conference
    called: tuple[Called, ...]
    first_s: float | None
    half_s: float | None
    quorum: Quorum | None
    quorum_s: float | None
    longest_s: float | None
    talk: tuple[Talk, ...]
    levels: tuple[Standing, ...] = ()

    @property
    def exercise(self) -> bool:
        return self.activation.exercise or self.conference.exercise

    @property
    def reached(self) -> int:
        return sum(one.is_reached for one in self.called)

    @property
    def there(self) -> int:
        return sum(one.came_at_s is not None for one in self.called)

    @property
    def late(self) -> tuple[Called, ...]:
        return tuple(one for one in self.called if one.is_late)

    @property
    def not_reached(self) -> tuple[Called, ...]:
        return tuple(one for one in self.called if not one.is_reached)

    @property
    def latest_s(self) -> float:
        """The latest instant that the report tells of, seconds since 1970."""
        calls = (each for one in self.called for each in one.calls)
        instants = [one.came_at_s for one in self.called]
        instants += [at_s for one in calls for at_s in (one.intent_at_s, one.answered_at_s, one.ended_at_s)]
        known = (at_s for at_s in (*instants, self.activation.ended_at_s) if at_s is not None)
        return max((self.activation.started_at_s, *known))


def report_of(
    activation: Activation,
    targets: Iterable[Target],
    attempts: Iterable[Attempt],
    conference: Conference,
    seats: Sequence[Seat] = (),
    quorum: Quorum | None = None,
    spoken: Iterable[Stretch] = (),
) -> Report:
    """The report.

    Args:
        activation: The call-out.
        targets: Its functions, in any order.
        attempts: Every call of it, in any order.
        conference: The one that people were called to.
        seats: Everybody who was ever in that conference.
        quorum: The rule of its forum.
        spoken: The stretches of speech in the conference.
    """
    calls: dict[str, list[Attempt]] = {}
    for one in sorted(attempts, key=lambda each: (each.intent_at_s, each.id)):
        for target in (one.target, *one.also):
            calls.setdefault(target, []).append(one)
    ordered = sorted(targets, key=lambda each: each.position)
    rung_back = {one.seat for one in ordered if one.seat is not None}
    began_s = activation.started_at_s
    arrivals = _arrivals(began_s, seats, rung_back)
    called = tuple(_called(one, calls.get(one.id, []), arrivals) for one in ordered)
    came = sorted(one.came_at_s for one in called if one.came_at_s is not None)
    half = (len(called) + 1) // 2
    waits = [one.answered_at_s - began_s for one in called if one.answered_at_s is not None]
    return Report(
        activation=activation,
        conference=conference,
        called=called,
        first_s=came[0] - began_s if came else None,
        half_s=came[half - 1] - began_s if 0 < half <= len(came) else None,
        quorum=quorum,
        quorum_s=None if quorum is None else _quorum_s(began_s, called, quorum),
        longest_s=max(waits, default=None),
        talk=talk_of(spoken),
        levels=standings(activation, ordered),
    )


def talk_of(spoken: Iterable[Stretch]) -> tuple[Talk, ...]:
    """The talk by organisation, the one that spoke most first. Radio users come last, together."""
    by_speaker: dict[tuple[bool, str | None], list[Stretch]] = {}
    for one in spoken:
        key = (True, None) if one.is_radio else (False, one.organisation or None)
        by_speaker.setdefault(key, []).append(one)
    talk = [
        Talk(organisation, is_radio, _covered_s(stretches), len(stretches))
        for (is_radio, organisation), stretches in by_speaker.items()
    ]
    return tuple(sorted(talk, key=lambda one: (one.is_radio, -one.talked_s, one.organisation or "")))


# --- inside ---


@dataclass(frozen=True, slots=True)
class _Arrivals:
    """When people came: by the target that they answered as, and by name for the others."""

    by_target: Mapping[str, float]
    by_name: Mapping[Name, float]
    began_s: float


def _arrivals(began_s: float, seats: Sequence[Seat], rung_back: Collection[str]) -> _Arrivals:
    """A seat that is rung back is nobody who came by themselves."""
    by_target: dict[str, float] = {}
    by_name: dict[Name, float] = {}
    for seat in seats:
        if seat.joined_at_s is None:
            continue
        if seat.target is not None:
            by_target[seat.target] = min(seat.joined_at_s, by_target.get(seat.target, seat.joined_at_s))
        was_there = seat.left_at_s is None or seat.left_at_s > began_s
        if seat.function and was_there and seat.id not in rung_back:
            name = (seat.organisation or "", seat.function)
            came_at_s = max(seat.joined_at_s, began_s)
            by_name[name] = min(came_at_s, by_name.get(name, came_at_s))
    return _Arrivals(by_target, by_name, began_s)


def _called(target: Target, calls: Sequence[Attempt], arrivals: _Arrivals) -> Called:
    keyed = next((one for one in calls if one.result in KEYS), None)
    joined = next((one for one in calls if one.result is AttemptResult.JOINED), None)
    way, came_at_s = _way(target, joined, arrivals)
    before = calls[: calls.index(joined)] if joined is not None else calls
    late = tuple(one.result for one in before if one.result is not None) if way is not None else ()
    return Called(
        organisation=target.organisation,
        function=target.function,
        state=target.state,
        reason=target.reason,
        answered_at_s=keyed.answered_at_s if keyed is not None else None,
        came_at_s=came_at_s,
        way=way,
        calls=tuple(calls),
        late_because=late,
        left_out=left_out(target, calls),
        number_uses=target.number_uses,
        level=target.level,
        due_at_s=target.due_at_s,
    )


def _way(target: Target, joined: Attempt | None, arrivals: _Arrivals) -> tuple[Way | None, float | None]:
    """How and when it came."""
    called_at_s = arrivals.by_target.get(target.id, joined.answered_at_s if joined is not None else None)
    if called_at_s is not None:
        return Way.CALLED, called_at_s
    came_at_s = arrivals.by_name.get((target.organisation, target.function))
    if came_at_s is None:
        return None, None
    return (Way.BY_ITSELF if came_at_s > arrivals.began_s else Way.ALREADY), came_at_s


def _quorum_s(began_s: float, called: Sequence[Called], quorum: Quorum) -> float | None:
    """By the rule of the roll call, applied each time that somebody came."""
    names = {(one.organisation, one.function) for one in called}
    uncalled = [name for name in sorted(quorum.required) if name not in names]

    def holds_at(at_s: float) -> bool:
        roll = [
            _entry(index, (one.organisation, one.function), quorum, _was_there(one, at_s))
            for index, one in enumerate(called)
        ]
        roll += [_entry(len(roll), name, quorum, False) for name in uncalled]
        return quorum_rule.holds(quorum.count, roll)

    instants = sorted({one.came_at_s for one in called if one.came_at_s is not None})
    at_s = _first(instants, holds_at)
    return None if at_s is None else at_s - began_s


def _first(instants: Sequence[float], holds_at: Callable[[float], bool]) -> float | None:
    """The first at which it holds. It goes on to hold: nobody is counted out again."""
    low, high = 0, len(instants)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds_at(instants[middle]) else (middle + 1, high)
    return instants[low] if low < len(instants) else None


def _was_there(one: Called, at_s: float) -> bool:
    return one.came_at_s is not None and one.came_at_s <= at_s


def _entry(index: int, name: Name, quorum: Quorum, is_there: bool) -> RollEntry:
    return RollEntry(
        RollEntryId(str(index)),
        RollCallId(""),
        index,
        function=name[1],
        organisation=name[0],
        required=name in quorum.required,
        state=Attendance.PRESENT if is_there else Attendance.MISSING,
    )


def _covered_s(stretches: Iterable[Stretch]) -> float:
    """How long at least one of them lasted."""
    covered_s, until_s = 0.0, float("-inf")
    for one in sorted(stretches, key=lambda each: each.start_s):
        covered_s += max(0.0, one.end_s - max(one.start_s, until_s))
        until_s = max(until_s, one.end_s)
    return covered_s
