"""A host leads a whole meeting by the keyboard alone, in a real browser."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from bridge.domain.callout.records import ACTIVATIONS
from bridge.domain.conference.records import CONFERENCES, PARTICIPANTS, MuteOwner
from bridge.domain.directory.records import ActivationList, Forum, Function, Organisation
from bridge.domain.kernel.ids import ConferenceId, ParticipantId
from tests.harness.browser import IN_BROWSER, visitor
from tests.harness.wait import until
from tests.unit.api.region import WAIT_S, Region
from tests.unit.api.serving import served

pytestmark = IN_BROWSER
TIB, RKK, KOM = "+46846500401", "+46846500402", "+46846500403"
BUSY = 17
MOST_TABS = 120


@pytest_asyncio.fixture(loop_scope="session")
async def page(region: Region, chromium: Browser) -> AsyncIterator[Page]:
    """Logged in, without a mouse: a press of one fails the test, and so does any error of a script."""
    errors: list[str] = []
    async with served(region) as port, visitor(chromium, port, viewport={"width": 1366, "height": 768}) as context:
        context.set_default_timeout(WAIT_S * 1000)
        expect.set_options(timeout=WAIT_S * 1000)
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.add_init_script("addEventListener('pointerdown', () => { throw new Error('the mouse was used') })")
        await page.goto("/login")
        await page.keyboard.type(region.operator)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/")
        await expect(page.locator("#line")).to_have_text("Ansluten")
        yield page
    assert errors == []


@pytest_asyncio.fixture(loop_scope="session")
async def host(region: Region) -> AsyncIterator[httpx.AsyncClient]:
    """What others do meanwhile."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(region.app()),
        base_url="http://127.0.0.1:8080/api/v1",
        headers={"Authorization": f"Bearer {region.operator}"},
    ) as client:
        yield client


async def tabs_to(page: Page, wanted: Locator) -> None:
    for _ in range(MOST_TABS):
        if await wanted.evaluate("one => one === document.activeElement"):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"no tab leads to {wanted}")


@dataclass(frozen=True)
class Meeting:
    """What the acts below need."""

    page: Page
    region: Region
    host: httpx.AsyncClient
    conference: ConferenceId
    tib: ParticipantId
    rkk: ParticipantId


async def called_in(page: Page, region: Region) -> tuple[ConferenceId, ParticipantId, ParticipantId]:
    """A list is chosen, reviewed and rung. Two come, and one is busy."""
    await page.keyboard.press("g")
    await page.keyboard.press("i")
    await page.wait_for_url("**/call-in")
    await expect(page.locator("#choose-list label")).to_have_count(1)
    await tabs_to(page, page.locator("#choose-list input"))
    await page.keyboard.press("Space")
    await tabs_to(page, page.locator("#look"))
    await page.keyboard.press("Enter")
    await expect(page.locator("#h-review")).to_be_focused()
    await tabs_to(page, page.get_by_role("button", name="Kalla in 3 funktioner SKARPT"))
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/activations/*")
    tib, rkk = await region.is_called_in(TIB), await region.is_called_in(RKK)
    await region.call_ends(await region.is_rung(KOM), BUSY)
    (activation,) = region.node()[ACTIVATIONS].values()
    return activation.conference, tib, rkk


async def rings_the_missing(page: Page, region: Region) -> None:
    """On the board, the one who waits for the next try is rung now. Then the meeting is opened."""
    row = page.locator(".targets-of > li").filter(has_text="Kommun A")
    await expect(row).to_contain_text("upptaget")
    for _ in range(MOST_TABS):
        if await row.evaluate("one => one === document.activeElement"):
            break
        await page.keyboard.press("ArrowDown")
    await page.keyboard.press("i")
    await region.call_ends(await region.is_rung(KOM), BUSY)
    await tabs_to(page, page.locator("#meeting"))
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/conferences/*")
    await expect(page.locator("#participants > li")).to_have_count(3)
    await expect(page.locator("#count")).to_have_text("2 inne · 1 saknas")


async def lets_in(at: Meeting) -> None:
    await at.host.patch(f"/conferences/{at.conference}/door", json={"waiting_room": True})
    doris = await at.region.waits(at.conference, "Doris")
    await expect(at.page.locator("#waiting-line > li")).to_have_count(1)
    await at.page.keyboard.press("ArrowDown")
    await at.page.keyboard.press("Enter")
    await expect(at.page.locator("#waiting")).to_be_hidden()
    await at.region.is_in(doris)


async def gives_the_floor(at: Meeting) -> None:
    page = at.page
    await page.keyboard.press("l")
    await expect(page.locator("#modes [data-mode=queue]")).to_have_attribute("aria-pressed", "true")
    for one in (at.tib, at.rkk):
        await at.host.post(f"/conferences/{at.conference}/floor/request", json={"participant": one})
    await expect(page.locator("#holder")).to_have_text("Har ordet: Länsstyrelsen TiB")
    await expect(page.locator("#queue > li")).to_have_count(1)
    await page.keyboard.press("n")
    await expect(page.locator("#holder")).to_have_text("Har ordet: Region RKK")
    await expect(page.locator("#floor-clock")).to_be_visible()
    await page.keyboard.press("t")
    await expect(page.locator("#floor-time")).to_be_hidden()
    await page.keyboard.press("o")
    await expect(page.locator("#modes [data-mode=open]")).to_have_attribute("aria-pressed", "true")


async def mutes_all_and_undoes_it(at: Meeting) -> None:
    def silenced() -> int:
        return sum(MuteOwner.ALL in one.muted_by for one in at.region.node()[PARTICIPANTS].values())

    await at.page.keyboard.press("Shift+M")
    await expect(at.page.get_by_role("button", name=re.compile("^Ångra"))).to_be_visible()
    await until(lambda: silenced() == 3, WAIT_S)
    await at.page.keyboard.press("z")
    await until(lambda: silenced() == 0, WAIT_S)
    await expect(at.page.locator("#undo")).to_be_hidden()


async def calls_the_roll(at: Meeting) -> None:
    page = at.page
    await page.keyboard.press("u")
    await expect(page.locator("#roll-state")).to_contain_text("Inne 2 av 3 · saknas 1")
    await page.keyboard.press("u")
    await expect(page.locator("#roll > li").filter(has_text="Kommun A")).to_be_focused()
    state, end = page.locator("#roll-state b"), page.locator("#roll-call-end")
    for _ in range(MOST_TABS):
        is_there = await end.evaluate("one => one === document.activeElement")
        await page.keyboard.press("Enter" if is_there else "Tab")
        if is_there or "Avslutat" in await state.inner_text():  # by itself, where the machine is slow
            break
    await expect(state).to_contain_text("Avslutat")


async def decides(at: Meeting) -> None:
    await at.page.keyboard.press("b")
    await expect(at.page.locator("#decisions .state")).to_have_text("Beslut sägs nu")
    await at.page.keyboard.press("b")
    await expect(at.page.locator("#decisions .state")).not_to_have_text("Beslut sägs nu")


async def stops_and_starts_the_recording(at: Meeting) -> None:
    def wanted() -> bool:
        return at.region.node()[CONFERENCES][at.conference].recording.wanted

    assert wanted()
    await at.page.keyboard.press("r")
    await expect(at.page.locator("#ask-text")).to_contain_text("Stoppa inspelningen?")
    await at.page.keyboard.press("Control+Enter")
    await until(lambda: not wanted(), WAIT_S)
    await expect(at.page.locator("#record")).to_have_text("Starta inspelning")
    await at.page.keyboard.press("r")
    await until(wanted, WAIT_S)


async def test_a_whole_meeting_is_led_by_the_keyboard_alone(
    page: Page, region: Region, host: httpx.AsyncClient
) -> None:
    await region.has(
        Organisation("lst", "Länsstyrelsen"),
        Organisation("reg", "Region"),
        Organisation("kom", "Kommun A"),
        Function("tib", "lst", "TiB", numbers=(TIB,)),
        Function("rkk", "reg", "RKK", numbers=(RKK,)),
        Function("ib", "kom", "IB", numbers=(KOM,)),
        ActivationList("alla", "Inriktande nivå", ("tib", "rkk", "ib")),
        Forum("inriktande", "Inriktande", activation_list_id="alla", quorum=2),
    )
    at = Meeting(page, region, host, *await called_in(page, region))
    await rings_the_missing(page, region)
    await lets_in(at)
    await gives_the_floor(at)
    await mutes_all_and_undoes_it(at)
    await calls_the_roll(at)
    await decides(at)
    await stops_and_starts_the_recording(at)
    await page.keyboard.press("d")
    await expect(page.locator("#locked")).to_be_visible()

    # The end has no key of its own.
    await tabs_to(page, page.locator("#end"))
    await page.keyboard.press("Enter")
    await expect(page.locator("#ask-no")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("#state")).to_have_text("Avslutad")


async def test_keys_are_shown_are_off_in_fields_and_can_be_switched_off(page: Page, region: Region) -> None:
    keys = page.keyboard
    await tabs_to(page, page.locator("#new input[name=name]"))
    await keys.type("gi?")
    await keys.press("Enter")
    await page.wait_for_url("**/conferences/*")
    await expect(page.locator("#name")).to_have_text("gi?")
    conference = next(iter(region.node()[CONFERENCES]))
    await expect(page.locator("#line")).to_have_text("Ansluten")
    await keys.press("?")
    shown = page.locator("dialog.keys")
    await expect(shown).to_contain_text("stäng av allas mikrofoner")
    await keys.press("d")
    await tabs_to(page, shown.get_by_role("checkbox"))
    await keys.press("Space")
    await keys.press("Escape")
    await expect(shown).to_have_count(0)
    await keys.press("d")
    await page.reload()
    await expect(page.locator("#line")).to_have_text("Ansluten")
    await keys.press("d")
    await tabs_to(page, page.get_by_role("button", name="Tangenter (?)"))
    await keys.press("Enter")
    await tabs_to(page, shown.get_by_role("checkbox"))
    await keys.press("Space")
    await keys.press("Escape")
    assert not region.node()[CONFERENCES][conference].locked, "no key was heard while they were off"
    await keys.press("d")
    await expect(page.locator("#locked")).to_be_visible()
