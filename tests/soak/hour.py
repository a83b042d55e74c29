"""An hour of talk without a stop: no transmission longer than a minute, and no word lost across the cuts."""

import asyncio
from dataclasses import dataclass

import numpy as np

from bridge.domain.model import PatchState
from bridge.domain.policy import Policy
from tests.soak.speech import Compared, compare, talk
from tests.soak.virtual import run_virtually
from tests.soak.world import FIRST_GSSI, FIRST_ISSI, listening_for_errors, radio_world

_PIECE_S = 60.0
_LAST_S = 120.0
"""After the last word all must be out within this."""
_BREATHS_S = (0.28, 0.38)
"""Too short for anybody to count as silent (400 ms), and enough to catch up in what each cut costs."""


@dataclass(frozen=True, slots=True)
class HourOfTalk:
    """What came of it. Delays are of the samples that waited longest."""

    transmissions: int
    longest_transmission_s: float
    """From the grant to its end, as the network counts."""
    compared: Compared
    longest_delay_ms: int
    delay_at_the_end_ms: int
    wasted_frames: int
    """Voice given to the terminal while it had no grant."""
    cuts_by_the_worker: int
    """Times the media worker had to end a transmission because nobody else did."""
    state: PatchState


def hour_of_talk(seconds: float = 3600.0, seed: int = 1, policy: Policy | None = None) -> HourOfTalk:
    """One person talks for so long, of virtual time, into one talkgroup."""
    with listening_for_errors() as errors:
        talked = run_virtually(_talk(seconds, seed, policy))
    if errors:
        raise AssertionError(errors)
    return talked


async def _talk(seconds: float, seed: int, policy: Policy | None) -> HourOfTalk:
    async with radio_world(policy=policy) as world:
        patch = await world.patches_in(0)
        person = await world.joins()
        path = world.path(patch)
        path.keeping = True
        pieces = max(1, round(seconds / _PIECE_S))
        for piece in range(pieces):
            person.says(talk(seconds / pieces, seed * 10_000 + piece, _BREATHS_S))
            await person.has_left(1)
        await asyncio.sleep(_LAST_S)
        sent = [one for one in world.network.air.transmissions(FIRST_GSSI) if one.issi == FIRST_ISSI]
        aired = np.concatenate([one.audio() for one in sent])
        now_s = asyncio.get_running_loop().time()
        return HourOfTalk(
            transmissions=len(sent),
            longest_transmission_s=max((one.end_s or now_s) - one.start_s for one in sent),
            compared=compare(np.concatenate(path.said), aired),
            longest_delay_ms=path.longest_delay_ms,
            delay_at_the_end_ms=path.path.hold.delay_ms,
            wasted_frames=world.rig("rakel-1").audio.counts.not_on_air_voiced,
            cuts_by_the_worker=path.cuts_by_itself,
            state=world.patches()[0].state,
        )
