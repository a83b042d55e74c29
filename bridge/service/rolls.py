"""The functions that a forum expects at a roll call, out of the region's directory."""

from bridge.domain.directory.records import ActivationList, Forum, Function, Organisation
from bridge.domain.rollcall.commands import Expected, Roll
from bridge.ports import Clock, Directory
from bridge.service.callouts import host_rank
from bridge.service.reach import on_duty_at


class DirectoryRolls:
    """`bridge.ports.Rolls` over the directory."""

    def __init__(self, directory: Directory, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock

    async def roll_of(self, forum: str) -> Roll:
        """Its list in order, then those of its hosts and of its quorum who are not on the list."""
        found = await self._directory.get(Forum, forum)
        if found is None:
            return Roll()
        list_ = (
            await self._directory.get(ActivationList, found.activation_list_id) if found.activation_list_id else None
        )
        functions = {one.id: one for one in await self._directory.list(Function)}
        organisations = {one.id: one.name for one in await self._directory.list(Organisation)}
        duty = await on_duty_at(self._directory, self._clock.now_s())
        wanted = dict.fromkeys(
            (*(list_.function_ids if list_ else ()), *found.host_function_ids, *found.quorum_function_ids)
        )

        def expected(function: Function, deputies: tuple[Expected, ...] = ()) -> Expected:
            numbers, uses = duty.reach(function)
            return Expected(
                function=function.name,
                organisation=organisations.get(function.organisation_id, ""),
                numbers=numbers,
                number_uses=uses,
                language=function.language,
                host_rank=host_rank(found, function),
                required=function.id in found.quorum_function_ids,
                deputies=deputies,
            )

        def with_deputies(function: Function) -> Expected:
            deputies = (functions[key] for key in function.deputy_ids if key in functions and key not in wanted)
            return expected(function, tuple(expected(one) for one in deputies))

        return Roll(tuple(with_deputies(functions[key]) for key in wanted if key in functions), found.quorum)
