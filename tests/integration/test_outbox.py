"""The controller is killed while an SMS and an e-mail are on their way. The servers are the witnesses."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from tests.harness import wait
from tests.harness.world import World, samband_world
from tests.unit.bearers.servers import Gateway, Post, a_gateway, a_mail_server

pytestmark = [pytest.mark.integration, pytest.mark.silent, pytest.mark.asyncio(loop_scope="module")]

MOBILE = "+46701740605"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway() -> AsyncIterator[Gateway]:
    async with a_gateway() as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def post() -> AsyncIterator[Post]:
    async with a_mail_server() as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory, gateway: Gateway, post: Post) -> AsyncIterator[World]:
    folder: Path = tmp_path_factory.mktemp("world")
    tables = f"""
[sms]
url = "{gateway.url}"
sender = "+46766860000"
callback_url = "http://127.0.0.1:1"
[mail]
host = "127.0.0.1"
port = {post.port}
security = "none"
sender = "samband@example.se"
"""
    async with samband_world(folder, tables=tables) as running:
        yield running


async def message(world: World, key: str) -> dict[str, Any]:
    found: dict[str, Any] = (await world.api.get(f"messages/{key}")).json()
    return found


async def becomes(world: World, key: str, state: str) -> dict[str, Any]:
    async def there() -> dict[str, Any] | None:
        found = await message(world, key)
        return found if found["state"] == state else None

    found = await wait.until(there, 20, what=f"{key} is {state}")
    assert found is not None
    return found


async def test_messages_whose_answer_a_killed_controller_never_heard_are_uncertain_and_nothing_is_sent_twice(
    world: World, gateway: Gateway, post: Post
) -> None:
    await world.in_control()
    gateway.falls_silent = post.falls_silent = True
    sms = (await world.api.post("messages", json={"bearer": "sms", "to": MOBILE, "text": "Samling"})).json()["id"]
    body = {"bearer": "mail", "to": "tib@example.se", "text": "Samling"}
    mail = (await world.api.post("messages", json=body)).json()["id"]
    await wait.until(lambda: gateway.forms and post.mails, 10, what="both servers have it")
    old = world.controller.pid
    await world.controller.kill()
    await world.controller.is_back(old)
    await world.in_control(30)
    gateway.falls_silent = post.falls_silent = False
    for key in (sms, mail):
        assert (await becomes(world, key, "uncertain"))["reason_code"] == "sending_interrupted"
    after = (await world.api.post("messages", json={"bearer": "sms", "to": MOBILE, "text": "Efteråt"})).json()["id"]
    await becomes(world, after, "sent")
    assert [one["message"] for one in gateway.forms] == ["Samling", "Efteråt"]
    assert len(post.mails) == 1

    receipt = urlsplit(gateway.forms[0]["whendelivered"]).path
    answer = await world.api.post(
        f"{world.api.base_url.copy_with(path=receipt)}", data={"id": "s1", "status": "delivered"}
    )
    assert answer.status_code == 204
    assert (await message(world, sms))["state"] == "delivered", "its receipt settles it"

    again = (await world.api.post(f"messages/{mail}/again")).json()["id"]
    await becomes(world, again, "sent")
    assert len(post.mails) == 2, "a person sent it again"


async def test_invitations_of_a_killed_controller_reach_each_function_once(world: World, post: Post) -> None:
    await world.in_control()
    await world.api.post("organisations", json={"id": "lst", "name": "Länsstyrelsen"})
    for key in ("ett", "tva", "tre"):
        own = {"id": key, "organisation_id": "lst", "name": key, "numbers": [MOBILE], "email": f"{key}@example.se"}
        (await world.api.post("functions", json=own)).raise_for_status()
    told = {"id": "moten", "name": "Möten", "function_ids": ["ett", "tva", "tre"]}
    (await world.api.post("activation-lists", json=told)).raise_for_status()
    post.mails.clear()
    rule = {"first_on": "2030-01-03", "time": "16:00", "weekdays": ["TH"]}
    body = {"name": "Veckomöte", "rule": rule, "activation_list_id": "moten"}
    made = (await world.api.post("schedules", json=body)).json()
    old = world.controller.pid
    await world.controller.kill()
    await world.controller.is_back(old)
    await world.in_control(30)

    async def settled() -> list[dict[str, Any]] | None:
        every: list[dict[str, Any]] = (await world.api.get(f"mailings?schedule={made['id']}")).json()
        found = [sheet for sheet in every if sheet["kind"] == "invitation"]
        states = {one["state"] for sheet in found for one in sheet["messages"]}
        return found if found and states and states <= {"sent", "uncertain"} else None

    found = await wait.until(settled, 30, what="each invitation is settled")
    assert found is not None
    assert [sheet["state"] for sheet in found] == ["queued"]
    assert len(found[0]["messages"]) == 3
    reached = [mail["To"] for mail in post.mails]
    assert len(set(reached)) == len(reached), "nobody gets one SEQUENCE twice"
    assert {one["to"] for one in found[0]["messages"] if one["state"] == "sent"} <= set(reached)
