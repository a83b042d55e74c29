"""A backup that was never restored is none: the drill restores it on trial, and tells what would be missing."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest
from sqlalchemy import text

from bridge.domain.kernel.ids import ConferenceId
from bridge.engine.clock import SteadyClock
from bridge.main import backup, dumps
from bridge.main.state_paths import StatePaths
from bridge.ports import PortError
from bridge.settings import Settings
from bridge.storage import SealedCodes, SqlAudit, SqlStore, SqlTokens, open_database
from tests.harness.postgres import PostgresServer, postgres_server
from tests.unit.storage.examples import CONFERENCE


@pytest.fixture
async def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A region that was in use."""
    monkeypatch.setenv("SAMBAND_STATE", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)
    return await in_use(Settings())


async def in_use(settings: Settings) -> Settings:
    """Its first start, a meeting, and a code."""
    places = StatePaths.of(settings)
    places.make()
    database = await open_database(places.database_url(settings))
    await SqlTokens(database, SteadyClock()).issue("operator")
    codes = SealedCodes(database, SteadyClock(), places.codes_key)
    await codes.start()
    await SqlStore(database).commit([CONFERENCE])
    await codes.issue(ConferenceId(CONFERENCE.id))
    await database.close()
    return settings


async def test_a_backup_is_restored_on_trial_and_its_date_is_told(settings: Settings, tmp_path: Path) -> None:
    watch = backup.DrillWatch(settings.state, every_days=180)
    assert watch.health()["backup"].code == "backup_never_drilled"
    made = backup.make(settings, tmp_path / "backups")
    assert {one.name for one in made.iterdir()} == {"samband.db", "keys", "archive.json", "backup.json"}
    assert (made.stat().st_mode & 0o077, (made / "keys/codes.key").stat().st_mode & 0o077) == (0, 0)
    done = await backup.drill(settings, made)
    assert done.rows >= 1
    assert watch.health()["backup"].code == "ok"
    (settings.state / backup.DRILLED).write_text(json.dumps({"at_s": 1_000_000_000}))
    assert watch.health()["backup"].code == "backup_drilled_long_ago"
    assert backup.DrillWatch(settings.state, every_days=0).health() == {}


@pytest.mark.slow
async def test_without_a_backup_one_is_made_for_the_drill(settings: Settings) -> None:
    assert (await backup.drill(settings)).rows >= 1


@pytest.mark.parametrize("damage", ["samband.db", "keys/codes.key"])
@pytest.mark.slow
async def test_a_backup_that_was_damaged_is_no_backup(settings: Settings, tmp_path: Path, damage: str) -> None:
    made = backup.make(settings, tmp_path / "backups")
    content = bytearray((made / damage).read_bytes())
    content[len(content) // 2] ^= 1
    (made / damage).write_bytes(content)
    with pytest.raises(PortError) as refused:
        await backup.drill(settings, made)
    assert (refused.value.reason.code, refused.value.reason.get("file")) == ("backup_changed", damage)


async def test_a_backup_whose_audit_log_was_changed_does_not_pass(settings: Settings, tmp_path: Path) -> None:
    """As it was made: the region's own log is broken, and the drill says so before it is needed."""
    database = await open_database(StatePaths.of(settings).database_url(settings))
    async with database.transaction() as connection:
        await connection.exec_driver_sql("UPDATE audit SET actor = 'nobody' WHERE number = 1")
    assert await SqlAudit(database).verify() == 1
    await database.close()
    with pytest.raises(PortError) as refused:
        await backup.drill(settings)
    assert refused.value.reason.code == "backup_disagrees"


@pytest.mark.slow
async def test_a_backup_without_its_keys_does_not_pass(settings: Settings, tmp_path: Path) -> None:
    made = copytree(backup.make(settings, tmp_path / "backups"), tmp_path / "copy")
    about = json.loads((made / "backup.json").read_text())
    del about["files"]["keys/codes.key"]
    (made / "backup.json").write_text(json.dumps(about))
    with pytest.raises(PortError) as refused:
        await backup.drill(settings, made)
    assert refused.value.reason.code == "backup_disagrees"


async def test_a_folder_that_is_no_backup_is_refused(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "backup.json").write_text('{"files": {"../../etc/passwd": "00"}, "made_at_s": 0}')
    for folder in (tmp_path / "nothing", tmp_path):
        with pytest.raises(PortError):
            await backup.drill(settings, folder)


# --- PostgreSQL ---


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with postgres_server() as made:
        yield made


@pytest.fixture
async def on_postgres(server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("SAMBAND_STATE", str(tmp_path / "var"))
    monkeypatch.setenv("SAMBAND_STORAGE__URL", server.new_database())
    monkeypatch.setenv("PATH", f"{server.bin}:{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    return await in_use(Settings())


@pytest.mark.postgres
async def test_a_region_on_postgresql_is_backed_up_and_restored_on_trial(on_postgres: Settings, tmp_path: Path) -> None:
    made = backup.make(on_postgres, tmp_path / "backups")
    assert {one.name for one in made.iterdir()} == {"samband.pgdump", "keys", "archive.json", "backup.json"}
    assert (made / "samband.pgdump").stat().st_mode & 0o077 == 0
    done = await backup.drill(on_postgres, made)
    assert done.rows >= 1
    assert await databases(on_postgres) == []
    with (made / "samband.pgdump").open("r+b") as out:
        out.write(b"x")
    with pytest.raises(PortError) as refused:
        await backup.drill(on_postgres, made)
    assert refused.value.reason.code == "backup_changed"


async def databases(settings: Settings) -> list[str]:
    """Those that a drill has left behind."""
    database = await open_database(StatePaths.of(settings).database_url(settings))
    try:
        async with database.reading() as connection:
            asked = text("SELECT datname FROM pg_database WHERE datname LIKE 'samband_drill_%'")
            return list(await connection.scalars(asked))
    finally:
        await database.close()


def test_without_the_programs_of_postgresql_it_is_refused_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMBAND_STATE", str(tmp_path / "var"))
    monkeypatch.setenv("SAMBAND_STORAGE__URL", "postgresql://samband@127.0.0.1:1/samband")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PortError) as refused:
        backup.make(Settings(), tmp_path / "backups")
    assert (refused.value.reason.code, refused.value.reason.get("program")) == ("backup_no_program", "pg_dump")
    assert list((tmp_path / "backups").iterdir()) == []


def test_a_password_of_the_database_is_in_no_argument(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody on the machine can read the arguments of a program."""
    program = tmp_path / "pg_dump"
    program.write_text('#!/bin/sh\necho "$@" > "$0.words"; printf %s "$PGPASSWORD" > "$0.password"; exit 1\n')
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(PortError) as failed:
        dumps.dump("postgresql://samband:hemligt@127.0.0.1:1/samband", tmp_path / "out")
    assert failed.value.reason.code == "backup_program_failed"
    assert "hemligt" not in (tmp_path / "pg_dump.words").read_text()
    assert (tmp_path / "pg_dump.password").read_text() == "hemligt"
