"""Telephones among themselves: a baresip phone and a measuring phone understand each other without any switchboard."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from socket import SOCK_DGRAM

import pytest

from tests.harness.phone_process import PhoneError
from tests.harness.phones import Phone, Phones
from tests.harness.ports import free_port
from tests.harness.wait import until

pytestmark = pytest.mark.realtime  # telephones ring and talk in real time

NUMBER = "+46701740699"
PROGRAMS = ["baresip_phone", "sipua_phone"]


@pytest.fixture
async def port() -> int:
    return free_port(SOCK_DGRAM)


@pytest.fixture
async def phones(tmp_path: Path, port: int) -> AsyncIterator[Phones]:
    async with Phones(tmp_path, port) as phones:
        yield phones


async def connected(phones: Phones, port: int, calling: str, called: str) -> tuple[Phone, Phone]:
    exchange = await phones.exchange(port, called)
    other = await exchange.phone("Räddningstjänsten", NUMBER)
    caller = await (phones.new("Kommun A") if calling == "baresip_phone" else phones.instrument("Kommun A"))
    answering = asyncio.create_task(other.answers())
    await caller.calls(NUMBER)
    await answering
    return caller, other


@pytest.mark.parametrize("called", PROGRAMS)
@pytest.mark.parametrize("calling", PROGRAMS)
async def test_two_phones_call_talk_press_keys_and_hang_up(
    phones: Phones, port: int, calling: str, called: str
) -> None:
    caller, other = await connected(phones, port, calling, called)
    said_s = await caller.says(caller.voice, for_s=0.6)
    heard = await other.hears_the_end_of(caller.voice, within_s=3, since_s=said_s - 0.01)
    # Where the machine is busy, baresip lets a frame or two of silence in.
    assert heard.lasts_s == pytest.approx(0.6, abs=0.1)
    answered_s = await other.says(other.voice, for_s=0.6)
    assert (await caller.hears(other.voice, within_s=3, since_s=answered_s - 0.01)).level_dbfs > -22
    await caller.keys("159*#")
    await until(lambda: other.received_keys == "159*#", 3, seen=lambda: other.received_keys)
    await caller.hangs_up()
    await other.is_hung_up()


async def test_a_phone_tells_apart_who_talks_and_hears_nobody_else(phones: Phones, port: int) -> None:
    caller, other = await connected(phones, port, "baresip_phone", "sipua_phone")
    await caller.talks()
    await other.hears(caller.voice, within_s=3)
    await other.does_not_hear(other.voice, for_s=0.5)
    stopped_s = await caller.stops_talking()
    await asyncio.sleep(0.6)
    assert other.heard().spans(caller.voice, stopped_s + 0.2) == []


@pytest.mark.parametrize("program", PROGRAMS)
async def test_keys_are_over_when_they_are_said_to_be(phones: Phones, port: int, program: str) -> None:
    caller, other = await connected(phones, port, program, "sipua_phone")
    await caller.keys("1234567890*#")
    returned_s = time.monotonic()
    await until(lambda: len(other.keys_over_s) == 12, 5, what="the last key is over", seen=lambda: other.keys_over_s)
    assert other.received_keys == "1234567890*#"
    assert other.keys_over_s[-1] <= returned_s


async def test_an_answer_that_comes_while_the_phone_stands_still_is_seen(phones: Phones, port: int) -> None:
    other = await (await phones.exchange(port, "sipua_phone")).phone("Räddningstjänsten", NUMBER)
    caller = await phones.new("Kommun A", stands_still_s=0.5)
    answering = asyncio.create_task(other.answers())
    await caller.calls(NUMBER)
    await answering
    said_s = await caller.says(caller.voice, for_s=1)
    heard = await other.hears_the_end_of(caller.voice, within_s=3, since_s=said_s - 0.01)
    assert heard.lasts_s > 0.9, "and it speaks as any other"


@pytest.mark.parametrize("status", [404, 408, 486, 503, 603])
async def test_a_refused_call_says_with_what(phones: Phones, port: int, status: int) -> None:
    other = await (await phones.exchange(port, "sipua_phone")).phone("Polisen", NUMBER)
    caller = await phones.new("Kommun A")
    refusing = asyncio.create_task(other.refuses(status))
    with pytest.raises(PhoneError, match=str(status)):
        await caller.calls(NUMBER)
    await refusing
    assert (caller.state, caller.status) == ("ended", status)


async def test_the_number_dialled_decides_which_phone_of_an_exchange_rings(phones: Phones, port: int) -> None:
    exchange = await phones.exchange(port)
    first, second = await exchange.phone("A", "+46701740690"), await exchange.phone("B", "+46701740691")
    caller = await phones.new("Växel")
    await caller.calls("+46701740691", until_answered=False)
    await second.rings()
    assert (first.state, first.times_rung, second.times_rung) == ("idle", 0, 1)
    await caller.hangs_up()
    await second.is_hung_up()


async def test_a_caller_who_gives_up_while_it_rings_leaves_nothing_behind(phones: Phones, port: int) -> None:
    other = await (await phones.exchange(port)).phone("Regionen", NUMBER)
    caller = await phones.instrument("Kommun A")
    await caller.calls(NUMBER, until_answered=False)
    await other.rings()
    await caller.hangs_up()
    await other.is_hung_up()
    assert caller.status == 487


async def test_a_line_that_is_cut_sends_no_goodbye(phones: Phones, port: int) -> None:
    caller, other = await connected(phones, port, "baresip_phone", "sipua_phone")
    await caller.is_cut_off()
    await asyncio.sleep(0.3)
    assert other.state == "up"


async def test_keys_of_any_length_and_letters_can_be_sent(phones: Phones, port: int) -> None:
    caller, other = await connected(phones, port, "sipua_phone", "sipua_phone")
    await caller.keys("ABCD", press_ms=40, gap_ms=40)
    await caller.keys("7", press_ms=1000)
    await until(lambda: other.received_keys == "ABCD7", 3, seen=lambda: other.received_keys)


async def test_a_measuring_phone_keeps_its_beat_and_sees_the_packets_times(phones: Phones, port: int) -> None:
    caller, other = await connected(phones, port, "sipua_phone", "sipua_phone")
    delays_s = []
    for _ in range(3):
        said_s = await caller.says(caller.voice, for_s=0.4)
        heard = await other.hears_the_end_of(caller.voice, within_s=3, since_s=said_s - 0.01)
        delays_s.append(heard.begins_s - said_s)
    # Loopback takes well under a millisecond; what is left is the detector's own error, whatever the machine's load.
    assert min(delays_s) < 0.002
    assert min(delays_s) > -0.002
