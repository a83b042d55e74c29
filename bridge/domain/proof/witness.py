"""Another node as its witness sees it: whether the signed heads that it handed in agree with each other. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bridge.domain.kernel.reasons import Reason
from bridge.domain.proof.heads import SignedHead
from bridge.domain.proof.reasons import ProofReason

LATEST: Final = 1000
"""So many of the latest heads of a node are held against each other; the earlier ones are counted."""


@dataclass(frozen=True, slots=True)
class Witnessed:
    """One node whose heads are kept here.

    Attributes:
        giver: The name of the token that hands them in.
        heads: So many are kept.
        sequence: Of the latest.
        signed_at_s: When that node signed it, by its own clock; `None`: it cannot be read.
        heard_at_s: When it came, by ours.
        fault: The first thing that does not agree; `None`: all does.
    """

    giver: str
    heads: int
    sequence: int
    signed_at_s: float | None
    heard_at_s: float
    fault: Reason | None


@dataclass(frozen=True, slots=True)
class Given:
    """One head that is kept: as it was read, and whether its key has signed it. `None`: it holds no head."""

    sequence: int
    head: SignedHead | None
    signed: bool


def fault_among(given: Sequence[Given]) -> Reason | None:
    """The first thing that does not agree among heads of one node, in order of their sequence.

    It is one that is not as it was signed, or one that is missed. Or it tells of an earlier row than the one before it,
    or is signed by another key.
    """
    before: SignedHead | None = None
    for one in given:
        if one.head is None or not one.signed or one.head.sequence != one.sequence:
            return ProofReason.WITNESSED_BROKEN(sequence=one.sequence)
        if before is not None:
            if one.sequence != before.sequence + 1:
                return ProofReason.WITNESSED_MISSED(sequence=before.sequence + 1)
            if one.head.number < before.number or one.head.at_s < before.at_s:
                return ProofReason.WITNESSED_BACK(sequence=one.sequence)
            if one.head.key != before.key:
                return ProofReason.WITNESSED_OTHER_KEY(sequence=one.sequence)
        before = one.head
    return None
