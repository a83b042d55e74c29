"""A patch's lease and its rule for disuse, in minutes as people set them. They run over the drivers and the simulated
network.

On the virtual clock; one short lease of real time is in tests/integration/test_radio_rules.py.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from bridge.domain.kernel.ids import PatchId
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.replies import Done
from bridge.domain.radio import prompts
from bridge.domain.radio.commands import ExtendPatch
from bridge.domain.radio.policy import RadioPolicy
from bridge.domain.radio.records import PATCHES
from tests.harness.principals import somebody
from tests.soak.speech import talk
from tests.soak.virtual import EPOCH_S, run_virtually
from tests.soak.world import CONFERENCE, FIRST_GSSI, FIRST_ISSI, Person, RadioWorld, listening_for_errors, radio_world

pytestmark = pytest.mark.slow  # minutes of sound, computed

MINUTE_S = 60.0
LEASE_S, IDLE_S = 10 * MINUTE_S, 5 * MINUTE_S
WARN_S = RadioPolicy().lease_warn_s
ROUNDING_S = 2.0
CLOSING_S = RadioPolicy().closing_s


def told(story: Coroutine[Any, Any, None]) -> None:
    """Played to its end, and nothing was logged as an error."""
    with listening_for_errors() as errors:
        run_virtually(story)
    assert errors == []


def heard_at_s(world: RadioWorld, person: Person, prompt: Prompt) -> list[float]:
    """When this was whispered to somebody, on the loop's clock."""
    return [
        at_s - EPOCH_S
        for at_s, channel, said in world.telephony.whispered
        if (channel, said) == (person.channel, prompt)
    ]


def now_s() -> float:
    return asyncio.get_running_loop().time()


async def is_gone(world: RadioWorld, patch: PatchId, within_s: float) -> float:
    """When the patch is there no more."""
    until_s = now_s() + within_s
    while patch in world.engine.node()[PATCHES]:
        assert now_s() < until_s, "still patched"
        await asyncio.sleep(0.1)
    return now_s()


def sent(world: RadioWorld) -> int:
    """How many transmissions of ours the talkgroup has heard."""
    return sum(one.issi == FIRST_ISSI for one in world.network.air.transmissions(FIRST_GSSI))


def test_a_lease_of_ten_minutes_ends_after_ten_minutes_and_the_host_is_told_before() -> None:
    async def story() -> None:
        async with radio_world() as world:
            host, guest = await world.joins(as_host=True), await world.joins()
            began_s = now_s()
            patch = await world.patches_in(0, lease_s=LEASE_S, notice=True)
            await asyncio.sleep(LEASE_S - MINUTE_S)
            before = sent(world)
            assert patch in world.engine.node()[PATCHES]
            gone_s = await is_gone(world, patch, MINUTE_S + CLOSING_S)
            assert gone_s - began_s == pytest.approx(LEASE_S + CLOSING_S / 2, abs=CLOSING_S / 2 + ROUNDING_S)
            [soon_s] = heard_at_s(world, host, prompts.RADIO_LEASE_SOON)
            [over_s] = heard_at_s(world, host, prompts.RADIO_LEASE_OVER)
            assert soon_s - began_s == pytest.approx(LEASE_S - WARN_S, abs=ROUNDING_S)
            assert over_s - began_s == pytest.approx(LEASE_S, abs=ROUNDING_S)
            assert heard_at_s(world, guest, prompts.RADIO_LEASE_OVER) == [], "it is the host's to know"
            assert sent(world) == before + 1, "the talkgroup is told"

    told(story())


def test_a_lease_that_is_extended_is_counted_from_then_and_warned_of_anew() -> None:
    async def story() -> None:
        async with radio_world() as world:
            host = await world.joins(as_host=True)
            patch = await world.patches_in(0, lease_s=LEASE_S)
            await asyncio.sleep(LEASE_S - MINUTE_S)
            extended_s = now_s()
            reply = await world.engine.ask(somebody(), ExtendPatch(CONFERENCE, patch, LEASE_S))
            assert isinstance(reply, Done)
            gone_s = await is_gone(world, patch, LEASE_S + MINUTE_S)
            assert gone_s - extended_s == pytest.approx(LEASE_S, abs=ROUNDING_S)
            assert len(heard_at_s(world, host, prompts.RADIO_LEASE_SOON)) == 2

    told(story())


@pytest.mark.parametrize("by", ["radio", "telephone"])
def test_a_patch_that_nobody_uses_is_given_back_its_idle_time_after_the_last_word(by: str) -> None:
    async def story() -> None:
        async with radio_world() as world:
            host = await world.joins(as_host=True)
            patch = await world.patches_in(0, idle_s=IDLE_S)
            await asyncio.sleep(IDLE_S - MINUTE_S)
            words = talk(3.0, seed=5)
            if by == "radio":
                world.user(0).press(world.network.talkgroups[FIRST_GSSI], words, 0, 60.0)
                await asyncio.sleep(3.0)
            else:
                host.says(words)
                await host.has_left()
            last_word_s = now_s()
            await asyncio.sleep(IDLE_S - MINUTE_S)
            assert patch in world.engine.node()[PATCHES], "counted from the last word in either direction"
            gone_s = await is_gone(world, patch, 2 * MINUTE_S)
            assert gone_s - last_word_s == pytest.approx(IDLE_S, abs=3 * ROUNDING_S)
            assert heard_at_s(world, host, prompts.RADIO_IDLE) == [pytest.approx(gone_s, abs=ROUNDING_S)]

    told(story())
