"""The host works with the radio in a real browser, against the whole product with its simulated radio network."""

import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from bridge.domain.directory.records import PatchRule
from bridge.domain.kernel.ids import Gssi
from bridge.domain.radio.commands import RemovePatch
from bridge.domain.radio.events import SpeechBegan
from bridge.domain.radio.records import PATCHES, Patch, PatchState
from tests.harness import wait
from tests.harness.browser import IN_BROWSER, log_in
from tests.harness.patched import phrase
from tests.harness.phones import Phones
from tests.harness.principals import somebody
from tests.harness.world import World, samband_world
from tests.unit.api.region import WAIT_S, Region, a_region
from tests.unit.api.serving import served

pytestmark = IN_BROWSER
SOON_MS = 15_000


@asynccontextmanager
async def browsing(chromium: Browser, base_url: str, token: str) -> AsyncIterator[Page]:
    """A page, logged in; any error of a script, and anything the content policy stopped, fails the test."""
    errors: list[str] = []
    context = await chromium.new_context(base_url=base_url, locale="sv-SE", viewport={"width": 1280, "height": 900})
    page = await context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if "Content Security" in line.text else None)
    await log_in(context, token)
    yield page
    await context.close()
    assert errors == []


# --- the whole product ---


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with samband_world(tmp_path_factory.mktemp("world"), radio=True) as running:
        assert running.radio is not None
        radio = running.radio
        for kind, body in (
            ("organisations", {"id": "rtj", "name": "Räddningstjänsten"}),
            (
                "functions",
                {"id": "ib", "organisation_id": "rtj", "name": "Inre befäl", "issis": [radio.user("Ledning").issi]},
            ),
            ("talkgroups", {"gssi": 2001, "name": "RAPS-1", "lease_s": 1800, "notice": False}),
            ("talkgroups", {"gssi": 2002, "name": "RAPS-2", "rule": "approval", "notice": False}),
        ):
            assert (await running.api.post(kind, json=body)).status_code == 201

        async def ready() -> bool:
            return bool((await running.api.get("terminals")).json()[0]["state"] == "ready")

        await wait.until(ready, 20, every_s=0.1, what="the terminal is ready")
        yield running


def item(page: Page, patch: str) -> Locator:
    return page.locator(f"#patches > li[data-key={patch}]")


async def patched(page: Page, world: World, conference: str) -> str:
    """Patch RAPS-1 in by the dialog; gives the patch's id once it is idle."""
    await page.get_by_role("button", name="Koppla in").first.click()
    await expect(page.locator("#talkgroups option")).to_have_count(2)
    await expect(page.locator("#talkgroups")).to_contain_text("RAPS-2 · 2002 – kräver godkännande")
    await page.select_option("#talkgroups", "2001")
    await page.select_option("#patch-terminal", "rakel-1")
    await page.locator("#patch button.main").click()
    await expect(page.locator("#patches > li .state")).to_have_text("Fri", timeout=SOON_MS)
    (one,) = (await world.api.get(f"conferences/{conference}/patches")).json()
    return str(one["id"])


async def test_a_talkgroup_is_patched_heard_sent_to_and_unpatched_in_the_browser(
    chromium: Browser, world: World, tmp_path: Path
) -> None:
    assert world.radio is not None
    radio = world.radio
    meeting = await world.opens_conference("Skogsbrand", recorded=False)
    async with Phones(tmp_path, world.sip_port) as telephones, browsing(chromium, world.base_url, world.token) as page:
        phone = await telephones.instrument("Kommun A")
        await world.joins(phone, meeting, as_host=True)
        await page.goto(f"/conferences/{meeting.id}")
        patch = item(page, await patched(page, world, meeting.id))
        await expect(patch.locator(".lease span")).to_have_text(re.compile(r"Upphör \d\d:\d\d"))

        user = radio.user("Ledning")
        await user.presses_ptt(tone_hz=700.0, seconds=5)
        await expect(patch.locator(".talk .what")).to_have_text(f"Inre befäl ({user.issi})", timeout=SOON_MS)
        await expect(patch.locator(".talk .clock")).to_have_text(re.compile(r"0:0[2-9] / 1:00"), timeout=SOON_MS)
        await expect(patch.locator(".state")).to_have_text("Radio talar")
        meter = patch.locator(".from meter")
        await wait.until(lambda: _above(meter, -50.0), 10, every_s=0.2, what="the radio's level is shown")
        await expect(patch.locator(".talk")).to_be_hidden(timeout=SOON_MS)

        await phone.says(phrase(5.0))
        await expect(patch.locator(".air .clock")).to_have_text(re.compile(r"0:0[1-9] / 0:58"), timeout=SOON_MS)
        await expect(patch.locator(".state")).to_have_text("Sänder")
        assert await patch.locator(".air meter").evaluate("bar => [bar.high, bar.max]") == [50, 58]
        await expect(patch.locator(".air")).to_be_hidden(timeout=2 * SOON_MS)

        await patch.locator("select[name=keying]").select_option("key")
        await page.locator("#participants").get_by_role("button", name="Mer").first.click()
        key = page.locator("#participants").get_by_role("button", name="Sänd i Rakel")
        await key.click()
        await expect(patch.locator(".why")).to_contain_text("*0 hålls av", timeout=SOON_MS)
        await page.locator("#participants").get_by_role("button", name="Sluta sända").click()
        await expect(patch.locator(".why")).not_to_contain_text("*0 hålls av", timeout=SOON_MS)
        await patch.get_by_role("button", name="Koppla ur").click()
        await expect(page.locator("#no-patch")).to_be_visible(timeout=SOON_MS)
    await meeting.ends()


async def _above(meter: Locator, dbfs: float) -> bool:
    return float(await meter.evaluate("bar => bar.value")) > dbfs


async def test_texts_go_both_ways_and_a_lost_terminal_is_seen(chromium: Browser, world: World) -> None:
    assert world.radio is not None
    radio = world.radio
    meeting = await world.opens_conference("Texter", recorded=False)
    user = radio.user("Ledning")
    async with browsing(chromium, world.base_url, world.token) as page:
        await page.goto(f"/conferences/{meeting.id}")
        await expect(page.locator("#terminals li")).to_contain_text("rakel-1redo")
        await user.sends("Framme vid bron", to=radio.terminal.issi)
        came = page.locator("#messages li", has_text="Framme vid bron")
        await expect(came).to_contain_text("← Inre befäl", timeout=SOON_MS)
        await page.fill("#sds input[name=to]", "ib")
        await page.fill("#sds input[name=text]", "Samling kl 16 <b>åäö</b>")
        await page.get_by_role("button", name="Skicka").click()
        sent = page.locator("#messages li", has_text="Samling kl 16 <b>åäö</b>")
        await expect(sent.locator(".state")).to_have_text("levererat", timeout=SOON_MS)
        await user.sends("INKALLA Alla", to=radio.terminal.issi)
        order = page.locator("#messages li", has_text="INKALLA Alla")
        await expect(order.locator(".state")).to_have_text("Order från obehörig – inte utförd", timeout=SOON_MS)
        await radio.terminal.unplug()
        await expect(page.locator("#terminals li")).to_contain_text("ej ansluten", timeout=SOON_MS)
        await radio.terminal.replug()
        await expect(page.locator("#terminals li")).to_contain_text("redo", timeout=2 * SOON_MS)
    await meeting.ends()


async def test_what_another_has_asked_for_is_approved_or_refused_in_the_browser(
    chromium: Browser, world: World
) -> None:
    status, token = await world.command("token", "issue", "rsib")
    assert status == 0, token
    meeting = await world.opens_conference("Godkännande", recorded=False)
    headers = {"Authorization": f"Bearer {token.strip()}"}

    async def asks() -> dict[str, Any]:
        answer = await world.api.post(f"conferences/{meeting.id}/patches", json={"gssi": 2002}, headers=headers)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async with browsing(chromium, world.base_url, world.token) as page:
        await page.goto(f"/conferences/{meeting.id}")
        asked = item(page, (await asks())["id"])
        await expect(asked.locator(".state")).to_have_text("Väntar på godkännande", timeout=SOON_MS)
        await expect(asked.locator(".why")).to_have_text("begärd av rsib")
        await asked.get_by_role("button", name="Avslå").click()
        await expect(page.locator("#no-patch")).to_be_visible(timeout=SOON_MS)
        again = item(page, (await asks())["id"])
        await again.get_by_role("button", name="Godkänn").click()
        await expect(again.locator(".state")).to_have_text("Fri", timeout=SOON_MS)
        await expect(again.locator(".why")).to_contain_text("godkänd av operator")
    await meeting.ends()


# --- what is hard to bring about with real devices ---


@pytest_asyncio.fixture(loop_scope="session")
async def region(leaves_no_task: None) -> AsyncIterator[Region]:
    async with a_region() as made:
        await made.terminal("rakel-1")
        await made.talkgroup(2001, "RAPS-1", lease_s=1800.0)
        await made.talkgroup(2003, "RAPS-3", rule=PatchRule.FORBIDDEN)
        yield made


@asynccontextmanager
async def shown(chromium: Browser, region: Region) -> AsyncIterator[tuple[Page, Locator, Patch]]:
    """The conference's page with one patch, which is idle."""
    headers = {"Authorization": f"Bearer {region.operator}"}
    async with (
        served(region) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1", headers=headers) as client,
        browsing(chromium, f"http://127.0.0.1:{port}", region.operator) as page,
    ):
        meeting = (await client.post("/conferences", json={"name": "Möte"})).json()["id"]
        made = (await client.post(f"/conferences/{meeting}/patches", json={"gssi": 2001})).json()
        patch = await region.patch_is(made["id"], PatchState.IDLE)
        await page.goto(f"/conferences/{meeting}")
        yield page, item(page, patch.id), patch


async def test_past_fifty_seconds_the_clock_turns(chromium: Browser, region: Region) -> None:
    async with shown(chromium, region) as (_, shown_patch, patch):
        region.clock.time_s = time.time() - 52
        await region.radio_user_talks("rakel-1", 2001, 1401777)
        await expect(shown_patch.locator(".talk .what")).to_have_text("ISSI 1401777")
        await expect(shown_patch.locator(".talk")).to_have_class(re.compile("late"))
        await expect(shown_patch.locator(".talk .clock")).to_have_text(re.compile(r"[01]:\d\d / 1:00"))
        await region.radio_user_stops("rakel-1")
        region.clock.time_s = time.time() - 10
        await region.happened(SpeechBegan(region.clock.now_s(), patch.id))
        await expect(shown_patch.locator(".state")).to_have_text("Sänder")
        await expect(shown_patch.locator(".air")).not_to_have_class(re.compile("late"))


async def test_what_is_held_and_the_levels_are_shown(chromium: Browser, region: Region) -> None:
    async with shown(chromium, region) as (_, shown_patch, patch):
        figures = {"held_ms": 1240.0, "delay_ms": 900.0, "radio_dbfs": -21.5, "air_dbfs": -12.0, "stuck": 1}
        region.figures[patch.id] = figures
        region.radio.busy = "the network is busy"
        await region.happened(SpeechBegan(region.clock.now_s(), patch.id))
        await expect(shown_patch.locator(".held")).to_have_text(
            "tal väntar på kanalen: 1,2 s · störande ljud hålls borta från Rakel"
        )
        levels = shown_patch.locator(".levels meter")
        assert await levels.evaluate_all("bars => bars.map(bar => bar.value)") == [-21.5, -12]
        await expect(shown_patch.locator(".why")).to_have_text("the network is busy")


async def test_a_lease_is_extended_by_as_much_as_it_was(chromium: Browser, region: Region) -> None:
    async with shown(chromium, region) as (page, shown_patch, patch):
        region.clock.time_s += 600
        await shown_patch.get_by_role("button", name="Förläng").click()
        wanted_s = region.clock.time_s + 1800
        await wait.until(
            lambda: region.node()[PATCHES][patch.id].lease_until_s == wanted_s, WAIT_S, what="it is extended"
        )
        await page.get_by_role("button", name="Koppla in").click()
        await expect(page.locator("#talkgroups option", has_text="RAPS-3")).to_be_disabled()


async def test_alarms_and_a_farewell_and_english_and_a_small_screen(chromium: Browser, region: Region) -> None:
    async with shown(chromium, region) as (page, shown_patch, patch):
        await region.terminal("rakel-1", gssi=Gssi(2001), alarms=("weak_signal", "new_alarm"))
        region.paths.mute = True
        await region.ask(somebody("somebody else"), RemovePatch(patch.conference, patch.id))
        await expect(shown_patch.locator(".state")).to_have_text("Avslutas")
        await expect(page.locator("#terminals .alarms")).to_have_text("svag signal · new_alarm")
        await page.set_viewport_size({"width": 360, "height": 800})
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
        await page.get_by_role("link", name="English").click()
        await expect(shown_patch.locator(".state")).to_have_text("Closing")
