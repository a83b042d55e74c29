"""Ten minutes of unbroken speech by the real clock: cut at the minute, again and again, and no word lost."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bridge.audio.frame import GRAIN_MS, Samples
from tests.bench.figures import Figure, Scale
from tests.bench.phrases import Phrase, result, speech
from tests.bench.stand import stand
from tests.bench.transmissions import longest
from tests.harness.transmissions import Ended

SECONDS: Final = 600


async def minute(folder: Path, scale: Scale) -> Sequence[Figure]:
    seconds = scale.of(SECONDS, 65)
    async with stand(folder) as made:
        said: Samples = speech(scale.seed, seconds)
        spoken = await made.lines[0].says(said)
    found = result(Phrase(said, (said,)), spoken)
    what = f"{seconds / 60:.3g} min of continuous speech, real clock"
    how = "sound without a pause, so that what each cut costs adds up until the end; all of it must come out"
    return (
        *longest(what, [Ended.of(one, time.monotonic()) for one in spoken.transmissions], how),
        Figure(f"speech lost in {what}", found.air.wrong_ms, "ms", 0,
               peer_name="a telephone in the meeting missed", peer=found.phone.wrong_ms,
               samples=found.air.asked_ms // GRAIN_MS, how=str(found),
               raw={"air": str(found.air), "phone": str(found.phone)}),
    )  # fmt: skip
