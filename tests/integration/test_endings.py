"""A controller may end in any way: the one in reserve has the node in its hands within two seconds."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.harness.endings import Ending, end, mortal_world
from tests.harness.world import World

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

TIMES = 3
BACK_S = {Ending.EXCEPTION: 5.0, Ending.TERM: 5.0, Ending.KILL: 5.0, Ending.HANG: 9.0}
"""Promised are 2 s, and 6 s for one that hangs (`make bench`, row `control-back`); here with room for a busy machine. A
fresh start, or a port that cannot be had, takes longer than this."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mortal(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with mortal_world(tmp_path_factory.mktemp("mortal")) as world:
        yield world


@pytest.mark.timeout(240)
@pytest.mark.parametrize("ending", list(Ending))
async def test_another_is_in_control(mortal: World, ending: Ending) -> None:
    back_s = [await end(mortal, ending) for _ in range(TIMES)]
    print(f"{ending}: in control again after {', '.join(f'{one:.2f}' for one in back_s)} s")
    assert max(back_s) <= BACK_S[ending]
