"""An hour of talk without a stop: no transmission longer than a minute, and no word lost across the cuts."""

import asyncio
from dataclasses import dataclass, replace

import numpy as np

from bridge.domain.radio.records import PatchState
from bridge.media.settings import MediaSettings
from tests.harness.sound_loss import Compared, compare
from tests.harness.transmissions import Ended
from tests.soak.guards import Guards
from tests.soak.speech import noise_talk, talk
from tests.soak.virtual import run_virtually
from tests.soak.world import FIRST_GSSI, FIRST_ISSI, listening_for_errors, radio_world

_PIECE_S = 60.0
_LAST_S = 120.0
"""After the last word all must be out within this."""
_BREATHS_S = (0.28, 0.38)
"""Too short for anybody to count as silent (400 ms), and enough to catch up in what each cut costs."""

UNLEVELLED = Guards(media=MediaSettings(auto_level=False))
"""As it comes, but for the level: what goes on the air can then be compared bit for bit."""


@dataclass(frozen=True, slots=True)
class HourOfTalk:
    """What came of it. Delays are of the samples that waited longest."""

    ended: tuple[Ended, ...]
    """Each transmission, from the grant to its end as the network counts."""
    compared: Compared
    longest_delay_ms: int
    delay_at_the_end_ms: int
    wasted_frames: int
    """Voice given to the terminal while it had no grant."""
    cuts_by_the_worker: int
    """Times the media worker had to end a transmission because nobody else did."""
    state: PatchState
    errors: tuple[str, ...] = ()
    """What was logged as an error."""


def hour_of_talk(
    seconds: float = 3600.0, seed: int = 1, guards: Guards = UNLEVELLED, *, exact: bool = True
) -> HourOfTalk:
    """One person talks for so long, of virtual time, into one talkgroup.

    Args:
        exact: Bit for bit, which the automatic level does not allow; else by cross-correlation.
    """
    with listening_for_errors() as errors:
        talked = run_virtually(_talk(seconds, seed, guards, exact=exact))
    return replace(talked, errors=tuple(errors))


async def _talk(seconds: float, seed: int, guards: Guards, *, exact: bool) -> HourOfTalk:
    speaks = talk if exact else noise_talk
    async with radio_world(guards=guards) as world:
        patch = await world.patches_in(0)
        person = await world.joins()
        path = world.path(patch)
        path.keeping = True
        pieces = max(1, round(seconds / _PIECE_S))
        for piece in range(pieces):
            person.says(speaks(seconds / pieces, seed * 10_000 + piece, _BREATHS_S))
            await person.has_left(1)
        await asyncio.sleep(_LAST_S)
        now_s = asyncio.get_running_loop().time()
        sent = [one for one in world.network.air.transmissions(FIRST_GSSI) if one.issi == FIRST_ISSI]
        aired = np.concatenate([np.zeros(0, np.int16), *(one.audio() for one in sent)])
        return HourOfTalk(
            ended=tuple(Ended.of(one, now_s) for one in sent),
            compared=compare(np.concatenate(path.said), aired, exact=exact),
            longest_delay_ms=path.longest_delay_ms,
            delay_at_the_end_ms=path.path.hold.delay_ms,
            wasted_frames=world.rig("rakel-1").audio.counts.not_on_air_voiced,
            cuts_by_the_worker=path.cuts_by_itself,
            state=world.patches()[0].state,
        )
