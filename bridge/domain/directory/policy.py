"""The figures of the directory's upkeep."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DirectoryPolicy:
    rota_kept_s: float = 90 * 86_400.0
    """Entries of a rota that ended longer ago are removed."""
    confirm_s: float = 90 * 86_400.0
    """Contact data that was confirmed longer ago is overdue, and its keeper is reminded."""
    link_s: float = 30 * 86_400.0
    """A link for the upkeep is valid for so long."""
    test_days: float = 0.0
    """Every number that takes an SMS is tried again after so many days; 0: none is tried by itself."""
    test_gap_s: float = 300.0
    """Between two tests."""
    test_from_hour: int = 9
    """Of a working day, by the clock on the wall."""
    test_to_hour: int = 15
    late_s: float = 86_400.0
    """A reminder that is sent later than this after it was due is marked late."""
