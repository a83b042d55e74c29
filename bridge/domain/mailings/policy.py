"""The figures of mailings."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MailingPolicy:
    can_link: bool = False
    """Links lead back here."""
    report_before_s: float = 86_400.0
    """Each organisation is asked for its situation report so long before a meeting that asks for them."""
