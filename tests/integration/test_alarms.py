"""Alarms of the whole program: a terminal that is not there, acknowledged, and a controller that dies."""

from pathlib import Path
from typing import Any

import pytest

from tests.harness import wait
from tests.harness.world import World, samband_world

pytestmark = [pytest.mark.integration, pytest.mark.silent]

ABSENT = """
[[terminal]]
name = "rakel-9"
serial = "/dev/serial/by-id/no-such-adapter"
audio = "audiosocket://127.0.0.1:1"
"""
WITHIN_S = 30.0
RESERVES = 2
"""The one that took over, and the next."""
RESERVE_S = 60.0


async def listed(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.api.get("alarms")).json()["alarms"]
    return found


async def of_the_terminal(world: World) -> dict[str, Any] | None:
    return next((one for one in await listed(world) if one["kind"] == "spare_terminal"), None)


@pytest.mark.timeout(150)
async def test_an_alarm_keeps_who_acknowledged_it_when_another_controller_takes_over(tmp_path: Path) -> None:
    async with samband_world(tmp_path, tables=ABSENT) as world:
        await world.in_control()
        alarm = await wait.until(lambda: of_the_terminal(world), WITHIN_S, what="the terminal is an alarm")
        assert alarm is not None
        assert (alarm["priority"], alarm["state"]) == ("P3", "new")
        others = {one["kind"] for one in await listed(world)} - {"spare_terminal"}
        assert others <= {"no_trunk"}, "nobody answers at this trunk; all else is well"
        body = {"alarms": [alarm["id"]], "reason": "ordered"}
        (await world.api.post("alarms/acknowledge", json=body)).raise_for_status()
        await world.controller_dies_and_is_back()
        await world.in_control()
        again = await wait.until(lambda: of_the_terminal(world), WITHIN_S, what="the alarm is there still")
        assert again is not None
        kept = ("id", "state", "acknowledged_by", "acknowledged_reason", "since")
        assert [again[name] for name in kept] == [alarm["id"], "acknowledged", "operator", "ordered", alarm["since"]]
        supervised = world.state / "log" / "supervisor.log"
        await wait.until(
            lambda: supervised.read_text().count("waiting in reserve") >= RESERVES,
            RESERVE_S,
            what="the next reserve is there: one that is on its way up keeps the program from ending",
        )
