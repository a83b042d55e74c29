"""The figures by which texts and statuses are sent."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShortDataPolicy:
    """Texts and statuses by radio."""

    expires_s: float = 600.0
    """A message that no terminal could take within this is given up; a report is waited for as long."""
    tries: int = 5
    retry_s: float = 5.0
    """After a refusal that may pass; doubled each time up to `retry_longest_s`."""
    retry_longest_s: float = 60.0
    look_again_s: float = 2.0
    """While something waits, the terminals are looked at at least so often."""
    most_waiting: int = 200
    """More than this many unsent messages are refused: they would be old news before they went out."""
    emergency_again_s: float = 30.0
    """A radio repeats its alarm; the hosts hear of it anew only after this."""
