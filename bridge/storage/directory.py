"""The region's own data in the database. Every write is audited in its own transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.domain.callout.records import Activation, Attempt, Target
from bridge.domain.directory.coverage import ExerciseCall
from bridge.domain.directory.records import (
    ActivationList,
    DirectoryEntry,
    Function,
    Organisation,
    Person,
    RotaEntry,
    Talkgroup,
)
from bridge.domain.directory.versions import VERSIONED, Version, Versioned
from bridge.domain.kernel.journal import Audit
from bridge.ports import Clock, IntegrityConflict
from bridge.storage import tables
from bridge.storage.database import Database
from bridge.storage.order import oldest_first
from bridge.storage.reasons import StorageReason
from bridge.storage.registry import ENTRIES, RECORDS, ROTA
from bridge.storage.versions import keep_versions, read_versions

E = TypeVar("E", bound=DirectoryEntry)

_MEMBERS: Final = tables.activation_list_functions
_GSSI_DIGITS: Final = 8
_ROTA: Final = tables.rota
_OF_ROTA: Final[Mapping[str, type[DirectoryEntry]]] = {"function_id": Function, "person_id": Person}
"""With one of these go its entries of the rota."""


class SqlDirectory:
    """`bridge.ports.Directory` over the database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def get(self, kind: type[E], key: str) -> E | None:
        """One entry by its id; a talkgroup by its GSSI in digits."""
        where = _where(kind, key)
        if where is None:
            return None
        found = await _read(self._database, kind, where)
        return found[0] if found else None

    async def list(self, kind: type[E]) -> Sequence[E]:
        """All entries of a kind, by name."""
        return await _read(self._database, kind, None)

    async def put(self, actor: str, entry: DirectoryEntry) -> None:
        """Make the entry, or replace the one with its id.

        Raises:
            IntegrityConflict: It refers to an organisation, function or list that is not there.
        """
        await self.put_all(actor, [entry])

    async def put_all(
        self,
        actor: str,
        entries: Sequence[DirectoryEntry],
        *,
        seen: Mapping[type[DirectoryEntry], Sequence[DirectoryEntry]] | None = None,
        about: Audit | None = None,
    ) -> None:
        """All or none, in the order given: what is referred to comes first. For imports.

        Args:
            actor: The one who does it.
            entries: Each replaces the one with its id.
            seen: The entries of whole kinds, as they must be still.
            about: A line of the audit log before those of the entries.

        Raises:
            IntegrityConflict: The kinds are not as they were seen any more, or an entry refers to none.
        """
        lines = [self._line(actor, "put", type(entry), str(_key_of(entry)), _told_of(entry)) for entry in entries]
        async with self._database.transaction() as connection:
            # The chain's head first: from here no other writer of the directory can commit, and those before us have.
            await self._database.chain.append(connection, [*([about] if about is not None else []), *lines])
            for kind, present in (seen or {}).items():
                if list(present) != await _all_of(connection, kind):
                    raise IntegrityConflict("database", StorageReason.CONTRADICTION(), retry=False)
            for kind, group in groupby(entries, type):
                some = list(group)
                await self._keep(connection, actor, kind, some)
                await _write(connection, kind, some)

    async def confirm(self, actor: str, key: str) -> bool:
        """Whether there is such a function, whose contact data is right as of now."""
        functions = ENTRIES[Function].table
        now_s = self._clock.now_s()
        async with self._database.transaction() as connection:
            statement = update(functions).where(functions.c.id == key).values(confirmed_at_s=now_s)
            found = bool((await connection.execute(statement)).rowcount)
            if found:
                await self._database.chain.append(connection, [self._line(actor, "confirmed", Function, key)])
        return found

    async def confirmations(self) -> Mapping[str, float]:
        """Function's id → when its contact data was last confirmed; without those that never were."""
        functions = ENTRIES[Function].table
        query = select(functions.c.id, functions.c.confirmed_at_s).where(functions.c.confirmed_at_s.is_not(None))
        async with self._database.reading() as connection:
            return {row.id: row.confirmed_at_s for row in await connection.execute(query)}

    async def test_calls(self) -> Sequence[ExerciseCall]:
        """The latest call of an exercise to each function that had one, by the names it then had."""
        attempts, targets, activations = (RECORDS[kind].table for kind in (Attempt, Target, Activation))
        query = (
            select(targets.c.organisation, targets.c.function, attempts.c.intent_at_s, attempts.c.result)
            .join_from(attempts, targets, attempts.c.target == targets.c.id)
            .join(activations, targets.c.activation == activations.c.id)
            .where(activations.c.exercise, attempts.c.result.is_not(None))
            .order_by(*oldest_first(attempts.c.intent_at_s, attempts.c.id))
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        latest = {(row.organisation, row.function): row for row in rows}
        return [ExerciseCall(row.organisation, row.function, row.intent_at_s, row.result) for row in latest.values()]

    async def delete(self, actor: str, kind: type[DirectoryEntry], key: str) -> bool:
        """Whether there was one.

        Raises:
            IntegrityConflict: Another entry refers to it; change that one first.
        """
        where = _where(kind, key)
        if where is None:
            return False
        async with self._database.transaction() as connection:
            present = await _all_of(connection, kind, where) if kind in VERSIONED.values() else []
            for column in (_ROTA.c[name] for name, of in _OF_ROTA.items() if of is kind):
                await connection.execute(delete(_ROTA).where(column == key))
            gone = bool((await connection.execute(delete(ENTRIES[kind].table).where(where))).rowcount)
            if gone:
                await self._database.chain.append(connection, [self._line(actor, "deleted", kind, key)])
                for one in present:
                    if isinstance(one, Organisation | Function):
                        await keep_versions(connection, actor, self._clock.now_s(), type(one), {key: (one, None)})
        return gone

    async def versions(self, kind: type[Versioned], key: str) -> Sequence[Version]:
        """The changes of one entry, the newest first; also of one that was removed."""
        async with self._database.reading() as connection:
            return await read_versions(connection, kind, key)

    async def _keep(
        self, connection: AsyncConnection, actor: str, kind: type[DirectoryEntry], entries: Sequence[DirectoryEntry]
    ) -> None:
        """The versions of entries that are about to be written."""
        kept = [one for one in entries if isinstance(one, Organisation | Function)]
        if not kept:
            return
        where = ENTRIES[kind].table.c.id == kept[0].id if len(kept) == 1 else None
        present = {str(_key_of(one)): one for one in await _all_of(connection, kind, where)}
        changes: dict[str, tuple[Versioned | None, Versioned | None]] = {}
        for entry in kept:
            before = present.get(entry.id)
            changes[entry.id] = (before if isinstance(before, Organisation | Function) else None, entry)
        await keep_versions(connection, actor, self._clock.now_s(), type(kept[0]), changes)

    # --- the rota ---

    async def rota(self, *, function_id: str | None = None, from_s: float | None = None) -> Sequence[RotaEntry]:
        """In order of their begin, those that end after `from_s`."""
        query = select(_ROTA).order_by(*oldest_first(_ROTA.c.begins_at_s, _ROTA.c.number))
        if function_id is not None:
            query = query.where(_ROTA.c.function_id == function_id)
        if from_s is not None:
            query = query.where(_ROTA.c.ends_at_s > from_s)
        async with self._database.reading() as connection:
            return await ROTA.fetch(connection, query)

    async def enter(
        self,
        actor: str,
        entries: Sequence[RotaEntry],
        *,
        seen: Sequence[RotaEntry] | None = None,
        about: Audit | None = None,
    ) -> Sequence[RotaEntry]:
        """Enter all in this order, or none. Gives them with their numbers.

        Args:
            actor: The one who does it.
            entries: Their numbers are given here.
            seen: The rota, as it must be still.
            about: A line of the audit log before theirs.

        Raises:
            IntegrityConflict: A function or person is gone, or the rota is not as it was seen.
        """
        lines = [self._line(actor, "put", RotaEntry, one.id, (("function", one.function_id),)) for one in entries]
        async with self._database.transaction() as connection:
            await self._database.chain.append(connection, [*([about] if about is not None else []), *lines])
            present = await ROTA.fetch(
                connection, select(_ROTA).order_by(*oldest_first(_ROTA.c.begins_at_s, _ROTA.c.number))
            )
            if seen is not None and list(seen) != present:
                raise IntegrityConflict("database", StorageReason.CONTRADICTION(), retry=False)
            latest = (await connection.execute(select(func.max(_ROTA.c.number)))).scalar_one_or_none() or 0
            numbered = [replace(one, number=latest + place) for place, one in enumerate(entries, 1)]
            if numbered:
                await connection.execute(insert(_ROTA), [ROTA.row(one) for one in numbered])
        return numbered

    async def strike(self, actor: str, key: str) -> bool:
        """Take an entry out of the rota; whether there was one."""
        async with self._database.transaction() as connection:
            gone = bool((await connection.execute(delete(_ROTA).where(_ROTA.c.id == key))).rowcount)
            if gone:
                await self._database.chain.append(connection, [self._line(actor, "deleted", RotaEntry, key)])
        return gone

    async def forget_rota(self, actor: str, before_s: float) -> int:
        """Remove the entries that ended before an instant; how many there were."""
        async with self._database.transaction() as connection:
            statement = delete(_ROTA).where(_ROTA.c.ends_at_s < before_s)
            count = int((await connection.execute(statement)).rowcount)
            if count:
                line = Audit(self._clock.now_s(), actor, "rota_forgotten", "rota", (("count", count),))
                await self._database.chain.append(connection, [line])
        return count

    def _line(
        self,
        actor: str,
        verb: str,
        kind: type[DirectoryEntry | RotaEntry],
        key: str,
        detail: tuple[tuple[str, str], ...] = (),
    ) -> Audit:
        return Audit(self._clock.now_s(), actor, f"{kind.__name__.lower()}_{verb}", key, detail)


async def _read(database: Database, kind: type[E], where: ColumnElement[bool] | None) -> list[E]:
    async with database.reading() as connection:
        return await _all_of(connection, kind, where)


async def _all_of(connection: AsyncConnection, kind: type[E], where: ColumnElement[bool] | None = None) -> list[E]:
    table = ENTRIES[kind].table
    query = select(table).order_by(table.c.name, *table.primary_key)
    rows = (await connection.execute(query if where is None else query.where(where))).mappings().all()
    if kind is not ActivationList:
        return [ENTRIES[kind].read(row) for row in rows]
    members = await _members(connection, None if where is None else [row["id"] for row in rows])
    return [ENTRIES[kind].read(row, function_ids=tuple(members.get(row["id"], ()))) for row in rows]


def _where(kind: type[Any], key: str) -> ColumnElement[bool] | None:
    """The condition that names the entry; `None` when no entry can have that key."""
    table = ENTRIES[kind].table
    if kind is not Talkgroup:
        return table.c.id == key
    if not (key.isascii() and key.isdigit() and len(key) <= _GSSI_DIGITS):
        return None
    return table.c.gssi == int(key)


def _told_of(entry: DirectoryEntry) -> tuple[tuple[str, str], ...]:
    """The audit log is kept for ever, so that no person's name stands in it."""
    return () if isinstance(entry, Person) else (("name", entry.name),)


def _key_of(entry: DirectoryEntry) -> str | int:
    return entry.gssi if isinstance(entry, Talkgroup) else entry.id


async def _write(connection: AsyncConnection, kind: type[DirectoryEntry], entries: Sequence[DirectoryEntry]) -> None:
    """Entries of one kind, in their order."""
    table = ENTRIES[kind]
    await connection.execute(table.upsert(connection.dialect.name), [table.row(entry) for entry in entries])
    for entry in entries:
        if isinstance(entry, ActivationList):
            await connection.execute(delete(_MEMBERS).where(_MEMBERS.c.list_id == entry.id))
            members = [
                {"list_id": entry.id, "position": position, "function_id": function_id}
                for position, function_id in enumerate(entry.function_ids)
            ]
            if members:
                await connection.execute(insert(_MEMBERS), members)


async def _members(connection: AsyncConnection, lists: Sequence[str] | None) -> dict[str, list[str]]:
    query = select(_MEMBERS).order_by(_MEMBERS.c.list_id, _MEMBERS.c.position)
    if lists is not None:
        query = query.where(_MEMBERS.c.list_id.in_(lists))
    found: dict[str, list[str]] = {}
    for row in (await connection.execute(query)).mappings():
        found.setdefault(row["list_id"], []).append(row["function_id"])
    return found
