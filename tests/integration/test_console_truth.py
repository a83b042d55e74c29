"""The page is true at every moment. Where it cannot know, it says so, and lets nobody act on it."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from bridge.domain.conference.records import CONFERENCES
from bridge.domain.kernel.ids import ConferenceId
from tests.harness.browser import IN_BROWSER, visitor
from tests.harness.tcp_relay import Line, tcp_relay
from tests.harness.wait import until
from tests.unit.api.region import WAIT_S, Region
from tests.unit.api.serving import served

pytestmark = IN_BROWSER
SOON_MS = 15_000
"""A beat comes every 5 s."""
SURELY_MS = 30_000
"""A silent line is given up after 12 s."""
STANDS_S = 12.5
"""Nothing runs for so long as there is neither a beat nor a tick."""
STREAM = b"GET /api/v1/events "


@pytest_asyncio.fixture(loop_scope="session")
async def line(region: Region) -> AsyncIterator[Line]:
    async with served(region) as port, tcp_relay(port) as between:
        yield between


@pytest_asyncio.fixture(loop_scope="session")
async def browser(region: Region, chromium: Browser, line: Line) -> AsyncIterator[BrowserContext]:
    """Logged in."""
    async with visitor(chromium, line.port, token=region.operator) as context:
        yield context


async def opens(browser: BrowserContext) -> ConferenceId:
    headers = {"Sec-Fetch-Site": "same-origin"}
    made = await browser.request.post("/api/v1/conferences", data={"name": "Lägesmöte"}, headers=headers)
    return ConferenceId((await made.json())["id"])


async def tab_of(browser: BrowserContext, conference: ConferenceId) -> Page:
    page = await browser.new_page()
    await page.goto(f"/conferences/{conference}")
    await expect(page.locator("#line")).to_have_text("Ansluten")
    return page


async def test_a_line_that_is_silent_and_not_broken_greys_the_page_and_stops_its_buttons(
    region: Region, line: Line, browser: BrowserContext
) -> None:
    conference = await opens(browser)
    page = await browser.new_page()
    await page.clock.install()
    await page.goto(f"/conferences/{conference}")
    await expect(page.locator("#line")).to_have_text("Ansluten")
    await expect(page.locator("#stale")).to_be_hidden()
    line.holds()
    await page.clock.run_for(13_000)
    await expect(page.locator("#stale")).to_contain_text("INAKTUELL sedan")
    await expect(page.locator("#line")).to_contain_text("Ingen kontakt")
    assert await page.evaluate("document.getElementById('content').inert")
    line.goes_on()
    await expect(page.locator("#stale")).to_be_hidden(timeout=SOON_MS)
    assert not await page.evaluate("document.getElementById('content').inert")


async def test_a_broken_line_is_told_and_the_page_is_there_again_by_itself(
    region: Region, line: Line, browser: BrowserContext
) -> None:
    conference = await opens(browser)
    page = await tab_of(browser, conference)
    line.cuts()
    await expect(page.locator("#line")).to_contain_text("Ingen kontakt")
    await expect(page.locator("#stale")).to_contain_text("INAKTUELL sedan", timeout=SOON_MS)
    await line.starts()
    await expect(page.locator("#stale")).to_be_hidden(timeout=SOON_MS)
    await region.joins(conference, "Vakthavande befäl")
    await expect(page.locator("#participants li")).to_have_count(1)


async def test_nine_tabs_of_one_browser_are_all_alive(region: Region, browser: BrowserContext) -> None:
    """A browser has six connections to a server."""
    conference = await opens(browser)
    tabs = [await tab_of(browser, conference) for _ in range(9)]
    await region.joins(conference, "Vakthavande befäl")
    for tab in tabs:
        await expect(tab.locator("#participants li")).to_have_count(1)
    await tabs[0].locator("#lock").click()
    await until(lambda: region.node()[CONFERENCES][conference].locked, WAIT_S)
    await tabs[0].get_by_role("button", name="Lås upp mötet").click()
    await until(lambda: not region.node()[CONFERENCES][conference].locked, WAIT_S)
    await tabs[0].close()
    await region.joins(conference, "Inre befäl")
    await expect(tabs[8].locator("#participants li")).to_have_count(2)


async def test_a_tab_that_the_browser_froze_wakes_up_as_old(
    region: Region, line: Line, browser: BrowserContext
) -> None:
    """Chromium freezes tabs that nobody looks at, and tells them. A browser without a window never does."""
    conference = await opens(browser)
    page = await tab_of(browser, conference)
    line.holds()
    await page.evaluate("document.dispatchEvent(new Event('freeze'))")
    await expect(page.locator("#stale")).to_contain_text("INAKTUELL sedan")
    await page.evaluate("document.dispatchEvent(new Event('resume'))")
    await region.joins(conference, "Vakthavande befäl")
    await expect(page.locator("#stale")).to_be_visible()
    line.goes_on()
    await expect(page.locator("#stale")).to_be_hidden(timeout=SURELY_MS)
    await expect(page.locator("#participants li")).to_have_count(1)


async def test_a_page_whose_process_stood_still_is_old_until_it_has_read_what_happened_meanwhile(
    region: Region, chromium: Browser, line: Line, browser: BrowserContext
) -> None:
    conference = await opens(browser)
    page = await tab_of(browser, conference)
    async with standing_still(chromium):
        await region.joins(conference, "Vakthavande befäl")
        await asyncio.sleep(STANDS_S)
        line.holds()
    await expect(page.locator("#stale")).to_contain_text("INAKTUELL sedan", timeout=SOON_MS)
    assert await page.evaluate("document.getElementById('content').inert")
    line.goes_on()
    await expect(page.locator("#stale")).to_be_hidden(timeout=SURELY_MS)
    await expect(page.locator("#participants li")).to_have_count(1)


@asynccontextmanager
async def standing_still(chromium: Browser) -> AsyncIterator[None]:
    """Every process of the browser that runs pages or workers is stopped."""
    developer = await chromium.new_browser_cdp_session()
    told = await developer.send("SystemInfo.getProcessInfo")
    pages = [one["id"] for one in told["processInfo"] if one["type"] == "renderer"]
    assert pages
    for one in pages:
        os.kill(one, signal.SIGSTOP)
    try:
        yield
    finally:
        for one in pages:
            os.kill(one, signal.SIGCONT)


async def test_a_page_whose_machine_has_slept_is_old_at_once_however_well_its_line_seems(
    region: Region, line: Line, browser: BrowserContext
) -> None:
    """The clock of the day goes on in sleep, and no timer runs. What was asked for before is no answer."""
    conference = await opens(browser)
    page = await browser.new_page()
    await page.clock.install()
    await page.goto(f"/conferences/{conference}")
    await expect(page.locator("#line")).to_have_text("Ansluten")
    line.holds()
    await page.clock.fast_forward(3_600_000)
    await expect(page.locator("#stale")).to_contain_text("INAKTUELL sedan")
    await region.joins(conference, "Vakthavande befäl")
    line.goes_on()
    await expect(page.locator("#stale")).to_be_hidden(timeout=SURELY_MS)
    await expect(page.locator("#participants li")).to_have_count(1)


async def test_nine_tabs_whose_line_broke_or_died_in_silence_are_all_back_by_one_stream(
    region: Region, line: Line, browser: BrowserContext
) -> None:
    """Of a line that died in silence no end hears. A router forgets it while the machine sleeps."""
    conference = await opens(browser)
    tabs = [await tab_of(browser, conference) for _ in range(9)]
    assert line.open_for(STREAM) == 1
    line.cuts()
    for tab in tabs:
        await expect(tab.locator("#stale")).to_contain_text("INAKTUELL sedan", timeout=SOON_MS)
    await line.starts()
    for tab in tabs:
        await expect(tab.locator("#stale")).to_be_hidden(timeout=SURELY_MS)
    await until(lambda: line.open_for(STREAM) == 1, WAIT_S)
    line.loses()
    await region.joins(conference, "Vakthavande befäl")
    for tab in tabs:
        await expect(tab.locator("#participants li")).to_have_count(1, timeout=SURELY_MS)
        await expect(tab.locator("#line")).to_have_text("Ansluten", timeout=SURELY_MS)
        await expect(tab.locator("#stale")).to_be_hidden()
    await until(lambda: line.open_for(STREAM) == 1, WAIT_S)


async def test_an_act_in_one_browser_is_seen_in_another_that_has_nothing_in_common_with_it(
    region: Region, chromium: Browser, line: Line, browser: BrowserContext
) -> None:
    conference = await opens(browser)
    async with visitor(chromium, line.port, token=region.operator) as other:
        mine, theirs = await tab_of(browser, conference), await tab_of(other, conference)
        await mine.locator("#lock").click()
        for page in (mine, theirs):
            await expect(page.locator("#lock")).to_have_text("Lås upp mötet")
        await theirs.locator("#lock").click()
        for page in (mine, theirs):
            await expect(page.locator("#lock")).to_have_text("Lås mötet")
        await region.joins(conference, "Vakthavande befäl")
        for page in (mine, theirs):
            await expect(page.locator("#participants li")).to_have_count(1)


async def test_before_anything_is_known_the_page_claims_nothing(region: Region, browser: BrowserContext) -> None:
    conference = await opens(browser)
    page = await browser.new_page()
    held: list[Route] = []
    await page.route("**/api/v1/conferences/**", lambda route: held.append(route))
    await page.goto(f"/conferences/{conference}")
    await until(lambda: held, WAIT_S)
    await expect(page.locator("#reading")).to_be_visible()
    for claim in ("#nobody", "#end", "#no-patch"):
        await expect(page.locator(claim)).to_be_hidden()
    await expect(page.locator("#line")).not_to_have_text("Ansluten")
    for route in held:
        await route.continue_()
    await page.unroute("**/api/v1/conferences/**")
    await expect(page.locator("#nobody")).to_be_visible()
    await expect(page.locator("#reading")).to_be_hidden()


@pytest.mark.parametrize("fails_with", [500, 503])
async def test_a_read_that_fails_is_no_contact_and_is_tried_again(
    region: Region, browser: BrowserContext, fails_with: int
) -> None:
    conference = await opens(browser)
    page = await browser.new_page()
    tries: list[Route] = []

    async def once(route: Route) -> None:
        tries.append(route)
        if len(tries) == 1:
            await route.fulfill(status=fails_with, json={"code": "unavailable", "reason": "", "data": {}})
        else:
            await route.continue_()

    await page.route(f"**/api/v1/conferences/{conference}", once)
    await page.goto(f"/conferences/{conference}")
    await expect(page.locator("#line")).to_have_text("Ansluten")
    assert len(tries) >= 2


async def test_an_act_that_is_never_answered_is_told_and_not_called_done(line: Line, browser: BrowserContext) -> None:
    conference = await opens(browser)
    page = await browser.new_page()
    await page.add_init_script("const after = AbortSignal.timeout; AbortSignal.timeout = (ms) => after(ms / 20)")
    await page.goto(f"/conferences/{conference}")
    await expect(page.locator("#line")).to_have_text("Ansluten")

    line.holds()
    await page.locator("#lock").click()
    await expect(page.locator("#problem")).to_contain_text("servern svarade inte")
    await expect(page.locator("#lock")).to_have_text("Lås mötet")


@pytest.mark.parametrize(
    ("path", "told"), [("/conferences/cnf-none", "Konferensen finns inte"), ("/nothing", "Det finns ingen sida")]
)
async def test_what_is_not_there_is_a_page_with_a_way_on(browser: BrowserContext, path: str, told: str) -> None:
    page = await browser.new_page()
    answer = await page.goto(path)
    assert answer is not None
    assert answer.status == 404
    await expect(page.locator("main")).to_contain_text(told)
    await page.get_by_role("link", name="Till konferenserna").click()
    await expect(page.locator("#line")).to_have_text("Ansluten")
