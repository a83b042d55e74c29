"""SQLite's driver, asked for a statement at a time."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.domain.conference.records import Conference
from bridge.ports import IntegrityConflict
from bridge.storage import Database, SqlStore, open_database
from bridge.storage.registry import RECORDS
from bridge.storage.tables import meta
from tests.unit.storage.examples import CONFERENCE


@pytest.fixture
async def file(migrated_file: Path, tmp_path: Path) -> AsyncIterator[Database]:
    path = tmp_path / "samband.db"
    shutil.copyfile(migrated_file, path)
    database = await open_database(f"sqlite:///{path}")
    yield database
    await database.close()


@pytest.fixture
def visits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """To the thread of a connection."""
    made: list[str] = []
    visit: Any = aiosqlite.Connection._execute

    async def counted(connection: aiosqlite.Connection, run: Any, *rest: Any, **more: Any) -> Any:
        made.append(run.__name__)
        return await visit(connection, run, *rest, **more)

    monkeypatch.setattr(aiosqlite.Connection, "_execute", counted)
    return made


async def rows(connection: AsyncConnection, key: str) -> list[tuple[str, ...]]:
    return [tuple(row) for row in await connection.execute(select(meta.c.value).where(meta.c.key == key))]


async def test_a_statement_is_one_visit_to_the_thread_with_its_rows(file: Database, visits: list[str]) -> None:
    async with file.transaction() as connection:
        await connection.execute(insert(meta), [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}])
        visits.clear()
        assert await rows(connection, "a") == [("1",)]
        assert len(visits) == 1
        assert await rows(connection, "nobody") == []
        assert len(visits) == 2


async def test_rows_are_given_by_one_and_by_few_and_what_was_changed_is_counted(file: Database) -> None:
    async with file.transaction() as connection:
        await connection.execute(insert(meta), [{"key": f"k{n}", "value": str(n)} for n in range(5)])
        found = await connection.execute(select(meta.c.value).where(meta.c.key.like("k_")).order_by(meta.c.key))
        assert found.fetchone() == ("0",)
        assert found.fetchmany(2) == [("1",), ("2",)]
        assert found.fetchall() == [("3",), ("4",)]
        changed = await connection.execute(text("UPDATE meta SET value = 'x' WHERE key LIKE 'k_'"))
        assert changed.rowcount == 5
        returned = await connection.execute(text("DELETE FROM meta WHERE key = 'k3' RETURNING value"))
        assert returned.all() == [("x",)]


async def test_a_statement_that_is_refused_is_told_as_before_and_the_next_one_runs(file: Database) -> None:
    async def keep(*values: str) -> None:
        async with file.transaction() as connection:
            await connection.execute(insert(meta), [{"key": "a", "value": one} for one in values])

    with pytest.raises(IntegrityConflict):
        await keep("1", "2")
    async with file.reading() as connection:
        assert await rows(connection, "a") == []
    await SqlStore(file).commit([CONFERENCE])
    async with file.reading() as connection:
        assert await RECORDS[Conference].fetch(connection, select(RECORDS[Conference].table)) == [CONFERENCE]
