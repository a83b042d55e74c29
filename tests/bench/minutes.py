"""Ten minutes of unbroken speech by the real clock: cut at the minute, again and again, and no word lost."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from bridge.audio.frame import Samples
from tests.bench.figures import Figure, Scale
from tests.bench.phrases import Phrase, result, speech
from tests.bench.stand import stand

SECONDS: Final = 600


async def minute(folder: Path, scale: Scale) -> Sequence[Figure]:
    seconds = scale.of(SECONDS, 65)
    async with stand(folder) as made:
        said: Samples = speech(7, seconds)
        spoken = await made.lines[0].says(said)
    found = result(Phrase(said, (said,)), spoken)
    lasted_s = [(one.end_s or np.inf) - one.start_s for one in spoken.transmissions]
    what = f"{seconds / 60:.3g} min of continuous speech, real clock"
    how = "sound without a pause, so that what each cut costs adds up until the end; all of it must come out"
    return (
        Figure(f"longest transmission in {what}", max(lasted_s), "s", 60, samples=len(lasted_s), how=how,
               raw={"s": lasted_s}),
        Figure(f"speech lost in {what}", found.start_ms + found.later_ms, "ms", 0,
               peer_name="a telephone in the meeting missed", peer=found.phone.all_ms, samples=len(lasted_s),
               how=f"{found.air.all_ms:g} ms with what the telephone missed too, which was lost before the radio",
               raw={"air": str(found.air), "phone": str(found.phone)}),
    )  # fmt: skip
