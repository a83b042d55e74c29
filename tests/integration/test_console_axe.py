"""Everybody can use every page: no violation of WCAG 2.2 AA in any state, language or theme (axe-core).

A page is added by its states: one line of `STATES` each.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import axe_playwright_python
import pytest
from playwright.async_api import Browser, BrowserContext, FilePayload, Page, ViewportSize

from bridge.api.console.entering import BEGUN
from bridge.ari.reasons import AsteriskReason
from bridge.domain.kernel.ids import Gssi, PatchId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import WELL
from bridge.domain.radio.events import SpeechBegan
from bridge.domain.radio.records import PatchState
from tests.harness.browser import IN_BROWSER, visitor
from tests.integration.pages_state import asked, furnish
from tests.integration.test_console_archive import MEETING, held
from tests.unit.api.region import Region, a_region
from tests.unit.api.serving import served

pytestmark = IN_BROWSER
AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async (rules) => {
  const found = await axe.run(document, { resultTypes: ["violations"], runOnly: rules });
  const told = (node) => `${node.target.join(" ")}: ${node.any.concat(node.all)[0]?.message ?? ""}`;
  return found.violations.map((one) => [one.id, one.nodes.map(told)]);
}"""
TARGET_PX: Final = 44
PRESSED = "button, .button, input:not([type=checkbox], [type=radio]), select, summary"
SMALL = """([what, least]) => [...document.querySelectorAll(what)]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest("[inert]"))
  .map((one) => [one, one.getBoundingClientRect()])
  .filter(([one, box]) => box.width > 1 && box.height > 1 && box.height < least - 0.5)
  .map(([one, box]) => `${one.tagName} ${one.id || one.className || one.name}: ${Math.round(box.height)} px`)"""
"""What is pressed and is lower than a finger is wide (WCAG 2.5.5; 2.5.8 asks for 24)."""
SIDE_BY_SIDE = 3
"""Tabs at once: a machine of two cores is busy with these."""
PARTS = 3
"""So many tests share the states."""
WHOLE: ViewportSize = {"width": 1280, "height": 2600}
"""Every page to its end: the bar of a meeting then covers nothing."""
Steps = Callable[[Page], Awaitable[None]]


@dataclass(frozen=True)
class State:
    """A page as somebody sees it."""

    name: str
    path: str
    steps: Steps | None = None
    is_furnished: bool = True
    """In a region with something of everything; else in an empty one."""
    is_live: bool = True
    """It reads the API before it shows anything."""


def press(*selectors: str) -> Steps:
    """Press one thing after another; each is waited for."""

    async def steps(page: Page) -> None:
        for selector in selectors:
            await page.locator(selector).first.click()

    return steps


def fill(selector: str, text: str, *then: str) -> Steps:
    async def steps(page: Page) -> None:
        await page.locator(selector).first.fill(text)
        await press(*then)(page)

    return steps


def opened(action: str, *then: str) -> Steps:
    """The editor is open."""

    async def steps(page: Page) -> None:
        await page.locator(action).first.click()
        await page.locator("#editor[open]").wait_for()
        await press(*then)(page)

    return steps


def previewed(text: str, what: str = "directory") -> Steps:
    """A file is read in, and its preview shown."""

    async def steps(page: Page) -> None:
        await page.select_option("#file select[name=what]", what)
        file: FilePayload = {"name": "katalog.csv", "mimeType": "text/csv", "buffer": text.encode()}
        await page.set_input_files("#file input[type=file]", files=file)
        await page.locator("#file button").click()
        await page.locator("#plan").wait_for()

    return steps


def meeting(steps: Steps | None = None) -> Steps:
    """The page of the furnished meeting."""

    async def inside(page: Page) -> None:
        await page.locator(".meetings a", has_text="Lägesmöte").click()
        await page.locator("#participants li").first.wait_for()
        if steps is not None:
            await steps(page)

    return inside


async def enter(page: Page, token: str) -> None:
    """By a token, which stands folded together where there are accounts."""
    await page.goto("/login")
    field = page.locator("input[name=token]")
    if not await field.is_visible():
        await page.locator("summary").click()
    await field.fill(token)
    await field.press("Enter")


async def wrong_token(page: Page) -> None:
    await page.context.clear_cookies(name="samband_session")
    await enter(page, "wrong")
    await page.locator(".wrong").wait_for()


async def wall(page: Page) -> None:
    await page.get_by_role("link", name=re.compile("Storbild|Wall")).click()
    await page.locator("#people > li").first.wait_for()


async def board(page: Page) -> None:
    await page.locator("#callouts a").first.click()
    await page.locator(".targets-of > li").first.wait_for()


async def account_made(page: Page, name: str = "bo") -> None:
    await page.fill("#new input[name=name]", name)
    await page.locator("#new input[value=host]").check()
    await page.locator("#new button.main").click()
    await page.locator("#invited input").wait_for()


async def invitation(page: Page) -> None:
    await account_made(page, "eva")
    await page.goto(await page.locator("#invited input").input_value())
    await page.locator("#secret").wait_for()


async def transmitting(page: Page) -> None:
    await page.locator("#patches li.transmitting .used").wait_for(state="attached")


def second_factor(code: str = "") -> Steps:
    """The page that follows a password; with a code: one that was wrong."""

    async def steps(page: Page) -> None:
        language = parse_qs(urlsplit(page.url).query)["lang"][0]
        await page.context.add_cookies([{"name": BEGUN, "value": "begun", "url": page.url}])
        await page.goto(f"/login/code?lang={language}")
        field = page.locator("input[name=code]")
        await field.fill(code)
        if code:
            await field.press("Enter")
            await page.locator(".wrong").wait_for()

    return steps


async def peopled(region: Region, meeting: str) -> None:
    """Besides: a call-out, an alarm, an account and a meeting of the archive."""
    await held(region, long_s=60, people=3)
    await asked(region, "/activations", {"list_id": "alla", "conference_id": meeting})
    await asked(region, "/accounts", {"name": "anna", "shown": "Anna Exempel", "roles": ["host"]})
    region.radio.told |= {"trunk main": AsteriskReason.TRUNK_UNUSABLE(state="offline"), "trunk other": WELL}
    await we_transmit(region, meeting)
    await region.looks(10.0)


async def we_transmit(region: Region, meeting: str) -> None:
    """A talkgroup in which the meeting talks now."""
    await region.talkgroup(2003, "RAPS-3")
    await region.terminal("rakel-3", gssi=Gssi(2003))
    key = PatchId((await asked(region, f"/conferences/{meeting}/patches", {"gssi": 2003}))["id"])
    await region.patch_is(key, PatchState.IDLE)
    await region.happened(SpeechBegan(region.clock.now_s(), key))
    await region.patch_is(key, PatchState.TRANSMITTING)


CSV = "organisation;funktion;telefon\nPolisen;Vakthavande;08-465 004 05\nRäddningstjänsten;Inre befäl;inget nummer\n"
DETAILS = ".series details:nth-of-type"
STATES = (
    State("login", "/login", is_live=False),
    State("missing page", "/nothing", is_live=False),
    State("missing meeting", "/conferences/cnf-none", is_live=False),
    State("start, empty", "/", is_furnished=False),
    State("start", "/"),
    State("meeting", "/", meeting()),
    State("meeting, a row opened", "/", meeting(press("#participants [data-action=more]"))),
    State("meeting, patching", "/", meeting(press("#patch-open"))),
    State("meeting, ending", "/", meeting(press("#end"))),
    State("wall", "/", meeting(wall)),
    State("call-in", "/call-in"),
    State("call-in, reviewed", "/call-in", press("#choose-list input", "#look", "#review:not([hidden]) h2")),
    State("exercise", "/call-in/exercise"),
    State("board", "/", board),
    State("conferences", "/conferences"),
    State("alarms, none", "/alarms", is_furnished=False),
    State("alarms", "/alarms", press("#alarms summary", "#alarms h2")),
    State("alarms, past", "/alarms", press("#history summary", "#past li")),
    State("health", "/health"),
    State("runbook", "/runbook", is_live=False),
    State("accounts, none", "/accounts", is_furnished=False),
    State("accounts", "/accounts", press("#accounts li")),
    State("accounts, one made", "/accounts", account_made),
    State("invitation", "/accounts", invitation),
    State("me", "/me", press("#sessions li")),
    State("archive, none", "/archive", is_furnished=False),
    State("disposals", "/disposals", is_live=False),
    State("witness", "/witness"),
    State("archive", "/archive", press("#found h1, main h1")),
    State("archived", f"/archive/{MEETING}", press("#spans button")),
    State("archived, handing out", f"/archive/{MEETING}", press("#hand-out summary", "#release-form input")),
    State("step-up", "/step-up?to=/accounts", is_live=False),
    State("keys", "/", press(".keys-open", "dialog.keys h2")),
    State("recordings, none", "/recordings", is_furnished=False, is_live=False),
    State("recordings, none found", "/recordings?text=hittepå", is_live=False),
    State("upkeep by a link that is gone", "/upkeep?key=none", is_live=False),
    State("directory, empty", "/directory", is_furnished=False),
    State("directory", "/directory"),
    State("directory, searched", "/directory", fill("#find", "TiB")),
    State("directory, new organisation", "/directory", opened("#add-organisation")),
    State("directory, a field is needed", "/directory", opened("#add-organisation", "#editor-form button.main")),
    State("directory, new function", "/directory", opened("[data-action=function]")),
    State(
        "directory, numbers and hours", "/directory", opened("[data-action=edit-function]", ".field > button", ".hours")
    ),
    State("directory, a person", "/directory", opened("[data-action=edit-person]")),
    State("directory, removal asked", "/directory", press("[data-action=remove-person]")),
    State("directory, removal refused", "/directory", press("[data-action=remove]", "#ask-yes")),
    State("directory, link sent", "/directory", press("[data-action=link]")),
    State("lists, empty", "/directory/lists", is_furnished=False),
    State("lists", "/directory/lists"),
    State("lists, a forum", "/directory/lists", opened("#forums [data-action=edit]")),
    State("lists, a call-out list", "/directory/lists", opened("#activation_lists [data-action=edit]")),
    State("lists, a new talkgroup", "/directory/lists", opened("[data-add=talkgroups]")),
    State("duty, empty", "/directory/rota", is_furnished=False),
    State("duty", "/directory/rota"),
    State("duty, entering", "/directory/rota", opened("#add-duty")),
    State("coverage, empty", "/directory/coverage", is_furnished=False),
    State("coverage", "/directory/coverage"),
    State("coverage, one lack", "/directory/coverage", press("[data-key=lacks_deputy]")),
    State("import", "/directory/import"),
    State("import, previewed", "/directory/import", previewed(CSV)),
    State("schedule, empty", "/schedule", is_furnished=False),
    State("schedule", "/schedule"),
    State("schedule, next week", "/schedule", press("#after")),
    State("schedule, new meeting", "/schedule", opened("#add")),
    State("schedule, dates", "/schedule", press(f"{DETAILS}(1) summary")),
    State("schedule, invitation", "/schedule", press(f"{DETAILS}(2) summary", ".mail pre")),
    State("schedule, those told", "/schedule", press(f"{DETAILS}(3) summary", ".told li")),
    State("schedule, moving", "/schedule", press(f"{DETAILS}(1) summary", "[data-action=move]")),
    State("schedule, opening", "/schedule", press("[data-action=start]")),
    State("exercises, none", "/exercises", is_furnished=False),
    State("exercises", "/exercises"),
    State("exercises, evaluated", "/exercises", press("#past summary", "#past details li")),
    State("radio, nothing", "/radio", is_furnished=False),
    State("radio", "/radio"),
    State("radio, a patch that transmits", "/radio", transmitting),
    State("log", "/log"),
    State("log, nothing found", "/log", fill("#filter input[name=actor]", "hittepå", "#filter button")),
    State("log, raw data", "/log", press("#rows summary")),
    State("log, chain checked", "/log", press("#verify", "#chain.good")),
    State("settings", "/settings"),
    State("settings, changed", "/settings", press("#changed")),
    State("login, code", "/login", second_factor(), is_live=False),
    State("login, wrong code", "/login", second_factor("123456"), is_live=False),
    State("login, wrong", "/login", wrong_token, is_live=False),
)
"""Those that log out come last."""


@asynccontextmanager
async def console(chromium: Browser, region: Region, **more: Any) -> AsyncIterator[BrowserContext]:
    """A visitor who is logged in, with axe in every page."""
    async with (
        served(region) as port,
        visitor(chromium, port, token=region.operator, **{"viewport": WHOLE, **more}) as context,
    ):
        await context.add_init_script(path=AXE)
        yield context


async def reach(page: Page, state: State, language: Language) -> None:
    joint = "&" if "?" in state.path else "?"
    await page.goto(f"{state.path}{joint}lang={language}")
    if state.is_live:
        await page.locator("body:not(.unread)").wait_for(state="attached")
    if state.steps is not None:
        await state.steps(page)


async def violations(page: Page, *rules: str) -> list[Any]:
    only = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": TAGS}
    found: list[Any] = await page.evaluate(RUN, only)
    return found


async def each(
    context: BrowserContext, states: Sequence[State], look: Callable[[Page, State], Awaitable[None]]
) -> None:
    """Some tabs side by side take one state after another."""
    waiting: Iterator[State] = iter(states)

    async def tab() -> None:
        page = await context.new_page()
        for state in waiting:
            try:
                await look(page, state)
            except Exception as error:
                raise AssertionError(f"{state.name}: {error}") from error
        await page.close()

    await asyncio.gather(*(tab() for _ in range(SIDE_BY_SIDE)))


async def looked_at(
    chromium: Browser, look: Callable[[Page, State], Awaitable[None]], states: Sequence[State], **more: Any
) -> None:
    for is_furnished in (False, True):
        async with a_region() as region:
            if is_furnished:
                await peopled(region, await furnish(region))
            async with console(chromium, region, **more) as context:
                chosen = [one for one in states if one.is_furnished is is_furnished]
                last = [one for one in chosen if one.steps is wrong_token]
                await each(context, [one for one in chosen if one not in last], look)
                for one in last:
                    await each(context, [one], look)


async def test_there_are_at_least_forty_states() -> None:
    assert len({one.name for one in STATES}) == len(STATES) >= 40


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("language", list(Language))
async def test_no_page_has_a_violation_in_any_state_or_theme(chromium: Browser, language: Language, part: int) -> None:
    """The two languages differ by words alone. Each state is looked at in Swedish, in both themes, and each fourth in
    English."""
    found: dict[str, Any] = {}

    async def look(page: Page, state: State) -> None:
        await page.emulate_media(color_scheme="light")
        await reach(page, state, language)
        if told := await violations(page):
            found[f"{state.name}, light"] = told
        if small := await page.evaluate(SMALL, [PRESSED, TARGET_PX]):
            found[f"{state.name}, targets"] = sorted(set(small))
        if language is Language.SV:
            await page.emulate_media(color_scheme="dark")
            if told := await violations(page, "color-contrast"):
                found[f"{state.name}, dark"] = told

    await looked_at(chromium, look, STATES[part :: PARTS * (4 if language is Language.EN else 1)])
    assert found == {}
