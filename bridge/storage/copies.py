"""The loudness of archived sounds, and their copies for the web."""

import time
from typing import Final

from sqlalchemy import select

from bridge.domain.recording.records import ArchiveState, Recording
from bridge.ports import SoundCopy
from bridge.storage.database import Database
from bridge.storage.kinds import upsert
from bridge.storage.registry import RECORDS
from bridge.storage.tables import sound_copies

_RECORDINGS: Final = RECORDS[Recording]


class SqlCopies:
    """`bridge.ports.CopyStore` over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def next(self) -> Recording | None:
        """The newest archived recording without copies."""
        rows = _RECORDINGS.table
        query = select(rows).where(rows.c.state == ArchiveState.ARCHIVED, rows.c.file.is_not(None))
        query = query.where(rows.c.id.not_in(select(sound_copies.c.recording)))
        async with self._database.reading() as connection:
            found = await _RECORDINGS.fetch(connection, query.order_by(rows.c.started_at_s.desc()).limit(1))
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
        async with self._database.transaction() as connection:
            await connection.execute(upsert(sound_copies, self._database.dialect), values)

    async def get(self, recording: str) -> SoundCopy | None:
        """Of one recording; `None`: none was made yet."""
        query = select(sound_copies).where(sound_copies.c.recording == recording)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
        if row is None:
            return None
        return SoundCopy(recording, row["loudness_lufs"], row["peak_dbfs"], row["opus_file"], row["fault"])
