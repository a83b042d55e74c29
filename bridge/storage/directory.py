"""The region's own data in the database. Every write is audited in its own transaction."""

from collections.abc import Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.domain.directory.records import ActivationList, DirectoryEntry, Talkgroup
from bridge.domain.kernel.journal import Audit
from bridge.ports import Clock
from bridge.storage import tables
from bridge.storage.database import Database
from bridge.storage.registry import ENTRIES

E = TypeVar("E", bound=DirectoryEntry)

_MEMBERS: Final = tables.activation_list_functions
_GSSI_DIGITS: Final = 8


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

    async def put_all(self, actor: str, entries: Sequence[DirectoryEntry]) -> None:
        """All or none, in the order given: what is referred to comes first. For imports."""
        async with self._database.transaction() as connection:
            for entry in entries:
                await _write(connection, entry)
            await self._database.chain.append(
                connection,
                [
                    self._line(actor, "put", type(entry), str(_key_of(entry)), (("name", entry.name),))
                    for entry in entries
                ],
            )

    async def delete(self, actor: str, kind: type[DirectoryEntry], key: str) -> bool:
        """Whether there was one.

        Raises:
            IntegrityConflict: Another entry refers to it; change that one first.
        """
        where = _where(kind, key)
        if where is None:
            return False
        async with self._database.transaction() as connection:
            gone = bool((await connection.execute(delete(ENTRIES[kind].table).where(where))).rowcount)
            if gone:
                await self._database.chain.append(connection, [self._line(actor, "deleted", kind, key)])
        return gone

    def _line(
        self, actor: str, verb: str, kind: type[DirectoryEntry], key: str, detail: tuple[tuple[str, str], ...] = ()
    ) -> Audit:
        return Audit(self._clock.now_s(), actor, f"{kind.__name__.lower()}_{verb}", key, detail)


async def _read(database: Database, kind: type[E], where: ColumnElement[bool] | None) -> list[E]:
    table = ENTRIES[kind].table
    query = select(table).order_by(table.c.name, *table.primary_key)
    async with database.reading() as connection:
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


def _key_of(entry: DirectoryEntry) -> str | int:
    return entry.gssi if isinstance(entry, Talkgroup) else entry.id


async def _write(connection: AsyncConnection, entry: DirectoryEntry) -> None:
    kind = ENTRIES[type(entry)]
    await connection.execute(kind.upsert(connection.dialect.name), kind.row(entry))
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
