"""The host works in a real browser."""

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bridge.ari.reasons import AsteriskReason
from bridge.domain.alarms.commands import AcknowledgeAlarms
from bridge.domain.alarms.kinds import Priority
from bridge.domain.callout.records import ACTIVATIONS, ActivationState
from bridge.domain.conference.commands import LockConference
from bridge.domain.conference.records import CONFERENCES, PARTICIPANTS, ConferenceState, Role
from bridge.domain.directory.records import ActivationList, Function, Organisation
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.kernel.reasons import WELL
from tests.harness.browser import IN_BROWSER, visitor
from tests.harness.principals import somebody
from tests.harness.wait import until
from tests.unit.api.region import WAIT_S, Region
from tests.unit.api.serving import served

pytestmark = IN_BROWSER

SOON_MS = 15_000
"""A beat comes every 5 s."""


@pytest_asyncio.fixture(loop_scope="session")
async def page(region: Region, chromium: Browser) -> AsyncIterator[Page]:
    """Logged in; any error of a script fails the test."""
    errors: list[str] = []
    async with (
        served(region) as port,
        visitor(chromium, port, token=region.operator, viewport={"width": 360, "height": 800}) as context,
    ):
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto("/")
        yield page
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
    await page.locator("#ask").get_by_role("button", name="Nej, fortsätt mötet").click()
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


async def called_out(page: Page, region: Region) -> ConferenceId:
    """A list of three, and a conference on the page."""
    await region.has(
        Organisation("rtj", "Räddningstjänsten"),
        Organisation("kom-a", "Kommun A"),
        Organisation("kom-b", "Kommun B"),
        Function("ib", "rtj", "Inre befäl", numbers=("+46846500401",)),
        Function("tib-a", "kom-a", "TiB", numbers=("+46846500402",)),
        Function("tib-b", "kom-b", "TiB", numbers=()),
        ActivationList("alla", "Inriktande nivå", ("ib", "tib-a", "tib-b")),
    )
    return await opened(page)


async def test_nobody_is_rung_before_the_host_has_said_how_many(page: Page, region: Region) -> None:
    await called_out(page, region)
    await page.locator("#activate button").click()
    assert not region.node()[ACTIVATIONS], "no list is chosen beforehand"
    await page.select_option("#lists", label="Inriktande nivå (3)")
    await page.locator("#activate button").click()
    await expect(page.locator("#ask-text")).to_have_text("Ringa 3 funktioner i Inriktande nivå – SKARPT?")
    await page.get_by_role("button", name="Nej, gör inget").click()
    assert not region.node()[ACTIVATIONS]
    await page.locator("#activate button").click()
    await page.get_by_role("button", name="Ring 3 funktioner").click()
    await until(lambda: region.node()[ACTIVATIONS], WAIT_S)
    await page.get_by_role("button", name="Avbryt inkallningen").click()
    await expect(page.locator("#ask-text")).to_contain_text("2 funktioner är inte klara")
    await page.get_by_role("button", name="Nej, fortsätt ringa").click()
    (activation,) = region.node()[ACTIVATIONS].values()
    assert activation.state is ActivationState.OPEN


async def test_the_board_comes_first_and_tells_who_is_missing_by_organisation(page: Page, region: Region) -> None:
    await called_out(page, region)
    await page.select_option("#lists", label="Inriktande nivå (3)")
    await page.locator("#activate button").click()
    await page.get_by_role("button", name="Ring 3 funktioner").click()
    await region.is_called_in("+46846500401")
    cards = page.locator(".targets li b")
    await expect(cards).to_have_text(["Kommun B", "Kommun A", "Räddningstjänsten"])
    await expect(page.locator(".tally b")).to_have_text("Deltar 1 av 3 · saknas 2")
    board, people = page.locator("#h-activation"), page.locator("#h-participants")
    places = [await one.bounding_box() for one in (board, people)]
    assert places[0]["y"] < places[1]["y"]  # type: ignore[index]


async def test_nothing_moves_under_the_pointer(page: Page, region: Region) -> None:
    await called_out(page, region)
    await page.select_option("#lists", label="Inriktande nivå (3)")
    await page.locator("#activate button").click()
    await page.get_by_role("button", name="Ring 3 funktioner").click()
    cards = page.locator(".targets li b")
    await expect(cards).to_have_text(["Kommun B", "Räddningstjänsten", "Kommun A"])
    await page.locator(".targets li").nth(1).hover()
    await region.is_called_in("+46846500401")
    await expect(page.locator(".targets li").nth(1)).to_contain_text("Deltar")
    await expect(cards).to_have_text(["Kommun B", "Räddningstjänsten", "Kommun A"])


async def test_a_trunk_that_is_known_to_be_dead_is_told_on_every_page(page: Page, region: Region) -> None:
    region.radio.told = {"trunk main": AsteriskReason.TRUNK_UNUSABLE(state="offline"), "trunk other": WELL}
    await region.looks(10.0)
    await page.reload()
    await expect(page.locator("#faults")).to_contain_text("teleanslutning main")
    await opened(page)
    await expect(page.locator("#faults")).to_contain_text("teleanslutning main")
    region.radio.told = {}
    await region.ask(somebody(), AcknowledgeAlarms(priority=Priority.IMPORTANT))
    await region.looks(15.0)
    await expect(page.locator("#faults li")).to_have_count(0, timeout=SOON_MS)
