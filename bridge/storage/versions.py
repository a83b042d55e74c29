"""Versions of the directory's entries in the database, each written in the transaction of its change."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.domain.directory.versions import (
    MOST_VERSIONS,
    Version,
    Versioned,
    as_text,
    from_text,
    kind_of,
)
from bridge.storage.tables import directory_versions as table

_AT_ONCE: Final = 500
"""Entries of one question: a database takes so many values and more."""


async def keep_versions(
    connection: AsyncConnection,
    actor: str,
    at_s: float,
    kind: type[Versioned],
    changes: Mapping[str, tuple[Versioned | None, Versioned | None]],
) -> None:
    """Key → before and after. An entry that is as it was has no new version."""
    new = {key: (before, after) for key, (before, after) in changes.items() if before != after}
    if not new:
        return
    latest: dict[str, int] = {}
    keys = list(new)
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        query = select(table.c.key, func.max(table.c.number)).where(
            table.c.kind == kind_of(kind), table.c.key.in_(some)
        )
        latest |= {row[0]: row[1] for row in await connection.execute(query.group_by(table.c.key))}
    rows: list[dict[str, Any]] = [
        {
            "kind": kind_of(kind),
            "key": key,
            "number": latest.get(key, 0) + 1,
            "at_s": at_s,
            "actor": actor,
            "before": as_text(before),
            "after": as_text(after),
        }
        for key, (before, after) in new.items()
    ]
    await connection.execute(insert(table), rows)
    for row in rows:
        if row["number"] > MOST_VERSIONS:
            old = (
                table.c.kind == row["kind"],
                table.c.key == row["key"],
                table.c.number <= row["number"] - MOST_VERSIONS,
            )
            await connection.execute(delete(table).where(*old))


async def read_versions(connection: AsyncConnection, kind: type[Versioned], key: str) -> Sequence[Version]:
    """The newest first."""
    query = select(table).where(table.c.kind == kind_of(kind), table.c.key == key).order_by(table.c.number.desc())
    return [
        Version(row["number"], row["at_s"], row["actor"], from_text(kind, row["before"]), from_text(kind, row["after"]))
        for row in (await connection.execute(query)).mappings()
    ]
