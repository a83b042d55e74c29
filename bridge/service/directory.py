"""The region's own data: organisations, functions, activation lists, forums and talkgroups.

An entry may refer only to entries that exist, and an entry that another refers to cannot be deleted. Both follow from
one table, `REFERENCES`.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from bridge.domain.access.permissions import REGION, Act, permits
from bridge.domain.conference.codes import ORDERS
from bridge.domain.conference.records import Holder, Role
from bridge.domain.directory.records import (
    ActivationList,
    DirectoryEntry,
    Forum,
    Function,
    Organisation,
    Person,
    Talkgroup,
)
from bridge.domain.directory.versions import Version, Versioned
from bridge.domain.kernel.principal import Principal
from bridge.domain.telephony.hours import fault_among, uses_of
from bridge.service.masking import changes_numbers, entry_as_seen_by, sees_numbers, version_as_seen_by
from bridge.service.reasons import DirectoryReason, UnknownReason
from bridge.service.refusal import Refusal
from bridge.service.use_case import UseCases, use_case

Reached = TypeVar("Reached", Function, Person)
UNKNOWN: Final[Mapping[type[DirectoryEntry], UnknownReason]] = {
    Organisation: UnknownReason.ORGANISATION,
    Function: UnknownReason.FUNCTION,
    ActivationList: UnknownReason.ACTIVATION_LIST,
    Forum: UnknownReason.FORUM,
    Talkgroup: UnknownReason.TALKGROUP,
    Person: UnknownReason.PERSON,
}
"""Kind → the reason why one of it is not found."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A member of an entry that names another entry."""

    field: str
    kind: type[DirectoryEntry]
    key: str


def _of_function(entry: Function) -> Iterable[Reference]:
    yield Reference("organisation_id", Organisation, entry.organisation_id)
    for index, key in enumerate(entry.deputy_ids):
        yield Reference(f"deputy_ids[{index}]", Function, key)


def _of_person(entry: Person) -> Iterable[Reference]:
    yield Reference("organisation_id", Organisation, entry.organisation_id)


def _of_list(entry: ActivationList) -> Iterable[Reference]:
    for index, key in enumerate(entry.function_ids):
        yield Reference(f"function_ids[{index}]", Function, key)


def _of_forum(entry: Forum) -> Iterable[Reference]:
    if entry.activation_list_id is not None:
        yield Reference("activation_list_id", ActivationList, entry.activation_list_id)
    if entry.talkgroup is not None:
        yield Reference("talkgroup", Talkgroup, str(entry.talkgroup))
    for index, key in enumerate(entry.host_function_ids):
        yield Reference(f"host_function_ids[{index}]", Function, key)
    for index, key in enumerate(entry.informed_function_ids):
        yield Reference(f"informed_function_ids[{index}]", Function, key)
    for index, key in enumerate(entry.quorum_function_ids):
        yield Reference(f"quorum_function_ids[{index}]", Function, key)


REFERENCES: Final[Mapping[type[DirectoryEntry], Callable[[Any], Iterable[Reference]]]] = {
    Function: _of_function,
    Person: _of_person,
    ActivationList: _of_list,
    Forum: _of_forum,
}
"""Kind → what its entries refer to. A kind that is not here refers to nothing."""


def key_of(entry: DirectoryEntry) -> str:
    """The entry's id; a talkgroup's GSSI."""
    return str(entry.gssi) if isinstance(entry, Talkgroup) else entry.id


def key_field(kind: type[DirectoryEntry]) -> str:
    """The member that holds it."""
    return "gssi" if kind is Talkgroup else "id"


def fresh_key(kind: type[DirectoryEntry]) -> str:
    """An id for an entry whose maker names none."""
    return f"{kind.__name__[:4].lower()}-{secrets.token_hex(6)}"


def organisation_of(entry: DirectoryEntry) -> str:
    """The organisation whose matter the entry is, or `REGION`."""
    match entry:
        case Organisation():
            return entry.id
        case Function() | Person():
            return entry.organisation_id
        case _:
            return REGION


def with_right_uses(entry: Reached) -> Reached:
    """The function or person with the uses of its numbers in the form in which they are kept.

    Raises:
        Refusal: The first use that is about none of its numbers, or has hours that are none.
    """
    fault = fault_among(entry.numbers, entry.number_uses)
    if fault is not None:
        raise Refusal("invalid", fault[1], field=f"number_uses[{fault[0]}]")
    return replace(entry, number_uses=uses_of(entry.numbers, entry.number_uses))


def _as_kept(entry: DirectoryEntry) -> DirectoryEntry:
    match entry:
        case Function():
            return with_right_uses(entry)
        case Person():
            return with_right_uses(entry)
        case _:
            return entry


class DirectoryUpkeep(UseCases):
    @use_case(Act.DIRECTORY_READ)
    async def find(self, principal: Principal, kind: type[DirectoryEntry]) -> Sequence[DirectoryEntry]:
        """All of one kind that they may read, in order of name."""
        found = await self._ports.directory.list(kind)
        return [
            entry_as_seen_by(principal, one)
            for one in found
            if permits(principal, Act.DIRECTORY_READ, organisation_of(one))
        ]

    @use_case(Act.DIRECTORY_READ)
    async def read(self, principal: Principal, kind: type[DirectoryEntry], key: str) -> DirectoryEntry:
        """One entry."""
        found = await self._get(kind, key)
        await self._must(principal, Act.DIRECTORY_READ, organisation_of(found))
        return entry_as_seen_by(principal, found)

    @use_case(Act.DIRECTORY_CHANGE)
    async def to_change(self, principal: Principal, kind: type[DirectoryEntry], key: str) -> DirectoryEntry:
        """One entry as it is kept, with whole numbers: a change is merged into it. It is shown to nobody."""
        found = await self._get(kind, key)
        await self._must(principal, Act.DIRECTORY_CHANGE, organisation_of(found))
        return found

    @use_case(Act.DIRECTORY_CHANGE)
    async def create(self, principal: Principal, entry: DirectoryEntry) -> DirectoryEntry:
        """Make an entry whose id is free. Gives it as it is kept."""
        kind = type(entry)
        if await self._ports.directory.get(kind, key_of(entry)) is not None:
            reason = DirectoryReason.EXISTS(key=key_of(entry))
            raise Refusal("conflict", reason, field=key_field(kind))
        return await self._save(principal, entry)

    @use_case(Act.DIRECTORY_CHANGE)
    async def replace(self, principal: Principal, key: str, entry: DirectoryEntry) -> DirectoryEntry:
        """Put an entry in the place of the one with this key, which never changes. Gives it as it is kept."""
        present = await self._get(type(entry), key)
        if key_of(entry) != key:
            raise Refusal("invalid", DirectoryReason.KEY_DIFFERS(key=key), field=key_field(type(entry)))
        await self._must(principal, Act.DIRECTORY_CHANGE, organisation_of(present))
        return await self._save(principal, entry)

    @use_case(Act.DIRECTORY_CHANGE)
    async def delete(self, principal: Principal, kind: type[DirectoryEntry], key: str) -> None:
        """Delete an entry that no other refers to."""
        present = await self._get(kind, key)
        await self._must(principal, Act.DIRECTORY_CHANGE, organisation_of(present))
        user = await self._user_of(kind, key)
        if user is not None:
            raise Refusal("conflict", DirectoryReason.IN_USE(kind=type(user).__name__, name=user.name))
        await self._ports.directory.delete(principal.name, kind, key)

    @use_case(Act.DIRECTORY_READ)
    async def versions(self, principal: Principal, kind: type[Versioned], key: str) -> Sequence[Version]:
        """The changes of an organisation's or a function's data, the newest first. Of a removed one they are there too.

        Raises:
            Refusal: There is none and was none, or it is another organisation's.
        """
        found = await self._ports.directory.versions(kind, key)
        if not found:
            await self._get(kind, key)
        for one in found[:1]:
            entry = one.after or one.before
            if entry is not None:
                await self._must(principal, Act.DIRECTORY_READ, organisation_of(entry))
        return [version_as_seen_by(principal, one) for one in found]

    @use_case(Act.DIRECTORY_CHANGE)
    async def undo(self, principal: Principal, kind: type[Versioned], key: str, number: int) -> DirectoryEntry:
        """Restore the data as it was before a version, as a new version. A removed entry is there again.

        Raises:
            Refusal: There is no such version, nothing was there before it, or what it refers to is gone.
        """
        found = await self._ports.directory.versions(kind, key)
        version = next((one for one in found if one.number == number), None)
        if version is None:
            raise Refusal.not_found(UnknownReason.VERSION, str(number))
        if version.before is None:
            raise Refusal("conflict", DirectoryReason.NOTHING_BEFORE(number=number))
        present = await self._ports.directory.get(kind, key)
        if present is not None:
            await self._must(principal, Act.DIRECTORY_CHANGE, organisation_of(present))
        return await self._save(principal, version.before)

    @use_case(Act.ORDER_CODE)
    async def issue_order_code(self, principal: Principal, function_id: str) -> str:
        """Give a function a code of its own for orders by telephone, in place of one it has. It is shown here only.

        Raises:
            Refusal: There is no such function, or it may not give orders by telephone.
        """
        function = await self._function(function_id)
        if not function.phone_orders:
            raise Refusal("conflict", DirectoryReason.NO_PHONE_ORDERS(name=function.name), field="phone_orders")
        organisation = await self._ports.directory.get(Organisation, function.organisation_id)
        holder = Holder(function.name, organisation.name if organisation is not None else "")
        _, digits = await self._ports.codes.issue_personal(
            ORDERS, function_id, holder, Role.PARTICIPANT, principal.name
        )
        return digits

    @use_case(Act.ORDER_CODE)
    async def withdraw_order_code(self, principal: Principal, function_id: str) -> None:
        """It starts nothing from now on. Without a code nothing changes."""
        await self._function(function_id)
        for one in await self._ports.codes.personal(ORDERS):
            if one.function_id == function_id:
                await self._ports.codes.withdraw_personal(ORDERS, one.id, principal.name)

    # --- inside ---

    async def _function(self, key: str) -> Function:
        function = await self._ports.directory.get(Function, key)
        if function is None:
            raise Refusal.not_found(UnknownReason.FUNCTION, key)
        return function

    async def _get(self, kind: type[DirectoryEntry], key: str) -> DirectoryEntry:
        entry = await self._ports.directory.get(kind, key)
        if entry is None:
            raise Refusal.not_found(UNKNOWN[kind], key)
        return entry

    async def _save(self, principal: Principal, entry: DirectoryEntry) -> DirectoryEntry:
        await self._must(principal, Act.DIRECTORY_CHANGE, organisation_of(entry))
        await self._check(entry)
        if isinstance(entry, ActivationList):
            await self._check_number(entry)
        kept = _as_kept(entry)
        if not sees_numbers(principal):
            present = await self._ports.directory.get(type(entry), key_of(entry))
            if changes_numbers(present, kept):
                raise Refusal("not_allowed", DirectoryReason.NUMBERS_UNSEEN(), field="numbers")
        await self._ports.directory.put(principal.name, kept)
        return entry_as_seen_by(principal, kept)

    async def _check(self, entry: DirectoryEntry) -> None:
        """Everything it refers to is there, each once.

        Raises:
            Refusal: The first member at fault.
        """
        known: dict[type[DirectoryEntry], set[str]] = {}
        seen: set[Reference] = set()
        for one in _references(entry):
            if one.kind not in known:
                known[one.kind] = {key_of(other) for other in await self._ports.directory.list(one.kind)}
            if one.key not in known[one.kind]:
                raise Refusal.unknown(UNKNOWN[one.kind], one.key, one.field)
            once = Reference("", one.kind, one.key)
            if once in seen:
                raise Refusal("invalid", DirectoryReason.FUNCTION_TWICE(key=one.key), field=one.field)
            seen.add(once)

    async def _check_number(self, entry: ActivationList) -> None:
        """A number starts one list."""
        for one in await self._ports.directory.list(ActivationList):
            is_taken = entry.phone_number is not None and one.phone_number == entry.phone_number
            if is_taken and one.id != entry.id:
                raise Refusal("conflict", DirectoryReason.PHONE_NUMBER_TAKEN(name=one.name), field="phone_number")

    async def _user_of(self, kind: type[DirectoryEntry], key: str) -> DirectoryEntry | None:
        """An entry that refers to it."""
        for user_kind in REFERENCES:
            for entry in await self._ports.directory.list(user_kind):
                if any(one.kind is kind and one.key == key for one in _references(entry)):
                    return entry
        return None


def _references(entry: DirectoryEntry) -> Iterable[Reference]:
    refer = REFERENCES.get(type(entry))
    return refer(entry) if refer is not None else ()
