"""Somebody takes part over a bad mobile line: the meeting does not suffer, and they are heard and can key."""

import asyncio
import itertools
import time
from functools import partial

import numpy as np
import pytest

from tests.harness import wait
from tests.harness.audio import FRAME, RATE_HZ
from tests.harness.phones import Phone, Phones
from tests.harness.witness import Witness
from tests.harness.world import Meeting, World

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOSS, REORDERED, JITTER_MS = 0.05, 0.03, 30.0
ROUGH = {"loss": LOSS, "reordered": REORDERED, "jitter_ms": JITTER_MS}
TALK_S = 6.0
GAP_S = 0.060
"""Of a voice that never pauses, in the ears of somebody on a good line."""


async def a_meeting(world: World, phones: Phones) -> tuple[Meeting, Phone, Phone, Phone]:
    """Two on good lines, and one on a rough one, who has keyed the code over it."""
    meeting = await world.opens_conference("Ledningsgruppen")
    good = [await phones.instrument(name) for name in ("TiB", "Kommun A")]
    rough = await phones.instrument("Kommun B", rough=ROUGH)
    await asyncio.gather(*(world.joins(phone, meeting) for phone in (*good, rough)))
    return meeting, good[0], good[1], rough


def voiced(phone: Phone, since_s: float, until_s: float) -> list[bool]:
    """For each 20 ms of this time whether somebody was heard in it."""
    heard = phone.heard().between(since_s, until_s)
    frames = heard[: len(heard) // FRAME * FRAME].reshape(-1, FRAME)
    return [bool(one) for one in np.sqrt(np.mean(np.square(frames, dtype=np.float64), axis=1)) > 10 ** (-50 / 20)]


def longest_gap_s(phone: Phone, since_s: float, until_s: float) -> float:
    runs = (sum(1 for _ in run) for heard, run in itertools.groupby(voiced(phone, since_s, until_s)) if not heard)
    return max(runs, default=0) * FRAME / RATE_HZ


async def test_the_others_hear_each_other_untouched_while_a_bad_line_is_among_them(
    world: World, phones: Phones, witness: Witness
) -> None:
    _, listener, talker, rough = await a_meeting(world, phones)
    await talker.talks()
    since_s = (await listener.hears(talker.voice, within_s=5)).begins_s
    await asyncio.sleep(TALK_S)
    until_s = time.monotonic() - 0.1
    assert longest_gap_s(listener, since_s, until_s) <= GAP_S + witness.longest_s(since_s, until_s)
    assert (await rough.line_quality())["in lost"] > 0, "the line was bad all the while"


async def test_who_is_on_the_bad_line_is_heard_but_for_what_it_loses(world: World, phones: Phones) -> None:
    _, listener, _, rough = await a_meeting(world, phones)
    await rough.talks()
    since_s = (await listener.hears(rough.voice, within_s=5)).begins_s
    await asyncio.sleep(TALK_S)
    heard = voiced(listener, since_s, time.monotonic() - 0.1)
    counted = await rough.line_quality()
    spoilt = (counted["out lost"] + counted["out reordered"]) / sum(
        count for what, count in counted.items() if what.startswith("out")
    )
    assert spoilt > 0.02, "the line was bad all the while"
    assert 1 - sum(heard) / len(heard) <= 2 * spoilt + 0.03, "what comes late costs its own place and one more"


async def test_each_key_on_the_bad_line_counts_once(world: World, phones: Phones) -> None:
    meeting, _, _, rough = await a_meeting(world, phones)
    for wanted in (True, False, True, False):
        await rough.keys("*6")

        async def counted(muted: bool) -> bool:
            return (await meeting.participant(rough.number))["muted"] is muted

        await wait.until(partial(counted, wanted), 5, every_s=0.1, what=f"muted={wanted}")
        await wait.never(partial(counted, not wanted), 0.5, every_s=0.1, what="it was counted twice")


async def test_a_code_keyed_fast_over_a_line_that_comes_in_bursts_lets_in(world: World, phones: Phones) -> None:
    """Asterisk tells such keys twice: `bridge.ari.keys`."""
    bursts_ms = (0, 80, 160, 240)
    meetings = [await world.opens_conference(f"{jitter_ms} ms") for jitter_ms in bursts_ms]
    callers = [await phones.instrument(f"{ms} ms", rough={"jitter_ms": ms, "seed": ms}) for ms in bursts_ms]

    async def gets_in(caller: Phone, meeting: Meeting) -> None:
        await caller.calls(world.number)
        await caller.keys(meeting.code + "#", press_ms=80, gap_ms=80)
        await meeting.has(1)

    await asyncio.gather(*(gets_in(caller, meeting) for caller, meeting in zip(callers, meetings, strict=True)))


async def test_the_bad_line_hears_the_others_but_for_what_it_loses(world: World, phones: Phones) -> None:
    _, _, talker, rough = await a_meeting(world, phones)
    await talker.talks()
    since_s = (await rough.hears(talker.voice, within_s=5)).begins_s
    await asyncio.sleep(TALK_S)
    heard = voiced(rough, since_s, time.monotonic() - 0.2)
    assert 1 - sum(heard) / len(heard) <= 3 * (LOSS + REORDERED)
