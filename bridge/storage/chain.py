"""The audit chain: each line is an act and its actor, bound to the line before it by hash.

The head is the number and hash of the last line. It is kept in `meta` as well, so that a cut tail is found. It also
makes writers wait for each other: a writer holds the head's row until the transaction ends.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.domain.canonical import GENESIS, canonical_json, chained_hash
from bridge.domain.kernel.journal import Audit
from bridge.storage.columns import storable
from bridge.storage.tables import audit, meta

_HEAD: Final = "audit.head"

Head = tuple[int, str]


class Chain:
    """Appends to the chain inside the transaction of the change that the lines tell of.

    It remembers the head it left last and moves it on in one statement. Where another node or a command line has moved
    it since, that statement finds nothing. Then the head is read under its lock.
    """

    def __init__(self) -> None:
        self._head: Head = (0, GENESIS)

    async def append(self, connection: AsyncConnection, lines: Sequence[Audit]) -> None:
        """Add lines. The head's row stays locked until the caller's transaction ends."""
        if not lines:
            return
        rows = _linked(self._head, lines)
        if not await _move_head(connection, self._head, _last(rows)):
            head = await _lock_head(connection)
            rows = _linked(head, lines)
            await _move_head(connection, head, _last(rows))
        await connection.execute(insert(audit), rows)
        self._head = _last(rows)


def _linked(head: Head, lines: Sequence[Audit]) -> list[dict[str, Any]]:
    number, previous = head
    rows = []
    for line in lines:
        number += 1
        row: dict[str, Any] = {
            "number": number,
            "at_s": float(line.at_s) + 0.0,  # SQLite gives -0.0 back as 0.0
            "actor": storable(line.actor),
            "action": storable(line.action),
            "object": storable(line.object),
            "detail": dict(line.detail),
        }
        digest = chained_hash(previous, row)
        rows.append(row | {"previous_hash": previous, "hash": digest})
        previous = digest
    return rows


def _last(rows: Sequence[dict[str, Any]]) -> Head:
    return rows[-1]["number"], rows[-1]["hash"]


async def _move_head(connection: AsyncConnection, old: Head, new: Head) -> bool:
    moved = await connection.execute(
        update(meta).where(meta.c.key == _HEAD, meta.c.value == _head_value(old)).values(value=_head_value(new))
    )
    return bool(moved.rowcount)


async def _lock_head(connection: AsyncConnection) -> Head:
    make: Any = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(meta)
    await connection.execute(make.values(key=_HEAD, value=_head_value((0, GENESIS))).on_conflict_do_nothing())
    query = select(meta.c.value).where(meta.c.key == _HEAD).with_for_update()
    return _parsed((await connection.execute(query)).scalar_one())


async def read_head(connection: AsyncConnection) -> Head:
    """Number and hash of the last line; `(0, GENESIS)` when there is none."""
    value = (await connection.execute(select(meta.c.value).where(meta.c.key == _HEAD))).scalar_one_or_none()
    return (0, GENESIS) if value is None else _parsed(value)


def _head_value(head: Head) -> str:
    return canonical_json({"number": head[0], "hash": head[1]})


def _parsed(value: str) -> Head:
    head = json.loads(value)
    return int(head["number"]), str(head["hash"])
