"""The bound of open microphones, as the step sees it."""

from typing import Final

from bridge.domain.headroom import keeping, prompts
from bridge.domain.headroom.events import MixingMeasured
from bridge.domain.headroom.notes import HeadroomNote
from bridge.domain.kernel.capability import Capability, on

HEADROOM: Final = Capability(
    "headroom",
    heed=(on(MixingMeasured, keeping.measured),),
    notes=HeadroomNote,
    prompts=prompts,
    keep=keeping.keep,
)
