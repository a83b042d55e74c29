"""Reading the audit log, and proving that nobody changed it."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.domain.canonical import GENESIS, chained_hash
from bridge.domain.directory.records import AuditRow
from bridge.domain.kernel.journal import Audit
from bridge.ports import AuditWish
from bridge.storage.chain import Head, read_head
from bridge.storage.database import Database
from bridge.storage.registry import AUDIT

_CHUNK_ROWS: Final = 1000
_BELOW_ALL: Final = -(2**62)


class SqlAudit:
    """`bridge.ports.AuditLog` over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def rows(self, after: int = 0, limit: int = 100, by: str | None = None) -> Sequence[AuditRow]:
        """Lines numbered above `after`, in order; with `by` those of one person."""
        async with self._database.reading() as connection:
            return await _rows(connection, after, limit, by)

    async def search(self, wish: AuditWish, limit: int = 100) -> Sequence[AuditRow]:
        """The latest that fit, the latest first."""
        lines = AUDIT.table
        query = select(lines).order_by(lines.c.number.desc()).limit(limit)
        for column, text in ((lines.c.actor, wish.actor), (lines.c.object, wish.object)):
            if text:
                query = query.where(func.lower(column).contains(text.lower(), autoescape=True))
        if wish.by is not None:
            query = query.where(lines.c.actor == wish.by)
        if wish.action:
            query = query.where(lines.c.action.startswith(wish.action, autoescape=True))
        if wish.since_s is not None:
            query = query.where(lines.c.at_s >= wish.since_s)
        if wish.until_s is not None:
            query = query.where(lines.c.at_s < wish.until_s)
        if wish.before is not None:
            query = query.where(lines.c.number < wish.before)
        async with self._database.reading() as connection:
            return await AUDIT.fetch(connection, query)

    async def actors(self, action: str) -> Mapping[str, str]:
        """Object → the name of the one who did this to it last."""
        lines = AUDIT.table
        last = select(func.max(lines.c.number)).where(lines.c.action == action).group_by(lines.c.object)
        query = select(lines.c.object, lines.c.actor).where(lines.c.number.in_(last))
        async with self._database.reading() as connection:
            return {row.object: row.actor for row in await connection.execute(query)}

    async def append(self, line: Audit) -> None:
        """One line that goes with no other change."""
        async with self._database.transaction() as connection:
            await self._database.chain.append(connection, [line])

    async def verify(self) -> int | None:
        """The number of the first line that was changed, removed, added or moved; `None`: the chain is whole."""
        last: Head = (0, GENESIS)
        after = _BELOW_ALL
        while True:
            async with self._database.reading() as connection:
                head = await read_head(connection)
                rows = await _rows(connection, after, _CHUNK_ROWS)
            for row in rows:
                if row.number != last[0] + 1 or row.previous_hash != last[1] or row.hash != _hash_of(row):
                    return last[0] + 1
                last = (row.number, row.hash)
            if not rows:
                return None if last == head else min(head[0], last[0]) + (head[0] != last[0])
            after = rows[-1].number


def _hash_of(row: AuditRow) -> str:
    return chained_hash(
        row.previous_hash,
        {
            "number": row.number,
            "at_s": row.at_s,
            "actor": row.actor,
            "action": row.action,
            "object": row.object,
            "detail": dict(row.detail),
        },
    )


async def _rows(connection: AsyncConnection, after: int, limit: int, by: str | None = None) -> Sequence[AuditRow]:
    lines = AUDIT.table
    query = select(lines).where(lines.c.number > after).order_by(lines.c.number).limit(limit)
    if by is not None:
        query = query.where(lines.c.actor == by)
    return await AUDIT.fetch(connection, query)
