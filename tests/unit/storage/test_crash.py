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

from bridge.domain.ids import ParticipantId
from bridge.domain.model import Audit
from bridge.ports import PortError
from bridge.storage import Database, SqlArchive, SqlAudit, SqlStore, StorageSettings, open_database
from tests.harness.lanes import NOT_ALLOWED
from tests.harness.small_disk import fill, small_disk
from tests.unit.storage.examples import CONFERENCE, EVERYTHING, HOST

pytestmark = pytest.mark.slow  # writers are killed, disks made and filled


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
    people = {str(person.id) for person in (await SqlStore(database).load()).participants}
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


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_on_a_disk_that_takes_no_more_nothing_is_acknowledged_that_is_not_kept(url: str) -> None:
    with writer(url, str(1_000_000)) as process:
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
    assert "disk is full" in database.health()["database"]
    assert (await store.load()).participants == (HOST,)
    await store.commit(big)
    assert len((await store.load()).participants) == 51
    assert database.health() == {"database": "ok"}


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
        assert (await store.load()).participants == (HOST,)
        await asyncio.to_thread(ballast.unlink)
        await store.commit(big, audit=[Audit(1.0, "operator", "joined", "big")])
        assert len((await store.load()).participants) == 51
        assert await SqlAudit(database).verify() is None
        await database.close()
