"""One product for all tests of a module, started as its user would. One browser for all tests of a worker.

Each test opens its own conference and brings its own telephones. A test that kills or fills something takes a world of
its own (`samband_world`).
"""

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.harness.browser import Chromium, close_all
from tests.harness.phones import Phones
from tests.harness.world import World, samband_world
from tests.unit.api.region import Region, a_region

GRACE_S = 1.0
"""A task on its way out may take so long."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Tests which use it run in its loop: `pytestmark = pytest.mark.asyncio(loop_scope="module")`."""
    async with samband_world(tmp_path_factory.mktemp("world")) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def phones(world: World, tmp_path: Path) -> AsyncIterator[Phones]:
    """Telephones of one test, hung up after it."""
    async with Phones(tmp_path / "phones", world.sip_port) as telephones:
        yield telephones


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browsers() -> AsyncIterator[Chromium]:
    """Nothing is started before it is wanted."""
    held = Chromium()
    yield held
    await held.end()


@pytest_asyncio.fixture(loop_scope="session")
async def chromium(browsers: Chromium) -> AsyncIterator[Browser]:
    """The browser of this worker, which answers. Tests that use it have the marks `IN_BROWSER`."""
    browser = await browsers.get()
    yield browser
    await close_all(browser)


@pytest_asyncio.fixture(loop_scope="session")
async def leaves_no_task(chromium: Browser) -> AsyncIterator[None]:
    """The loop outlives the test: what the test started in it does not."""
    before = asyncio.all_tasks()
    yield
    gc.collect()  # a generator that nobody reads any more ends its task then
    deadline_s = time.monotonic() + GRACE_S
    while left := asyncio.all_tasks() - before - {asyncio.current_task()}:
        if time.monotonic() > deadline_s:
            pytest.fail("the test left tasks behind: " + ", ".join(map(repr, left)), pytrace=False)
        await asyncio.sleep(0.01)


@pytest_asyncio.fixture(loop_scope="session")
async def region(leaves_no_task: None) -> AsyncIterator[Region]:
    """A region of the test's own, in memory, for what is looked at in a browser."""
    async with a_region() as made:
        yield made
