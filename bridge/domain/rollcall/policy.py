"""The figures of a roll call."""

from dataclasses import dataclass

from bridge.domain.rollcall.records import SummaryTo


@dataclass(frozen=True, slots=True)
class RollCallPolicy:
    answer_s: float = 12.0
    """A name that is read out waits so long for its answer."""
    pause_s: float = 1.5
    """Between a name that is settled and the next one."""
    ring_s: float = 25.0
    """Time that each number of a missing function rings."""
    rounds: int = 1
    """Times that all numbers of a missing function are tried."""
    summary_to: SummaryTo = SummaryTo.ALL
    """The listeners to the summary of a roll call by key."""
