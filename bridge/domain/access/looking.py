"""Acts that only look, and yet stand in the audit log: readers of people, codes and texts can be named. Pure.

A page reads the same thing again and again. So the looks of one principal at one thing are joined. The first stands in
the log, and the next once the time has passed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bridge.domain.access.permissions import Act
from bridge.domain.kernel.principal import Principal, PrincipalKind

SOUND_S: Final = 600.0
"""The requests of one listening are joined for so long."""
MOST_LOOKS: Final = 4096
"""So many looks are remembered. Beyond that the oldest is forgotten, and the next of its kind stands in the log."""


@dataclass(frozen=True, slots=True)
class Look:
    """One kind of look."""

    action: str
    """As the audit log shows it."""
    joined_s: float
    is_needed: bool = False
    """Nothing is shown where it cannot be written. A meeting that goes on is led all the same."""


LOOKS: Final[Mapping[Act, Look]] = {
    Act.CONFERENCE_READ: Look("codes.read", 3600.0),
    Act.PARTICIPANT_READ: Look("participants.read", 3600.0),
    Act.MESSAGE_READ: Look("messages.read", 3600.0),
    Act.RECORDING_READ: Look("recording.read", SOUND_S, is_needed=True),
    Act.AUDIT_READ: Look("audit.read", 3600.0),
}
"""Sound has lines of its own (`recording.listened`), and so has what is under secrecy."""
_PEOPLE: Final = frozenset({PrincipalKind.OPERATOR, PrincipalKind.TOKEN})


class Looks:
    """The looks that stand in the audit log already."""

    def __init__(self) -> None:
        self._noted_at_s: dict[tuple[str, str, str], float] = {}

    def is_new(self, principal: Principal, action: str, subject: str, now_s: float, joined_s: float) -> bool:
        """Whether it has to be written. Those of programs inside Samband have not."""
        if principal.kind not in _PEOPLE:
            return False
        noted_at_s = self._noted_at_s.get((principal.id, action, subject))
        return noted_at_s is None or not 0 <= now_s - noted_at_s < joined_s

    def written(self, principal: Principal, action: str, subject: str, now_s: float) -> None:
        """It stands in the log."""
        key = (principal.id, action, subject)
        self._noted_at_s.pop(key, None)
        while len(self._noted_at_s) >= MOST_LOOKS:
            del self._noted_at_s[next(iter(self._noted_at_s))]
        self._noted_at_s[key] = now_s
