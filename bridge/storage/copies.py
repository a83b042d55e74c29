"""The loudness of archived sounds, and their copies for the web."""

import time
from typing import Any, Final

from sqlalchemy import func, select

from bridge.domain.recording.records import ArchiveState, Recording
from bridge.ports import SoundCopy
from bridge.storage.database import Database
from bridge.storage.kinds import upsert
from bridge.storage.order import newest_first, oldest_first
from bridge.storage.registry import RECORDS
from bridge.storage.tables import sound_copies

_UPLOADS: Final = frozenset({"uploaded_at_s", "upload_fault"})
_SOUNDS: Final = frozenset({"loudness_lufs", "peak_dbfs", "measured_at_s", "opus_file", "opus_at_s", "fault"})
_RECORDINGS: Final = RECORDS[Recording]


class SqlCopies:
    """`bridge.ports.CopyStore` and `UploadStore` over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def next(self) -> Recording | None:
        """The newest archived recording without copies."""
        rows = _RECORDINGS.table
        query = select(rows).where(rows.c.state == ArchiveState.ARCHIVED, rows.c.file.is_not(None))
        measured = select(sound_copies.c.recording).where(sound_copies.c.measured_at_s.is_not(None))
        query = query.where(rows.c.id.not_in(measured))
        async with self._database.reading() as connection:
            found = await _RECORDINGS.fetch(
                connection, query.order_by(*newest_first(rows.c.started_at_s, rows.c.id)).limit(1)
            )
        return found[0] if found else None

    async def add(self, copy: SoundCopy) -> None:
        now_s = time.time()
        values = {
            "recording": copy.recording,
            "loudness_lufs": copy.loudness_lufs,
            "peak_dbfs": copy.peak_dbfs,
            "measured_at_s": now_s,
            "opus_file": copy.opus_file,
            "opus_at_s": None if copy.opus_file is None else now_s,
            "fault": copy.fault,
            "uploaded_at_s": None,
            "upload_fault": None,
        }
        await self._put(values, _UPLOADS)

    async def get(self, recording: str) -> SoundCopy | None:
        """Of one recording; `None`: none was made yet."""
        query = select(sound_copies).where(sound_copies.c.recording == recording)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
        if row is None:
            return None
        return SoundCopy(recording, row["loudness_lufs"], row["peak_dbfs"], row["opus_file"], row["fault"])

    async def next_upload(self) -> Recording | None:
        """The oldest archived recording that was not tried yet."""
        rows = _RECORDINGS.table
        done = select(sound_copies.c.recording).where(sound_copies.c.uploaded_at_s.is_not(None))
        query = select(rows).where(rows.c.state == ArchiveState.ARCHIVED, rows.c.file.is_not(None))
        query = query.where(rows.c.id.not_in(done)).order_by(*oldest_first(rows.c.started_at_s, rows.c.id))
        async with self._database.reading() as connection:
            found = await _RECORDINGS.fetch(connection, query.limit(1))
        return found[0] if found else None

    async def uploaded(self, recording: str, fault: str | None) -> None:
        """It lies there; or why it never will."""
        values = {"recording": recording, "uploaded_at_s": time.time(), "upload_fault": fault}
        await self._put({**dict.fromkeys(_SOUNDS), **values}, _SOUNDS)

    async def not_uploaded(self) -> int:
        """How many could not be copied for good."""
        query = select(func.count()).select_from(sound_copies).where(sound_copies.c.upload_fault.is_not(None))
        async with self._database.reading() as connection:
            return (await connection.execute(query)).scalar_one()

    async def _put(self, values: dict[str, Any], kept: frozenset[str]) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(upsert(sound_copies, self._database.dialect, kept), values)
