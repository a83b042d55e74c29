"""The registrar sees in a real browser whether the archive agrees, and what does not."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from bridge.domain.proof.heads import SignedHead, key_id
from bridge.proof import package
from bridge.proof.signing import SigningKey
from tests.integration import test_console
from tests.unit.api.region import Region

page = test_console.page
pytestmark = test_console.pytestmark
SOON_MS = 20_000


@pytest_asyncio.fixture(loop_scope="session")
async def verifying(region: Region) -> AsyncIterator[None]:
    """The part of the program that verifies when it is asked to."""
    task = asyncio.create_task(region.proof.verification.run())
    yield
    task.cancel()


async def test_the_page_of_the_witness_shows_each_node_when_it_was_heard_and_whether_its_heads_agree(
    page: Page, region: Region, tmp_path: Path
) -> None:
    await page.goto("/archive")
    await page.get_by_role("link", name="Vittne åt andra noder").click()
    await expect(page.locator("#no-nodes")).to_have_text("Ingen annan nod har lämnat något.")
    key = SigningKey(tmp_path / "other.key")
    public = key.renew()
    for sequence, number in ((1, 10), (2, 20), (4, 30)):
        made = SignedHead(sequence, number, "0" * 64, float(number), None, key_id(public))
        line = package.line_of(key.signed(made))
        assert await region.proof.verification.keep_foreign("grannen", line, public.hex()) is None
        await page.reload()
        await expect(page.locator("#nodes li")).to_contain_text(f"läge {sequence}")
        if sequence == 2:
            await expect(page.locator("#nodes .flag")).to_have_text("Stämmer")
    await expect(page.locator("#nodes li")).to_contain_text("grannen")
    await expect(page.locator("#nodes .flag")).to_have_text("Stämmer inte: signerat läge 3 saknas")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    await page.screenshot(path=tmp_path / "witness.png", full_page=True)
    await page.emulate_media(color_scheme="dark")
    await page.goto("/witness?lang=en")
    await expect(page.locator("#nodes .flag")).to_contain_text("Does not agree")
    await page.screenshot(path=tmp_path / "witness-dark-en.png", full_page=True)


@pytest.mark.usefixtures("verifying")
async def test_the_page_names_the_first_thing_that_does_not_agree(page: Page, region: Region) -> None:
    await region.recorded("a.flac")
    await page.goto("/recordings")
    state, button = page.locator("#proof-state"), page.get_by_role("button", name="Granska arkivet")
    await expect(state).to_have_text("Inte granskat sedan programmet startades.")
    box = await button.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    await button.click()
    await expect(state).to_contain_text("Arkivet stämde", timeout=SOON_MS)
    await expect(state).not_to_contain_text("inte")
    region.recording_file("a.flac").unlink()
    await button.press("Enter")
    await expect(state).to_contain_text("saknas: a.flac", timeout=SOON_MS)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
