"""Roll calls (*upprop*): begin, tick, end, read."""

from collections.abc import Sequence

from bridge.domain.access.permissions import Act
from bridge.domain.conference.records import Conference
from bridge.domain.kernel.ids import ConferenceId, RollCallId, RollEntryId
from bridge.domain.kernel.principal import Principal
from bridge.domain.rollcall.commands import EndRollCall, Roll, StartRollCall, TickRollCall
from bridge.domain.rollcall.reasons import RollCallReason
from bridge.domain.rollcall.records import ROLL_CALLS, ROLL_ENTRIES, SummaryTo
from bridge.ports import RollSheet
from bridge.service.lookups import find_conference, open_one
from bridge.service.refusal import Refusal
from bridge.service.rolls import DirectoryRolls
from bridge.service.use_case import Ports, UseCases, use_case


class RollCalls(UseCases):
    @use_case(Act.ROLL_CALL_READ)
    async def find(self, principal: Principal, conference: ConferenceId, limit: int = 100) -> Sequence[RollSheet]:
        """Those of the conference, newest first."""
        await self._reads(principal, await find_conference(self._ports, conference), conference)
        return await roll_calls_of(self._ports, conference, limit)

    @use_case(Act.ROLL_CALL_READ)
    async def latest(self, principal: Principal, conference: ConferenceId) -> RollSheet:
        """The one under way, or the one that ended last.

        Raises:
            Refusal: There has been none.
        """
        await self._reads(principal, await find_conference(self._ports, conference), conference)
        return await self._latest(conference)

    @use_case(Act.ROLL_CALL_LEAD)
    async def start(
        self, principal: Principal, conference: ConferenceId, summary_to: SummaryTo
    ) -> tuple[RollSheet, bool]:
        """Call the roll of the conference's forum.

        Returns:
            The roll call, and whether it was begun now: while one runs, it is the one.

        Raises:
            Refusal: Nobody is expected in the conference, or the engine refused.
        """
        forum = (await self._led(principal, conference)).forum
        roll = (
            await DirectoryRolls(self._ports.directory, self._ports.clock).roll_of(forum)
            if forum is not None
            else Roll()
        )
        fresh = RollCallId(self._ports.ids.mint("roll_call"))
        made = await self._ask(principal, StartRollCall(fresh, conference, roll, summary_to))
        return await self._latest(conference), made == fresh

    @use_case(Act.ROLL_CALL_LEAD)
    async def tick(
        self, principal: Principal, conference: ConferenceId, entry: RollEntryId, *, present: bool
    ) -> RollSheet:
        """A function is there, or is missing, as somebody has heard or seen."""
        await self._led(principal, conference)
        await self._ask(principal, TickRollCall(conference, entry, present))
        return await self._latest(conference)

    @use_case(Act.ROLL_CALL_LEAD)
    async def end(self, principal: Principal, conference: ConferenceId) -> RollSheet:
        """Read out and ring no more. The summary is said."""
        await self._led(principal, conference)
        await self._ask(principal, EndRollCall(conference))
        return await self._latest(conference)

    async def _led(self, principal: Principal, conference: ConferenceId) -> Conference:
        """The answer to those who lead a roll call holds all of it, so that they read it."""
        found = await open_one(self._ports, conference)
        await self._reads(principal, found, conference)
        return found

    async def _latest(self, conference: ConferenceId) -> RollSheet:
        found = await roll_calls_of(self._ports, conference, 1)
        if not found:
            raise Refusal("not_found", RollCallReason.NO_ROLL_CALL())
        return found[0]


async def roll_calls_of(ports: Ports, conference: ConferenceId, limit: int = 100) -> Sequence[RollSheet]:
    """Newest first: the archive holds all, the node the newest state of the one under way."""
    node = ports.control.node()
    live_entries = node[ROLL_ENTRIES]
    return [
        (node[ROLL_CALLS].get(one.id, one), [live_entries.get(each.id, each) for each in roll])
        for one, roll in await ports.archive.roll_calls(conference, limit)
    ]
