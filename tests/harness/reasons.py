"""Reasons in tests: made from a sentence where only that matters, and read as people read them."""

from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import EVIDENCE, GeneralReason, Reason
from bridge.words import say


def because(text: str) -> Reason:
    """A reason that is nothing but its sentence."""
    return GeneralReason.LEGACY(text=text)


def english(reason: Reason | None) -> str:
    """Its words, and what a device said of it; empty for none."""
    if reason is None:
        return ""
    evidence = reason.get(EVIDENCE)
    return say(reason, Language.EN) + (f" ({evidence})" if evidence else "")
