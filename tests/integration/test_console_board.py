"""The first page, the call-out in steps, its board and the wall, in a real browser."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bridge.domain.callout.records import ACTIVATIONS, TARGETS, AnswerLevel, TargetState
from bridge.domain.conference.records import CONFERENCES
from bridge.domain.directory.records import ActivationList, Function, Organisation
from tests.harness.browser import IN_BROWSER, visitor
from tests.harness.tongues import english_in
from tests.integration.test_console_words import READ
from tests.unit.api.region import WAIT_S, Region
from tests.unit.api.serving import served

pytestmark = IN_BROWSER
TIB, TIB_TOO, RKK, DEPUTY = "+46846500401", "+46846500402", "+46846500403", "+46846500404"
NAMES = ("Region", "Kommun A", "operator", "English")


@pytest_asyncio.fixture(loop_scope="session")
async def page(region: Region, chromium: Browser) -> AsyncIterator[Page]:
    """Logged in; any error of a script, and anything that the content policy stopped, fails the test."""
    errors: list[str] = []
    async with (
        served(region) as port,
        visitor(chromium, port, token=region.operator, viewport={"width": 1366, "height": 768}) as context,
    ):
        context.set_default_timeout(WAIT_S * 1000)
        expect.set_options(timeout=WAIT_S * 1000)
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(line.text) if "Content Security" in line.text else None)
        await page.goto("/")
        yield page
    assert errors == []


async def no_english(page: Page) -> None:
    """But for names: of people, functions and the way to the other language."""
    found = {text.strip(): english_in(text, NAMES) for text in await page.evaluate(READ)}
    assert {text: english for text, english in found.items() if english} == {}


async def a_list(region: Region) -> None:
    """Three functions: one with two numbers and a deputy, one with one, and one with none."""
    await region.has(
        Organisation("lst", "Länsstyrelsen"),
        Organisation("reg", "Region"),
        Organisation("kom", "Kommun A"),
        Function("dep", "lst", "Chef", numbers=(DEPUTY,)),
        Function("tib", "lst", "TiB", numbers=(TIB, TIB_TOO), deputy_ids=("dep",)),
        Function("rkk", "reg", "RKK", numbers=(RKK,)),
        Function("kom", "kom", "TiB", numbers=()),
        ActivationList("alla", "Inriktande nivå", ("tib", "rkk", "kom")),
    )


async def called_in(page: Page, path: str = "/call-in") -> None:
    """By the page of steps, to a new meeting; its board is shown."""
    await page.goto(path)
    await page.get_by_text("Inriktande nivå").click()
    await page.get_by_role("button", name="Granska").click()
    await page.locator("#fire").click()
    await page.wait_for_url("**/activations/*")
    await expect(page.locator("#name")).to_have_text("Inriktande nivå")


async def test_several_lists_are_called_in_at_once_and_each_level_has_its_light_and_its_clock(
    page: Page, region: Region
) -> None:
    await a_list(region)
    await region.has(
        ActivationList("direkt", "Direkt nivå", ("rkk",), level=AnswerLevel.DIRECT),
        ActivationList("alla", "Inriktande nivå", ("tib", "rkk", "kom"), level=AnswerLevel.TWO_HOURS, quorum=1),
    )
    await page.goto("/call-in")
    await page.locator("#choose-list").get_by_text("Inriktande nivå").click()
    await page.get_by_text("Fler listor i samma inkallning").click()
    also = page.locator("#choose-also")
    await expect(also.get_by_role("checkbox", name="Inriktande nivå")).to_be_disabled()
    await also.get_by_role("checkbox", name="Direkt nivå").check()
    await page.get_by_role("button", name="Granska").click()
    await expect(page.locator("#review-figures")).to_contain_text("direkt (1), inom 2 timmar (2)")
    await page.locator("#fire").click()
    await page.wait_for_url("**/activations/*")
    await expect(page.locator("#name")).to_have_text("Inriktande nivå + Direkt nivå")
    levels = page.locator("#levels > li")
    await expect(levels.first).to_contain_text(
        re.compile("^direkt.*Tidsgräns .* kvar.*Inte beslutsför ännu · 0 av minst 1")
    )
    await expect(levels.last).to_contain_text(re.compile("^inom 2 timmar.*0 av minst 1"))
    await expect(page.locator("#quorum")).to_be_hidden()
    await expect(page.locator("#clock-due")).to_be_hidden()
    await no_english(page)
    await region.answers(RKK, "1")
    await expect(levels.first).to_have_class(re.compile("enough"))
    await expect(levels.last).to_have_class(re.compile("short"))
    await expect(page.locator("#outlook")).to_contain_text("inom 2 timmar:")


async def test_an_empty_first_page_says_what_to_do_first_and_the_two_entrances_are_apart(page: Page) -> None:
    await expect(page.locator("#first")).to_be_visible()
    await no_english(page)
    await expect(page.locator("#health")).to_have_text("Allt fungerar")
    live, practice = page.get_by_role("link", name="Kalla in"), page.get_by_role("link", name="Öva")
    boxes = [await one.bounding_box() for one in (live, practice)]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[1]["x"] - boxes[0]["x"] - boxes[0]["width"] >= 32
    assert boxes[0]["width"] > boxes[1]["width"]


async def test_the_first_page_shows_what_goes_on_and_an_exercise_stands_apart(page: Page, region: Region) -> None:
    await a_list(region)
    await called_in(page)
    await region.is_called_in(RKK)
    await page.goto("/call-in/exercise")
    await page.locator("#new input[name=name]").fill("Övningsmöte")
    await page.get_by_role("button", name="Öppna övningsmöte").click()
    await page.wait_for_url("**/conferences/*")
    await expect(page.locator("body.hatched-frame")).to_have_count(1)
    await page.goto("/")
    meeting = page.locator("#conferences > li")
    await expect(meeting).to_have_count(1)
    await expect(meeting).to_contain_text("1 inne · 3 kallade")
    await expect(meeting.locator(".code")).to_have_text(re.compile(r"^\d{4} \d{4}$"))
    await expect(page.locator("#callouts > li")).to_contain_text("Deltar 1 av 3 · saknas 2")
    await expect(page.locator("#exercises > li")).to_contain_text("Övningsmöte")
    await expect(page.locator("#first")).to_be_hidden()
    await page.get_by_role("link", name="Alla konferenser").click()
    await expect(page.locator("#conferences > li")).to_have_count(1)
    await expect(page.locator("#exercises > li")).to_contain_text("Övningsmöte")


async def test_nobody_is_rung_before_the_second_button_which_names_how_many(page: Page, region: Region) -> None:
    await a_list(region)
    await page.goto("/call-in")
    await expect(page.locator("#choose-list label")).to_contain_text("3 funktioner")
    await expect(page.locator("#choose-list label .lacks")).to_contain_text("1 utan nummer")
    await page.get_by_text("Inriktande nivå").click()
    await page.get_by_role("button", name="Granska").click()
    await expect(page.locator("#review-lacks")).to_contain_text("1 kan inte ringas, de saknar nummer: Kommun A TiB")
    await expect(page.locator("#review-figures")).to_contain_text("3")
    assert not region.node()[ACTIVATIONS]
    await no_english(page)
    fire = page.get_by_role("button", name="Kalla in 3 funktioner SKARPT")
    places = [await one.bounding_box() for one in (fire, page.get_by_role("button", name="Granska"))]
    assert places[0] is not None
    assert places[1] is not None
    assert places[0]["y"] - places[1]["y"] - places[1]["height"] > 32
    await page.get_by_text("Sekretess: mötet låses").click()
    await expect(fire).to_be_hidden()
    await page.get_by_role("button", name="Granska").click()
    await fire.dblclick()
    await page.wait_for_url("**/activations/*")
    (activation,) = region.node()[ACTIVATIONS].values()
    assert (activation.exercise, region.node()[CONFERENCES][activation.conference].secrecy.value) == (False, "secret")


async def test_an_exercise_is_practised_by_an_entrance_and_words_of_its_own(page: Page, region: Region) -> None:
    await a_list(region)
    await page.goto("/call-in/exercise")
    await page.get_by_text("Inriktande nivå").click()
    await page.get_by_role("button", name="Granska").click()
    await expect(page.locator("#fire")).to_have_text("Öva med 3 funktioner")
    assert "SKARPT" not in await page.locator("body").inner_text()
    await page.locator("#fire").click()
    await page.wait_for_url("**/activations/*")
    await expect(page.locator(".exercise-band")).to_contain_text("ÖVNING")
    (activation,) = region.node()[ACTIVATIONS].values()
    assert activation.exercise


async def test_the_board_has_those_who_need_somebody_first_and_acts_on_each(page: Page, region: Region) -> None:
    await a_list(region)
    await called_in(page)
    await region.is_called_in(RKK)
    groups = page.locator("#groups .group h2")
    await expect(groups).to_have_text(["Ej nådd (1)", "Rings (1)", "Deltar (1)"])
    await expect(page.locator(".group.joined .targets-of")).to_be_hidden()
    await expect(page.locator("#forecast")).to_contain_text("1 teleanslutning")
    tib = page.locator(".targets-of > li").filter(has_text="Länsstyrelsen")
    await expect(tib).to_contain_text("1/2")
    await region.is_rung(TIB)
    await expect(tib).to_contain_text("ringer hos 08-465 004 01")
    await tib.get_by_role("button", name="Nästa nummer").click()
    await region.is_rung(TIB_TOO)
    await expect(tib).to_contain_text("2/2")
    await expect(tib).to_contain_text("nästa nummer, begärt av operator")
    await tib.get_by_role("button", name="Ersättare").click()
    await expect(page.locator(".targets-of > li").filter(has_text="ersätter TiB")).to_contain_text("Chef")
    await expect(groups).to_have_text(["Ej nådd (1)", "Kan inte (1)", "Rings (1)", "Deltar (1)"])
    nobody = page.locator(".targets-of > li").filter(has_text="Kommun A")
    await nobody.get_by_role("button", name="Markera nådd").click()
    await page.keyboard.type("i Rakel av RKK")
    await page.keyboard.press("Enter")
    await expect(page.locator(".group.reached")).to_contain_text("nådd på annat sätt: i Rakel av RKK (operator)")
    await tib.get_by_role("button", name="Ring nu").click()
    await expect(page.locator(".group.rings")).to_contain_text("Länsstyrelsen")
    states = {one.function_id: one.state for one in region.node()[TARGETS].values()}
    assert states["kom"] is TargetState.REACHED
    await no_english(page)
    await expect(tib.get_by_role("button", name="Ersättare")).to_have_count(0)
    await page.locator("#curve-part summary").click()
    await expect(page.locator("svg.curve desc")).to_have_text("1 av 4 funktioner hade svarat efter 1 minut.")
    await expect(page.locator("#curve-rows tr")).to_have_text(["11"])


async def test_a_second_person_approves_on_the_board(page: Page, region: Region) -> None:
    region.trunk = replace(region.trunk, prefixes=("+",))
    await region.restart()
    await region.has(
        Organisation("lst", "Länsstyrelsen"),
        Function("no", "lst", "Oslo", numbers=("+4721555501",)),
        ActivationList("alla", "Inriktande nivå", ("no",)),
    )
    other = await region.tokens.issue("another")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(region.app()),
        base_url="http://127.0.0.1:8080/api/v1",
        headers={"Authorization": f"Bearer {other}"},
    ) as client:
        made = (await client.post("/activations", json={"list_id": "alla"})).json()
    await page.goto("/")
    await expect(page.locator("#callouts")).to_contain_text("Väntar på godkännande")
    await page.goto(f"/activations/{made['id']}")
    await expect(page.locator("#approval")).to_contain_text("Startad av another")
    await page.get_by_role("button", name="Godkänn").click()
    await expect(page.locator("#approval")).to_be_hidden()
    await region.is_rung("+4721555501")


async def test_the_wall_is_read_only_and_nothing_on_it_is_small(page: Page, region: Region) -> None:
    await a_list(region)
    await called_in(page)
    rkk = await region.is_called_in(RKK)
    (activation,) = region.node()[ACTIVATIONS].values()
    await page.goto(f"/conferences/{activation.conference}/wall")
    await expect(page.locator("#people > li")).to_contain_text("Region RKK")
    await expect(page.locator("#missing > li").first).to_contain_text("Kommun A TiB")
    await region.talks(rkk)
    await expect(page.locator("#people > li.talking")).to_contain_text("Talar")
    assert await page.locator("main").get_by_role("button").count() == 0
    await no_english(page)
    sizes = await page.evaluate(
        "[...document.querySelectorAll('body *')].filter(one => one.checkVisibility() && one.children.length === 0 &&"
        " one.textContent.trim() && !one.matches('.hidden, .skip, script'))"
        ".map(one => [parseFloat(getComputedStyle(one).fontSize), one.textContent])"
    )
    assert [text for size, text in sizes if size < 24] == []


async def test_a_light_of_talk_reads_nothing(page: Page, region: Region) -> None:
    await page.fill("#new input[name=name]", "Lägesmöte")
    await page.click("#new button")
    await page.wait_for_url("**/conferences/*")
    conference = page.url.rsplit("/", 1)[1]
    anna = await region.joins(conference, "Anna")
    row = page.locator(f"#participants li[data-key={anna}]")
    await expect(row).to_be_visible()
    await expect(page.locator("#recording")).to_have_text("Spelas in")
    reads: list[str] = []
    page.on("request", lambda one: reads.append(one.url) if "/api/v1/conferences/" in one.url else None)
    await region.talks(anna)
    await expect(row).to_contain_text("Talar")
    assert reads == []


async def test_what_cannot_be_taken_back_stands_apart_from_every_live_button(page: Page) -> None:
    await page.fill("#new input[name=name]", "Lägesmöte")
    await page.click("#new button")
    await page.wait_for_url("**/conferences/*")
    await expect(page.locator("#line")).to_have_text("Ansluten")
    end = await page.locator("#end").bounding_box()
    assert end is not None
    for button in await page.locator(".bar button:not(#end)").all():
        box = await button.bounding_box()
        if box is not None and box["y"] < end["y"] + end["height"] and end["y"] < box["y"] + box["height"]:
            assert end["x"] - box["x"] - box["width"] >= 32
