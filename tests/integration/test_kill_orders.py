"""The controller is killed around an order to call people in. One call-out comes of it, and the caller hears of it.

The order comes by the API with a key of the client's own. By telephone the id of the call is the key.
"""

import asyncio
import itertools
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import pytest_asyncio

from tests.harness import wait
from tests.harness.crowd import JOINS, Crowd, crowd
from tests.harness.kill_points import Point, dies_at
from tests.harness.phones import Phone, Phones
from tests.harness.sipp import FICTION
from tests.harness.world import World, samband_world
from tests.integration.test_callout import created, list_of, results
from tests.integration.test_phone_orders import LIST_NUMBER, order_code, until_confirmed

pytestmark = [pytest.mark.integration, pytest.mark.silent, pytest.mark.asyncio(loop_scope="module")]

BEFORE_ITS_COMMIT: Final = Point("pwrite64", 1)
AFTER_ITS_COMMIT: Final = Point("fdatasync", 1)
NUMBERS: Final = itertools.cycle(FICTION)
ORDERED: Final = (BEFORE_ITS_COMMIT, AFTER_ITS_COMMIT, Point("sendto", 1))
"""Nothing is written; it is on disk and nothing is done of it; something of it is under way."""
ORDERED_BY_TELEPHONE: Final = (BEFORE_ITS_COMMIT, *(Point("fdatasync", number) for number in (2, 3)))
"""The code that opened, the order, its call-out and the receipt are commits."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    tables, trunk = "[callout]\ndoubt_s = 1", "calls_per_s = 10\nchannels = 8"
    async with samband_world(tmp_path_factory.mktemp("world"), tables=tables, trunk=trunk) as running:
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


@pytest_asyncio.fixture(loop_scope="module")
async def listed(world: World) -> AsyncIterator[str]:
    """The number of the one function on the list that a telephone can start."""
    number = next(NUMBERS)
    list_id = await list_of(world, [number])
    (await world.api.patch(f"activation-lists/{list_id}", json={"phone_number": LIST_NUMBER})).raise_for_status()
    yield number
    (await world.api.patch(f"activation-lists/{list_id}", json={"phone_number": None})).raise_for_status()


@pytest.fixture(scope="module")
def seen() -> set[bool]:
    """Whether a call-out came of the order, in any of the tests."""
    return set()


@pytest.mark.law
@pytest.mark.parametrize("point", ORDERED, ids=str)
async def test_an_order_by_the_api_that_is_killed_and_repeated_with_its_key_is_one_call_out(
    world: World, region: Crowd, point: Point
) -> None:
    """Its meeting is opened in the same commit, so that there is one of it too."""
    number = next(NUMBERS)
    region.behaves(number, JOINS)
    body = {"key": uuid.uuid4().hex, "activation_list_id": await list_of(world, [number]), "name": uuid.uuid4().hex}
    old = world.controller.pid
    async with dies_at(old, point) as tracer:
        shown = await repeated_until_it_is_taken(world, body)
        await wait.until(lambda: tracer.returncode is not None, 30, what=f"the controller comes to {point}")
    await world.controller.is_back(old)
    await world.in_control()
    again = await repeated_until_it_is_taken(world, body)
    assert again["id"] == shown["id"]
    assert [one["id"] for one in await call_outs(world) if one["key"] == body["key"]] == [shown["id"]]
    meetings = (await world.api.get("conferences")).json()
    assert [one["id"] for one in meetings if one["name"] == body["name"]] == [shown["conference_id"]]
    await wait.until(lambda: bool(region.rung(number)), 30, what="the list is called")
    target = (await world.api.get(f"activations/{shown['id']}")).json()["targets"][0]
    assert len(region.rung(number)) <= 1 + results(target).count("in_doubt")
    (await world.api.post(f"conferences/{shown['conference_id']}/end")).raise_for_status()


@pytest.mark.law
@pytest.mark.parametrize("point", ORDERED_BY_TELEPHONE, ids=str)
async def test_one_who_orders_by_telephone_hears_what_became_of_the_order_that_was_killed(
    world: World, region: Crowd, phone: Phone, listed: str, seen: set[bool], point: Point
) -> None:
    number = listed
    region.behaves(number, JOINS)
    code = await order_code(world)
    await until_confirmed(world, phone, code, "9")
    await phone.hears(world.prompt("order/exercise"), within_s=20)
    old, before = world.controller.pid, len(await call_outs(world))
    await phone.keys(code)
    async with dies_at(old, point) as tracer:
        await phone.keys("#")
        await wait.until(lambda: tracer.returncode is not None, 30, what=f"the controller comes to {point}")
    killed_at_s = time.monotonic()
    await world.controller.is_back(old)
    await world.in_control()
    told, anew = world.prompt("order/started"), world.prompt("entry/welcome")
    said = await wait.until(
        lambda: [one for one in (told, anew) if phone.heard().spans(one, killed_at_s)],
        40,
        what="the caller hears that it was started, or is asked anew",
    )
    if said == [told]:
        await phone.is_hung_up(within_s=20)
        await wait.until(lambda: bool(region.rung(number)), 30, what="the list is called")
    else:
        await phone.hangs_up()
    new = (await call_outs(world))[: -before or None]
    assert [one["started_by"] for one in new] == ["Länsstyrelsen TiB (telephone)"] * (said == [told]), "it is the truth"
    seen.add(said == [told])
    if point == ORDERED_BY_TELEPHONE[-1]:
        assert seen == {False, True}, "killed before the order was on disk, and after it"


async def repeated_until_it_is_taken(world: World, body: dict[str, Any]) -> dict[str, Any]:
    async def taken() -> dict[str, Any]:
        try:
            answer = await world.api.post("activations", json=body)
        except httpx.HTTPError:
            await asyncio.sleep(0.1)
            return {}
        return answer.json() if answer.status_code in (200, 201) else {}

    return await wait.until(taken, 30, every_s=0.2, what="the call-out is taken")


async def call_outs(world: World) -> list[dict[str, Any]]:
    """The newest first."""
    found: list[dict[str, Any]] = (await world.api.get("activations?limit=1000")).json()
    return found
