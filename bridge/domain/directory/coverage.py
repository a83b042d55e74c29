"""How well the directory reaches each function: what is missing, and when it was last known to work. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bridge.domain.callout.records import AttemptResult
from bridge.domain.directory.records import Function, Organisation


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

    @property
    def lacks_number(self) -> bool:
        return not self.function.numbers

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
) -> list[Cover]:
    """Every function, in order of organisation and name."""
    names = {one.id: one.name for one in organisations}
    calls = {(one.organisation, one.function): one for one in test_calls}
    covers = [
        Cover(
            function=one,
            organisation=names.get(one.organisation_id, ""),
            confirmed_at_s=confirmed_at_s.get(one.id),
            test_call=calls.get((names.get(one.organisation_id, ""), one.name)),
        )
        for one in functions
    ]
    return sorted(covers, key=lambda one: (one.organisation.casefold(), one.function.name.casefold(), one.function.id))
