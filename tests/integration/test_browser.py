"""The tests' shared browser: one test's cookies are not another's, and a browser that is gone or hangs is replaced."""

import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Error

from tests.harness.browser import IN_BROWSER, Chromium, visitor
from tests.harness.wait import until

pytestmark = IN_BROWSER
ADDRESS = "http://127.0.0.1:9"


@pytest_asyncio.fixture(loop_scope="session")
async def browsers() -> AsyncIterator[Chromium]:
    """One of its own, that may be broken."""
    held = Chromium(answers_s=2.0)
    yield held
    await held.end()


def _told(browsers: Chromium, number: signal.Signals) -> None:
    """The signal, to the browser and what it started; the driver goes on."""
    for one in browsers.processes():
        if "chromium" in Path(f"/proc/{one}/exe").resolve().name:
            os.kill(one, number)


def _running() -> set[int]:
    """Without those that have ended, and wait for whoever inherited them."""
    return {int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit() and not _has_ended(one)}


def _has_ended(process: Path) -> bool:
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


async def _is_new(browsers: Chromium) -> None:
    async with visitor(await browsers.get(), 9) as context:
        assert await (await context.new_page()).title() == ""


async def test_a_browser_is_kept_from_test_to_test_and_each_visitor_is_alone(browsers: Chromium) -> None:
    browser = await browsers.get()
    async with visitor(browser, 9) as context, visitor(browser, 9) as other:
        await context.add_cookies([{"name": "session", "value": "anna", "url": ADDRESS}])
        assert await other.cookies() == []
    assert browser.contexts == []
    assert await browsers.get() is browser


async def test_a_browser_that_crashed_is_started_anew(browsers: Chromium) -> None:
    old = await browsers.get()
    _told(browsers, signal.SIGKILL)
    assert await browsers.get() is not old
    await _is_new(browsers)


async def test_a_browser_that_hangs_is_killed_and_started_anew(browsers: Chromium) -> None:
    old = await browsers.get()
    before = browsers.processes()
    _told(browsers, signal.SIGSTOP)
    try:
        assert await browsers.get() is not old
        await _is_new(browsers)
        assert not before & browsers.processes()
    finally:
        for one in before & browsers.processes():
            os.kill(one, signal.SIGCONT)
    await until(lambda: not before & _running(), 10, what="nothing of it is left")
    with pytest.raises(Error):
        await old.new_context()
