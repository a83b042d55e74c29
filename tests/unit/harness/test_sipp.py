"""The population behind a trunk does what the last digit says."""

import asyncio
import os
from pathlib import Path
from socket import SOCK_DGRAM

import pytest

from tests.harness.lanes import NOT_ALLOWED
from tests.harness.phone_process import PhoneError
from tests.harness.phones import Phones
from tests.harness.ports import free_port
from tests.harness.sipp import FICTION, numbers, population
from tests.harness.wait import until

pytestmark = [
    pytest.mark.realtime,
    pytest.mark.skipif(
        os.geteuid() != 0, reason=f"{NOT_ALLOWED}: SIPp sends keys over a raw socket, for which it must be root"
    ),
]


def test_the_numbers_for_fiction_are_all_different() -> None:
    assert len(set(FICTION)) == 495
    assert numbers("5", 2) == ["+46846500405", "+46846500415"]


async def test_each_of_the_population_behaves_by_its_last_digit(tmp_path: Path) -> None:
    port = free_port(SOCK_DGRAM)
    async with Phones(tmp_path, port) as phones, population(tmp_path / "sipp", port, key_ms=100, late_ms=700) as crowd:
        caller = await phones.instrument("Växel")
        for digit, keys in {"1": "1", "2": "2", "3": "3", "9": "1"}.items():
            await caller.calls(numbers(digit, 1)[0])
            await until(lambda keys=keys: caller.received_keys == keys, 3, seen=lambda: caller.received_keys)  # type: ignore[misc]
            await caller.hangs_up()
        for digit, status in {"5": 486, "7": 603, "8": 503, "0": 404}.items():
            with pytest.raises(PhoneError):
                await caller.calls(numbers(digit, 1)[0])
            assert caller.status == status
        await caller.calls(numbers("6", 1)[0], until_answered=False)
        await until(lambda: numbers("6", 1)[0] in crowd.rung(), 3)
        await asyncio.sleep(0.5)  # SIPp takes no CANCEL within the same few milliseconds as its 180
        await caller.hangs_up()
        assert caller.status == 487
        assert {number: len(times) for number, times in crowd.rung().items()} == {
            numbers(digit, 1)[0]: 1 for digit in "123957806"
        }
