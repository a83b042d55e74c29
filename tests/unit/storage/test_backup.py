"""The backup that the how-to tells to make holds the latest commit, and is a database to go on with."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.domain.conference.records import Conference
from bridge.storage import SqlStore, open_database
from tests.unit.storage.examples import CONFERENCE, EVERYTHING

HOW_TO = Path(__file__).parents[3] / "docs/how-to/backup-and-restore.md"


def backed_up(folder: Path) -> str:
    """What the command of the how-to says, given where `var` is."""
    told = re.search(r'python -c "\n(.*?)"\n', HOW_TO.read_text(), re.DOTALL)
    assert told is not None, "the how-to gives a command"
    done = subprocess.run([sys.executable, "-c", told[1]], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("runs", [True, False], ids=["while it runs", "after it has ended"])
@pytest.mark.slow
async def test_a_backup_as_the_how_to_says_holds_the_latest_commit(tmp_path: Path, *, runs: bool) -> None:
    database = await open_database(f"sqlite:///{tmp_path}/var/samband.db")
    await SqlStore(database).commit(EVERYTHING)
    latest = replace(CONFERENCE, name="Värmebölja, möte 2")
    await SqlStore(database).commit([latest])
    if not runs:
        await database.close()
    assert backed_up(tmp_path) == "('ok',)"
    if runs:
        await SqlStore(database).commit([replace(latest, name="after the backup")])
        await database.close()

    restored = await open_database(f"sqlite:///{tmp_path}/backup.db")
    assert (await SqlStore(restored).load())[Conference] == (latest,)
    await restored.close()
