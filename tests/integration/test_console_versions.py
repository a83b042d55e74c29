"""The directory shows who changed what, and undoes it. The board tells how many will have answered."""

import re
from pathlib import Path

from playwright.async_api import Browser, expect

from bridge.domain.directory.records import Function
from tests.harness.browser import IN_BROWSER
from tests.integration.pages_state import asked, directory
from tests.integration.test_console_axe import TAGS, console, violations
from tests.unit.api.region import Region

pytestmark = IN_BROWSER
WITHIN_MS = 30_000


async def test_a_change_of_a_function_is_shown_and_undone_in_the_directory(
    chromium: Browser, region: Region, tmp_path: Path
) -> None:
    await directory(region)
    before = await region.directory.get(Function, "tib")
    async with console(chromium, region) as context:
        page = await context.new_page()
        page.set_default_timeout(WITHIN_MS)
        expect.set_options(timeout=WITHIN_MS)
        changed = await context.request.patch(
            "/api/v1/functions/tib", data={"numbers": []}, headers={"Sec-Fetch-Site": "same-origin"}
        )
        assert changed.ok, await changed.text()
        await page.goto("/directory?lang=sv")
        await page.get_by_role("button", name="Ändringar: TiB").click()
        newest = page.locator("#versions-rows > li").first
        await expect(newest).to_contain_text("telefon: +46846500402 → –")
        await expect(newest).to_contain_text("av operator")
        assert await violations(page, *()) == [], TAGS
        await page.screenshot(path=tmp_path / "versions.png")
        await newest.get_by_role("button", name=re.compile("^Ångra")).click()
        await page.locator("#ask-yes").click()
        await expect(page.locator("#versions")).to_be_hidden()
        await expect(page.locator(".functions li", has_text="TiB")).to_contain_text("+46846500402")
    assert await region.directory.get(Function, "tib") == before


async def test_the_board_tells_how_many_will_have_answered_and_of_the_quorum(
    chromium: Browser, region: Region, tmp_path: Path
) -> None:
    await directory(region)
    async with console(chromium, region) as context:
        made = await asked(region, "/activations", {"list_id": "alla"})
        page = await context.new_page()
        page.set_default_timeout(WITHIN_MS)
        expect.set_options(timeout=WITHIN_MS)
        await page.goto(f"/activations/{made['id']}?lang=sv")
        await expect(page.locator("#outlook")).to_contain_text("Prognos: 0 av 2 har svarat")
        await expect(page.locator("#outlook")).to_contain_text("för få samtal än för en prognos om beslutsförhet")
        await page.screenshot(path=tmp_path / "board.png")
