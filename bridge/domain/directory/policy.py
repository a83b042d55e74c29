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
    late_s: float = 86_400.0
    """A reminder that is sent later than this after it was due is marked late."""
