"""The rules and devices that stand between a talkgroup and harm. They are as they come, and can be switched off by a
test."""

from dataclasses import dataclass, field
from typing import Final

from bridge.domain.kernel.policy import Policy
from bridge.media.settings import MediaSettings

NEVER_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class Guards:
    """What a run is made with: the product's own defaults, unless a test switches something off.

    Attributes:
        transmit_limit_s: The terminal driver's own; nothing: as it comes.
        tot_s: The simulated radio's own time-out.
    """

    policy: Policy = field(default_factory=Policy)
    media: MediaSettings = field(default_factory=MediaSettings)
    transmit_limit_s: float | None = None
    tot_s: float = 60.0


GUARDS: Final = Guards()
