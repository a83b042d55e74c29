"""The person who holds a duty, and the numbers by which a function is reached then. Pure: instants come along."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from bridge.domain.directory.records import Function, Person, RotaEntry
from bridge.domain.telephony.hours import NumberUse

LONGEST_S: Final = 62 * 86_400.0
"""Of one entry of a rota."""
AHEAD_S: Final = 7 * 86_400.0
"""So far ahead coverage looks for somebody on duty."""


class Reach(NamedTuple):
    """The numbers of a function in the order in which they are called."""

    numbers: tuple[str, ...]
    uses: tuple[NumberUse, ...]
    """With the person whose number it is."""


def on_duty(rota: Iterable[RotaEntry], function_id: str, at_s: float) -> RotaEntry | None:
    """The entry that holds at an instant: of several the one that was entered last."""
    found = (one for one in rota if one.function_id == function_id and one.begins_at_s <= at_s < one.ends_at_s)
    return max(found, key=lambda one: one.number, default=None)


def reach(function: Function, person: Person | None) -> Reach:
    """The numbers of the person on duty first, then the function's own. A number that both have is the person's."""
    if person is None:
        return Reach(function.numbers, function.number_uses)
    numbers = tuple(dict.fromkeys((*person.numbers, *function.numbers)))
    theirs = {one.number: one for one in person.number_uses}
    uses = tuple(theirs.get(one, NumberUse(one))._replace(person=person.name) for one in dict.fromkeys(person.numbers))
    own = tuple(one for one in function.number_uses if one.number not in person.numbers)
    return Reach(numbers, (*uses, *own))


def free_from(rota: Sequence[RotaEntry], function_id: str, at_s: float) -> float | None:
    """From when on nobody holds the duty of a function, at the earliest from `at_s` on. `None`: it has no rota."""
    own = sorted((one for one in rota if one.function_id == function_id), key=lambda one: one.begins_at_s)
    if not own:
        return None
    until_s = at_s
    for one in own:
        if one.begins_at_s > until_s:
            break
        until_s = max(until_s, one.ends_at_s)
    return until_s


def has_duty_within(rota: Iterable[RotaEntry], function_id: str, at_s: float, ahead_s: float = AHEAD_S) -> bool:
    """Whether somebody holds its duty at any time from now on, so far ahead."""
    own = (one for one in rota if one.function_id == function_id)
    return any(one.ends_at_s > at_s and one.begins_at_s < at_s + ahead_s for one in own)
