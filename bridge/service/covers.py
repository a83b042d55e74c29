"""How well each function is reached, from all that the directory holds."""

from collections.abc import Sequence

from bridge.domain.directory.coverage import Cover, coverage
from bridge.domain.directory.records import Function, Organisation
from bridge.service.numbertests import standings_of
from bridge.service.use_case import Ports


async def covers_of(ports: Ports) -> Sequence[Cover]:
    """Every function with what is missing, and when it was last confirmed and called in an exercise."""
    directory = ports.directory
    return coverage(
        await directory.list(Organisation),
        await directory.list(Function),
        await directory.confirmations(),
        await directory.test_calls(),
        rota=await directory.rota(),
        reminders=await ports.links.reminders(),
        tested={one.number: one for one in await standings_of(ports)},
        at_s=ports.clock.now_s(),
        policy=ports.upkeep,
    )
