"""The host works in a real browser."""

import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright, expect

from bridge.domain.conference.commands import LockConference
from bridge.domain.conference.records import CONFERENCES, PARTICIPANTS, ConferenceState, Role
from bridge.domain.kernel.ids import ConferenceId
from tests.harness.principals import somebody
from tests.harness.wait import until
from tests.unit.api.region import WAIT_S, Region, a_region
from tests.unit.api.serving import served

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is missing: apt-get install chromium"),
]


@pytest.fixture
async def region() -> AsyncIterator[Region]:
    async with a_region() as made:
        yield made


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
        await page.fill("input[name=token]", region.operator)
        await page.press("input[name=token]", "Enter")
        await page.wait_for_url("**/")
        yield page
        await browser.close()
    assert errors == []


async def opened(page: Page, name: str = "Lägesmöte") -> ConferenceId:
    await page.fill("#new input[name=name]", name)
    await page.click("#new button")
    await page.wait_for_url("**/conferences/*")
    await expect(page.locator("#name")).to_have_text(name)
    return ConferenceId(page.url.rsplit("/", 1)[1])


async def test_a_conference_is_opened_and_its_codes_are_big(page: Page, region: Region) -> None:
    codes = await region.codes_of(await opened(page, '<b>Storm</b> & "snö"'))
    await expect(page.locator("#number")).to_have_text("08-555 55 55")
    for shown, code in zip(("#code", "#host-code"), codes, strict=True):
        await expect(page.locator(shown)).to_have_text(f"{code[:4]} {code[4:]}")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360


async def test_the_host_sees_who_is_there_mutes_gives_the_word_and_ends(page: Page, region: Region) -> None:
    conference = await opened(page)
    await region.joins(conference, "TiB", Role.HOST)
    person = await region.joins(conference, "Inre befäl")
    await region.talks(person)
    row = page.locator(f"#participants li[data-key={person}]")
    await expect(row).to_contain_text("Talar")
    await row.get_by_role("button", name="Stäng av mikrofon").click()
    await expect(row).to_contain_text("Mikrofon av")
    await until(lambda: region.node()[PARTICIPANTS][person].muted, WAIT_S)
    await page.get_by_role("button", name="Talarlista").click()
    await expect(page.locator("#modes [data-mode=queue]")).to_have_attribute("aria-pressed", "true")
    await row.get_by_role("button", name="Ge ordet").click()
    await expect(page.locator("#holder")).to_have_text("Har ordet: Inre befäl")
    await page.get_by_role("button", name="Avsluta konferensen").click()
    await page.locator("#ask").get_by_role("button", name="Nej, gör inget").click()
    assert region.node()[CONFERENCES][conference].state is not ConferenceState.ENDED
    await page.get_by_role("button", name="Avsluta konferensen").click()
    await page.locator("#ask-yes").click()
    await expect(page.locator("#state")).to_have_text("Avslutad")


async def test_a_change_elsewhere_is_seen_without_reloading(page: Page, region: Region) -> None:
    conference = await opened(page)
    await expect(page.locator("#nobody")).to_be_visible()
    await region.joins(conference, "Vakthavande befäl")
    await expect(page.locator("#participants li")).to_have_count(1)
    await region.ask(somebody("somebody else"), LockConference(conference, locked=True))
    await expect(page.locator("#locked")).to_be_visible()
