"""The Swedish console in a real browser: not one English word on any page, in any reason, in any error."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bridge import words
from bridge.ari.reasons import AsteriskReason
from bridge.domain.conference.records import Role
from bridge.domain.directory.records import ActivationList, Function, Organisation
from bridge.domain.kernel.ids import Gssi, RecordingId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import GeneralReason, Reason, ReasonCode, data_of
from bridge.domain.radio.events import SpeechBegan
from bridge.domain.radio.records import PATCHES, PatchState
from bridge.domain.recording.records import ArchiveState, Recording
from bridge.domain.telephony.events import TelephonyDown
from bridge.rakel.health import Alarm
from bridge.rakel.reasons import LineReason, TerminalReason, TransmitReason
from bridge.recording.reasons import RecordingReason
from tests.harness import browser
from tests.harness.browser import IN_BROWSER, visitor
from tests.harness.tongues import english_in
from tests.unit.api.region import Region
from tests.unit.api.serving import served
from tests.unit.words.test_catalogue import every_code

pytestmark = IN_BROWSER
NAMES = (
    "Lägesmöte",
    "Räddningstjänsten",
    "Inre befäl",
    "RAPS-1",
    "rakel-1",
    "main",
    "English",
    "operator",
    "Kommun A",
)
"""Of people, groups and devices; and the way to the other language, which is marked as English."""
READ = """() => {
  const seen = [];
  const shown = (node) => node.checkVisibility?.() ?? true;
  for (const node of document.querySelectorAll("body *")) {
    if (node.closest("script, style, [lang=en]") || !shown(node)) continue;
    for (const name of ["aria-label", "title", "placeholder", "alt"]) seen.push(node.getAttribute(name));
    for (const child of node.childNodes) if (child.nodeType === Node.TEXT_NODE) seen.push(child.textContent);
  }
  return [document.title, ...seen].filter((text) => text?.trim());
}"""


@pytest_asyncio.fixture(loop_scope="session")
async def page(region: Region, chromium: Browser) -> AsyncIterator[Page]:
    """A Swedish browser that is not logged in."""
    errors: list[str] = []
    async with served(region) as port, visitor(chromium, port, viewport={"width": 1280, "height": 900}) as context:
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto("/login")
        yield page
    assert errors == []


async def english_on(page: Page) -> dict[str, list[str]]:
    """Each text of the page that has English in it, with the words."""
    found = {text.strip(): english_in(text, NAMES) for text in await page.evaluate(READ)}
    return {text: english for text, english in found.items() if english}


async def log_in(page: Page, token: str) -> None:
    await page.fill("input[name=token]", token)
    await page.press("input[name=token]", "Enter")


async def enter(page: Page, region: Region) -> None:
    """Without the login's page."""
    await browser.log_in(page.context, region.operator)
    await page.goto("/")


async def test_login_speaks_swedish_also_to_wrong_tokens(page: Page, region: Region) -> None:
    assert await english_on(page) == {}
    await log_in(page, "wrong")
    await expect(page.locator(".wrong")).to_be_visible()
    assert await english_on(page) == {}
    for _ in range(12):
        await log_in(page, "wrong")
        await page.wait_for_load_state()
    await expect(page.locator(".wrong")).to_contain_text("För många försök: vänta")
    assert await english_on(page) == {}


async def test_the_first_page_and_its_health_speak_swedish(page: Page, region: Region) -> None:
    await log_in(page, region.operator)
    cause = LineReason.NOT_THERE(url="/dev/ttyUSB0")
    region.radio.told = {
        "terminal rakel-1": TerminalReason.NOT_READY(state="absent", cause=cause),
        "trunk main": AsteriskReason.TRUNK_UNUSABLE(state="offline"),
        "audio path pat-01M8BV6X1JP8VM182MAC92SC61": GeneralReason.DEVICE_FAILED(device="sound card"),
        "spool disk": RecordingReason.DISK_FULL(free_percent=2),
        "asterisk manager": AsteriskReason.MANAGER_NOT_CONNECTED(),
        "asterisk process": GeneralReason.OK(),
    }
    await region.happened(TelephonyDown(region.clock.now_s(), AsteriskReason.CONNECTION_LOST(evidence="it is away")))
    await page.goto("/")
    await expect(page.locator("#parts li.bad")).to_have_count(6)
    await expect(page.locator("#parts")).to_contain_text("Teleanslutning main")
    assert await english_on(page) == {}


async def a_night(region: Region, page: Page) -> str:
    """A conference in which everything that has a reason has one."""
    await region.has(
        Organisation("rtj", "Räddningstjänsten"),
        Function("ib", "rtj", "Inre befäl", numbers=("+46846500401",)),
        Function("ka", "rtj", "Kommun A", numbers=()),
        ActivationList("alla", "Räddningstjänsten", ("ib", "ka")),
    )
    await region.talkgroup(2001, "RAPS-1")
    await region.terminal("rakel-1", gssi=Gssi(2001))
    await page.fill("#new input[name=name]", "Lägesmöte")
    await page.click("#new button")
    await page.wait_for_url("**/conferences/*")
    conference = page.url.rsplit("/", 1)[1]
    await region.joins(conference, "Kommun A", Role.HOST)
    await page.select_option("#lists", label="Räddningstjänsten (2)")
    await page.locator("#activate button").click()
    assert await english_on(page) == {}
    await page.get_by_role("button", name="Ring 2 funktioner").click()
    await region.call_ends(await region.is_rung("+46846500401"), 17)
    await page.get_by_role("button", name="Koppla in talgrupp").first.click()
    await page.locator("#patch button.main").click()
    await expect(page.locator("#patches > li .state")).to_have_text("Fri")
    (patch,) = region.node()[PATCHES].values()
    region.radio.busy = "nätet är upptaget"
    await region.happened(SpeechBegan(region.clock.now_s(), patch.id))
    await region.patch_is(patch.id, PatchState.WAITING)
    await region.text_comes("STATUS", 1401001)
    await region.text_comes("Lägesmöte", 1401001, receiver=2001, group=True)
    return conference


async def test_a_night_in_a_conference_speaks_swedish(page: Page, region: Region) -> None:
    await enter(page, region)
    await a_night(region, page)
    await expect(page.locator(".targets li")).to_have_count(2)
    await expect(page.locator(".targets")).to_contain_text("upptaget")
    await expect(page.locator(".targets")).to_contain_text("inget nummer är känt")
    assert await english_on(page) == {}
    alarms = tuple(alarm.value for alarm in Alarm)
    silent = TerminalReason.NOT_READY(state="failed", cause=TerminalReason.SILENT())
    await region.terminal("rakel-1", "failed", reason=silent, alarms=alarms)
    await expect(page.locator("#terminals")).to_contain_text("svarar inte på AT")
    await expect(page.locator("#patches .why")).to_contain_text("svarar inte på AT")
    assert await english_on(page) == {}
    await page.get_by_role("button", name="Avsluta konferensen").click()
    assert await english_on(page) == {}
    await page.locator("#ask-yes").click()
    await expect(page.locator("#state")).to_have_text("Avslutad")
    assert await english_on(page) == {}


async def test_one_english_reason_on_the_page_is_found(page: Page, region: Region) -> None:
    await enter(page, region)
    await a_night(region, page)
    await region.terminal("rakel-1", "failed", reason=GeneralReason.LEGACY(text="the cable is out"))
    await expect(page.locator("#terminals")).to_contain_text("cable")
    assert any("cable" in text for text in await english_on(page))


async def test_the_archive_speaks_swedish(page: Page, region: Region) -> None:
    await enter(page, region)
    key = await region.recorded("archived.flac")
    await region.recorded("track.flac", gssi=2001)
    conference = (await region.archive.get(key)).recording.conference  # type: ignore[union-attr]
    lost = Recording(
        RecordingId("rec-lost"),
        conference,
        region.clock.now_s(),
        state=ArchiveState.FAILED,
        failure=RecordingReason.NOTHING_RECORDED(evidence="the file is missing"),
    )
    waits = replace(lost, id=RecordingId("rec-waits"), state=ArchiveState.SPOOLED, failure=None)
    await region.store.commit([lost, waits])
    await page.goto("/recordings")
    await expect(page.locator("#recordings > li")).to_have_count(4)
    await expect(page.locator("#recordings")).to_contain_text("det finns inget ljud")
    await page.locator("#recordings summary").first.click()
    assert await english_on(page) == {}


@pytest.mark.parametrize(
    ("to", "text"),
    [("Hittepå", "Samling"), ("1001", "🚒" * 600), ("99999999", "Samling")],
    ids=["who", "long", "number"],
)
async def test_what_is_refused_is_said_in_swedish(page: Page, region: Region, to: str, text: str) -> None:
    await enter(page, region)
    await a_night(region, page)
    await page.fill("#sds input[name=to]", to)
    await page.fill("#sds input[name=text]", text)
    await page.locator("#sds button").click()
    await expect(page.locator("#problem")).to_be_visible()
    assert await english_on(page) == {}


async def test_a_number_that_is_none_is_refused_in_swedish(page: Page, region: Region) -> None:
    await enter(page, region)
    await a_night(region, page)
    for number in ("Hittepå", "555", "+4790012345"):
        await page.fill("#ring input[name=name]", "Kommun A")
        await page.fill("#ring input[name=number]", number)
        async with page.expect_response("**/participants"):
            await page.locator("#ring button").click()
        assert await english_on(page) == {}


def with_data(code: ReasonCode) -> Reason:
    """A reason with something in each of its places."""
    given = {name: 1 if name in {"count", "waiting"} else "34" for name in code.names}
    cause = (
        {"cause": TransmitReason.NOT_GRANTED()}
        if "cause" in code.names and code != TransmitReason.CALL_RELEASED
        else {}
    )
    return code(**{**given, **cause})


@pytest.mark.parametrize("language", list(Language))
async def test_the_page_says_every_reason_in_the_same_words_as_the_program(
    page: Page, region: Region, language: Language
) -> None:
    await page.goto(f"/login?lang={language}")
    for code in every_code():
        for reason in (with_data(code), Reason(code)):
            given = data_of(reason)
            said = await page.evaluate(
                "async ([code, data]) => (await import('/static/words.js')).reason(code, data)", [str(code), given]
            )
            assert said == words.say(reason, language), code
            assert language is Language.EN or english_in(said) == [], code
