"""Opening: what is refused and why, and how an older database is brought up."""

import asyncio
import contextlib
import shutil
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from structlog.testing import capture_logs

from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.conference.records import Conference, Seat
from bridge.domain.directory.records import Function, Talkgroup
from bridge.domain.kernel.ids import Gssi, ParticipantId, TerminalName
from bridge.domain.kernel.journal import Audit, Note
from bridge.domain.kernel.reasons import WELL
from bridge.domain.radio.records import Patch
from bridge.domain.recording.records import Recording
from bridge.ports import PortError
from bridge.storage import Database, SqlDirectory, SqlStore, StorageSettings, open_database, prepare_schema
from bridge.storage import migrate as migrating
from bridge.storage.database import _prepare_writer, explain
from bridge.storage.migrate import current, migrate, oldest_beside, revisions
from bridge.storage.registry import RECORDS
from bridge.storage.tables import METADATA
from tests.harness.reasons import english
from tests.harness.restart import empty_database
from tests.unit.storage.conftest import FixedClock
from tests.unit.storage.examples import CONFERENCE, EVERYTHING, HOST, PATCH, RECORDING, ROOM

_OF_0002 = (
    "INSERT INTO conferences (id, mix, name, number, created_at_s, state, language, locked, exercise, emergency,"
    " floor_mode, floor_queue, recording_wanted, recording_state, search)"
    " VALUES ('cnf-1', 'mix-1', 'Värmebölja', '+46855555555', 100, 'open', 'sv', false, false, false, 'open', '[]',"
    " false, 'off', 'värmebölja')",
    "INSERT INTO patches (id, conference, terminal, gssi, participant, name, state, emergency, voice_held,"
    " created_at_s) VALUES ('pat-1', 'cnf-1', 'rakel-1', 1234567, 'prt-2', 'RAPS-1', 'offline', false, false, 105)",
    "INSERT INTO recordings (id, conference, started_at_s, state) VALUES ('rec-1', 'cnf-1', 110, 'recording')",
    "INSERT INTO organisations (id, name) VALUES ('lst', 'Länsstyrelsen')",
    "INSERT INTO functions (id, organisation_id, name, numbers, issis, language)"
    " VALUES ('tib', 'lst', 'TiB', '[]', '[]', 'sv')",
    "INSERT INTO talkgroups (gssi, name, terminals) VALUES (2001, 'RAPS-1', '[\"rakel-1\"]')",
)
"""A region with a patched talkgroup, as the version before the rules of the radio patch kept it."""


@pytest.mark.slow
async def test_an_empty_database_gets_the_newest_schema(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), METADATA))

    async with database.transaction() as connection:
        assert await connection.run_sync(current) == revisions()[-1]
        assert await connection.run_sync(differences) == []


@pytest.fixture(scope="module")
def former(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a SQLite file of each version, each made of the one before it."""
    folder = tmp_path_factory.mktemp("former")
    engine = create_engine(f"sqlite:///{folder}/walk.db")
    for version in revisions():
        with engine.begin() as connection:
            migrate(connection, version, node="north")
        shutil.copyfile(folder / "walk.db", folder / f"{version}.db")
    engine.dispose()
    return folder


@pytest.mark.parametrize("version", revisions())
async def test_a_database_of_each_former_version_is_brought_up(
    url: str, version: str, request: pytest.FixtureRequest
) -> None:
    if url.startswith("sqlite:"):
        shutil.copyfile(request.getfixturevalue("former") / f"{version}.db", url.removeprefix("sqlite:///"))
    else:
        engine = create_async_engine(url.replace("postgresql:", "postgresql+asyncpg:"))
        async with engine.begin() as connection:
            await connection.run_sync(partial(migrate, target=version, node="north"))
        await engine.dispose()

    database = await open_database(url)
    await SqlStore(database).commit(EVERYTHING)
    assert (await SqlStore(database).load())[Conference] == (CONFERENCE,)
    async with database.transaction() as connection:
        assert await connection.run_sync(current) == revisions()[-1]
    await database.close()


async def test_what_the_radio_was_before_the_upgrade_goes_on_as_it_was(url: str, clock: FixedClock) -> None:
    driver = url.replace("sqlite:", "sqlite+aiosqlite:").replace("postgresql:", "postgresql+asyncpg:")
    engine = create_async_engine(driver)
    async with engine.begin() as connection:
        await connection.run_sync(partial(migrate, target="0002", node="north"))
        for statement in _OF_0002:
            await connection.execute(text(statement))
    await engine.dispose()

    database = await open_database(url)
    saved = await SqlStore(database).load()
    directory = SqlDirectory(database, clock)
    assert saved[Conference] == (replace(CONFERENCE, radio_only_since_s=None),)
    assert saved[Patch] == (replace(PATCH, created_at_s=105.0, used_at_s=105.0, notice=False, announced=True),)
    assert saved[Recording] == (RECORDING,)
    assert await directory.get(Talkgroup, "2001") == Talkgroup(Gssi(2001), "RAPS-1", (TerminalName("rakel-1"),))
    assert await directory.get(Function, "tib") == Function("tib", "lst", "TiB", radio_orders=False)
    await database.close()


@pytest.mark.slow
async def test_a_database_of_a_newer_program_is_refused(url: str) -> None:
    database = await open_database(url)
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await database.close()
    with pytest.raises(PortError, match="9999 is newer than this program"):
        await open_database(url)


NEWER = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "9999", {last!r}, None, None
{says}
def upgrade():
    op.create_table("novelties", sa.Column("id", sa.Text(), primary_key=True))
"""


@contextlib.contextmanager
def newer_program(folder: Path, last: str, says: str) -> Iterator[None]:
    """Inside the block the program knows one migration more."""
    shutil.copytree(migrating.SCRIPTS, folder / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "migrations/versions/v9999_newer.py").write_text(NEWER.format(last=last, says=says))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(migrating, "SCRIPTS", folder / "migrations")
        revisions.cache_clear()
        yield
    revisions.cache_clear()


async def test_a_newer_schema_that_an_older_program_can_live_with_is_made_beside_it(url: str, tmp_path: Path) -> None:
    older = await open_database(url)
    with newer_program(tmp_path, revisions()[-1], "lives_with_older = True"):
        await prepare_schema(url, StorageSettings())
    await SqlStore(older).commit(EVERYTHING)
    await older.close()
    with capture_logs() as logs:
        again = await open_database(url)
    assert (await SqlStore(again).load())[Conference] == (CONFERENCE,)
    async with again.transaction() as connection:
        assert await connection.run_sync(current) == "9999", "nothing is taken back"
    await again.close()
    assert [one["schema"] for one in logs if one["event"] == "schema_is_newer"] == ["9999"]


@pytest.mark.parametrize("says", ["", "lives_with_older = False"])
async def test_a_newer_schema_that_does_not_say_so_waits_for_the_older_programs_end(
    url: str, says: str, tmp_path: Path
) -> None:
    last = revisions()[-1]
    older = await open_database(url)
    with newer_program(tmp_path, last, says):
        with pytest.raises(PortError) as refused:
            await prepare_schema(url, StorageSettings())
        async with older.transaction() as connection:
            assert await connection.run_sync(current) == last
        await older.close()
        await (await open_database(url)).close()
    assert f"its schema {last} must become 9999" in english(refused.value.reason)
    with pytest.raises(PortError, match="9999 is newer than this program"):
        await open_database(url)


def gentle() -> list[str]:
    return [one for one, before in zip(revisions()[1:], revisions(), strict=False) if oldest_beside(one) <= before]


@pytest.mark.parametrize("version", gentle())
def test_a_migration_that_older_programs_can_live_with_only_adds(former: Path, version: str) -> None:
    """An older program writes rows without the new columns, and knows the old ones."""
    before, after = (
        inspect(create_engine(f"sqlite:///{former}/{one}.db"))
        for one in (revisions()[revisions().index(version) - 1], version)
    )
    for table in before.get_table_names():
        old = {str(one["name"]): str(one["type"]) for one in before.get_columns(table)}
        new = {str(one["name"]): one for one in after.get_columns(table)}
        assert old.items() <= {name: str(one["type"]) for name, one in new.items()}.items()
        needed = [n for n in new.keys() - old.keys() if not (new[n]["nullable"] or new[n]["default"] is not None)]
        assert not needed, f"{table} cannot be written without {needed}"
        was, unique = (
            {tuple(one["column_names"]) for one in side.get_indexes(table) if one["unique"]} for side in (before, after)
        )
        assert unique <= was


async def test_opening_twice_changes_nothing(url: str) -> None:
    first = await open_database(url)
    await SqlStore(first).commit(EVERYTHING)
    second = await open_database(url)
    assert (await SqlStore(second).load())[Conference] == (CONFERENCE,)
    await first.close()
    await second.close()


@pytest.mark.slow
async def test_only_the_owner_can_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "state" / "samband.db"
    path.parent.mkdir()
    path.touch(mode=0o644)
    database = await open_database(f"sqlite:///{path}")
    await SqlStore(database).commit(EVERYTHING)
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    await database.close()


@pytest.mark.slow
async def test_every_commit_is_synced_and_references_are_checked(tmp_path: Path) -> None:
    database = await open_database(f"sqlite:///{tmp_path}/samband.db")
    async with database.transaction() as connection:
        found = {
            name: (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    await database.close()
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


async def a_used_file(path: Path) -> None:
    await empty_database(path)
    database = await open_database(f"sqlite:///{path}")
    store = SqlStore(database)
    await store.commit(EVERYTHING, audit=[Audit(1.0, "operator", "opened", CONFERENCE.id)])
    people = [replace(HOST, id=ParticipantId(f"prt-x{number}"), name=f"Person {number}") for number in range(200)]
    await store.commit(people, [Note(CONFERENCE.id, 1.0, ConferenceNote.JOINED, one.id) for one in people])
    await database.close()


def overwritten(path: Path, found: bytes, by: bytes) -> None:
    content = path.read_bytes()
    at = content.rindex(found)
    path.write_bytes(content[:at] + by + content[at + len(by) :])


_DAMAGE: dict[str, Callable[[Path], object]] = {
    "the beginning of a page": lambda path: overwritten(
        path, path.read_bytes()[4096 * 9 : 4096 * 9 + 64], b"\xff" * 64
    ),
    "every page": lambda path: path.write_bytes(
        path.read_bytes()[:4096] + b"".join(b"\xff" * 64 + bytes(4032) for _ in range(20))
    ),
    "a name": lambda path: overwritten(path, b"Person 7", b"Perso\xff\xfe7"),
    "a word of ours": lambda path: overwritten(path, b"phone", b"phxne"),
    "nested values": lambda path: overwritten(path, b'["+46', b"[\x01+46"),
    "the last page cut off": lambda path: path.write_bytes(path.read_bytes()[:-4096]),
}


@pytest.mark.parametrize("damage", _DAMAGE)
async def test_a_damaged_file_is_refused_with_the_remedy(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "samband.db"
    await a_used_file(path)
    await (await open_database(f"sqlite:///{path}")).close()
    _DAMAGE[damage](path)
    with pytest.raises(PortError, match="damaged: restore the newest backup") as told:
        await open_database(f"sqlite:///{path}")
    assert "Person" not in str(told.value)


async def test_a_file_too_large_to_be_looked_through_at_the_start_is_opened_and_told(tmp_path: Path) -> None:
    path = tmp_path / "samband.db"
    await a_used_file(path)
    with capture_logs() as logs:
        await (await open_database(f"sqlite:///{path}", check_s=0.0)).close()
    assert [line["event"] for line in logs] == ["database_not_looked_through"]


async def test_an_empty_database_beside_what_was_made_with_it_is_not_a_new_system(url: str, tmp_path: Path) -> None:
    witness = tmp_path / "codes.key"
    witness.write_bytes(b"key")
    with pytest.raises(PortError, match=r"it is empty, and .*codes\.key is there: restore the database"):
        await open_database(url, witnesses=[tmp_path / "nothing", witness])
    witness.rename(tmp_path / "away")
    await (await open_database(url, witnesses=[witness])).close()
    (tmp_path / "away").rename(witness)
    await (await open_database(url, witnesses=[witness])).close()


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "samband.db"
    path.write_text("not a database, but long enough to be looked at\n" * 100)
    with pytest.raises(PortError, match="not a database"):
        await open_database(f"sqlite:///{path}")
    assert path.read_text().startswith("not a database")


@pytest.mark.parametrize(
    "url", ["", "samband.db", "mysql://localhost/samband", "sqlite://", "sqlite:///:memory:", "postgresql://"]
)
async def test_a_url_that_names_no_database_is_refused(url: str) -> None:
    with pytest.raises(PortError, match=r"storage\.url"):
        await open_database(url)


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PortError, match="cannot be made"):
        await open_database(f"sqlite:///{tmp_path}/file/samband.db")


async def test_a_server_that_is_not_there_is_worth_a_retry(tmp_path: Path) -> None:
    with pytest.raises(PortError, match="check that the server runs") as refused:
        await open_database(f"postgresql://samband@/samband?host={tmp_path}")
    assert refused.value.retry


@pytest.mark.parametrize("url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
async def test_a_database_that_is_not_there_is_named(url: str) -> None:
    with pytest.raises(PortError, match="nowhere") as refused:
        await open_database(url.replace("/t", "/nowhere", 1))
    assert not refused.value.retry


@pytest.mark.parametrize("migrated_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
async def test_a_lost_connection_is_made_anew(database: Database, store: SqlStore) -> None:
    await store.commit([CONFERENCE])
    with pytest.raises(PortError) as lost:
        async with database.transaction() as connection:
            await connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert lost.value.retry
    await store.commit(EVERYTHING)
    assert database.health() == {"database": WELL}


@pytest.mark.slow
async def test_what_is_closed_stays_closed(url: str) -> None:
    database = await open_database(url)
    await database.close()
    with pytest.raises(PortError, match="it is closed"):
        await SqlStore(database).commit(EVERYTHING)


async def test_a_commit_does_not_wait_for_those_who_read(database: Database, store: SqlStore) -> None:
    async with contextlib.AsyncExitStack() as readers, asyncio.timeout(5):
        for _ in range(4):
            connection = await readers.enter_async_context(database.reading())
            await connection.execute(text("SELECT count(*) FROM conferences"))
        await store.commit(EVERYTHING)
        await store.probe()
    assert (await store.load())[Conference] == (CONFERENCE,)


async def test_who_reads_sees_one_instant_however_much_is_written_meanwhile(
    database: Database, store: SqlStore
) -> None:
    await store.commit([CONFERENCE, ROOM, HOST])
    people, meetings = RECORDS[Seat], RECORDS[Conference]
    async with asyncio.timeout(5), database.reading() as connection:
        assert await people.fetch(connection, select(people.table)) == [HOST]
        await store.commit([replace(CONFERENCE, name="later"), replace(HOST, id=ParticipantId("prt-2"))])
        assert await people.fetch(connection, select(people.table)) == [HOST]
        assert await meetings.fetch(connection, select(meetings.table)) == [CONFERENCE]
    async with database.reading() as connection:
        assert len(await people.fetch(connection, select(people.table))) == 2


@pytest.mark.slow
async def test_the_log_is_put_back_into_the_file_while_somebody_reads_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "samband.db"
    database = await open_database(f"sqlite:///{path}")
    store, log = SqlStore(database), tmp_path / "samband.db-wal"
    await store.commit([CONFERENCE, ROOM])
    big = [replace(HOST, id=ParticipantId(f"prt-{number}"), name="Å" * 2000) for number in range(100)]
    async with database.reading() as connection:
        await connection.execute(text("SELECT count(*) FROM participants"))
        for number in range(20):
            await store.commit([replace(one, name=f"{number} {one.name}") for one in big])
        held = log.stat().st_size
    for number in range(20, 40):
        await store.commit([replace(one, name=f"{number} {one.name}") for one in big])
    assert log.stat().st_size <= max(held, 16_777_216), "once nobody reads the log begins anew"
    await database.close()
    assert not log.exists()
    with contextlib.closing(sqlite3.connect(path)) as alone:
        assert alone.execute("SELECT count(*) FROM participants WHERE name LIKE '39 %'").fetchone() == (100,)


def in_the_file_alone(path: Path, folder: Path) -> tuple[int, int]:
    """How many meetings and people a copy of the file without its log holds."""
    shutil.copyfile(path, folder / "alone.db")
    with contextlib.closing(sqlite3.connect(folder / "alone.db")) as alone:
        meetings, people = (
            alone.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608  our own names
            for table in ("conferences", "participants")
        )
    return meetings, people


@pytest.mark.slow
async def test_a_moment_after_the_last_commit_the_file_is_whole_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "samband.db"
    database = await open_database(f"sqlite:///{path}")
    assert in_the_file_alone(path, tmp_path) == (0, 0), "a new one too"
    store = SqlStore(database)
    await store.commit(EVERYTHING)
    await store.probe()  # as the engine does when nobody writes
    assert in_the_file_alone(path, tmp_path) == (1, 1)
    assert (tmp_path / "samband.db-wal").stat().st_size == 0
    await store.commit([replace(HOST, id=ParticipantId("prt-9"))])
    assert len((await store.load())[Seat]) == 2
    await database.close()


async def test_what_a_killed_program_left_in_the_log_is_in_the_file_after_the_restart(tmp_path: Path) -> None:
    first = await open_database(f"sqlite:///{tmp_path}/samband.db")
    await SqlStore(first).commit(EVERYTHING)
    (tmp_path / "after").mkdir()
    for name in ("samband.db", "samband.db-wal"):  # what a kill leaves
        shutil.copyfile(tmp_path / name, tmp_path / "after" / name)
    assert (tmp_path / "after/samband.db-wal").stat().st_size > 0
    again = await open_database(f"sqlite:///{tmp_path}/after/samband.db")
    assert in_the_file_alone(tmp_path / "after/samband.db", tmp_path) == (1, 1)
    await again.close()
    await first.close()


async def test_making_the_file_whole_waits_for_nobody_who_reads(migrated_url: str) -> None:
    database = await open_database(migrated_url, StorageSettings(busy_timeout_s=60))
    store = SqlStore(database)
    await store.commit([CONFERENCE, ROOM])
    async with database.reading() as connection:
        await connection.execute(text("SELECT count(*) FROM participants"))
        await store.commit([HOST])
        began_s = time.monotonic()
        assert await database.settle() is database.is_shared
        assert time.monotonic() - began_s < 30, "it has waited for the reader"
        await store.commit([replace(HOST, id=ParticipantId("prt-2"))])
        assert (await connection.execute(text("SELECT count(*) FROM participants"))).scalar_one() == 0
    assert await database.settle()
    assert len((await store.load())[Seat]) == 2
    assert database.health() == {"database": WELL}
    await database.close()


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
async def test_making_the_file_whole_can_be_broken_off_at_any_moment(database: Database, store: SqlStore) -> None:
    await store.commit([CONFERENCE])
    to_its_end = False
    for moment in range(60):
        await store.commit([replace(CONFERENCE, name=str(moment))])
        task = asyncio.create_task(database.settle())
        for _ in range(moment):
            await asyncio.sleep(0.0002)
        if task.done():
            to_its_end = True
            break
        task.cancel()
        [ended] = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(ended, asyncio.CancelledError), moment
    assert to_its_end, "every moment of it was tried"
    assert await database.settle()
    async with database.transaction() as connection:
        patience_ms = (await connection.exec_driver_sql("PRAGMA busy_timeout")).scalar_one()
    assert patience_ms == 1000 * StorageSettings().busy_timeout_s


@pytest.mark.parametrize("loss", ["emptied", "gone"])
async def test_a_lost_file_whose_log_is_there_is_refused_and_the_log_is_left_alone(tmp_path: Path, loss: str) -> None:
    path, log = tmp_path / "samband.db", tmp_path / "samband.db-wal"
    database = await open_database(f"sqlite:///{path}")
    await SqlStore(database).commit(EVERYTHING)
    content = log.read_bytes()
    await database.close()
    log.write_bytes(content)
    path.write_bytes(b"") if loss == "emptied" else path.unlink()
    with pytest.raises(PortError, match=r"is empty or gone, and its log .* is there"):
        await open_database(f"sqlite:///{path}")
    assert log.read_bytes() == content


def test_a_disk_that_cannot_hold_the_log_is_named() -> None:
    with contextlib.closing(sqlite3.connect(":memory:")) as memory, pytest.raises(sqlite3.OperationalError) as refused:
        _prepare_writer(memory, None)
    told = explain(DBAPIError("PRAGMA", {}, refused.value))
    assert "put the state directory on a local disk" in told.message
    assert not told.retry


async def test_nobody_who_reads_waits_for_a_commit_under_way(database: Database, store: SqlStore) -> None:
    await store.commit([CONFERENCE])
    async with asyncio.timeout(5), database.transaction() as connection:
        await connection.execute(text("UPDATE conferences SET name = 'half'"))
        assert (await store.load())[Conference] == (CONFERENCE,)
    assert (await store.load())[Conference][0].name == "half"


async def test_a_connection_for_reading_changes_nothing(database: Database) -> None:
    with pytest.raises(PortError):
        async with database.reading() as connection:
            await connection.execute(text("DELETE FROM conferences"))


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
async def test_that_reading_goes_well_does_not_hide_that_nothing_can_be_written(
    database: Database, store: SqlStore
) -> None:
    async with database.transaction() as connection:
        await connection.exec_driver_sql("PRAGMA query_only=ON")
    with pytest.raises(PortError, match="cannot be written"):
        await store.probe()
    await store.load()
    assert "cannot be written" in english(database.health()["database"])
    async with database._writing.connect() as connection:
        await connection.exec_driver_sql("PRAGMA query_only=OFF")
    await store.probe()
    assert database.health() == {"database": WELL}
