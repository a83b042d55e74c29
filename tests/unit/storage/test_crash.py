"""What was acknowledged is there after the program was killed, and nothing is acknowledged that is not kept."""

import asyncio
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.domain.conference.records import Seat
from bridge.domain.kernel.ids import ParticipantId
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.reasons import WELL
from bridge.ports import PortError
from bridge.storage import Database, SqlArchive, SqlAudit, SqlStore, StorageSettings, open_database
from tests.harness.lanes import NOT_ALLOWED
from tests.harness.reasons import english
from tests.harness.small_disk import fill, small_disk
from tests.harness.wait import until
from tests.unit.storage.examples import CONFERENCE, EVERYTHING, HOST

pytestmark = pytest.mark.realtime  # writers are killed, disks made and filled


@contextmanager
def writer(*arguments: str, under: Sequence[str] = ()) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [*under, sys.executable, "-m", "tests.unit.storage.writer", *arguments], stdout=subprocess.PIPE, text=True
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


async def assert_kept(url: str, acknowledged: list[int]) -> None:
    """Every acknowledged commit is there with all its parts; at most one more, which was under way, is too."""
    database = await open_database(url)
    people = {str(person.id) for person in (await SqlStore(database).load())[Seat]}
    wanted = {f"prt-{number}" for number in acknowledged}
    assert wanted <= people
    assert len(people - wanted) <= 1
    audit = SqlAudit(database)
    assert await audit.verify() is None
    assert {row.object for row in await audit.rows(limit=100_000)} == people
    archive = SqlArchive(database, folder=None)  # type: ignore[arg-type]
    assert {str(note.participant) for note in await archive.timeline(CONFERENCE.id)} == people
    await database.close()


@pytest.mark.parametrize("commits", [1, 7, 40])
async def test_every_acknowledged_commit_survives_a_kill_in_the_middle_of_the_next(url: str, commits: int) -> None:
    with writer(url) as process:
        assert process.stdout
        acknowledged = [int(process.stdout.readline()) for _ in range(commits)]
        process.kill()
        acknowledged += [int(line) for line in process.stdout if line.endswith("\n")]
    await assert_kept(url, acknowledged)


async def read_on(url: str, seen: list[int]) -> None:
    """As a console that asks all the time: each look is at one instant, whole."""
    database = await open_database(url)
    store, archive = SqlStore(database), SqlArchive(database, folder=None)  # type: ignore[arg-type]
    try:
        while True:
            async with database.reading() as connection:
                people = await _count(connection, "participants")
                notes, lines = await _count(connection, "notes"), await _count(connection, "audit")
            assert people == notes == lines, "a commit was seen in part"
            seen.append(people)
            await asyncio.gather(store.load(), archive.timeline(CONFERENCE.id), SqlAudit(database).verify())
    finally:
        await database.close()


async def _count(connection: AsyncConnection, table: str) -> int:
    return int((await connection.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())  # noqa: S608  our own


async def test_every_acknowledged_commit_survives_a_kill_while_others_read(url: str) -> None:
    seen: list[int] = []
    with writer(url) as process:
        assert process.stdout
        acknowledged = [int(await asyncio.to_thread(process.stdout.readline))]
        readers = [asyncio.create_task(read_on(url, seen)) for _ in range(3)]
        while len(set(seen)) < 5:
            assert not any(one.done() for one in readers), await asyncio.gather(*readers)
            acknowledged.append(int(await asyncio.to_thread(process.stdout.readline)))
        process.kill()
        acknowledged += [int(line) for line in process.stdout if line.endswith("\n")]
        last = len(seen)
        await until(lambda: len(seen) > last + 3, 20, what="who reads goes on after the writer's death")
        for one in readers:
            one.cancel()
        assert all(
            isinstance(one, asyncio.CancelledError) for one in await asyncio.gather(*readers, return_exceptions=True)
        )
    assert max(seen) >= len(acknowledged) - 1
    await assert_kept(url, acknowledged)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_on_a_disk_that_takes_no_more_nothing_is_acknowledged_that_is_not_kept(url: str) -> None:
    with writer(url, "--limit-bytes", "1000000") as process:
        assert process.stdout
        lines = process.stdout.read().splitlines()
        acknowledged = [int(line) for line in lines if line.isdigit()]
    assert lines[-1] == "refused database"
    assert len(acknowledged) > 10
    await assert_kept(url, acknowledged)


def may_trace() -> bool:
    """A container can forbid it."""
    return (
        subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode
        == 0
    )


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is missing: it makes the disk refuse")
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("sync", [200, 201, 202, 203])
async def test_a_commit_whose_sync_the_disk_refuses_is_not_acknowledged(url: str, sync: int) -> None:
    if not may_trace():
        pytest.skip(f"{NOT_ALLOWED}: strace may not trace")
    calls = "fsync,fdatasync"
    refusing = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", "-e"]
    with writer(url, under=[*refusing, f"inject={calls}:error=EIO:when={sync}+"]) as process:
        assert process.stdout
        lines = process.stdout.read().splitlines()
    acknowledged = [int(line) for line in lines if line.isdigit()]
    assert acknowledged, "the first commits were synced"
    assert lines[-1] == "refused database"
    await assert_kept(url, acknowledged)


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
async def test_a_full_disk_is_named_and_commits_go_on_when_there_is_room(database: Database, store: SqlStore) -> None:
    await store.commit(EVERYTHING)
    async with database.transaction() as connection:
        await connection.exec_driver_sql("PRAGMA max_page_count = 1")  # SQLite takes the present size as the least
    big = [replace(HOST, id=ParticipantId(f"big-{number}"), name="x" * 2000) for number in range(50)]
    with pytest.raises(PortError, match="disk is full") as refused:
        await store.commit(big)
    assert (refused.value.device, refused.value.retry) == ("database", False)
    assert "disk is full" in english(database.health()["database"])
    assert (await store.load())[Seat] == (HOST,)
    await store.commit(big)
    assert len((await store.load())[Seat]) == 51
    assert database.health() == {"database": WELL}


async def test_a_file_locked_by_another_program_is_worth_a_retry(tmp_path: Path) -> None:
    path = tmp_path / "samband.db"
    database = await open_database(f"sqlite:///{path}", StorageSettings(busy_timeout_s=0.05))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(PortError, match="another program holds") as refused:
            await SqlStore(database).commit(EVERYTHING)
        assert refused.value.retry
        other.execute("ROLLBACK")
    await SqlStore(database).commit(EVERYTHING)
    await database.close()


async def test_on_a_really_full_disk_commits_are_refused_and_go_on_when_there_is_room(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 2_000_000) as disk:
        database = await open_database(f"sqlite:///{disk}/samband.db")
        store = SqlStore(database)
        await store.commit(EVERYTHING)
        ballast = fill(disk)
        big = [replace(HOST, id=ParticipantId(f"big-{number}"), name="x" * 2000) for number in range(50)]
        with pytest.raises(PortError) as refused:
            await store.commit(big, audit=[Audit(1.0, "operator", "joined", "big")])
        assert not refused.value.retry
        assert (await store.load())[Seat] == (HOST,)
        await asyncio.to_thread(ballast.unlink)
        await store.commit(big, audit=[Audit(1.0, "operator", "joined", "big")])
        assert len((await store.load())[Seat]) == 51
        assert await SqlAudit(database).verify() is None
        await database.close()
