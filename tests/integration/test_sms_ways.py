"""The operator's line is lost at night. The modem on the machine takes over, and nothing goes twice."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from hardware.simulator.modem import SimulatedModem
from tests.harness import wait
from tests.harness.ports import free_port
from tests.harness.world import World, samband_world
from tests.unit.bearers.smsc import a_bare_smsc

pytestmark = [pytest.mark.integration, pytest.mark.silent, pytest.mark.asyncio(loop_scope="module")]

MOBILE = "+46701740605"


@pytest.fixture(scope="module")
def smsc_port() -> int:
    return free_port()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def modem() -> AsyncIterator[SimulatedModem]:
    made = SimulatedModem()
    made.plug_in()
    yield made
    made.pull_out()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    tmp_path_factory: pytest.TempPathFactory, smsc_port: int, modem: SimulatedModem
) -> AsyncIterator[World]:
    folder: Path = tmp_path_factory.mktemp("world")
    tables = f"""
[sms]
sender = "+46766860000"
order = ["smpp", "modem"]
[sms.smpp]
host = "127.0.0.1"
port = {smsc_port}
system_id = "samband"
security = "none"
[sms.modem]
device = "{modem.path}"
"""
    async with samband_world(folder, tables=tables) as running:
        yield running


async def sent(world: World, text: str) -> str:
    body = {"bearer": "sms", "to": MOBILE, "text": text}
    key: str = (await world.api.post("messages", json=body)).raise_for_status().json()["id"]
    return key


async def becomes(world: World, key: str, state: str) -> dict[str, Any]:
    async def there() -> dict[str, Any] | None:
        found: dict[str, Any] = (await world.api.get(f"messages/{key}")).json()
        return found if found["state"] == state else None

    found = await wait.until(there, 30, what=f"{key} is {state}")
    assert found is not None
    return found


async def test_the_modem_takes_over_and_its_report_and_the_answer_come_in(
    world: World, modem: SimulatedModem, smsc_port: int
) -> None:
    await world.in_control()
    async with a_bare_smsc(smsc_port) as smsc:

        async def bound() -> bool:
            return bool((await world.health())["parts"]["sms smpp"] == "ok")

        await wait.until(bound, 90, what="the operator's line is bound")
        first = await becomes(world, await sent(world, "Först"), "sent")
        assert (first["by"], smsc.submitted, modem.given) == ("smpp", 1, [])
    second = await sent(world, "Sedan [ÅÄÖ]")
    taken = await becomes(world, second, "sent")
    assert taken["by"] == "modem"
    assert [(one.to, one.text) for one in modem.given] == [(MOBILE, "Sedan [ÅÄÖ]")]
    assert (await world.health())["parts"]["sms smpp"] != "ok"
    modem.reports(modem.given[0].reference, MOBILE)
    await becomes(world, second, "delivered")
    modem.receives(MOBILE, "Hej", index=4)
    await wait.until(lambda: modem.stored == {}, 30, what="the answer is kept, and deleted from the card")
    assert len(modem.given) == 1
