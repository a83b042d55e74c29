"""A backup that was never restored is none: the drill restores it on trial, and tells what would be missing."""

import json
from pathlib import Path
from shutil import copytree

import pytest

from bridge.domain.kernel.ids import ConferenceId
from bridge.engine.clock import SteadyClock
from bridge.main import backup
from bridge.main.state_paths import StatePaths
from bridge.ports import PortError
from bridge.settings import Settings
from bridge.storage import SealedCodes, SqlAudit, SqlStore, SqlTokens, open_database
from tests.unit.storage.examples import CONFERENCE


@pytest.fixture
async def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A region that was in use."""
    monkeypatch.setenv("SAMBAND_STATE", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)
    settings = Settings()
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


async def test_without_a_backup_one_is_made_for_the_drill(settings: Settings) -> None:
    assert (await backup.drill(settings)).rows >= 1


@pytest.mark.parametrize("damage", ["samband.db", "keys/codes.key"])
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
