"""The host works in a real browser."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from playwright.async_api import Page, async_playwright, expect

from bridge.domain.model import ConferenceState, Role
from tests.unit.api.region import OPERATOR, Region
from tests.unit.api.serving import served

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is missing: apt-get install chromium"),
]


@pytest.fixture
def region() -> Region:
    made = Region()
    made.engine.news = asyncio.Queue()
    return made


@pytest.fixture
async def page(region: Region) -> AsyncIterator[Page]:
    """Logged in; any error of a script fails the test."""
    errors: list[str] = []
    async with served(region) as port, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await browser.new_context(
            base_url=f"http://127.0.0.1:{port}", locale="sv-SE", viewport={"width": 360, "height": 800}
        )
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto("/")
        await page.fill("input[name=token]", OPERATOR)
        await page.press("input[name=token]", "Enter")
        await page.wait_for_url("**/")
        yield page
        await browser.close()
    assert errors == []


async def opened(page: Page, name: str = "Lägesmöte") -> str:
    await page.fill("#new input[name=name]", name)
    await page.click("#new button")
    await page.wait_for_url("**/conferences/*")
    await expect(page.locator("#name")).to_have_text(name)
    return page.url.rsplit("/", 1)[1]


async def test_a_conference_is_opened_and_its_codes_are_big(page: Page) -> None:
    await opened(page, '<b>Storm</b> & "snö"')
    await expect(page.locator("#number")).to_have_text("08-555 55 55")
    await expect(page.locator("#code")).to_have_text("4711 0000")
    await expect(page.locator("#host-code")).to_have_text("8822 0000")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360


async def test_the_host_sees_who_is_there_mutes_gives_the_word_and_ends(page: Page, region: Region) -> None:
    conference = await opened(page)
    region.joins(conference, "TiB", Role.HOST)
    person = region.joins(conference, "Inre befäl", talking=True)
    await page.reload()
    row = page.locator(f"#participants li[data-key={person}]")
    await expect(row).to_contain_text("Talar")
    await row.get_by_role("button", name="Stäng av ljud").click()
    await expect(row).to_contain_text("Ljud av")
    assert region.engine.state.participants[person].muted  # type: ignore[index]
    await page.get_by_role("button", name="Talarlista").click()
    await expect(page.locator("#modes [data-mode=queue]")).to_have_attribute("aria-pressed", "true")
    await row.get_by_role("button", name="Ge ordet").click()
    await expect(page.locator("#holder")).to_have_text("Har ordet: Inre befäl")
    await page.get_by_role("button", name="Avsluta konferensen").click()
    await page.locator("#ask").get_by_role("button", name="Avbryt").click()
    assert region.engine.state.conferences[conference].state is not ConferenceState.ENDED  # type: ignore[index]
    await page.get_by_role("button", name="Avsluta konferensen").click()
    await page.locator("#ask-yes").click()
    await expect(page.locator("#state")).to_have_text("Avslutad")


async def test_a_change_elsewhere_is_seen_without_reloading(page: Page, region: Region) -> None:
    conference = await opened(page)
    await expect(page.locator("#nobody")).to_be_visible()
    region.joins(conference, "Vakthavande befäl")
    region.tell(conference)
    await expect(page.locator("#participants li")).to_have_count(1)
    held = region.engine.state.conferences[conference]  # type: ignore[index]
    region.engine.keep(conferences={conference: replace(held, locked=True)})
    region.tell(conference)
    await expect(page.locator("#locked")).to_be_visible()
