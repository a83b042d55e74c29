"""Asterisk's manager interface through pyst2: trunks, the way out of the emergency room, and no thread left behind."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from bridge.ari.ami import Ami
from bridge.ari.client import ConnectionState
from bridge.ari.manager_link import AmiError
from bridge.ari.settings import TrunkSettings
from bridge.domain.kernel.ids import TrunkName
from bridge.domain.kernel.reasons import WELL
from bridge.domain.telephony.events import CallArrived, TelephonyUp
from tests.harness.ari_line import OUR_NUMBER, Line, line_to, loopback_asterisk, until
from tests.harness.asterisk import AsteriskWorld, running_asterisk
from tests.harness.reasons import english

pytestmark = pytest.mark.integration
MAIN = TrunkName("main")


async def _nobody_knows() -> Mapping[TrunkName, str]:
    return {}


@asynccontextmanager
async def manager(world: AsteriskWorld, line: Line | None = None) -> AsyncGenerator[Ami]:
    ami = Ami(
        world.settings,
        world.trunks,
        world.secrets,
        line.telephony.trunk_contacts if line is not None else _nobody_knows,
    )
    running = asyncio.create_task(ami.run())
    try:
        yield ami
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await until(lambda: not _threads())


def _threads() -> list[str]:
    """Threads of pyst2 that live."""
    names = [thread.name for thread in threading.enumerate()]
    return [name for name in names if "message_loop" in name or "event_dispatch" in name or "_receive_data" in name]


def _ok(ami: Ami) -> bool:
    return ami.health()["asterisk manager"] == WELL


async def test_a_trunk_that_answers_is_online(tmp_path: Path) -> None:
    async with loopback_asterisk(tmp_path) as world, line_to(world) as line, manager(world, line) as ami:
        assert ami.trunk_states() == {MAIN: "unknown"}
        await until(lambda: ami.trunk_states() == {MAIN: "online"}, 20)
        assert ami.health() == {"asterisk manager": WELL, "trunk main": WELL}


async def test_a_trunk_that_must_register_and_cannot_is_said_to_be_unregistered(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("secret")
    trunk = TrunkSettings(dial="127.0.0.1:9", username="us", password_file=password, register_at_operator=True)
    async with running_asterisk(tmp_path / "state", trunks=[trunk]) as world, manager(world) as ami:
        await until(lambda: ami.trunk_states()[MAIN] in ("unregistered", "rejected"))
        assert "check the trunk" in english(ami.health()["trunk main"])


async def test_callers_in_the_emergency_room_are_brought_to_the_controller_that_is_back(tmp_path: Path) -> None:
    async with loopback_asterisk(tmp_path) as world, line_to(world) as line, manager(world, line) as ami:
        await until(lambda: _ok(ami))
        assert await ami.rescue() == 0
        await line.kill()
        await _into_the_emergency_room(line, "+46701740611", "+46701740612")
        await line.restart()
        assert all(not up.channels for up in line.heard.all(TelephonyUp))
        assert await ami.rescue() == 2
        await until(lambda: len(line.heard.all(CallArrived)) == 2)
        arrived = line.heard.all(CallArrived)
        assert {(one.rescued, one.number) for one in arrived} == {(True, OUR_NUMBER)}
        assert {one.caller for one in arrived} == {"+46701740611", "+46701740612"}
        await line.telephony.answer(arrived[0].channel)
        assert await ami.rescue() == 0


async def test_one_who_is_alone_in_the_emergency_room_is_brought_to_the_controller_as_every_caller(
    tmp_path: Path,
) -> None:
    async with loopback_asterisk(tmp_path) as world, line_to(world) as line, manager(world, line) as ami:
        await until(lambda: _ok(ami))
        await line.kill()
        await _into_the_emergency_room(line, "+46701740611")
        await line.restart()
        assert await ami.rescue() == 1
        arrived = await line.heard.wait(CallArrived)
        assert (arrived.rescued, arrived.number, arrived.caller) == (False, OUR_NUMBER, "+46701740611")


async def test_a_caller_at_the_emergency_rooms_door_is_brought_to_the_controller_as_every_caller(
    tmp_path: Path,
) -> None:
    async with loopback_asterisk(tmp_path) as world, line_to(world) as line, manager(world, line) as ami:
        await until(lambda: _ok(ami))
        await line.kill()
        await line.phones.call(f"PJSIP/{OUR_NUMBER}@trunk-main", "+46701740611")
        await until(lambda: _asks_for_code(world), 60)
        await line.restart()
        assert await ami.rescue() == 0
        assert await ami.rescue(at_its_door=True) == 1
        arrived = await line.heard.wait(CallArrived)
        assert (arrived.rescued, arrived.number, arrived.caller) == (False, OUR_NUMBER, "+46701740611")


async def _into_the_emergency_room(line: Line, *callers: str) -> None:
    """One after the other, until all are there."""
    for number, caller in enumerate(callers, start=1):
        phone = await line.phones.call(f"PJSIP/{OUR_NUMBER}@trunk-main", caller)
        await until(partial(_asks_for_code, line.world, number), 60)
        await phone.press(f"{line.world.secrets.emergency_code}#")
        await until(partial(_are_in_emergency_room, line.world, number), 60)


async def _are_in_emergency_room(world: AsteriskWorld, count: int) -> bool:
    return (await world.process.rx("confbridge list samband-emergency")).count("PJSIP/") == count


async def _asks_for_code(world: AsteriskWorld, count: int = 1) -> bool:
    """So many are in the emergency room or at its door."""
    return (await world.process.rx("core show channels concise")).count("!ConfBridge!") == count


async def test_losing_the_manager_interface_makes_states_unknown_and_it_comes_back(tmp_path: Path) -> None:
    async with loopback_asterisk(tmp_path) as world, line_to(world) as line, manager(world, line) as ami:
        await until(lambda: ami.trunk_states() == {MAIN: "online"}, 20)
        await world.process.stop()
        await until(lambda: not _ok(ami), 20)
        assert ami.trunk_states() == {MAIN: "unknown"}
        with pytest.raises(AmiError):
            await ami.rescue()
        await world.process.ensure_running()
        await until(lambda: _ok(ami), 20)
        await until(lambda: line.phones.client.state is ConnectionState.CONNECTED)
