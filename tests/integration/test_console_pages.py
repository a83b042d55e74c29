"""The keeper's pages in a real browser: directory, schedule, exercises, radio, log and settings."""

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, FilePayload, Page, expect

from bridge.domain.conference.records import CONFERENCES
from bridge.domain.directory.records import ActivationList, Forum, Function, Organisation, Person
from bridge.domain.kernel.ids import Gssi
from bridge.domain.schedule.records import SCHEDULES
from tests.harness.browser import IN_BROWSER
from tests.harness.tongues import english_in
from tests.harness.wait import until
from tests.integration.pages_state import HOSTILE, SETTINGS, asked, directory, furnish, schedule
from tests.integration.test_console_axe import console
from tests.integration.test_console_words import READ
from tests.unit.api.region import WAIT_S, Region

pytestmark = IN_BROWSER
PAGES = (
    "/directory",
    "/directory/lists",
    "/directory/rota",
    "/directory/coverage",
    "/directory/import",
    "/schedule",
    "/exercises",
    "/radio",
    "/log",
    "/settings",
)
NARROW = 390
ZOOMED = 640
"""Pixels of a window of 1280 at 200 %."""


@pytest_asyncio.fixture(loop_scope="session")
async def page(region: Region, chromium: Browser) -> AsyncIterator[Page]:
    """Logged in, at the narrowest width; any error of a script fails the test."""
    errors: list[str] = []
    async with console(chromium, region, viewport={"width": NARROW, "height": 800}) as context:
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page
    assert errors == []


async def show(page: Page, path: str) -> None:
    await page.goto(path)
    await page.locator("body:not(.unread)").wait_for(state="attached")


async def test_a_function_is_entered_with_its_numbers_in_order_and_a_fault_stands_at_its_field(
    page: Page, region: Region
) -> None:
    await directory(region)
    await show(page, "/directory")
    await page.get_by_role("button", name="Ny funktion: Länsstyrelsen").click()
    editor = page.locator("#editor")
    await editor.get_by_label("Namn").fill("Vakthavande")
    for number in ("555", "08-465 004 09"):
        await editor.get_by_role("button", name="Lägg till nummer").click()
        await editor.get_by_label("Telefonnummer", exact=True).last.fill(number)
    await editor.get_by_role("button", name="Spara").click()
    await expect(editor.locator(".wrong:visible")).to_contain_text("Nummer 1 i ordningen")
    await editor.get_by_label("Telefonnummer", exact=True).first.fill("08-465 004 08")
    await editor.get_by_role("button", name="Flytta upp: 08-465 004 09").click()
    await editor.get_by_role("button", name="Spara").click()
    await expect(page.locator("#done")).to_contain_text("Sparat: Vakthavande")
    [made] = [one for one in await region.directory.list(Function) if one.name == "Vakthavande"]
    assert made.numbers == ("+46846500409", "+46846500408")
    assert made.organisation_id == "lst"


async def test_what_was_removed_comes_back_and_what_is_confirmed_says_by_whom(page: Page, region: Region) -> None:
    await directory(region)
    await show(page, "/directory")
    await page.get_by_role("button", name="Ta bort: Kommunikatör").click()
    await page.get_by_role("button", name="Ja, ta bort").click()
    await expect(page.locator("#done")).to_contain_text("Borttaget: Kommunikatör")
    assert await region.directory.get(Function, "kom") is None
    await page.get_by_role("button", name="Ångra").click()
    await expect(page.locator("#done")).to_contain_text("Återställt")
    assert await region.directory.get(Function, "kom") is not None
    await page.get_by_role("button", name="Bekräfta: Kommunikatör").click()
    await expect(page.locator("li[data-key=kom] .state")).to_contain_text("av operator")
    await page.get_by_role("button", name="Ta bort: TiB").click()
    await page.get_by_role("button", name="Ja, ta bort").click()
    await expect(page.locator("#trouble")).to_contain_text("Det gick inte")
    assert await region.directory.get(Function, "tib") is not None


async def test_a_file_is_shown_before_anything_is_written_and_then_carried_out(page: Page, region: Region) -> None:
    await directory(region)
    await show(page, "/directory/import")
    rows = "organisation;funktion;telefon\nPolisen;Vakthavande;08-465 004 05\nPolisen;Stab;inget nummer\n"
    file: FilePayload = {"name": "katalog.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    await page.set_input_files("#file input[type=file]", files=file)
    await page.get_by_role("button", name="Förhandsvisa").click()
    await expect(page.locator("#plan-told")).to_contain_text("Inget är skrivet")
    await expect(page.locator("#rows")).to_contain_text("Fel:")
    assert [one.name for one in await region.directory.list(Organisation)] == ["Länsstyrelsen", "Räddningstjänsten"]
    await expect(page.locator("#carry-out")).to_be_hidden()
    await page.get_by_label("Hoppa över rader med fel").check()
    await page.locator("#carry-out").click()
    await page.locator("#ask-yes").click()
    await expect(page.locator("#done")).to_contain_text("Verkställt")
    assert "Vakthavande" in {one.name for one in await region.directory.list(Function)}


async def test_a_date_is_cancelled_held_after_all_and_a_meeting_opened_now(page: Page, region: Region) -> None:
    await directory(region)
    await schedule(region)
    await show(page, "/schedule")
    series = page.locator("#series > li", has=page.get_by_text("Veckomöte", exact=True))
    await series.get_by_text("Datum", exact=True).click()
    await series.get_by_role("button", name="Ställ in").first.click()
    await expect(page.locator("#done")).to_contain_text("Inställt: Veckomöte")
    [kept] = [one for one in region.node()[SCHEDULES].values() if one.name == "Veckomöte"]
    assert len(kept.rule.skipped) == 2
    await page.get_by_role("button", name="Ångra").click()
    await expect(page.locator("#done")).to_contain_text("Hålls ändå")
    await series.get_by_text("Inbjudan som den skickas").click()
    await expect(series.locator("pre")).to_contain_text("Gemensam lägesbild")
    await series.get_by_role("button", name="Ändra").click()
    await page.locator("#editor").get_by_label("Mål", exact=True).fill("Alla vet läget")
    await page.locator("#editor").get_by_role("button", name="Spara").click()
    await expect(page.locator("#done")).to_contain_text("Sparat: Veckomöte")
    assert {one.smarr.goal for one in region.node()[SCHEDULES].values()} == {"Alla vet läget", ""}
    await series.get_by_role("button", name="Öppna nu").click()
    await expect(page.locator("#ask-text")).to_contain_text("SKARPT")
    await page.locator("#ask-yes").click()
    await until(lambda: [one.name for one in region.node()[CONFERENCES].values()] == ["Veckomöte"], WAIT_S)


async def test_the_log_is_searched_its_chain_checked_and_no_secret_is_among_the_settings(
    page: Page, region: Region, chromium: Browser
) -> None:
    region.settings = SETTINGS
    async with console(chromium, region, viewport={"width": 1280, "height": 800}) as context:
        page = await context.new_page()
        await directory(region)
        await show(page, "/log")
        await page.get_by_label("Av vem").fill("keeper")
        await page.get_by_label("Vad det gällde").fill("anna")
        await page.get_by_role("button", name="Sök").click()
        await expect(page.locator("#rows > li")).to_have_count(1)
        await expect(page.locator("#rows")).to_contain_text("Sparade en jourhavande")
        await page.get_by_role("button", name="Kontrollera kedjan").click()
        await expect(page.locator("#chain")).to_contain_text("Kedjan stämmer")
        await show(page, "/settings")
        await expect(page.locator("#tables")).to_contain_text("Hemligt, visas inte")
        await page.get_by_label("Bara ändrade").check()
        await expect(page.locator(".settings-list code")).to_have_text(["port", "name", "url"])


async def test_nothing_is_lost_on_a_narrow_screen_when_zoomed_or_in_forced_colours_and_all_is_swedish(
    page: Page, region: Region
) -> None:
    await furnish(region)
    names = (
        "RAPS-1", "RAPS-2", "rakel-1", "rakel-2", "samband", "operator", "keeper", "English", "CSV", "vCard", "Storm",
        "samband exercise play storm.toml --dry-run", "samband exercise play storm.toml", "storm",
    )  # fmt: skip
    for path in PAGES:
        for width in (NARROW, ZOOMED):
            await page.set_viewport_size({"width": width, "height": 800})
            await show(page, path)
            assert await page.evaluate("document.documentElement.scrollWidth") <= width, path
        small = await page.evaluate(
            "[...document.querySelectorAll('main button, main .button, main input:not([type=checkbox]), main select')]"
            ".filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 41)"
            ".map((one) => one.outerHTML)"
        )
        assert small == [], path
        if path not in ("/log", "/settings"):  # data of programs, and descriptions that are English
            english = {text: english_in(text, names) for text in await page.evaluate(READ)}
            assert {text: found for text, found in english.items() if found} == {}, path
    await page.emulate_media(forced_colors="active")
    await show(page, "/directory/coverage")
    await page.locator("#lacks [data-key=lacks_deputy]").click()
    outline = "getComputedStyle(document.querySelector('[aria-pressed=true]')).outlineStyle"
    assert await page.evaluate(outline) == "solid", "pressed is told by more than colour"


async def test_hostile_names_are_shown_as_text_on_every_page(page: Page, region: Region) -> None:
    for at, name in enumerate(HOSTILE):
        key = f"bad-{at}"
        await region.has(
            Organisation(key, name), Function(key, key, name), Person(key, key, name), ActivationList(key, name, (key,))
        )
        await region.talkgroup(3000 + at, name)
        await region.has(Forum(key, name, activation_list_id=key, talkgroup=Gssi(3000 + at), host_function_ids=(key,)))
        await asked(region, "/conferences", {"name": name, "exercise": True})
        await asked(region, "/schedules", {"name": name, "rule": {"first_on": "2027-02-01", "time": "10:00"}})
    turned = "\u202e" + "x" * 300 + "\n\u2066<b>fet</b>"
    await region.terminal("rakel-1")
    await region.text_comes(turned, 1401001)
    for path in PAGES:
        await show(page, path)
        assert await page.evaluate("document.querySelectorAll('main img, main script').length") == 0, path
        assert "hacked" not in await page.title()
        assert await page.evaluate("document.documentElement.scrollWidth") <= NARROW, path
    await show(page, "/radio")
    await expect(page.locator("#messages .text")).to_contain_text("<b>fet</b>")
    assert await page.evaluate("getComputedStyle(document.querySelector('#messages .text')).unicodeBidi") == "isolate"
    await show(page, "/directory")
    for name in HOSTILE:
        await expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    await page.get_by_role("button", name="Ta bort: <img", exact=False).last.click()
    await expect(page.locator("#ask-text")).to_contain_text("<img")
