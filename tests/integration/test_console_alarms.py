"""The strip stands on every page, two browsers agree, and an emergency is over all until somebody acknowledges it."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from bridge.ari.reasons import AsteriskReason
from bridge.domain.alarms.kinds import AlarmKind
from bridge.domain.alarms.records import ALARMS, AlarmState
from bridge.domain.directory.records import Function, Organisation
from bridge.domain.kernel.ids import Issi, TerminalName
from bridge.domain.kernel.reasons import WELL
from bridge.domain.shortdata.events import StatusReceived
from bridge.rakel.reasons import LineReason
from tests.harness.browser import IN_BROWSER, close_all, log_in
from tests.harness.wait import until
from tests.unit.api.region import WAIT_S, Region
from tests.unit.api.serving import served

pytestmark = IN_BROWSER
SOON_MS = 30_000
TIME = re.compile(r"^\d\d:\d\d:\d\d$")
PAGES = ("/", "/recordings", "/alarms", "/health", "/runbook", "/conferences/{conference}")


@pytest_asyncio.fixture(loop_scope="session")
async def port(region: Region, chromium: Browser) -> AsyncIterator[int]:
    async with served(region) as made:
        yield made
        await close_all(chromium)


async def logged_in(chromium: Browser, port: int, region: Region, locale: str = "sv-SE") -> Page:
    """A visitor of their own; an error of a script fails the test by the page's mark."""
    context: BrowserContext = await chromium.new_context(
        base_url=f"http://127.0.0.1:{port}", locale=locale, viewport={"width": 1366, "height": 768}
    )
    page = await context.new_page()
    page.set_default_timeout(SOON_MS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.errors = errors  # type: ignore[attr-defined]
    await log_in(context, region.operator)
    await page.goto("/")
    return page


async def opens(page: Page, name: str = "Lägesmöte") -> str:
    headers = {"Sec-Fetch-Site": "same-origin"}
    made = await page.request.post("/api/v1/conferences", data={"name": name}, headers=headers)
    return str((await made.json())["id"])


async def trunk_fails(region: Region, *, only: bool = False) -> None:
    region.radio.told |= {"trunk main": AsteriskReason.TRUNK_UNUSABLE(state="offline")}
    region.radio.told |= {} if only else {"trunk other": WELL}
    await region.looks(10.0)


async def pressed_the_emergency_button(region: Region) -> None:
    await region.happened(StatusReceived(region.clock.now_s(), TerminalName("rakel-1"), Issi(4711), 0))


@pytest.mark.parametrize(("locale", "begin"), [("sv-SE", "Börja passet"), ("en-GB", "Begin the shift")])
async def test_the_strip_stands_on_every_page(
    region: Region, chromium: Browser, port: int, locale: str, begin: str
) -> None:
    page = await logged_in(chromium, port, region, locale)
    conference = await opens(page)
    await region.talks(await region.joins(conference, "TiB"))
    await trunk_fails(region)
    for path in PAGES:
        await page.goto(path.format(conference=conference))
        strip = page.locator("#strip")
        await expect(strip.locator("#strip-clock")).to_have_text(TIME)
        await expect(strip.locator("[data-priority=P2]")).to_have_text("▲ 1")
        await expect(strip.locator("#strip-meetings .chip")).to_contain_text("Lägesmöte")
        await expect(strip.locator("#strip-meetings .chip.talks")).to_have_count(1)
        await expect(strip.locator("#sound")).to_have_text(begin)
        await expect(strip.locator(".who")).to_have_text("operator")
        await expect(page.locator("#line")).to_have_text("Ansluten" if locale == "sv-SE" else "Connected")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 1366
    assert page.errors == []  # type: ignore[attr-defined]


async def test_an_emergency_stands_over_every_page_until_somebody_acknowledges_it(
    region: Region, chromium: Browser, port: int
) -> None:
    page, other = await logged_in(chromium, port, region), await logged_in(chromium, port, region)
    conference = await opens(page)
    inner = Function("ib", "rtj", "Inre befäl", numbers=("+46846500401",), issis=(Issi(4711),))
    await region.has(Organisation("rtj", "Räddningstjänsten"), inner)
    await pressed_the_emergency_button(region)
    for path in PAGES:
        await page.goto(path.format(conference=conference))
        banner = page.locator("#emergencies li")
        await expect(banner).to_contain_text("NÖDLARM")
        await expect(banner).to_contain_text("Räddningstjänsten Inre befäl · Nödlarm från ISSI 4711")
        await expect(page).to_have_title(re.compile("^⚠ NÖDLARM – "))
    await region.looks(10.0)
    [alarm] = region.node()[ALARMS].values()
    assert alarm.state is AlarmState.RETURNED, "the fault is over, and nobody has seen it"
    await expect(other.locator("#emergencies li")).to_have_count(1)
    await other.locator("#emergencies").get_by_role("button", name="Kvittera").click()
    await expect(other.locator("#emergencies li")).to_have_count(0)
    await expect(page.locator("#emergencies li")).to_have_count(0)
    await expect(page).not_to_have_title(re.compile("⚠"))
    await until(lambda: not region.node()[ALARMS], WAIT_S)


async def test_two_who_watch_see_the_same_and_one_acknowledges_for_both(
    region: Region, chromium: Browser, port: int
) -> None:
    one, other = await logged_in(chromium, port, region), await logged_in(chromium, port, region)
    for page in (one, other):
        await page.goto("/alarms")
        await expect(page.locator("#none")).to_be_visible()
    region.radio.told["clock"] = LineReason.NOT_THERE(url="clock")
    await trunk_fails(region)
    for page in (one, other):
        await expect(page.locator("#alarms .alarm.new")).to_have_count(2)
    await one.fill("#why", "felanmäld 12345")
    for box in await one.locator("#alarms input[name=choose]").all():
        await box.check()
    await one.get_by_role("button", name="Kvittera valda (2)").click()
    for page in (one, other):
        await expect(page.locator("#alarms .alarm.acknowledged")).to_have_count(2)
        await expect(page.locator("#alarms .by").first).to_contain_text("Kvitterat av operator")
        await expect(page.locator("#alarms .by").first).to_contain_text("felanmäld 12345")
    assert {alarm.acknowledged_reason for alarm in region.node()[ALARMS].values()} == {"felanmäld 12345"}


async def test_an_alarm_is_parked_and_taken_back_and_what_to_do_is_one_press_away(
    region: Region, chromium: Browser, port: int
) -> None:
    page = await logged_in(chromium, port, region)
    await trunk_fails(region)
    await page.goto("/alarms")
    row = page.locator("#alarms .alarm")
    await row.locator("summary").click()
    await row.locator("input[name=why]").fill("delar väntas")
    await row.locator(".shelf").get_by_role("button", name="Parkera").click()
    await expect(row).to_contain_text("Parkerat av operator")
    await expect(page.locator("#strip [data-priority=P2]")).to_have_text("▲ 0")
    await row.get_by_role("button", name="Ta tillbaka").click()
    await expect(page.locator("#strip [data-priority=P2]")).to_have_text("▲ 1")
    await row.get_by_role("link", name="Åtgärder vid larm").click()
    await page.wait_for_url("**/runbook#trunk")
    await expect(page.locator("#trunk")).to_be_visible()
    ids = await page.evaluate("[...document.querySelectorAll('.runbook section')].map((one) => one.id)")
    assert set(ids) == {kind.value for kind in AlarmKind}


async def test_sound_is_off_until_the_shift_begins_and_then_a_critical_alarm_sounds_again_and_again(
    region: Region, chromium: Browser, port: int
) -> None:
    page = await logged_in(chromium, port, region)
    await expect(page.locator("#sound-off")).to_be_visible()
    await expect(page.locator("#sound-off")).to_contain_text("LJUD AV")
    await page.get_by_role("button", name="Börja passet").click()
    await expect(page.locator("body")).to_have_attribute("data-sound", "on")
    await expect(page.locator("body")).to_have_attribute("data-rung", "1 3")
    await expect(page.locator("#sound-off")).to_be_hidden()
    await trunk_fails(region, only=True)
    await expect(page.locator("body")).to_have_attribute("data-rung", "2 3")
    await expect(page.locator("body")).to_have_attribute("data-rung", "3 3", timeout=SOON_MS)
    await page.get_by_role("button", name="Tysta 2 min").click()
    await expect(page.locator("#hush")).to_have_attribute("aria-pressed", "true")
    await expect(page.locator("#strip [data-priority=P1]")).to_have_text("■ 1")
    await pressed_the_emergency_button(region)
    await expect(page.locator("#emergencies li")).to_have_count(1)
    await expect(page.locator("body")).to_have_attribute("data-rung", "4 3", timeout=SOON_MS)
    await page.get_by_role("link", name="Hälsa").click()
    await page.wait_for_url("**/health")
    await expect(page.locator("body")).to_have_attribute("data-sound", "on")


async def test_the_alarm_of_an_important_fault_sounds_once_and_with_two_tones(
    region: Region, chromium: Browser, port: int
) -> None:
    page = await logged_in(chromium, port, region)
    await page.get_by_role("button", name="Börja passet").click()
    await expect(page.locator("body")).to_have_attribute("data-rung", "1 3")
    await trunk_fails(region)
    await expect(page.locator("body")).to_have_attribute("data-rung", "2 2")
    async with asyncio.timeout(30):
        await page.evaluate("() => new Promise((done) => setTimeout(done, 6000))")
    await expect(page.locator("body")).to_have_attribute("data-rung", "2 2")


async def test_the_health_page_tells_each_part_what_to_do_and_the_figures(
    region: Region, chromium: Browser, port: int
) -> None:
    page = await logged_in(chromium, port, region)
    await trunk_fails(region)
    await page.goto("/health")
    bad = page.locator("#parts li.bad")
    await expect(bad).to_contain_text("Teleanslutning main")
    await expect(bad).to_contain_text("Pröva anslutningen")
    await expect(page.locator("#figures div").first).to_contain_text("1")
    await expect(page.locator("#noisiest li")).to_contain_text("En teleanslutning fungerar inte")
