"""Opening the region's database, with what lies beside it as a witness of its past."""

import asyncio

from bridge.main.state_paths import StatePaths
from bridge.settings import Settings
from bridge.storage import Database, open_database
from bridge.storage.database import CHECK_S


async def open_region(settings: Settings, places: StatePaths, *, check_s: float = CHECK_S) -> Database:
    """The database of this state directory.

    Raises:
        PortError: As `bridge.storage.open_database`.
    """
    archive = settings.recording.archive or places.archive
    recording = await asyncio.to_thread(lambda: next(archive.rglob("*.flac"), places.codes_key))
    witnesses = (places.codes_key, recording)
    return await open_database(places.database_url(settings), settings.storage, witnesses=witnesses, check_s=check_s)
