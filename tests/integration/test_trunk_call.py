"""`samband trunk test`: a call to oneself over a real Asterisk, and an operator that brings it back or does not."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bridge.ari.adapter import AriTelephony
from bridge.ari.settings import TrunkSettings
from bridge.domain.kernel.events import Event
from bridge.domain.kernel.ids import TrunkName
from bridge.domain.telephony.events import CallArrived, TelephonyUp
from bridge.engine.clock import RandomIds, SteadyClock
from bridge.ports import Finding
from hardware.simulator.telephones.ear import Language
from hardware.simulator.telephones.exchange import Exchange
from hardware.simulator.telephones.voices import Voices
from tests.harness import wait
from tests.harness.asterisk import running_asterisk
from tests.harness.ports import free_port

pytestmark = pytest.mark.integration

MAIN = TrunkName("main")


@asynccontextmanager
async def trunk_of_a_region(state: Path, **trunk: str) -> AsyncIterator[tuple[AriTelephony, list[Event]]]:
    """Telephony whose trunk leads to the simulated telephones, and what it tells."""
    at = free_port(socket.SOCK_DGRAM)
    settings = TrunkSettings.model_validate({"dial": f"127.0.0.1:{at}", **trunk})
    async with running_asterisk(state, trunks=[settings]) as world:
        exchange = Exchange("127.0.0.1", ("127.0.0.1", world.sip_port), {}, Voices(murmur_s=0.4), Language({}))
        await exchange.start(at)
        told: list[Event] = []
        clock = SteadyClock()
        telephony = AriTelephony(
            world.settings,
            world.secrets,
            world.dirs,
            clock=clock,
            ids=RandomIds(clock),
            emit=told.append,
            trunks=[settings],
        )
        running = asyncio.create_task(telephony.run())
        try:
            await wait.until(lambda: any(isinstance(one, TelephonyUp) for one in told), 10)
            yield telephony, told
            await wait.until(lambda: nobody_is_on(world.process.rx), 10, what="every channel is gone")
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await exchange.stop()


async def nobody_is_on(rx: Callable[[str], Awaitable[str]]) -> bool:
    return not (await rx("core show channels concise")).strip()


def by_what(findings: Sequence[Finding]) -> dict[str, tuple[bool, str]]:
    return {one.what: (one.is_well, str(one.says.code)) for one in findings}


async def test_a_call_to_oneself_says_what_works_and_is_told_to_nobody(tmp_path: Path) -> None:
    async with trunk_of_a_region(tmp_path) as (telephony, told):
        telephony.trunk_tests.states = lambda: {MAIN: "online"}
        found = await telephony.trunk_tests.test(MAIN)
        print([(one.what, str(one.says)) for one in found])
        assert by_what(found) == {
            "trunk": (True, "trunk_test_reached"),
            "call_out": (True, "trunk_test_answered"),
            "call_in": (True, "trunk_test_back"),
            "number": (True, "trunk_test_number_shown"),
            "keys": (True, "trunk_test_keys"),
            "sound_out": (True, "trunk_test_sound"),
            "sound_in": (True, "trunk_test_sound"),
            "encryption": (True, "trunk_test_plain"),
        }
        assert found[1].says.get("codec") == "alaw"
        assert found[4].says.get("way") == "rfc4733"
        assert not [one for one in told if isinstance(one, CallArrived)], (
            "nobody greets it, and it comes into no meeting"
        )


async def test_an_operator_that_lets_nobody_call_the_own_number_is_a_fault_with_its_cause(tmp_path: Path) -> None:
    async with trunk_of_a_region(tmp_path, caller_id="+46701740605") as (telephony, _):
        telephony.trunk_tests.states = lambda: {MAIN: "offline"}
        assert telephony.trunk_tests.call(MAIN).number == "+4685555555", "only a number of ours is ever dialled"
        assert by_what(await telephony.trunk_tests.test(MAIN)) == {
            "trunk": (False, "trunk_test_not_reached"),
            "call_out": (False, "trunk_test_not_answered"),
        }
