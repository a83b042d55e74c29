"""A host hands a meeting over from the page. Both are told, and the pages of the former host show it no more."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bridge.api.security import COOKIE
from bridge.domain.access.accounts import LoginBy
from bridge.domain.kernel.principal import AccessRole
from bridge.service.conferences import NewConference
from tests.harness.browser import IN_BROWSER, visitor
from tests.harness.tongues import english_in
from tests.integration.pages_state import directory
from tests.integration.test_console_axe import AXE, violations
from tests.integration.test_console_words import READ
from tests.unit.api.region import Region
from tests.unit.api.serving import served
from tests.unit.service.test_hosts import account

pytestmark = IN_BROWSER
WITHIN_MS = 30_000


class Desk:
    """Two hosts, each at a browser of their own."""

    def __init__(self, region: Region, anna: Page, bo: Page, meeting: str) -> None:
        self.region, self.anna, self.bo, self.meeting = region, anna, bo, meeting


@pytest_asyncio.fixture(loop_scope="session")
async def desk(region: Region, chromium: Browser) -> AsyncIterator[Desk]:
    async with served(region) as port, AsyncExitStack() as stack:
        pages, people = [], [await account(region, name, AccessRole.HOST) for name in ("anna", "bo")]
        for principal in people:
            secret = await region.sessions.begin(
                account=principal.account,
                by=LoginBy.TOTP,
                address="127.0.0.1",
                agent="",
                factor_at_s=region.clock.now_s(),
            )
            context = await stack.enter_async_context(visitor(chromium, port, viewport={"width": 390, "height": 900}))
            await context.add_init_script(path=AXE)
            await context.add_cookies([{"name": COOKIE, "value": secret, "url": f"http://127.0.0.1:{port}"}])
            page = await context.new_page()
            page.set_default_timeout(WITHIN_MS)
            pages.append(page)
        made = await region.parts().service.conferences.open(people[0], NewConference("Lägesmöte"))
        expect.set_options(timeout=WITHIN_MS)
        yield Desk(region, pages[0], pages[1], made.conference.id)


async def hands_over(page: Page, *, stays: bool = False) -> None:
    await page.get_by_role("button", name="Lämna över mötet").first.click()
    await expect(page.locator("#pass-to option")).to_have_text(["Bo (inloggad)"])
    if stays:
        await page.locator("#pass-stays input").check()
    await page.locator("#pass button.main").click()
    await expect(page.locator("#ask-text")).to_contain_text("Lämna Lägesmöte till Bo?")
    await page.get_by_role("button", name="Lämna till Bo").click()


async def test_a_meeting_is_handed_over_and_every_page_of_the_former_host_leaves_it(desk: Desk, tmp_path: Path) -> None:
    wall = await desk.anna.context.new_page()
    await wall.goto(f"/conferences/{desk.meeting}/wall")
    await expect(wall.locator("body:not(.unread)")).to_be_attached()
    await desk.anna.goto(f"/conferences/{desk.meeting}")
    await desk.bo.goto("/")
    await expect(desk.bo.locator("#none")).to_be_visible()
    await desk.anna.get_by_role("button", name="Lämna över mötet").first.click()
    await expect(desk.anna.locator("#pass-to option")).to_have_count(1)
    assert await violations(desk.anna) == []
    assert english_in(" ".join(await desk.anna.evaluate(READ))) == []
    await desk.anna.screenshot(path=tmp_path / "dialog.png")
    await desk.anna.locator("#pass-close").click()
    await hands_over(desk.anna)
    for page in (desk.anna, wall):
        await page.wait_for_url(lambda url: url.endswith("/"))
    await expect(desk.anna.locator("#handed")).to_contain_text("Mötet Lägesmöte leds nu av Bo. Du ser det inte längre.")
    await expect(desk.anna.locator("#conferences")).not_to_contain_text("Lägesmöte")
    await expect(desk.bo.locator("#handed")).to_contain_text("Mötet Lägesmöte är nu ditt. Anna lämnade över det.")
    assert await violations(desk.bo) == []
    await desk.bo.screenshot(path=tmp_path / "told.png")
    await desk.bo.get_by_role("link", name="Till mötet").click()
    await expect(desk.bo.locator("#name")).to_have_text("Lägesmöte")
    await desk.bo.get_by_role("button", name="Uppfattat").click()
    await expect(desk.bo.locator("#handed li")).to_have_count(0)
    await desk.bo.reload()
    await expect(desk.bo.locator("#name")).to_have_text("Lägesmöte")
    await expect(desk.bo.locator("#handed li")).to_have_count(0)


async def test_one_who_stays_as_a_co_host_goes_on_leading_at_the_same_page(desk: Desk) -> None:
    await desk.anna.goto(f"/conferences/{desk.meeting}")
    await hands_over(desk.anna, stays=True)
    await expect(desk.anna.locator("#handed")).to_contain_text("leds nu av Bo. Du är medvärd.")
    await desk.anna.locator("#lock").click()
    await expect(desk.anna.locator("#lock")).to_have_text("Lås upp mötet")


async def test_a_keeper_reads_the_directory_with_two_digits_of_each_number(
    region: Region, chromium: Browser, tmp_path: Path
) -> None:
    await directory(region)
    keeper = await account(region, "kalle", AccessRole.KEEPER)
    secret = await region.sessions.begin(
        account=keeper.account, by=LoginBy.TOTP, address="127.0.0.1", agent="", factor_at_s=region.clock.now_s()
    )
    async with served(region) as port, visitor(chromium, port, viewport={"width": 390, "height": 900}) as context:
        await context.add_cookies([{"name": COOKIE, "value": secret, "url": f"http://127.0.0.1:{port}"}])
        page = await context.new_page()
        for language in ("sv", "en"):
            await page.emulate_media(color_scheme="light" if language == "sv" else "dark")
            await page.goto(f"/directory?lang={language}")
            await expect(page.locator(".functions li", has_text="TiB")).to_contain_text(
                "+•••••••••02", timeout=WITHIN_MS
            )
            await expect(page.locator("#trouble")).to_be_hidden()
            assert "+46846" not in await page.content()
            await page.screenshot(path=tmp_path / f"directory-{language}.png", full_page=True)
