"""The figures of the waiting room."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WaitingPolicy:
    tell_hosts_every_s: float = 20.0
    """Hosts hear at most so often that somebody waits."""
    speaks_longest_s: float = 60.0
    """A host speaks to those who wait for so long at a time; then the meeting has the host back."""
