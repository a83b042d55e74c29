"""Backups of the region, and the drill that proves that one can be gone on with.

A backup is a folder with the database of one instant, the keys, and an index of the archive. SQLite and PostgreSQL are
copied by their own means. The archive itself is copied by the machine's, since its files never change. Blocking but for
the drill.
"""

import asyncio
import json
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bridge import files
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.engine.clock import SteadyClock
from bridge.main import dumps
from bridge.main.reasons import BackupReason
from bridge.main.state_paths import StatePaths
from bridge.ports import PortError, VerificationReport
from bridge.proof import signing
from bridge.proof.signing import SigningKey
from bridge.proof.verification import Verification
from bridge.settings import Settings
from bridge.storage import SealedCodes, SqlAudit, SqlProof, SqlStore, open_database

DATABASE: Final = "samband.db"
INDEX: Final = "archive.json"
ABOUT: Final = "backup.json"
DRILLED: Final = "backup-drill.json"
"""In the state directory: when a drill last went well."""
_PAGES: Final = 256
_DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Drilled:
    """A drill that went well."""

    made_at_s: float
    """When the backup was made."""
    rows: int
    recordings: int
    report: VerificationReport


def make(settings: Settings, folder: Path, at_s: float | None = None) -> Path:
    """A backup below `folder`, while the program runs or not; gives its own folder.

    Raises:
        PortError: device `backup`: the database is not there, a program of PostgreSQL fails, or a disk refuses.
    """
    places = StatePaths.of(settings)
    url = places.database_url(settings)
    source = None if _is_postgres(url) else _database_of(url)
    at_s = time.time() if at_s is None else at_s
    made = folder / f"samband-{datetime.fromtimestamp(at_s, UTC):%Y%m%dT%H%M%SZ}"
    work = folder / f".{made.name}.partial"
    try:
        files.make_folder(folder)
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(mode=0o700)
        if source is None:
            dumps.dump(url, work / dumps.DUMP)
            files.sync_file(work / dumps.DUMP)
        else:
            _copy_database(source, work / DATABASE)
        (work / "keys").mkdir(mode=0o700)
        for key in sorted(places.keys.iterdir()) if places.keys.is_dir() else ():
            if key.is_file():
                files.replace_file(work / "keys" / key.name, key.read_bytes())
        index = _index(settings.recording.archive or places.archive)
        files.replace_file(work / INDEX, json.dumps(index, indent=1, sort_keys=True).encode())
        parts = {str(one.relative_to(work)): files.sha256_of(one) for one in sorted(work.rglob("*")) if one.is_file()}
        files.replace_file(work / ABOUT, json.dumps({"made_at_s": at_s, "files": parts}, indent=1).encode())
        work.rename(made)
        files.sync_folder(folder)
    except (OSError, sqlite3.Error) as error:
        shutil.rmtree(work, ignore_errors=True)
        raise PortError("backup", BackupReason.NOT_MADE(), retry=True, evidence=str(error)) from error
    except PortError:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return made


async def drill(settings: Settings, backup: Path | None = None) -> Drilled:
    """Restore a backup into a folder of its own, open it as a start would, and verify it. Without one it is made for
    the drill. Nothing of the running program is touched but the date of the drill.

    Raises:
        PortError: device `backup`: it is not whole, or what was restored does not agree.
    """
    places = StatePaths.of(settings)
    with tempfile.TemporaryDirectory(prefix="samband-drill-") as name:
        folder = Path(name)
        made = backup if backup is not None else await asyncio.to_thread(make, settings, folder / "made")
        about = await asyncio.to_thread(_restored, made, folder / "restored")
        restored, made_at_s = folder / "restored", float(about["made_at_s"])
        if (restored / dumps.DUMP).is_file():
            found = await _on_trial(settings, places, restored, made_at_s)
        else:
            found = await _started(settings, restored, made_at_s, f"sqlite:///{restored / DATABASE}")
    done = {"at_s": time.time(), "made_at_s": found.made_at_s}
    try:
        await asyncio.to_thread(files.replace_file, places.state / DRILLED, json.dumps(done).encode())
    except OSError as error:
        raise PortError("backup", BackupReason.NOT_MADE(), retry=True, evidence=str(error)) from error
    return found


async def _on_trial(settings: Settings, places: StatePaths, restored: Path, made_at_s: float) -> Drilled:
    """In a database of its own beside the one that runs."""
    url = places.database_url(settings)
    if not _is_postgres(url):
        raise PortError("backup", BackupReason.NO_TRIAL(), retry=False)
    trial = dumps.on_trial(url, restored / dumps.DUMP)
    there = await asyncio.to_thread(trial.__enter__)
    try:
        return await _started(settings, restored, made_at_s, there)
    finally:
        await asyncio.to_thread(trial.__exit__, None, None, None)


async def _started(settings: Settings, state: Path, made_at_s: float, url: str) -> Drilled:
    """Read all that a start reads: the database with its unfinished records, the codes with their key, the archive."""
    clock = SteadyClock()
    archive = settings.recording.archive or StatePaths.of(settings).archive
    database = await open_database(url, settings.storage)
    try:
        await SqlStore(database).load()
        codes = SealedCodes(database, clock, state / "keys/codes.key")
        await codes.start()
        fault = next((one for one in codes.health().values() if one != WELL), None)
        if fault is not None:
            raise PortError("backup", BackupReason.DISAGREES(first=fault), retry=False)
        key = SigningKey(state / "keys" / signing.FILE)
        report = await Verification(SqlProof(database), SqlAudit(database), archive, key, clock).verify()
        if (first := report.first or report.reason) is not None and not _is_newer(archive, state, first):
            raise PortError("backup", BackupReason.DISAGREES(first=first), retry=False)
    finally:
        await database.close()
    return Drilled(made_at_s, report.rows, report.recordings, report)


def _is_newer(archive: Path, state: Path, fault: Reason) -> bool:
    """A file that came into the archive after the backup is no fault of the backup."""
    index = json.loads((state / INDEX).read_bytes())
    name = str(fault.get("file"))
    return fault.code == "proof_file_unknown" and name not in index and (archive / name).exists()


def _restored(backup: Path, into: Path) -> Mapping[str, Any]:
    """The backup's own files, each with its hash checked."""
    try:
        about: dict[str, Any] = json.loads((backup / ABOUT).read_bytes())
        for name, digest in about["files"].items():
            source = (backup / name).resolve()
            if not source.is_relative_to(backup.resolve()) or files.sha256_of(source) != digest:
                raise PortError("backup", BackupReason.CHANGED(file=name), retry=False)
            files.make_folder((into / name).parent)
            shutil.copyfile(source, into / name)
            (into / name).chmod(0o600)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise PortError(
            "backup", BackupReason.NOT_READ(folder=str(backup)), retry=False, evidence=str(error)
        ) from error
    return about


def _is_postgres(url: str) -> bool:
    return url.startswith("postgresql:")


def _database_of(url: str) -> Path:
    path = Path(url.removeprefix("sqlite:///"))
    if not path.is_file():
        raise PortError("backup", BackupReason.NOT_READ(folder=str(path)), retry=False)
    return path


def _copy_database(source: Path, copy: Path) -> None:
    """By SQLite's own means, so that the latest commits are in it and none is in it by half."""
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as there,
        closing(sqlite3.connect(copy)) as here,
    ):
        there.backup(here, pages=_PAGES)
        if here.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("the copy is not whole")
    copy.chmod(0o600)
    files.sync_file(copy)


def _index(archive: Path) -> dict[str, int]:
    """Each file of the archive, with its bytes. Its hashes stand in the database."""
    if not archive.is_dir():
        return {}
    found = (one for one in archive.rglob("*") if one.is_file())
    names = ((one.relative_to(archive), one.stat().st_size) for one in found)
    return {str(name): size for name, size in names if not any(part.startswith(".") for part in name.parts)}


class DrillWatch:
    """Implements `bridge.ports.Health`: tells when the last drill is too long ago. `every_days` 0: it never tells."""

    def __init__(self, state: Path, every_days: float) -> None:
        self._file = state / DRILLED
        self._every_days = every_days

    def health(self) -> Mapping[str, Reason]:
        """`backup`: whether a backup was restored lately."""
        if not self._every_days:
            return {}
        try:
            days = (time.time() - float(json.loads(self._file.read_bytes())["at_s"])) / _DAY_S
        except (OSError, ValueError, KeyError, TypeError):
            return {"backup": BackupReason.NEVER_DRILLED()}
        return {"backup": WELL if days <= self._every_days else BackupReason.DRILLED_LONG_AGO(days=round(days))}
