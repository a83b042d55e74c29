"""The registrar sees in a real browser whether the archive agrees, and what does not."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

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
