"""One Chromium for all tests of a worker. Each test is a visitor of its own: a context, with its own cookies, storage
and cache.

A browser belongs to the loop in which it was started. Its tests run in the loop of the session (`IN_BROWSER`), and so
do their fixtures.
"""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import pytest
from playwright.async_api import Browser, BrowserContext, CDPSession, Error, Playwright, async_playwright

from tests.harness.witness import descendants

_NAMES: Final = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first one that is there is taken. The shell is the same engine without a desktop's windows around each page. It
takes a third of the processor time."""
CHROMIUM: Final = next(filter(None, map(shutil.which, _NAMES)), None)
IN_BROWSER: Final = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is missing: apt-get install chromium-headless-shell"),
]
"""The marks of a test that takes the fixture `chromium`."""
ANSWERS_S: Final = 20.0
"""A browser that is well answers a question sooner, also on a busy machine."""
SEE_OTHER: Final = 303


@dataclass(frozen=True)
class _Running:
    browser: Browser
    line: CDPSession


class Chromium:
    """The browser of this worker, from its first use on. One that has crashed or hangs is replaced."""

    def __init__(self, answers_s: float = ANSWERS_S) -> None:
        self._answers_s = answers_s
        self._playwright: Playwright | None = None
        self._running: dict[tuple[str, ...], _Running] = {}
        self._drivers: set[int] = set()

    async def get(self, *arguments: str) -> Browser:
        """A browser that answers, started with these arguments."""
        if not await self._answers(arguments):
            await self.end()
        if arguments not in self._running:
            await self._start(arguments)
        return self._running[arguments].browser

    async def end(self) -> None:
        """End all that was started here, also what hangs."""
        playwright, running = self._playwright, list(self._running.values())
        self._playwright, self._running = None, {}
        if playwright is None:
            return
        try:
            async with asyncio.timeout(self._answers_s):
                for one in running:
                    await one.browser.close()
        except (TimeoutError, Error):
            self._kill()
        with contextlib.suppress(TimeoutError, Error):
            async with asyncio.timeout(self._answers_s):
                await playwright.stop()
        self._kill()

    async def _answers(self, arguments: tuple[str, ...]) -> bool:
        """Whether it does, or is not there yet."""
        if (running := self._running.get(arguments)) is None:
            return True
        try:
            async with asyncio.timeout(self._answers_s):
                await running.line.send("Browser.getVersion")
        except (TimeoutError, Error):
            return False
        return running.browser.is_connected()

    async def _start(self, arguments: tuple[str, ...]) -> None:
        if self._playwright is None:
            before = set(descendants(os.getpid()))
            self._playwright = await async_playwright().start()
            self._drivers = set(descendants(os.getpid())) - before
        browser = await self._playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *arguments])
        self._running[arguments] = _Running(browser, await browser.new_browser_cdp_session())

    def processes(self) -> set[int]:
        """Process ids of the driver, the browsers and what they started."""
        mine = set(descendants(os.getpid()))
        drivers = self._drivers & mine
        return drivers.union(*(descendants(one) for one in drivers))

    def _kill(self) -> None:
        for one in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)


async def close_all(browser: Browser) -> None:
    """Of visitors, that no test leaves any to the next."""
    with contextlib.suppress(TimeoutError, Error):  # the next test gets another browser where this one hangs
        async with asyncio.timeout(ANSWERS_S):
            for context in browser.contexts:
                await context.close()


async def log_in(context: BrowserContext, token: str) -> None:
    """By the login's own request, as its form sends it: no page is drawn for it."""
    ours = {"Sec-Fetch-Site": "same-origin"}
    answer = await context.request.post("/login", form={"token": token}, headers=ours, max_redirects=0)
    assert answer.status == SEE_OTHER, f"the login gave {answer.status}"


@asynccontextmanager
async def visitor(
    browser: Browser, port: int, *, token: str = "", host: str = "127.0.0.1", **more: Any
) -> AsyncIterator[BrowserContext]:
    """A Swedish visitor to the console at this port; logged in where there is a token.

    Args:
        browser: From the fixture `chromium`.
        port: Of loopback.
        token: An API token.
        host: The name that the console is visited by.
        more: Of the context, as `viewport`.
    """
    context = await browser.new_context(**{"base_url": f"http://{host}:{port}", "locale": "sv-SE", **more})
    try:
        if token:
            await log_in(context, token)
        yield context
    finally:
        with contextlib.suppress(TimeoutError, Error):  # the next test gets another browser where this one hangs
            async with asyncio.timeout(ANSWERS_S):
                await context.close()
