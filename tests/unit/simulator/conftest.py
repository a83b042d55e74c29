"""A simulator in its own process for each test, with quick timing."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.harness.radio import SimulatedRadio, simulated_radio
from tests.unit.simulator.te import PeiLine, pei_line

QUICK = ("--grant-delay-ms=40", "--hang-time-s=0.4")


@pytest.fixture
async def radio(tmp_path: Path) -> AsyncIterator[SimulatedRadio]:
    async with simulated_radio(tmp_path, arguments=QUICK) as started:
        yield started


@pytest.fixture
async def line(radio: SimulatedRadio) -> AsyncIterator[PeiLine]:
    """The PEI of the terminal, initialised, with the first talkgroup selected."""
    async with pei_line(radio.terminal.serial) as opened:
        await opened.initialises(radio.gssi)
        yield opened
