"""One product for all tests of a module, started as its user would.

Each test opens its own conference and brings its own telephones. A test that kills or fills something takes a world of
its own (`samband_world`).
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.harness.phones import Phones
from tests.harness.world import World, samband_world


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
