"""An Asterisk that hangs: told of, and started again by itself when it is certain."""

import time
from pathlib import Path
from typing import Any

import pytest

from tests.harness import wait
from tests.harness.world import World, samband_world

pytestmark = pytest.mark.integration

LIMIT_S = 8
ALARM_S = 15.0
"""From the hang to the alarm, as the fault plan asks for."""


async def process_of(world: World) -> dict[str, Any]:
    told = await world.health()
    return told if told["parts"]["asterisk process"] != "ok" else {}


@pytest.mark.timeout(150)
async def test_it_is_told_and_then_started_again_and_takes_calls(tmp_path: Path) -> None:
    async with samband_world(tmp_path, asterisk=f"hung_restart_s = {LIMIT_S}") as world:
        await world.in_control()
        meeting = await world.opens_conference("Ledningsgruppen")
        old = world.asterisk.processes()
        world.asterisk.freeze()
        hung_s = time.monotonic()
        told = await wait.until(lambda: process_of(world), ALARM_S, what="/readyz says that Asterisk hangs")
        alarm_s = time.monotonic() - hung_s
        assert told["ready"] is False
        assert f"After {LIMIT_S} s it is ended and started again" in told["parts"]["asterisk process"]
        assert set(world.asterisk.processes()) >= set(old), "the alarm comes first"
        await wait.until(lambda: not set(world.asterisk.processes()) & set(old), LIMIT_S + 10, what="it is ended")
        ended_s = time.monotonic() - hung_s
        assert LIMIT_S - 1 <= ended_s <= LIMIT_S + 10
        await world.in_control(30)
        print(f"hung: told after {alarm_s:.1f} s, ended after {ended_s:.1f} s, back {time.monotonic() - hung_s:.1f} s")
        phone = await world.phones.new("Kommun A")
        await world.joins(phone, meeting)
