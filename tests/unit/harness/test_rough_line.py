"""A rough telephone line loses, delays and reorders what it is told to, and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from socket import SOCK_DGRAM
from typing import Any

import pytest

from tests.harness.audio import RATE_HZ, find
from tests.harness.phones import Phone, Phones
from tests.harness.ports import free_port
from tests.harness.wait import until

pytestmark = pytest.mark.realtime  # telephones ring and talk in real time

NUMBER = "+46701740699"
KEYS = "1234567890*#"


@pytest.fixture
async def port() -> int:
    return free_port(SOCK_DGRAM)


@pytest.fixture
async def phones(tmp_path: Path, port: int) -> AsyncIterator[Phones]:
    async with Phones(tmp_path, port) as phones:
        yield phones


async def connected(phones: Phones, port: int, **rough: float) -> tuple[Phone, Phone]:
    """The caller's line is rough."""
    options: dict[str, Any] = {"rough": rough} if rough else {}
    other = await (await phones.exchange(port, "sipua_phone")).phone("Räddningstjänsten", NUMBER)
    caller = await phones.instrument("Kommun A", **options)
    answering = asyncio.create_task(other.answers())
    await caller.calls(NUMBER)
    await answering
    return caller, other


async def test_a_line_that_loses_every_tenth_packet_loses_just_that(phones: Phones, port: int) -> None:
    caller, other = await connected(phones, port, loss=0.1)
    await caller.talks()
    await asyncio.sleep(4)
    counted = await caller.line_quality()
    for way in ("out", "in"):
        lost, passed = counted[f"{way} lost"], counted[f"{way} passed"]
        assert lost + passed >= 150
        assert 0.04 <= lost / (lost + passed) <= 0.17
    assert other.heard().spans(caller.voice)


async def test_a_line_of_jitter_alone_loses_nothing_and_keeps_the_order(phones: Phones, port: int) -> None:
    caller, other = await connected(phones, port, jitter_ms=60)
    said_s = await caller.says(caller.voice, for_s=1.0)
    await other.hears_the_end_of(caller.voice, within_s=4, since_s=said_s - 0.01)
    [(first, end, _)] = find(other.heard().samples, caller.voice)  # one packet after the other, whenever they came
    assert (end - first) / RATE_HZ == pytest.approx(1.0, abs=0.03)
    counted = await caller.line_quality()
    assert "out lost" not in counted
    assert "out reordered" not in counted


async def test_keys_on_a_line_with_all_its_faults_are_heard_once_each_in_their_order(phones: Phones, port: int) -> None:
    caller, other = await connected(phones, port, loss=0.05, reordered=0.05, jitter_ms=40)
    await caller.keys(KEYS)
    await until(lambda: len(other.received_keys) >= len(KEYS), 3, seen=lambda: other.received_keys)
    assert other.received_keys == KEYS
    counted = await caller.line_quality()
    assert counted["out lost"] > 0
    assert counted["out reordered"] > 0


async def test_a_good_line_has_no_relay(phones: Phones, port: int) -> None:
    caller, _ = await connected(phones, port)
    assert await caller.line_quality() == {}
