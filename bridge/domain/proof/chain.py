"""The audit chain, row by row: where it fits neither itself nor the signed heads."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bridge.domain.canonical import GENESIS, JsonValue, chained_hash
from bridge.domain.kernel.reasons import Reason
from bridge.domain.proof.heads import SignedHead
from bridge.domain.proof.reasons import Disagreement

CLOCK_BACK_S: Final = 300.0
"""Rows of one moment may be written in another order. Beyond this a clock was set back."""
HEAD_BACK_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the chain, as it was read."""

    number: int
    at_s: float
    previous_hash: str
    hash: str
    content: Mapping[str, JsonValue]
    """All that the hash is over, `number` and `at_s` too."""


@dataclass(frozen=True, slots=True)
class Walk:
    """How far the chain was followed."""

    number: int = 0
    hash: str = GENESIS
    latest_s: float = 0.0
    """The latest time of any row."""


def follow(walk: Walk, row: Row, signed: Mapping[int, str]) -> tuple[Walk, tuple[Reason, ...]]:
    """Go one row on.

    Args:
        walk: So far.
        row: The next one.
        signed: Number of a row → the hash under which its head was signed.

    Returns:
        The walk with this row, whatever is wrong with it, and all that is wrong.
    """
    found: list[Reason] = []
    if row.number != walk.number + 1 or row.previous_hash != walk.hash:
        found.append(Disagreement.CHAIN_BROKEN(row=min(row.number, walk.number + 1)))
    if chained_hash(row.previous_hash, dict(row.content)) != row.hash:
        found.append(Disagreement.CHAIN_CHANGED(row=row.number))
    if signed.get(row.number, row.hash) != row.hash:
        found.append(Disagreement.CHAIN_REWRITTEN(row=row.number))
    back_s = walk.latest_s - row.at_s
    if back_s > CLOCK_BACK_S:
        found.append(Disagreement.CLOCK_BACK(row=row.number, back_s=round(back_s)))
    # From here on the clock counts as right, so that one step back is told once.
    latest_s = row.at_s if back_s > CLOCK_BACK_S else max(walk.latest_s, row.at_s)
    return Walk(row.number, row.hash, latest_s), tuple(found)


def ended(walk: Walk, head: tuple[int, str], signed: Mapping[int, str]) -> Reason | None:
    """Whether the last row is the last that was written.

    Args:
        walk: Over all rows.
        head: Number and hash that the database keeps of the last row.
        signed: As for `follow`.
    """
    furthest = max((head[0], *signed))
    if walk.number < furthest:
        return Disagreement.CHAIN_CUT(row=walk.number + 1)
    if head != (walk.number, walk.hash):
        return Disagreement.CHAIN_BROKEN(row=head[0] + 1 if head[0] < walk.number else head[0])
    return None


def heads_follow(before: SignedHead | None, head: SignedHead) -> tuple[Reason, ...]:
    """Whether a signed head is the next after the one before it."""
    found: list[Reason] = []
    expected = 1 if before is None else before.sequence + 1
    if head.sequence != expected:
        found.append(Disagreement.HEAD_MISSING(sequence=expected))
    if before is not None and before.at_s - head.at_s > HEAD_BACK_S:
        back_s = round(before.at_s - head.at_s)
        found.append(Disagreement.HEAD_CLOCK_BACK(sequence=head.sequence, back_s=back_s))
    return tuple(found)
