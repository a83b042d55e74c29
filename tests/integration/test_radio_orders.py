"""A duty officer whose telephone is dead calls the region in from his radio, through the whole product."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.harness import wait
from tests.harness.crowd import CANNOT, JOINS, Crowd, crowd
from tests.harness.radio import RadioUser
from tests.harness.world import World, samband_world

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

ANSWER_S = 20.0
JOINING, REFUSING = "+46846500471", "+46846500472"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with samband_world(tmp_path_factory.mktemp("world"), radio=True, trunk="calls_per_s = 5") as running:

        async def ready() -> bool:
            return bool((await running.api.get("terminals")).json()[0]["state"] == "ready")

        await wait.until(ready, 20, every_s=0.1, what="the terminal is ready")
        await region_of(running)
        yield running


async def region_of(world: World) -> None:
    """Two functions to call in, and one that may order it: that of `Ledning`, not that of `Insats`."""
    assert world.radio is not None
    await made(world, "organisations", id="lst", name="Länsstyrelsen")
    for key, number, user, orders in (
        ("tib", JOINING, "Ledning", True),
        ("polis", REFUSING, "Insats", False),
    ):
        issis = [world.radio.user(user).issi]
        body = {"organisation_id": "lst", "name": key, "numbers": [number], "issis": issis, "radio_orders": orders}
        await made(world, "functions", id=key, **body)
    await made(world, "activation-lists", id="lista", name="Inriktande nivå", function_ids=["tib", "polis"], rounds=1)
    await made(world, "forums", id="forum", name="Inriktande forum", activation_list_id="lista", recorded=False)


@pytest_asyncio.fixture(loop_scope="module")
async def region(world: World, tmp_path: Path) -> AsyncIterator[Crowd]:
    async with crowd(tmp_path / "crowd", world.trunk_port) as people:
        people.behaves(JOINING, JOINS)
        people.behaves(REFUSING, CANNOT)
        yield people


async def made(world: World, kind: str, **body: Any) -> None:
    answer = await world.api.post(kind, json=body)
    assert answer.status_code == 201, answer.text


class Officer:
    """Who has only a radio."""

    def __init__(self, world: World, name: str) -> None:
        assert world.radio is not None
        self.user: RadioUser = world.radio.user(name)
        self._terminal = world.radio.terminal.issi

    async def says(self, text: str) -> None:
        await self.user.sends(text, to=self._terminal)

    async def read(self) -> list[str]:
        return [str(one["text"]) for one in await self.user.received() if one.get("text")]

    async def told(self, text: str, answer: str) -> re.Match[str]:
        """Send it, and wait for the answer."""
        before = len(await self.read())
        await self.says(text)

        last: list[str] = []

        async def came() -> str:
            last[:] = new = (await self.read())[before:]
            return next((one for one in new if re.search(answer, one)), "")

        text = await wait.until(came, ANSWER_S, every_s=0.1, what=f"the answer {answer}", seen=lambda: last)
        found = re.search(answer, text)
        assert found is not None
        return found


async def conferences(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.api.get("conferences")).json()
    return [one for one in found if one["forum"] == "forum"]


async def test_a_radio_calls_the_list_in_telephones_ring_and_it_ends_the_meeting(world: World, region: Crowd) -> None:
    officer = Officer(world, "Ledning")
    code = (await officer.told("inkalla inriktande niva", r"Inriktande nivå: 2 funktioner\. Svara JA (\d{4})"))[1]
    assert region.calls == []
    await officer.told(f"JA {code}", r"har börjat: 2 funktioner\. Ring 08-555 55 55\.$")
    await wait.until(lambda: {one.number for one in region.calls} == {JOINING, REFUSING}, 20, what="both are rung")

    async def one_in() -> bool:
        return [[who["state"] for who in one["participants"]] for one in await conferences(world)] == [["present"]]

    await wait.until(one_in, 20, every_s=0.2, what="who pressed 1 is in the conference of the forum")
    await officer.told("STATUS", r"Inriktande forum: 1 inne")

    await officer.told("INSPELNING PÅ", r"Inspelning på: Inriktande forum")
    code = (await officer.told("SLUT", r"Avsluta Inriktande forum: 1 inne\. Svara JA (\d{4})"))[1]
    assert len(await conferences(world)) == 1
    await officer.told(f"ja {code}", r"Inriktande forum är avslutat")
    assert await conferences(world) == []
    await wait.until(lambda: all(one.ended_at_s for one in region.calls), 20, what="everybody is let go")


async def test_a_stranger_gets_no_answer_and_the_host_sees_that_he_tried(world: World, region: Crowd) -> None:
    stranger = Officer(world, "Insats")
    await stranger.says("INKALLA Inriktande nivå")

    async def shown() -> dict[str, Any]:
        listed = (await world.api.get("sds", params={"direction": "in"})).json()
        return next((one for one in listed if one["sender"] == stranger.user.issi), {})

    message = await wait.until(shown, ANSWER_S, every_s=0.1, what="the message is listed")
    assert (message["order"], message["order_allowed"]) == ("call_in", False)

    async def audited() -> bool:
        rows = (await world.api.get("audit", params={"limit": 1000})).json()
        lines = rows["rows"] if isinstance(rows, dict) else rows
        return any(one["action"] == "radio_order.not_allowed" for one in lines)

    await wait.until(audited, ANSWER_S, every_s=0.1, what="it is audited")
    assert await stranger.read() == []
    assert region.calls == []
    metrics = (await world.api.get(f"{world.base_url}/metrics")).text
    assert 'samband_radio_orders_total{result="refused"} 1.0' in metrics
