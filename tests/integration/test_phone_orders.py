"""A call-out started from a real telephone: what is read back, and what a single key does not do."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.harness import wait
from tests.harness.crowd import JOINS, Crowd, crowd
from tests.harness.phones import Phone, Phones
from tests.harness.world import World, samband_world
from tests.integration.test_callout import created, free_numbers, list_of

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

LIST_NUMBER = 12


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    trunk = "calls_per_s = 10\nchannels = 8"
    async with samband_world(tmp_path_factory.mktemp("world"), trunk=trunk) as running:
        await created(running, "organisations", id="lst", name="Länsstyrelsen")
        await created(running, "functions", id="tib", organisation_id="lst", name="TiB", phone_orders=True)
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def region(world: World, tmp_path: Path) -> AsyncIterator[Crowd]:
    async with crowd(tmp_path / "crowd", world.trunk_port) as people:
        yield people


@pytest_asyncio.fixture(loop_scope="module")
async def phone(world: World, tmp_path: Path) -> AsyncIterator[Phone]:
    async with Phones(tmp_path / "phones", world.sip_port) as phones:
        yield await phones.instrument("TiB")


async def order_code(world: World) -> str:
    answer = await world.api.post("directory/functions/tib/order-code")
    assert answer.status_code == 201, answer.text
    return str(answer.json()["code"])


async def call_outs(world: World) -> list[dict[str, object]]:
    found: list[dict[str, object]] = (await world.api.get("activations")).json()
    return found


async def until_confirmed(world: World, phone: Phone, code: str, kind: str) -> None:
    await phone.calls(world.number)
    await phone.keys(f"{code}#")
    await phone.hears(world.prompt("order/list"), within_s=15)
    await phone.keys(f"{LIST_NUMBER}#")
    await phone.hears(world.prompt("order/kind"), within_s=20)
    await phone.keys(kind)


async def test_an_exercise_is_started_once_after_the_code_was_keyed_again(
    world: World, region: Crowd, phone: Phone
) -> None:
    [number] = free_numbers(1)
    region.behaves(number, JOINS)
    list_id = await list_of(world, [number])
    (await world.api.patch(f"activation-lists/{list_id}", json={"phone_number": LIST_NUMBER})).raise_for_status()
    code = await order_code(world)
    await until_confirmed(world, phone, code, "9")
    await phone.hears(world.prompt("order/exercise"), within_s=15)
    assert await call_outs(world) == [], "a key alone starts nothing"
    await phone.keys(f"{code}#")
    await phone.hears(world.prompt("order/started"), within_s=20)
    [started] = await call_outs(world)
    assert (started["exercise"], started["started_by"]) == (True, "Länsstyrelsen TiB (telephone)")
    await wait.until(lambda: bool(region.rung(number)), 10, what="the list is called")
    rows = (await world.api.get("audit?limit=100")).json()
    assert [one["action"] for one in rows if one["action"] == "phone_order.start"] == ["phone_order.start"]
    await phone.is_hung_up(within_s=20)


async def test_a_line_that_is_put_down_before_the_second_code_starts_nothing(
    world: World, region: Crowd, phone: Phone
) -> None:
    before = len(await call_outs(world))
    await until_confirmed(world, phone, await order_code(world), "7")
    await phone.hears(world.prompt("order/live"), within_s=15)
    await phone.hangs_up()
    assert len(await call_outs(world)) == before
