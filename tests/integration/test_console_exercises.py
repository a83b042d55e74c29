"""A scenario is read, played and stopped from the page of exercises."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, FilePayload, Page, expect

from bridge.domain.kernel.reasons import Reason
from bridge.main import exercising
from bridge.main.exercising import Exercises
from bridge.main.reasons import RunReason
from tests.harness.browser import IN_BROWSER
from tests.harness.tongues import english_in
from tests.integration.test_console_axe import console, violations
from tests.integration.test_console_words import READ
from tests.unit.api.region import Region
from tests.unit.main.test_exercising import WRONG, exercises_of, nothing_is_missing

pytestmark = IN_BROWSER
WITHIN_MS = 30_000


@pytest_asyncio.fixture(loop_scope="session")
async def page(region: Region, chromium: Browser, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Page]:
    """Logged in, at the narrowest width; the player is a stand-in."""
    monkeypatch.setattr(exercising, "PLAYER", "tests.harness.player")
    monkeypatch.setattr(Exercises, "missing", nothing_is_missing)
    region.exercises = exercises_of(region)
    errors: list[str] = []
    async with console(chromium, region, viewport={"width": 390, "height": 900}) as context:
        page = await context.new_page()
        page.set_default_timeout(WITHIN_MS)
        expect.set_options(timeout=WITHIN_MS)
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page
    assert errors == []


async def test_a_text_with_faults_is_told_line_by_line_and_is_not_played(page: Page, tmp_path: Path) -> None:
    await page.goto("/exercises?lang=sv")
    await page.get_by_label("Scenario", exact=True).select_option(label="Egen text eller fil")
    await page.get_by_label("Läs in en fil").set_input_files(
        FilePayload(name="fel.toml", mimeType="text/plain", buffer=WRONG.encode())
    )
    await expect(page.get_by_label("Scenariots text (TOML)")).to_have_value(WRONG)
    await page.get_by_role("button", name="Torrkör").click()
    await expect(page.locator("#play-checked")).to_contain_text("3 fel i scenariot")
    await expect(page.locator("#play-faults b")).to_have_text(["Rad 2", "Rad 7", "Rad 9"])
    assert await violations(page) == []
    await page.locator("#play-checked").scroll_into_view_if_needed()
    await page.screenshot(path=tmp_path / "faults.png", full_page=True)
    await page.get_by_role("button", name="Spela övningen").click()
    await expect(page.locator("#play-faults li")).to_have_count(3)
    await expect(page.locator("#ask")).to_be_hidden()
    await expect(page.locator("#play-none")).to_be_visible()


async def test_a_kept_scenario_is_read_played_and_stopped(page: Page, tmp_path: Path) -> None:
    await page.goto("/exercises?lang=sv")
    await expect(page.locator("#play-about")).to_contain_text("Kraftig vind från väster")
    await page.get_by_role("button", name="Torrkör").click()
    await expect(page.locator("#play-steps")).to_contain_text("konferensen öppnas")
    await page.get_by_role("button", name="Spela övningen").click()
    await expect(page.locator("#ask-text")).to_contain_text("Mötet öppnas märkt ÖVNING")
    await page.locator("#ask-yes").click()
    play = page.locator("#plays > li")
    await expect(play).to_contain_text("spelas")
    await expect(play.locator(".flag")).to_have_text("ÖVNING")
    await expect(play.locator(".log")).to_contain_text("00:01 konferensen öppnas")
    await expect(page.get_by_role("button", name="Spela övningen")).to_be_disabled()
    assert await violations(page) == []
    shown = " ".join(await page.evaluate(READ))
    command = "samband exercise play storm.toml"
    for name in ("English", f"{command} --dry-run", command, "storm", "TOML"):
        shown = shown.replace(name, "")
    assert english_in(shown) == []
    await page.screenshot(path=tmp_path / "playing.png", full_page=True)
    await page.get_by_role("button", name="Stoppa övningen: Övning storm").click()
    await page.locator("#ask-yes").click()
    await expect(play).to_contain_text("stoppad")
    await page.emulate_media(color_scheme="dark")
    await page.goto("/exercises?lang=en")
    await expect(play).to_contain_text("stopped")
    await page.screenshot(path=tmp_path / "dark-en.png", full_page=True)


async def test_where_nothing_can_be_played_the_page_says_why(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    async def missing(_self: Exercises) -> Reason:
        return RunReason.SIMULATORS_SILENT(address="127.0.0.1:18200")

    monkeypatch.setattr(Exercises, "missing", missing)
    await page.goto("/exercises?lang=sv")
    await expect(page.locator("#play-missing")).to_contain_text("körs inte (127.0.0.1:18200 svarar inte)")
    await expect(page.locator("#play")).to_be_hidden()
