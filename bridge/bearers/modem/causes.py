"""Why a modem does not take a message: `+CMS ERROR` (3GPP TS 27.005 §3.2.5; below 256 TS 24.011 annex E)."""

from typing import Final

from bridge.bearers.reasons import BearerReason
from bridge.domain.kernel.events import Fate
from bridge.domain.kernel.reasons import Reason
from bridge.domain.outbox.reasons import OutboxReason
from bridge.ports import PortError

DEVICE: Final = "modem"
FOR_GOOD: Final = frozenset({1, 21, 28, 30, 81, 95, 96, 97, 98, 99, 111, 304, 305, 340})
"""Faults of the number or of the message: the same is never taken."""
SLOWER: Final = frozenset({42})
"""Congestion."""
MAY_BE_TAKEN: Final = frozenset({332, 500})
"""The network's answer did not come, and an error that the modem does not know."""


def refused(cause: int | None) -> PortError:
    """`None`: the modem said `ERROR` alone."""
    if cause is None:
        return error(BearerReason.MODEM_ERROR(code=0), "ERROR", retry=True)
    evidence = f"+CMS ERROR: {cause}"
    if cause in MAY_BE_TAKEN:
        return error(BearerReason.NO_ANSWER(host=DEVICE), evidence, fate=Fate.UNKNOWN)
    if cause in SLOWER:
        return error(OutboxReason.THROTTLED(), evidence, retry=True)
    return error(BearerReason.MODEM_ERROR(code=cause), evidence, retry=cause not in FOR_GOOD)


def error(reason: Reason, evidence: str, *, retry: bool = False, fate: Fate = Fate.REFUSED) -> PortError:
    return PortError(DEVICE, reason, retry=retry, evidence=evidence[:200], fate=fate)
