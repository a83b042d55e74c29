"""The fixtures of a module that plays in one meeting with one talkgroup: a product, and the meeting.

    world = radio_world(tables="[radio]\\nwarn_s = 3")
    meeting_with_radio = radio_meeting("TiB", "Kommun A")

    @pytest_asyncio.fixture(loop_scope="module")
    async def room(meeting_with_radio: Room) -> Room:
        await meeting_with_radio.begins_anew()
        return meeting_with_radio

Product and meeting cost some fifteen seconds, once for the module. Its tests run in the module's loop.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.harness.patched import Room, patched_meeting
from tests.harness.world import World, samband_world


def radio_world(**how: Any) -> Any:
    """The fixture `world`: a product with a simulated radio. `how` is that of `samband_world`."""

    @pytest_asyncio.fixture(scope="module", loop_scope="module", name="world")
    async def made(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
        async with samband_world(tmp_path_factory.mktemp("world"), radio=True, **how) as running:
            yield running

    return made


def radio_meeting(*names: str, **how: Any) -> Any:
    """The fixture `meeting_with_radio`: these phones and a talkgroup. `how` is that of `patched_meeting`."""

    @pytest_asyncio.fixture(scope="module", loop_scope="module", name="meeting_with_radio")
    async def made(world: World, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
        async with patched_meeting(world, tmp_path_factory.mktemp("room"), *names, **how) as room:
            yield room

    return made
