"""A fresh simulator for each test, with quick timing: real sockets and pseudo-terminals, in the test's own process.

As a process of its own it is tried in `test_program`.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hardware.simulator.client import SimulatorClient
from hardware.simulator.control import ControlServer
from hardware.simulator.identity import HomeNetwork
from hardware.simulator.listener import Address
from hardware.simulator.settings import NetworkSettings
from hardware.simulator.simulator import Simulator, TerminalPlan
from tests.harness.radio import DEFAULT_TALKGROUPS, RadioTerminal, SimulatedRadio
from tests.unit.simulator.te import PeiLine, pei_line

QUICK = ("--grant-delay-ms=40", "--hang-time-s=0.4")
ANY_PORT = Address("127.0.0.1", 0)
USERS = {"Ledning": 1_002_001, "Insats": 1_002_002}


@pytest.fixture
async def radio(tmp_path: Path) -> AsyncIterator[SimulatedRadio]:
    settings = NetworkSettings(grant_delay_ms=40, grant_jitter_ms=0, hang_time_s=0.4)
    plan = TerminalPlan("rakel-1", 1_001_001, tmp_path / "rakel-1.pei", ANY_PORT)
    talkgroups = {gssi: name for name, gssi in DEFAULT_TALKGROUPS.items()}
    users = {issi: name for name, issi in USERS.items()}
    simulator = Simulator(HomeNetwork(), talkgroups, users, [plan], settings)
    control = ControlServer(simulator, ANY_PORT)
    await simulator.start()
    await control.listener.start()
    rig = simulator.rigs["rakel-1"]
    audio = f"audiosocket://127.0.0.1:{rig.audio.listener.port}"
    try:
        async with SimulatorClient("127.0.0.1", control.listener.port) as client:
            terminal = RadioTerminal(plan.name, plan.issi, rig.port.url, audio, client)
            yield SimulatedRadio(client, USERS, [terminal], DEFAULT_TALKGROUPS)
    finally:
        await control.listener.stop()
        await simulator.stop()


@pytest.fixture
async def line(radio: SimulatedRadio) -> AsyncIterator[PeiLine]:
    """The PEI of the terminal, initialised, with the first talkgroup selected."""
    async with pei_line(radio.terminal.serial) as opened:
        await opened.initialises(radio.gssi)
        yield opened
