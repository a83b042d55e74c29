"""The rota: the person who holds the duty of a function, from when to when."""

import asyncio
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bridge.domain.access.permissions import Act, permits
from bridge.domain.directory.duty import LONGEST_S, on_duty
from bridge.domain.directory.records import Function, Organisation, Person, RotaEntry
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.principal import Principal
from bridge.domain.kernel.reasons import Unusable
from bridge.exchange import Outcome
from bridge.exchange.rota import Known, RotaPlan, plan_rota
from bridge.service.reasons import DirectoryReason, UnknownReason
from bridge.service.refusal import Refusal
from bridge.service.use_case import Ports, UseCases, use_case

MOST_ENTRIES: Final = 20_000
"""Of all functions together."""


@dataclass(frozen=True, slots=True)
class Duty:
    """An entry of the rota with the names, and whether it is the one that holds now."""

    entry: RotaEntry
    function: Function
    person: Person
    holds: bool


class Rota(UseCases):
    @use_case(Act.DIRECTORY_READ)
    async def find(self, principal: Principal, *, function: str | None = None) -> Sequence[Duty]:
        """Those that have not ended, in order of their begin."""
        found = await duties_of(self._ports, function)
        return [one for one in found if permits(principal, Act.DIRECTORY_READ, one.function.organisation_id)]

    @use_case(Act.DIRECTORY_CHANGE)
    async def enter(
        self, principal: Principal, function: str, person: str, begins_at_s: float, ends_at_s: float
    ) -> Duty:
        """Where entries overlap, the one that was entered last holds.

        Raises:
            Refusal: There is no such function or person, they are of two organisations, or the span is none.
        """
        found = await self._ports.directory.get(Function, function)
        if found is None:
            raise Refusal.unknown(UnknownReason.FUNCTION, function, "function_id")
        await self._must(principal, Act.DIRECTORY_CHANGE, found.organisation_id)
        return await enter_duty(self._ports, principal.name, found, person, begins_at_s, ends_at_s)

    @use_case(Act.DIRECTORY_CHANGE)
    async def strike(self, principal: Principal, key: str) -> None:
        """Take an entry out.

        Raises:
            Refusal: There is none.
        """
        await self._must(principal, Act.DIRECTORY_CHANGE, (await duty_of(self._ports, key)).function.organisation_id)
        await self._ports.directory.strike(principal.name, key)

    @use_case(Act.DIRECTORY_FILES)
    async def preview(self, principal: Principal, content: bytes) -> RotaPlan:
        """Tell what accepting the table would do. Nothing is written.

        Raises:
            Refusal: The file cannot be read.
        """
        return await self._plan(content, await _known(self._ports))

    @use_case(Act.DIRECTORY_FILES)
    async def accept(self, principal: Principal, content: bytes, *, digest: str, partly: bool = False) -> RotaPlan:
        """Carry out the plan that a preview showed, in one transaction.

        Raises:
            Refusal: The file or the directory is not as the preview saw it, or a row is refused.
        """
        known = await _known(self._ports)
        planned = await self._plan(content, known)
        if planned.digest != digest:
            raise Refusal("conflict", DirectoryReason.IMPORT_NOT_AS_SHOWN(), field="accept")
        refused = planned.count(Outcome.REFUSED)
        if refused and not partly:
            raise Refusal("conflict", DirectoryReason.IMPORT_ROWS_REFUSED(count=refused), field="partly")
        of = {one.id: one.organisation_id for one in known.functions}
        for key in sorted({of[one.function_id] for one in planned.entries}):
            await self._must(principal, Act.DIRECTORY_CHANGE, key)
        _must_have_room(len(known.rota) + len(planned.entries))
        if planned.entries:
            counts = tuple((kind.value, planned.count(kind)) for kind in Outcome)
            file = hashlib.sha256(content).hexdigest()
            line = Audit(self._ports.clock.now_s(), principal.name, "rota_imported", file, counts)
            fresh = [_with_fresh_key(one) for one in planned.entries]
            await self._ports.directory.enter(principal.name, fresh, seen=known.rota, about=line)
        return planned

    # --- inside ---

    async def _plan(self, content: bytes, known: Known) -> RotaPlan:
        try:
            return await asyncio.to_thread(plan_rota, content, known)
        except Unusable as fault:
            raise Refusal("invalid", fault.reason, field="file") from None


async def _known(ports: Ports) -> Known:
    directory = ports.directory
    return Known(
        await directory.list(Organisation),
        await directory.list(Function),
        await directory.list(Person),
        await directory.rota(),
    )


async def duties_of(ports: Ports, function: str | None = None, *, organisation: str | None = None) -> list[Duty]:
    """Those that have not ended, of one function or of one organisation's."""
    now_s = ports.clock.now_s()
    rota = await ports.directory.rota(function_id=function, from_s=now_s)
    functions = {
        one.id: one
        for one in await ports.directory.list(Function)
        if organisation is None or one.organisation_id == organisation
    }
    persons = {one.id: one for one in await ports.directory.list(Person)}
    holding = {one.id for key in functions if (one := on_duty(rota, key, now_s)) is not None}
    return [
        Duty(one, functions[one.function_id], persons[one.person_id], one.id in holding)
        for one in rota
        if one.function_id in functions and one.person_id in persons
    ]


async def duty_of(ports: Ports, key: str, *, organisation: str | None = None) -> Duty:
    """One entry.

    Raises:
        Refusal: There is none, or it is none of the organisation's.
    """
    found = next((one for one in await duties_of(ports, organisation=organisation) if one.entry.id == key), None)
    if found is None:
        raise Refusal.not_found(UnknownReason.ROTA_ENTRY, key)
    return found


async def enter_duty(
    ports: Ports, actor: str, function: Function, person: str, begins_at_s: float, ends_at_s: float
) -> Duty:
    """Enter a person of the function's own organisation.

    Raises:
        Refusal: There is no such person there, or the span is none.
    """
    found = await ports.directory.get(Person, person)
    if found is None or found.organisation_id != function.organisation_id:
        raise Refusal.unknown(UnknownReason.PERSON, person, "person_id")
    if not begins_at_s < ends_at_s <= begins_at_s + LONGEST_S:
        raise Refusal("invalid", DirectoryReason.NO_SPAN(most_days=round(LONGEST_S / 86_400)), field="ends_at")
    if ends_at_s <= ports.clock.now_s():
        raise Refusal("invalid", DirectoryReason.SPAN_PAST(), field="ends_at")
    _must_have_room(len(await ports.directory.rota()) + 1)
    new = RotaEntry(f"rota-{secrets.token_hex(6)}", function.id, found.id, begins_at_s, ends_at_s)
    [entered] = await ports.directory.enter(actor, [new])
    return await duty_of(ports, entered.id)


def _with_fresh_key(entry: RotaEntry) -> RotaEntry:
    return RotaEntry(
        f"rota-{secrets.token_hex(6)}", entry.function_id, entry.person_id, entry.begins_at_s, entry.ends_at_s
    )


def _must_have_room(count: int) -> None:
    if count > MOST_ENTRIES:
        raise Refusal("unavailable", DirectoryReason.ROTA_FULL(most=MOST_ENTRIES))
