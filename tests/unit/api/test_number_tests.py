"""Numbers of the directory are tried by a short SMS. The gateway is a real one, and tells what became of each."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from aiohttp import web

from bridge.bearers import ConfiguredBearers, MailSettings, SmsSettings
from bridge.domain.directory.policy import DirectoryPolicy
from bridge.domain.kernel.principal import SYSTEM
from bridge.domain.outbox.policy import BearerPolicy, OutboxPolicy
from bridge.domain.outbox.records import Bearer
from bridge.service import Service
from tests.harness.wait import until
from tests.unit.api.conftest import ADDRESS
from tests.unit.api.region import WAIT_S, Region
from tests.unit.api.test_messages import SECRET, calls_us
from tests.unit.bearers.servers import Gateway, a_gateway

MOBILE, OTHER = "+46701740605", "+46701740606"
TUESDAY_AT_TEN_S = 1_792_483_200.0
"""2026-10-20 10:00 in Stockholm."""


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with a_gateway() as made:
        yield made


@pytest.fixture
async def api(region: Region, gateway: Gateway, host: httpx.AsyncClient) -> httpx.AsyncClient:
    sms = SmsSettings(url=gateway.url, sender="+46766860000", callback_url=ADDRESS, within_s=2)
    region.bearers = ConfiguredBearers(MailSettings(), sms, SECRET)
    region.sending = OutboxPolicy((BearerPolicy(Bearer.SMS, 0, 4),), retry_s=0.05)
    region.sms_hook = SECRET
    region.clock.time_s = TUESDAY_AT_TEN_S
    await region.restart()
    await host.post("/organisations", json={"id": "lst", "name": "Länsstyrelsen"})
    own = {"organisation_id": "lst", "name": "TiB", "numbers": ["08-465 004 01", MOBILE]}
    (await host.post("/functions", json={"id": "tib", **own})).raise_for_status()
    person = {"id": "anna", "organisation_id": "lst", "name": "Jourhavande", "numbers": [OTHER]}
    (await host.post("/persons", json=person)).raise_for_status()
    return host


async def known(api: httpx.AsyncClient, number: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = (await api.get("/directory/number-tests")).raise_for_status().json()
    return next(one for one in found if one["number"] == number)


async def becomes(api: httpx.AsyncClient, number: str, outcome: str) -> dict[str, Any]:
    async def there() -> dict[str, Any] | None:
        found = await known(api, number)
        return found if found["outcome"] == outcome else None

    found = await until(there, WAIT_S, what=f"{number} is {outcome}")
    assert found is not None
    return found


async def test_a_number_is_tried_and_its_receipt_stands_in_the_directory(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, gateway: Gateway
) -> None:
    assert (await known(api, MOBILE))["tested_at"] is None
    assert (await api.post("/directory/number-tests", json={"number": "070-174 06 05"})).status_code == 202
    await until(lambda: gateway.forms, WAIT_S, what="the test is sent")
    assert gateway.forms[0]["to"] == MOBILE
    await calls_us(stranger, gateway.forms[0]["whendelivered"].removeprefix(ADDRESS), id="s1", status="delivered")
    found = await becomes(api, MOBILE, "arrived")
    assert (found["is_wrong"], found["arrived_at"], found["entry_id"]) == (False, found["tested_at"], "tib")
    metrics = (await api.get(str(api.base_url.copy_with(path="/metrics")))).text.splitlines()
    told = [one for one in metrics if one.startswith("samband_numbers_tested{")]
    assert 'samband_numbers_tested{result="arrived"} 1.0' in told


async def test_a_number_that_the_gateway_will_never_take_is_shown_as_wrong(
    api: httpx.AsyncClient, gateway: Gateway
) -> None:
    gateway.answers = lambda _: web.Response(status=400, text="no such number")
    await api.post("/directory/number-tests", json={"number": MOBILE})
    assert (await becomes(api, MOBILE, "refused"))["is_wrong"]
    covers = (await api.get("/directory/coverage")).json()
    assert [one["wrong_numbers"] for one in covers] == [[MOBILE]]
    lacks = (await api.get("/readiness")).json()
    assert [one["fails"] for one in lacks if one["reason_code"] == "lacks_right_number"] == [False]


async def test_a_gateway_that_is_down_proves_nothing(api: httpx.AsyncClient, gateway: Gateway) -> None:
    gateway.answers = lambda _: web.Response(status=402)
    await api.post("/directory/number-tests", json={"number": MOBILE})
    await until(lambda: gateway.forms, WAIT_S, what="it was offered")
    assert (await becomes(api, MOBILE, "under_way"))["failures"] == 0


@pytest.mark.parametrize(("number", "status"), [("+46701740699", 404), ("08-465 004 01", 404), ("hej", 422)])
async def test_only_numbers_of_the_directory_that_take_an_sms_are_tried(
    api: httpx.AsyncClient, gateway: Gateway, number: str, status: int
) -> None:
    assert (await api.post("/directory/number-tests", json={"number": number})).status_code == status
    assert gateway.forms == []


async def test_the_rota_tries_one_number_at_a_time_and_steps_aside_for_a_call_out(
    api: httpx.AsyncClient, region: Region, stranger: httpx.AsyncClient, gateway: Gateway
) -> None:
    tests = Service.on(region.ports(upkeep=DirectoryPolicy(test_days=30))).number_tests
    await api.post("/activation-lists", json={"id": "regional", "name": "Regional", "function_ids": ["tib"]})
    activation = (await api.post("/activations", json={"list_id": "regional"})).raise_for_status().json()["id"]
    assert await tests.turn(SYSTEM) is None, "a call-out is under way"
    await api.post(f"/activations/{activation}/cancel")
    assert await tests.turn(SYSTEM) == MOBILE
    assert await tests.turn(SYSTEM) is None, "one is under way"
    await until(lambda: gateway.forms, WAIT_S, what="the test is sent")
    await calls_us(stranger, gateway.forms[0]["whendelivered"].removeprefix(ADDRESS), id="s1", status="delivered")
    await becomes(api, MOBILE, "arrived")
    assert await tests.turn(SYSTEM) is None, "the pause between two"
    region.clock.time_s += 400
    assert await tests.turn(SYSTEM) == OTHER
    region.clock.time_s += 12 * 3600
    assert await tests.turn(SYSTEM) is None, "it is evening"
