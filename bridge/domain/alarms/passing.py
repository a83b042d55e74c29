"""The delays under way. A restart begins them anew."""

from dataclasses import dataclass, field
from typing import Final

from bridge.domain.kernel.tables import Fact


@dataclass(frozen=True)
class Delays:
    """Key → wall time since when.

    Attributes:
        waiting: It is there, and no alarm yet.
        gone: It is away, and its alarm stands.
        told: When the words of its cause were last changed.
    """

    waiting: dict[str, float] = field(default_factory=dict)
    gone: dict[str, float] = field(default_factory=dict)
    told: dict[str, float] = field(default_factory=dict)


NO_DELAYS: Final = Delays()
DELAYS: Final = Fact("alarm_delays", NO_DELAYS)
LOOKED_AT_S: Final = Fact("alarms_looked_at_s", 0.0)
"""The latest look that the rules have taken."""
