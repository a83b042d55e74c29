"""What the load rows count: calls, INVITEs, streams."""

import asyncio
import socket
import time

import pytest

from tests.bench.alerts import fell_away, rates
from tests.bench.cost import flowing, packets
from tests.bench.invites import BusyEnd, most_in_a_window, per_second, the_end
from tests.harness import wait

INVITE = (
    "INVITE sip:+46846500401@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK{0}\r\n"
    "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: {0}\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
)
STATS = """
                                             ...........Receive......... .........Transmit..........
 BridgeId ChannelId ........ UpTime.. Codec.   Count    Lost Pct  Jitter   Count    Lost Pct  Jitter RTT....
 ===========================================================================================================
 cnf-0000 samband-000 00:00:10 alaw      {0}       0    0   0.000    498       0    0   0.000   0.000
 cnf-0000 samband-000 00:00:10 alaw      {1}       0    0   0.000    498       0    0   0.000   0.000

Objects found: 2
"""


def test_the_slow_tail_is_in_the_rate() -> None:
    lines = [["invite", "0"], *(["answered", str(100 * number)] for number in range(1, 10)), ["answered", "10000"]]
    calls = rates(lines)
    assert (calls.answered, calls.per_s, calls.most_per_s) == (10, 1.0, 10.0)
    assert fell_away(calls, 10) == ""
    assert fell_away(calls, 12) == "2 of 12 calls fell away"


def test_no_answered_call_is_no_rate() -> None:
    assert rates([["invite", "0"]]) == (0, 0.0, 0.0)


def test_the_fullest_second_is_looked_for_wherever_it_begins() -> None:
    even = [0.2 * number for number in range(20)]
    assert most_in_a_window(even) == 5
    assert most_in_a_window([*even, 1.9, 1.95]) == 7
    assert most_in_a_window([0.0, 0.999, 1.0]) == 2, "a call at its end is in the next second"
    assert most_in_a_window([]) == 0


def test_five_a_second_are_five_a_second() -> None:
    assert per_second([0.2 * number for number in range(20)]) == pytest.approx(5)
    assert per_second([1.0]) == 0


async def test_the_far_end_is_busy_and_counts_a_repeated_invite_once() -> None:
    port, before_s = 0, time.time()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    async with the_end(BusyEnd(), port) as end:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
            caller.settimeout(2)
            caller.connect(("127.0.0.1", port))
            for name in ("one", "one", "two"):
                caller.send(INVITE.format(name).encode())
            await wait.until(lambda: len(end.invites_s) == 2, 2)
            answer = await asyncio.to_thread(caller.recv, 4096)
    assert answer.startswith(b"SIP/2.0 486 Busy Here\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKone\r\n")
    assert all(before_s - 1 < at_s < time.time() + 1 for at_s in end.invites_s.values())


def test_a_stream_that_stops_does_not_flow() -> None:
    before, after = packets(STATS.format(100, 100)), packets(STATS.format(600, 150))
    assert flowing(before, after, 10.0, 2) == 1
    assert flowing(before, packets(STATS.format(600, 600)), 10.0, 2) == 2
    assert flowing({}, {}, 10.0, 2) == 0


def test_telephones_whose_names_are_cut_to_the_same_are_two() -> None:
    assert list(packets(STATS.format(100, 200)).values()) == [100, 200]
