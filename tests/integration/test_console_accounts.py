"""People log in, in a real browser: by password and code, by a passkey; and out, also from elsewhere."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from bridge.domain.access import totp
from tests.harness.browser import IN_BROWSER, visitor
from tests.unit.api.region import Region
from tests.unit.api.serving import served

pytestmark = IN_BROWSER
PASSWORD = "fyra gula cyklar i regn"
LONG_MS = 30_000


class World:
    """A visitor, and the address of the console by its name: passkeys are made for names."""

    def __init__(self, region: Region, context: BrowserContext, port: int) -> None:
        self.region = region
        self.context = context
        self.address = f"http://localhost:{port}"
        self.secret = b""

    def code(self) -> str:
        self.region.clock.time_s += totp.STEP_S
        return totp.code_of(self.secret, totp.step_at(self.region.clock.time_s))

    def host(self) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {self.region.operator}"}
        return httpx.AsyncClient(base_url=f"{self.address}/api/v1", headers=headers, timeout=30)

    async def invited(self, name: str, *roles: str) -> str:
        async with self.host() as host:
            made = await host.post("/accounts", json={"name": name, "shown": name.title(), "roles": list(roles)})
            return str(made.json()["address"])

    async def accepts(self, page: Page, address: str) -> None:
        await page.goto(address)
        text = (await page.locator("#secret").inner_text()).replace(" ", "")
        self.secret = base64.b32decode(text + "=" * (-len(text) % 8))
        await page.fill("input[name=password]", PASSWORD)
        await page.fill("input[name=again]", PASSWORD)
        await page.fill("input[name=code]", self.code())
        await page.get_by_role("button", name="Spara och visa koder på papper").click()
        await expect(page.locator("#codes li")).to_have_count(10)

    async def logs_in(self, page: Page, name: str) -> None:
        await page.goto("/login")
        await page.fill("input[name=name]", name)
        await page.fill("input[name=password]", PASSWORD)
        await page.get_by_role("button", name="Vidare").click()
        await page.fill("input[name=code]", self.code())
        await page.get_by_role("button", name="Logga in").click()
        await page.wait_for_url(f"{self.address}/")


@pytest_asyncio.fixture(loop_scope="session")
async def world(region: Region, chromium: Browser) -> AsyncIterator[World]:
    async with (
        served(region) as port,
        visitor(chromium, port, host="localhost", viewport={"width": 1280, "height": 900}) as context,
    ):
        yield World(region, context, port)


async def watched(context: BrowserContext, errors: list[str]) -> Page:
    page = await context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    return page


async def test_a_person_accepts_an_invitation_logs_in_by_password_and_code_and_out(
    world: World, tmp_path: Path
) -> None:
    errors: list[str] = []
    page = await watched(world.context, errors)
    await world.accepts(page, await world.invited("anna", "host"))
    await world.logs_in(page, "anna")
    await expect(page.get_by_role("link", name="Mina inställningar")).to_be_visible()
    await expect(page.get_by_role("link", name="Konton")).to_have_count(0)
    await page.get_by_role("button", name="Logga ut").click()
    await page.wait_for_url("**/login")
    await page.goto("/")
    assert page.url.endswith("/login")
    assert errors == []


async def test_a_passkey_is_added_and_opens_the_console_by_itself(world: World) -> None:
    errors: list[str] = []
    context = world.context
    page = await watched(context, errors)
    await world.accepts(page, await world.invited("anna", "host"))
    await world.logs_in(page, "anna")
    device = await context.new_cdp_session(page)
    await device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    added = await device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    await page.goto("/me")
    await page.locator("#add-passkey").click()
    await page.fill("#passkey-form input[name=name]", "Min dator")
    await page.locator("#passkey-form button").click()
    await expect(page.locator("#factors")).to_contain_text("Min dator", timeout=LONG_MS)
    await page.get_by_role("button", name="Logga ut", exact=True).last.scroll_into_view_if_needed()
    await page.locator("header").get_by_role("button", name="Logga ut").click()
    await page.wait_for_url("**/login")
    await device.send(
        "WebAuthn.setUserVerified", {"authenticatorId": added["authenticatorId"], "isUserVerified": False}
    )
    await page.locator("#passkey").click()
    await expect(page.locator("#problem")).to_be_visible(timeout=LONG_MS)
    assert page.url.endswith("/login"), "a device that has not verified its user opens nothing"
    await device.send("WebAuthn.setUserVerified", {"authenticatorId": added["authenticatorId"], "isUserVerified": True})
    await page.locator("#passkey").click()
    await page.wait_for_url(f"{world.address}/", timeout=LONG_MS)
    assert errors == []


async def test_a_session_that_is_ended_from_elsewhere_closes_the_stream_and_the_page(world: World) -> None:
    errors: list[str] = []
    page = await watched(world.context, errors)
    await world.accepts(page, await world.invited("anna", "host"))
    await world.logs_in(page, "anna")
    await expect(page.locator("#line.up")).to_be_visible(timeout=LONG_MS)
    async with world.host() as host:
        assert (await host.post("/sessions/end", json={"account": "anna"})).json() == {"ended": 1}
    await page.wait_for_url("**/login", timeout=LONG_MS)
    assert errors == []


async def test_a_keeper_makes_an_account_on_the_page_and_the_theme_is_remembered(world: World, tmp_path: Path) -> None:
    errors: list[str] = []
    page = await watched(world.context, errors)
    await world.accepts(page, await world.invited("kent", "keeper"))
    await world.logs_in(page, "kent")
    await page.get_by_role("link", name="Konton").click()
    await page.fill("#new input[name=name]", "bo")
    await page.fill("#new input[name=shown]", "Bo")
    await page.locator("#new").get_by_label("Arkivarie").check()
    await page.get_by_role("button", name="Gör kontot och inbjudan").click()
    address = page.locator("#invited input")
    await expect(address).to_be_visible(timeout=LONG_MS)
    assert "/invitation/invite_" in await address.input_value()
    await expect(page.locator("#accounts")).to_contain_text("Arkivarie")
    await page.screenshot(path=tmp_path / "accounts.png", full_page=True)
    await page.goto("/me")
    await page.locator("#look select[name=theme]").select_option("light")
    await page.locator("#look button").click()
    await expect(page.locator("html[data-theme=light]")).to_be_attached(timeout=LONG_MS)
    await expect(page.locator("#sessions li")).to_have_count(1, timeout=LONG_MS)
    await page.screenshot(path=tmp_path / "settings.png", full_page=True)
    assert errors == []
