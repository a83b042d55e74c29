"""How well the directory reaches each function: what is missing, and when it was last known to work. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bridge.domain.callout.records import AttemptResult
from bridge.domain.directory.duty import free_from, has_duty_within, on_duty
from bridge.domain.directory.numbertests import NumberStanding
from bridge.domain.directory.policy import DirectoryPolicy
from bridge.domain.directory.records import Function, Organisation, Reminder, RotaEntry
from bridge.domain.directory.upkeep import Confirmation, confirmation
from bridge.domain.telephony.hours import NumberUse, leave_gaps


@dataclass(frozen=True, slots=True)
class ExerciseCall:
    """The latest call of an exercise to a function."""

    organisation: str
    function: str
    at_s: float
    result: AttemptResult


@dataclass(frozen=True, slots=True)
class Cover:
    """One function, and what is known of reaching it."""

    function: Function
    organisation: str
    confirmed_at_s: float | None
    """When somebody confirmed its contact data; `None`: never."""
    test_call: ExerciseCall | None
    """`None`: no exercise has called it under its present names."""
    confirmation: Confirmation
    has_rota: bool
    """Somebody holds its duty, or has held it lately."""
    lacks_duty: bool
    """It has a rota, and nobody is on duty within a week."""
    free_from_s: float | None
    """From when on nobody is on duty; `None`: it has no rota."""
    reminder: Reminder | None
    """The latest one to its organisation."""
    confirmed_by: str | None = None
    """The name of the one who confirmed its contact data last, where it was asked for."""
    off_duty: bool = False
    """It has a rota, and nobody is on duty now."""
    numbers: tuple[NumberStanding, ...] = ()
    """Its numbers that take an SMS, and what their tests have told."""

    @property
    def wrong_numbers(self) -> tuple[str, ...]:
        """Proved by tests."""
        return tuple(one.number for one in self.numbers if one.is_wrong)

    @property
    def lacks_number(self) -> bool:
        return not self.function.numbers

    @property
    def lacks_number_at_times(self) -> bool:
        """There are hours of the week in which none of its numbers is to be tried. It is called on all of them then."""
        known = {one.number: one for one in self.function.number_uses}
        return leave_gaps([known.get(one, NumberUse(one)) for one in self.function.numbers])

    @property
    def lacks_second_number(self) -> bool:
        """It has no two different ones."""
        return len(set(self.function.numbers)) < _TWO

    @property
    def lacks_deputy(self) -> bool:
        return not self.function.deputy_ids


_TWO = 2


def coverage(
    organisations: Iterable[Organisation],
    functions: Iterable[Function],
    confirmed_at_s: Mapping[str, float],
    test_calls: Iterable[ExerciseCall],
    *,
    rota: Sequence[RotaEntry],
    reminders: Mapping[str, Reminder],
    tested: Mapping[str, NumberStanding],
    at_s: float,
    policy: DirectoryPolicy,
) -> list[Cover]:
    """Every function, in order of organisation and name, as of one instant."""
    of: dict[str, list[RotaEntry]] = {}
    for each in rota:
        of.setdefault(each.function_id, []).append(each)
    names = {one.id: one.name for one in organisations}
    calls = {(one.organisation, one.function): one for one in test_calls}
    covers = [
        Cover(
            function=one,
            organisation=names.get(one.organisation_id, ""),
            confirmed_at_s=confirmed_at_s.get(one.id),
            test_call=calls.get((names.get(one.organisation_id, ""), one.name)),
            confirmation=confirmation(confirmed_at_s.get(one.id), at_s, policy),
            has_rota=one.id in of,
            lacks_duty=one.id in of and not has_duty_within(of[one.id], one.id, at_s),
            free_from_s=free_from(of.get(one.id, ()), one.id, at_s),
            reminder=reminders.get(one.organisation_id),
            off_duty=one.id in of and on_duty(of[one.id], one.id, at_s) is None,
            numbers=tuple(tested[number] for number in one.numbers if number in tested),
        )
        for one in functions
    ]
    return sorted(covers, key=lambda one: (one.organisation.casefold(), one.function.name.casefold(), one.function.id))
