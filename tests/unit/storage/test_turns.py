"""One writer at a time writes to a SQLite file, whichever program it is in."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bridge.domain.conference.records import Conference
from bridge.ports import PortError
from bridge.storage import SqlStore, StorageSettings, open_database
from bridge.storage.reasons import StorageReason
from bridge.storage.turns import Turns
from tests.unit.storage.examples import CONFERENCE

_HOLDER = """
import fcntl, sys
file = open(sys.argv[1], "a")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


async def test_a_second_writer_waits_until_the_first_is_done(tmp_path: Path) -> None:
    one, other = Turns(tmp_path / "lock", 5.0), Turns(tmp_path / "lock", 5.0)
    order = []

    async def second() -> None:
        async with other.turn():
            order.append("second")

    async with one.turn():
        waiting = asyncio.create_task(second())
        await asyncio.wait({waiting}, timeout=0.1)
        order.append("first")
    await waiting
    assert order == ["first", "second"]
    one.close()
    other.close()


async def test_a_writer_that_does_not_end_is_told_and_worth_a_retry(tmp_path: Path) -> None:
    holder, waiting = Turns(tmp_path / "lock", 5.0), Turns(tmp_path / "lock", 0.05)
    async with holder.turn():
        with pytest.raises(PortError, match="another program holds") as refused:
            async with waiting.turn():
                pytest.fail("two write at once")
    assert refused.value.retry
    assert refused.value.reason == StorageReason.LOCKED()
    async with waiting.turn():
        pass


async def test_who_gives_up_waiting_takes_no_turn(tmp_path: Path) -> None:
    holder, waiting = Turns(tmp_path / "lock", 5.0), Turns(tmp_path / "lock", 5.0)
    async with holder.turn():
        task = asyncio.create_task(waiting.turn().__aenter__())
        await asyncio.wait({task}, timeout=0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    async with holder.turn():
        pass


@contextmanager
def another_programs_turn(lock: Path) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.slow
async def test_a_program_that_was_killed_in_its_turn_leaves_it_to_the_next(tmp_path: Path) -> None:
    path = tmp_path / "samband.db"
    database = await open_database(f"sqlite:///{path}", StorageSettings(busy_timeout_s=0.2))
    with another_programs_turn(tmp_path / "samband.db-writing") as other:
        with pytest.raises(PortError, match="another program holds"):
            await SqlStore(database).commit([CONFERENCE])
        assert (await SqlStore(database).load())[Conference] == (), "those who read are not held up"
        other.kill()
        await asyncio.to_thread(other.wait)
        await SqlStore(database).commit([CONFERENCE])
    await database.close()


async def test_the_lock_is_for_its_owner_alone_and_no_program_that_is_started_keeps_it(tmp_path: Path) -> None:
    turns = Turns(tmp_path / "lock", 1.0)
    async with turns.turn():
        descriptor = turns._opened()
        assert not os.get_inheritable(descriptor)
        assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600
    turns.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


async def test_a_lock_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PortError, match="cannot be made"):
        async with Turns(tmp_path / "file/lock", 1.0).turn():
            pytest.fail("there is no lock")
