"""The host leads the whole meeting in a real browser: door, people, roll call, decisions, side rooms, time."""

import re
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bridge.domain.conference.records import PARTICIPANTS, Role, SeatState
from bridge.domain.directory.records import ActivationList, Forum, Function, Organisation
from bridge.domain.kernel.ids import ParticipantId
from bridge.domain.telephony.events import LegEnded
from tests.harness.browser import IN_BROWSER, visitor
from tests.harness.tongues import english_in
from tests.harness.wait import until
from tests.integration.test_console_words import READ
from tests.unit.api.region import WAIT_S, Region
from tests.unit.api.serving import served

pytestmark = IN_BROWSER

TIB, RKK, MSB = "+46846500401", "+46846500402", "+46846500403"
ANNA, BO, CILLA = "Anna", "Bo", "Cilla"
NAMES = (
    "Anna",
    "Bo",
    "Cilla",
    "Länsstyrelsen",
    "Region",
    "Kommun A",
    "Media",
    "Stäng bron",
    "operator",
    "Lägesmöte",
    "English",
    "main",
)


@pytest_asyncio.fixture(loop_scope="session")
async def page(region: Region, chromium: Browser) -> AsyncIterator[Page]:
    """Logged in; any error of a script, and anything that the content policy stopped, fails the test."""
    errors: list[str] = []
    async with (
        served(region) as port,
        visitor(chromium, port, token=region.operator, viewport={"width": 1400, "height": 900}) as context,
    ):
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(line.text) if "Content Security" in line.text else None)
        await page.goto("/")
        yield page
    assert errors == []


@pytest_asyncio.fixture(loop_scope="session")
async def host(region: Region) -> AsyncIterator[httpx.AsyncClient]:
    """Another client of the operator's, who works at the same meeting."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(region.app()),
        base_url="http://127.0.0.1:8080/api/v1",
        headers={"Authorization": f"Bearer {region.operator}"},
    ) as client:
        yield client


async def meeting(page: Page, host: httpx.AsyncClient, **more: object) -> str:
    """A new meeting, on the page."""
    answer = await host.post("/conferences", json={"name": "Lägesmöte", "language": "sv", **more})
    assert answer.status_code == 201, answer.text
    conference = str(answer.json()["id"])
    await page.goto(f"/conferences/{conference}")
    await expect(page.locator("#name")).to_have_text("Lägesmöte")
    return conference


async def a_forum(region: Region) -> None:
    """Three functions of three organisations are expected, and two are enough."""
    await region.has(
        Organisation("lst", "Länsstyrelsen"),
        Organisation("reg", "Region"),
        Organisation("kom", "Kommun A"),
        Function("tib", "lst", "TiB", numbers=(TIB,)),
        Function("rkk", "reg", "RKK", numbers=(RKK,)),
        Function("msb", "kom", "IB", numbers=()),
        ActivationList("list", "Inriktande nivå", ("tib", "rkk", "msb")),
        Forum("inriktande", "Inriktande", activation_list_id="list", quorum=2),
    )


async def called_in(region: Region, host: httpx.AsyncClient, conference: str, **functions: str) -> list[ParticipantId]:
    """Functions by their numbers are rung, and come."""
    came = []
    for function, number in functions.items():
        await host.post(f"/conferences/{conference}/participants", json={"function_id": function})
        came.append(await region.is_called_in(number))
    return came


def row(page: Page, person: str) -> Any:
    return page.locator(f"#participants > li[data-key={person}]")


async def focused(page: Page) -> str:
    """The name of the control that has the focus."""
    return str(await page.evaluate("document.activeElement.ariaLabel ?? document.activeElement.textContent.trim()"))


async def no_english(page: Page) -> None:
    found = {text.strip(): english_in(text, NAMES) for text in await page.evaluate(READ)}
    assert {text: english for text, english in found.items() if english} == {}


async def test_those_who_wait_stand_first_and_are_let_in_one_by_one_or_all(
    page: Page, region: Region, host: httpx.AsyncClient
) -> None:
    conference = await meeting(page, host, waiting_room=True)
    await expect(page.locator("#waiting")).to_be_hidden()
    line = []
    for name in (ANNA, BO, CILLA):
        region.clock.time_s += 1
        line.append(await region.waits(conference, name))
    cards = page.locator("#waiting-line li")
    await expect(cards.locator("b")).to_have_text([ANNA, BO, CILLA])
    await expect(page.locator("#waiting-told")).to_have_text("3 personer väntar i väntrummet")
    await expect(page.locator("#participants > li")).to_have_count(0)
    assert await page.locator("main section.card").first.get_attribute("id") == "waiting"
    await no_english(page)
    await cards.nth(1).get_by_role("button", name="Släpp in").focus()
    await page.keyboard.press("Enter")
    await expect(cards).to_have_count(2)
    await expect(row(page, line[1])).to_have_count(1)
    assert await focused(page) == "Släpp in: Cilla", "the focus goes to the next in the line"
    await page.get_by_role("button", name="Släpp in alla (2)").click()
    await expect(page.locator("#waiting")).to_be_hidden()
    await expect(page.locator("#waiting-told")).to_have_text("")
    await until(lambda: region.node()[PARTICIPANTS][line[2]].state is SeatState.PRESENT, WAIT_S)
    assert await page.evaluate("document.activeElement !== document.body"), "the focus has a place"


async def test_one_who_waits_is_turned_away_after_a_question(
    page: Page, region: Region, host: httpx.AsyncClient
) -> None:
    conference = await meeting(page, host, waiting_room=True)
    anna = await region.waits(conference, ANNA)
    await page.get_by_role("button", name="Avvisa").click()
    await expect(page.locator("#ask-text")).to_have_text("Avvisa Anna? Samtalet läggs på.")
    await page.locator("#ask-no").click()
    assert region.node()[PARTICIPANTS][anna].state is SeatState.WAITING
    await page.get_by_role("button", name="Avvisa").click()
    await page.locator("#ask-yes").click()
    await expect(page.locator("#waiting")).to_be_hidden()


async def test_muting_all_is_undone_for_exactly_those_who_were_open(
    page: Page, region: Region, host: httpx.AsyncClient
) -> None:
    conference = await meeting(page, host)
    await region.joins(conference, ANNA, Role.HOST)
    bo, cilla = [await region.joins(conference, name) for name in (BO, CILLA)]
    await row(page, bo).get_by_role("button", name="Stäng av mikrofon").click()
    await expect(row(page, bo)).to_contain_text("Mikrofon av")
    undo = page.get_by_role("button", name=re.compile("^Ångra"))
    await expect(undo).to_be_hidden()
    await page.get_by_role("button", name="Stäng av allas mikrofoner").click()
    await expect(row(page, cilla)).to_contain_text("Mikrofon av")
    await expect(undo).to_have_text(re.compile(r"^Ångra \(\d+ s\)$"))
    await expect(page.locator("#mute-undo")).to_have_text(re.compile(r"^Slå på allas mikrofoner \([12]\)$"))
    await undo.click()
    await expect(row(page, cilla)).not_to_contain_text("Mikrofon av")
    await expect(row(page, bo)).to_contain_text("Mikrofon av")
    await expect(undo).to_be_hidden()


async def test_a_role_is_given_in_the_opened_row_and_a_name_is_shown_once(
    page: Page, region: Region, host: httpx.AsyncClient
) -> None:
    await a_forum(region)
    conference = await meeting(page, host)
    (tib,) = await called_in(region, host, conference, tib=TIB)
    person = row(page, tib)
    await expect(person.locator("b")).to_have_text("Länsstyrelsen")
    await expect(person.locator(".beside")).to_have_text("TiB")
    await expect(person.locator("small")).to_have_text("")
    await expect(page.locator(".board h3")).to_have_text("Länsstyrelsen TiB · klar")
    await expect(page.locator(".board .targets"), "who has come is no longer missing").to_be_hidden()
    for name in ("Gör till värd", "Ta bort ur mötet"):
        await expect(person.get_by_role("button", name=name)).to_be_hidden()
    await person.get_by_role("button", name="Mer").click()
    await person.get_by_role("button", name="Gör till värd").click()
    await expect(person.locator(".flag.host")).to_have_text("Värd")
    await expect(person.get_by_role("button", name="Gör till värd")).to_be_hidden()
    await no_english(page)
    for told, role in (("Gör till medvärd", Role.COHOST), ("Gör till lyssnare", Role.LISTENER)):
        await person.get_by_role("button", name=told).click()
        await expect(person.get_by_role("button", name=told)).to_be_hidden()
        assert region.node()[PARTICIPANTS][tib].role is role
    await expect(person.locator(".flag.host")).to_have_text("Lyssnare")
    await person.get_by_role("button", name="Ta bort ur mötet").click()
    await expect(page.locator("#ask-text")).to_have_text("Ta bort Länsstyrelsen TiB ur mötet?")
    await page.locator("#ask-yes").click()
    await expect(person).to_have_count(0)


async def test_forty_people_stand_by_organisation_in_columns_and_are_found(
    page: Page, region: Region, host: httpx.AsyncClient
) -> None:
    await a_forum(region)
    conference = await meeting(page, host)
    people = [await region.joins(conference, f"+467017406{number:02}") for number in range(12)]
    await expect(page.locator("#participants > li")).to_have_count(12)
    columns = "getComputedStyle(document.querySelector('#participants')).gridTemplateColumns.split(' ').length"
    assert await page.evaluate(columns) == 1
    rkk, tib = await called_in(region, host, conference, rkk=RKK, tib=TIB)
    await expect(page.locator("#participants > li")).to_have_count(14)
    order = [await page.locator("#participants > li").nth(place).get_attribute("data-key") for place in range(14)]
    assert order == [tib, rkk, *people], "known organisations first, then numbers"
    assert await page.evaluate(columns) >= 2
    for sought, found in (("läns", [tib]), ("RKK", [rkk]), ("0701 740 603", [people[3]]), ("nobody", [])):
        await page.fill("#find", sought)
        shown = page.locator("#participants > li:visible")
        await expect(shown).to_have_count(len(found))
        await expect(page.locator("#found")).to_have_text(f"Visar {len(found)} av 14")
        assert [await one.get_attribute("data-key") for one in await shown.all()] == found
    await page.fill("#find", "")
    await expect(page.locator("#participants > li:visible")).to_have_count(14)
    for width in (1400, 360):
        await page.set_viewport_size({"width": width, "height": 844})
        assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def test_the_place_in_the_queue_stands_on_the_row_and_the_focus_stays_near(
    page: Page, region: Region, host: httpx.AsyncClient
) -> None:
    conference = await meeting(page, host, floor_mode="queue")
    await region.joins(conference, ANNA, Role.HOST)
    bo, cilla, third = [await region.joins(conference, name) for name in (BO, CILLA, "Doris")]
    for one in (bo, cilla, third):
        await host.post(f"/conferences/{conference}/floor/request", json={"participant": one})
    await expect(page.locator("#holder")).to_have_text("Har ordet: Bo")
    await expect(row(page, third).locator(".flag.place")).to_have_text("2 på talarlistan")
    await row(page, cilla).get_by_role("button", name="Ge ordet").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#holder")).to_have_text("Har ordet: Cilla")
    await expect(row(page, third).locator(".flag.place")).to_have_text("1 på talarlistan")
    assert await focused(page) == "Mer: Cilla", "what is left of the row"


async def test_the_focus_goes_to_the_next_row_when_somebody_hangs_up(
    page: Page, region: Region, host: httpx.AsyncClient
) -> None:
    conference = await meeting(page, host)
    anna, bo = [await region.joins(conference, name) for name in (ANNA, BO)]
    await expect(page.locator("#participants > li")).to_have_count(2)
    await row(page, anna).get_by_role("button", name="Stäng av mikrofon").focus()
    channel = region.line_of(anna)
    assert channel is not None
    await region.happened(LegEnded(region.clock.now_s(), channel, 16))
    await expect(row(page, anna)).to_have_count(0)
    assert await focused(page) == "Stäng av mikrofon: Bo"
    assert await row(page, bo).evaluate("one => one.contains(document.activeElement)")


async def test_a_roll_call_shows_the_missing_first_is_ticked_and_ends(
    page: Page, region: Region, host: httpx.AsyncClient
) -> None:
    await a_forum(region)
    await meeting(page, host, forum="inriktande")
    await page.get_by_role("button", name="Börja upprop").click()
    roll = page.locator("#roll > li")
    await expect(roll.locator("b")).to_have_text(["Länsstyrelsen", "Region", "Kommun A"])
    await expect(page.locator("#roll-state")).to_contain_text("Inne 0 av 3 · saknas 3")
    await expect(page.locator("#roll-state")).to_contain_text("Inte beslutsför (minst 2)")
    await no_english(page)
    await roll.filter(has_text="Länsstyrelsen").get_by_role("button", name="Pricka av").click()
    await roll.filter(has_text="Kommun A").get_by_role("button", name="Pricka av").click()
    await expect(page.locator("#roll-state")).to_contain_text("Inne 2 av 3 · saknas 1")
    await expect(page.locator("#roll-state .flag")).to_have_text("Beslutsför (minst 2)")
    await roll.filter(has_text="Region").get_by_role("button", name="Saknas – ring").click()
    await expect(roll.filter(has_text="Region")).to_contain_text("Saknas")
    await page.get_by_role("button", name="Avsluta uppropet").click()
    await expect(page.locator("#roll-state b")).to_have_text(re.compile(r"^Avslutat \d\d:\d\d$"))
    await expect(roll.get_by_role("button")).to_have_count(0)
    assert await roll.locator("b").all_text_contents() == ["Region", "Länsstyrelsen", "Kommun A"]
    await expect(page.get_by_role("button", name="Börja upprop")).to_be_visible()


async def test_a_roll_call_without_a_forum_is_refused_in_words(
    page: Page, region: Region, host: httpx.AsyncClient
) -> None:
    await meeting(page, host)
    await page.get_by_role("button", name="Börja upprop").click()
    await expect(page.locator("#problem")).to_contain_text("ingen väntas i konferensen", ignore_case=True)
    await no_english(page)


async def test_a_decision_is_begun_ended_answered_read_back_and_taken_back(
    page: Page, region: Region, host: httpx.AsyncClient
) -> None:
    await a_forum(region)
    conference = await meeting(page, host)
    await region.joins(conference, ANNA, Role.HOST)
    await called_in(region, host, conference, tib=TIB, rkk=RKK)
    await page.fill("#decide input[name=title]", "Stäng bron")
    await page.get_by_role("button", name="Börja beslut").click()
    decision = page.locator("#decisions > li")
    await expect(decision.locator("b").first).to_have_text("Beslut 1: Stäng bron")
    await expect(decision.locator(".state")).to_have_text("Beslut sägs nu")
    await expect(page.locator("#decide")).to_be_hidden()
    await no_english(page)
    await decision.get_by_role("button", name="Beslutet är sagt").click()
    await expect(decision.locator(".tally")).to_have_text("Väntas 2")
    await decision.locator("summary").click()
    answer = decision.locator(".answers > li")
    await answer.filter(has_text="Länsstyrelsen").get_by_role("button", name="Kvittera").click()
    await answer.filter(has_text="Region").get_by_role("button", name="Reservera").click()
    await expect(decision.locator(".tally")).to_have_text("Reserverar sig 1 · Kvitterat 1")
    await no_english(page)
    async with page.expect_response("**/read-back") as answered:
        await decision.get_by_role("button", name="Läs upp igen").click()
    assert (await answered.value).ok
    await decision.get_by_role("button", name="Ta tillbaka beslutet").click()
    await expect(page.locator("#ask-text")).to_contain_text("Beslut 1: Stäng bron")
    await page.locator("#ask-yes").click()
    await expect(decision.locator(".state")).to_have_text("Tillbakataget")
    await expect(page.get_by_role("button", name="Börja beslut")).to_be_visible()


async def test_the_host_goes_off_the_record_and_sees_for_how_long(
    page: Page, region: Region, host: httpx.AsyncClient
) -> None:
    region.clock.time_s = time.time()
    conference = await meeting(page, host, recorded=True)
    await region.joins(conference, ANNA, Role.HOST)
    await expect(page.locator("#recording")).to_have_text("Spelas in")
    await page.get_by_role("button", name="Utanför protokollet").click()
    toggle = page.locator("#off-record")
    await expect(toggle).to_have_attribute("aria-pressed", "true")
    await expect(page.locator("#off-record-time")).to_have_text(re.compile(r"^\d:\d\d$"))
    await no_english(page)
    await expect(page.locator("#recording")).to_have_text("Utanför protokollet")
    await toggle.click()
    await expect(toggle).to_have_attribute("aria-pressed", "false")
    await expect(page.locator("#off-record-time")).to_be_hidden()


async def test_some_are_sent_to_a_side_room_and_called_back(
    page: Page, region: Region, host: httpx.AsyncClient
) -> None:
    conference = await meeting(page, host)
    await region.joins(conference, ANNA, Role.HOST)
    bo, cilla = [await region.joins(conference, name) for name in (BO, CILLA)]
    await page.fill("#room input[name=name]", "Media")
    await page.get_by_role("button", name="Öppna sidorum").click()
    room = page.locator("#rooms > li")
    await expect(room).to_contain_text("Media")
    await expect(room).to_contain_text("#7 1")
    await no_english(page)
    await room.locator("summary").click()
    await room.get_by_label("Bo").check()
    await room.get_by_role("button", name="Flytta de valda").click()
    await expect(row(page, bo).locator(".flag.room")).to_have_text("I Media")
    await expect(room.locator(".inside")).to_have_text("Bo")
    await row(page, cilla).get_by_role("button", name="Mer").click()
    await row(page, cilla).get_by_role("button", name="Till Media").click()
    await expect(row(page, cilla).locator(".flag.room")).to_have_text("I Media")
    await row(page, cilla).get_by_role("button", name="Till mötet").click()
    await expect(row(page, cilla).locator(".flag.room")).to_be_hidden()
    await page.get_by_role("button", name="Kalla tillbaka alla").click()
    await expect(room).to_contain_text("kallas tillbaka")
    await room.get_by_role("button", name="Stäng rummet").click()
    await expect(room).to_have_count(0)
    await expect(row(page, bo).locator(".flag.room")).to_be_hidden()


async def test_the_meeting_has_a_clock_and_its_end_is_told_and_moved(
    page: Page, region: Region, host: httpx.AsyncClient
) -> None:
    region.clock.time_s = time.time()
    conference = await meeting(page, host)
    await expect(page.locator("#going")).to_be_hidden()
    await expect(page.locator("#extend")).to_be_hidden()
    await region.joins(conference, ANNA, Role.HOST)
    await expect(page.locator("#going")).to_have_text(re.compile(r"^Mötet har pågått \d:\d\d$"))
    ends_at = datetime.fromtimestamp(time.time() + 8.5 * 60, UTC).isoformat()
    await host.put(f"/conferences/{conference}/end-time", json={"ends_at": ends_at})
    await expect(page.locator("#planned")).to_have_text(re.compile(r"^Planerat slut \d\d:\d\d: [89] min kvar$"))
    await expect(page.locator("#end-told")).to_have_text(re.compile(r": 10 min kvar$"))
    await no_english(page)
    await page.get_by_role("button", name="Förläng 30 min").click()
    await expect(page.locator("#planned")).to_have_text(re.compile(r"^Planerat slut \d\d:\d\d$"))
    await expect(page.locator("#end-told")).to_have_text("")
