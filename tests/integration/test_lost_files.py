"""The real program tells what a disk lost. It starts where a meeting can be held, and refuses where it would lie."""

import contextlib
import sqlite3
import stat
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.harness import wait
from tests.harness.world import World, world_at_rest
from tests.integration.test_faults import controller_alone

pytestmark = pytest.mark.integration


async def answers(world: World) -> dict[str, Any]:
    """The parts of `/readyz`, as soon as the program answers."""

    async def parts() -> dict[str, Any]:
        with contextlib.suppress(httpx.HTTPError):
            return dict((await world.health())["parts"])
        return {}

    return await wait.until(parts, 30, every_s=0.2, what="the API answers")


async def test_with_a_lost_key_of_the_codes_meetings_are_opened_and_it_is_told_until_it_is_given_up(
    tmp_path: Path,
) -> None:
    world = world_at_rest(tmp_path)
    async with controller_alone(world):
        assert (await answers(world))["codes"] == "ok"
        before = (await (await world.opens_conference("Före")).view())["id"]
    (world.state / "keys/codes.key").unlink()
    (world.state / "keys/accounts.key").write_bytes(b"")

    async with controller_alone(world):
        assert "codes.key" in (await answers(world))["codes"]
        fresh = await (await world.opens_conference("Efter")).view()
        shown = {one["id"]: one for one in (await world.api.get("conferences")).json()}
        assert shown[before]["code"] is None
        assert shown[fresh["id"]]["code"] == fresh["code"] is not None

        status, said = await world.command("codes", "renew")
        assert status == 0
        assert "1 conference has new codes" in said
        renewed = (await world.api.get(f"conferences/{before}")).json()
        assert renewed["code"] is not None
        assert (await answers(world))["codes"] == "ok"
        await world.closes()


async def test_a_database_that_was_emptied_or_damaged_is_not_taken_for_a_new_or_a_good_one(tmp_path: Path) -> None:
    world = world_at_rest(tmp_path)
    async with controller_alone(world):
        await answers(world)
        await world.opens_conference("Värmebölja i länet")
    database = world.state / "samband.db"
    with contextlib.closing(
        sqlite3.connect(database)
    ) as last:  # the controller has no time to put its log back into the file
        last.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = database.read_bytes()

    at = whole.rindex("Värmebölja".encode())
    database.write_bytes(whole[:at] + b"\xff\xfe" + whole[at + 2 :])
    status, said = await world.command(module="bridge.main")
    assert status == 1
    assert "the database is damaged: restore the newest backup" in said
    assert "the database is damaged" in (await world.command("check"))[1]

    database.write_bytes(b"")
    status, said = await world.command(module="bridge.main")
    assert status == 1
    assert "codes.key is there: restore the database from the latest backup" in said

    database.write_bytes(whole)
    async with controller_alone(world):
        assert (await answers(world))["database"] == "ok"
        assert len((await world.api.get("conferences")).json()) == 1
        await world.closes()


async def test_everything_in_the_state_folder_is_its_owners_alone(tmp_path: Path) -> None:
    world = world_at_rest(tmp_path)
    async with controller_alone(world):
        await answers(world)
        await world.opens_conference("Möte")
        await world.closes()
    lent = world.state / "asterisk"  # prompts that the harness copied in
    found = [path for path in world.state.rglob("*") if not path.is_symlink() and not path.is_relative_to(lent)]
    assert {"samband.db", "codes.key", "accounts.key", "operator.token"} <= {path.name for path in found}
    assert [str(path) for path in found if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


async def test_what_asterisk_makes_is_its_owners_alone(tmp_path: Path) -> None:
    world = world_at_rest(tmp_path)
    async with controller_alone(world):
        await answers(world)
        assert (await world.command("asterisk", "start"))[0] == 0
        try:
            await world.in_control(30)
            await world.opens_conference("Möte")
        finally:
            await world.command("asterisk", "stop")
            await world.closes()
    lent = world.state / "asterisk/data"  # prompts that the harness copied in
    found = [path for path in world.state.rglob("*") if not path.is_symlink() and not path.is_relative_to(lent)]
    assert len(found) > 30
    assert [str(path) for path in found if stat.S_IMODE(path.stat().st_mode) & 0o077] == []
