"""A restart as it really is: what was committed goes through SQLite and comes back as `SqlStore.load` gives it."""

import asyncio
import tempfile
from collections.abc import Iterable
from pathlib import Path
from shutil import copyfile

from bridge.domain.kernel.records import Record
from bridge.domain.saved import Saved
from bridge.storage import SqlStore, open_database

_templates: list[Path] = []
"""An empty database of today's schema: migrating anew for each restart would take most of a test's time."""


def stored(records: Iterable[Record]) -> Saved:
    """What the store gives back after these were committed in order."""
    return asyncio.run(_stored(list(records)))


async def _stored(records: list[Record]) -> Saved:
    with tempfile.TemporaryDirectory(prefix="samband-restart-") as folder:
        file = Path(folder) / "samband.db"
        await empty_database(file)
        database = await open_database(f"sqlite:///{file}")
        try:
            store = SqlStore(database)
            latest = {(type(record), record.id): record for record in records}
            await store.commit(list(latest.values()))
            return await store.load()
        finally:
            await database.close()


async def empty_database(file: Path) -> None:
    """A file of today's schema with nothing in it. A file that is there stays as it is."""
    _copied(await _template(), file)


def _copied(template: Path, file: Path) -> None:
    if not file.exists():
        copyfile(template, file)


async def _template() -> Path:
    if not _templates:
        file = Path(tempfile.mkdtemp(prefix="samband-template-")) / "samband.db"
        await (await open_database(f"sqlite:///{file}")).close()
        _templates.append(file)
    return _templates[0]
