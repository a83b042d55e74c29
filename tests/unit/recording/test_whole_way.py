"""From the spool to the documentation package, with a real database and a disk that really runs full."""

import asyncio
import io
import zipfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.domain.conference.records import Room
from bridge.domain.kernel.events import EffectFailed
from bridge.domain.recording.events import RecordingArchived
from bridge.domain.recording.records import ArchiveState
from bridge.recording import Recorder
from bridge.recording.manifest import fault_of
from bridge.recording.package import package
from bridge.storage import SqlArchive, SqlStore, open_database
from tests.harness.small_disk import fill, small_disk
from tests.harness.wait import until
from tests.unit.recording.recordings import (
    BEGAN_S,
    CONFERENCE,
    NOTES,
    RADIO,
    RECORDING,
    ROOM,
    TIB,
    Catalogue,
    Events,
    FixedClock,
    meeting,
    speech,
    wav,
)


async def answered(recorder: Recorder, events: Events) -> object:
    """What the recorder says to one request."""
    task = asyncio.create_task(recorder.run())
    before = len(events)
    await recorder.archive(RECORDING.id)
    await until(lambda: len(events) > before, 20)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return events[-1]


@pytest.mark.slow
async def test_a_recorded_meeting_is_found_proved_and_packed(tmp_path: Path) -> None:
    spool, folder = tmp_path / "spool", tmp_path / "archive"
    for path in (spool, folder):
        await asyncio.to_thread(path.mkdir)
    await asyncio.to_thread((spool / "rec-1.wav").write_bytes, wav(speech(), told=0))
    database = await open_database(f"sqlite:///{tmp_path}/samband.db")
    store, archive = SqlStore(database), SqlArchive(database, folder)
    await store.commit([CONFERENCE, Room(ROOM, CONFERENCE.id, BEGAN_S), TIB, RADIO, RECORDING], NOTES)

    events = Events()
    recorder = Recorder(spool, folder, archive, FixedClock(), events.append)
    event = await answered(recorder, events)
    assert isinstance(event, RecordingArchived)
    await store.commit(
        [
            replace(
                RECORDING,
                state=ArchiveState.ARCHIVED,
                file=event.file,
                sha256=event.sha256,
                duration_s=event.duration_s,
            )
        ]
    )

    (found,) = await archive.find(text="lägesbild")
    assert found.path is not None
    assert fault_of(found.path) is None
    content = b"".join(package(found, await archive.timeline(CONFERENCE.id)))
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert f"{Path(event.file).name}" in packed.namelist()
    await database.close()


async def test_on_a_full_archive_disk_the_original_stays_until_there_is_room(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    await asyncio.to_thread(spool.mkdir)
    original = spool / "rec-1.wav"
    await asyncio.to_thread(original.write_bytes, wav(speech(30)))
    with small_disk(tmp_path / "archive", 1_000_000) as folder:
        events = Events()
        recorder = Recorder(spool, folder, Catalogue(meeting()), FixedClock(), events.append)
        ballast = await asyncio.to_thread(fill, folder)
        refused = await answered(recorder, events)
        assert isinstance(refused, EffectFailed), refused
        assert await asyncio.to_thread(original.exists)
        await asyncio.to_thread(ballast.unlink)
        assert isinstance(await answered(recorder, events), RecordingArchived)
        assert not await asyncio.to_thread(original.exists)
