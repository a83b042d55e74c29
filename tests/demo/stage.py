"""Where the demonstration plays: the system that runs here, or one of its own that is started and stopped.

A running system is found as its keeper's own commands find it. They use `samband.toml` or `SAMBAND_CONFIG`, and the
token in `var/` or `SAMBAND_STATE`. Real terminals are left alone: the radio part plays with the simulated network only.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from bridge import settings as samband_settings
from bridge.domain.directory.records import ActivationList, DirectoryEntry, Forum, Function, Organisation
from bridge.main import region
from bridge.main.simulated import SIMULATED
from bridge.main.state_paths import StatePaths
from bridge.settings import Settings
from hardware.simulator.client import SimulatorClient, SimulatorError
from tests import prepare
from tests.harness.world import World, samband_world

TALKER: Final = next(iter(region.FIELD_UNITS))
"""ISSI of the radio user who talks."""

QUICK: Final = "[callout]\nkey_wait_s = 8\n[radio]\nwarn_s = 3\ncut_s = 5\npause_s = 1\n[conference]\nempty_s = 5\n"
"""Settings of the demonstration's own system, so that nobody waits a minute to see the minute kept."""


class CannotPlay(Exception):
    """The demonstration cannot begin. The text says why, and what to do."""


@dataclass
class Stage:
    """The system, its telephones and its radio network.

    Attributes:
        own: Whether it was started for this; only then its controller may be killed.
        radio: The simulated network; nothing where the system has real terminals.
        cut_s: The longest transmission by its settings.
    """

    world: World
    own: bool
    radio: SimulatorClient | None
    terminal: str
    cut_s: float
    pause_s: float
    calls_per_s: float
    opened: list[str] = field(default_factory=list)

    async def get(self, path: str, **query: Any) -> Any:
        return _body(await self.world.api.get(path, params=query))

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        return _body(await self.world.api.post(path, json=body))

    async def put_away(self) -> None:
        """End what the demonstration opened and did not end itself."""
        for conference in self.opened:
            await self.world.api.post(f"conferences/{conference}/end")


def _body(answer: httpx.Response) -> Any:
    if answer.is_error:
        raise CannotPlay(f"{answer.request.method} {answer.request.url} gave {answer.status_code}: {answer.text}")
    return answer.json()


@asynccontextmanager
async def stage(*, own: bool) -> AsyncIterator[Stage]:
    """The running system, unless there is none or one of its own is asked for.

    Raises:
        CannotPlay: Something is missing; the text says what.
    """
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="samband-demo-")))
        settings = samband_settings.load()
        if not own and await _answers(settings):
            made = await stack.enter_async_context(_running(folder, settings))
        else:
            await asyncio.to_thread(_prepare)
            made = await stack.enter_async_context(_own(folder))
        try:
            yield made
        finally:
            await made.put_away()


def _prepare() -> None:
    try:
        prepare.telephones()
        prepare.asterisk()
    except prepare.Unprepared as error:
        raise CannotPlay(str(error)) from error


async def _answers(settings: Settings) -> bool:
    try:
        async with httpx.AsyncClient(timeout=3) as client:
            answer = await client.get(f"http://{settings.api.host}:{settings.api.port}/healthz")
    except httpx.HTTPError:
        return False
    return answer.is_success


@asynccontextmanager
async def _running(folder: Path, settings: Settings) -> AsyncIterator[Stage]:
    places = StatePaths.of(settings)
    if not places.operator_token.exists():
        raise CannotPlay(
            f"something answers at port {settings.api.port}, but {places.operator_token} is not there: "
            "set SAMBAND_STATE to its state directory, or give --own to start another"
        )
    trunk = settings.trunk[0]
    host, _, port = trunk.dial.rpartition(":")
    if host != "127.0.0.1":
        raise CannotPlay(f"trunk {trunk.name} dials {host}: a demonstration rings nobody; give --own")
    world = World(folder, {"sip": settings.asterisk.sip_port, "trunk": int(port), "api": settings.api.port}, None)
    world.state, world.number = places.state, settings.number
    simulated = not settings.terminal
    async with AsyncExitStack() as stack:
        stack.push_async_callback(world.closes)
        radio = await _simulator(stack, settings.simulator.control_port) if simulated else None
        await stack.enter_async_context(world.phones)
        radio_policy = settings.radio
        yield Stage(world, False, radio, SIMULATED, radio_policy.cut_s, radio_policy.pause_s, trunk.calls_per_s)


async def _simulator(stack: AsyncExitStack, port: int) -> SimulatorClient | None:
    try:
        return await stack.enter_async_context(SimulatorClient("127.0.0.1", port))
    except (OSError, SimulatorError):
        return None


@asynccontextmanager
async def _own(folder: Path) -> AsyncIterator[Stage]:
    async with samband_world(folder, radio=True, tables=QUICK) as world:
        if world.radio is None:
            raise CannotPlay("the simulated radio network did not start")
        radio = world.radio.client
        await radio.add_talkgroup(region.GROUP, region.GROUP_NAME)
        for issi, name in region.FIELD_UNITS.items():
            await radio.add_user(issi, name)
        made = Stage(world, True, radio, SIMULATED, 5.0, 1.0, 5.0)
        for entry in region.entries():
            await _put(made, entry)
        yield made


async def _put(made: Stage, entry: DirectoryEntry) -> None:
    """The example region over the API: `samband run` seeds it only with its own simulated terminal."""
    body = {key: value for key, value in asdict(entry).items() if value is not None}
    paths = {Organisation: "organisations", Function: "functions", ActivationList: "activation-lists", Forum: "forums"}
    await made.post(paths.get(type(entry), "talkgroups"), body)
