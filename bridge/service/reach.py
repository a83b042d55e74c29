"""The numbers by which functions are reached now: those of the person on duty, then their own."""

from bridge.domain.directory.duty import Reach, on_duty, reach
from bridge.domain.directory.records import Function, Person
from bridge.ports import Directory


class OnDuty:
    """The holders of duties at one instant."""

    def __init__(self, holders: dict[str, Person], with_rota: frozenset[str] = frozenset()) -> None:
        self._holders = holders
        self._with_rota = with_rota

    def is_nobody(self, function: Function) -> bool:
        """It has a rota, and nobody holds its duty."""
        return function.id in self._with_rota and function.id not in self._holders

    def person(self, function: Function) -> Person | None:
        """The one who holds its duty."""
        return self._holders.get(function.id)

    def reach(self, function: Function) -> Reach:
        """Its numbers in the order in which they are called."""
        return reach(function, self.person(function))

    def email(self, function: Function) -> str | None:
        """The function's own address, else that of the person on duty."""
        person = self.person(function)
        return function.email or (person.email if person is not None else None)


async def on_duty_at(directory: Directory, at_s: float) -> OnDuty:
    """Read the rota. A person who is gone since holds no duty."""
    rota = await directory.rota()
    if not rota:
        return OnDuty({})
    persons = {one.id: one for one in await directory.list(Person)}
    found = {key: on_duty(rota, key, at_s) for key in dict.fromkeys(one.function_id for one in rota)}
    holders = {key: persons.get(one.person_id) for key, one in found.items() if one is not None}
    return OnDuty({key: one for key, one in holders.items() if one is not None}, frozenset(found))
