"""The records of keeping and disposing. The node decides nothing by them, so none is in its tables."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MOST_RECORDINGS: Final = 1000
"""Of one disposal."""


class DisposalState(StrEnum):
    PROPOSED = "proposed"
    WITHDRAWN = "withdrawn"
    DECIDED = "decided"
    """The rows are tombstones; files may still lie there until they are destroyed."""
    CARRIED_OUT = "carried_out"


@dataclass(frozen=True, slots=True)
class RemoteCopy:
    """A copy of a disposed recording in the object store. Instants are seconds since 1970."""

    recording: str
    locked_until_s: float | None = None
    """The store lets nobody delete it before; `None`: not known, or not tried yet."""
    gone_at_s: float | None = None
    """`None`: it lies there still."""
    fault: str | None = None
    """Why the store could not be asked the last time."""


@dataclass(frozen=True, slots=True)
class Disposal:
    """A disposal (*gallring*) with its protocol. Instants are seconds since 1970."""

    id: str
    ground: str
    """The rule or reason, in words."""
    decision: str
    """The reference of the decision on disposal, such as a registration number."""
    proposed_by: str
    proposed_at_s: float
    recordings: tuple[str, ...]
    state: DisposalState = DisposalState.PROPOSED
    decided_by: str | None = None
    """The other person who decided on it, or the one who withdrew it."""
    decided_at_s: float | None = None
    done_at_s: float | None = None
    copies: tuple[RemoteCopy, ...] = ()
    """Those in the object store. The disposal is at its end when all are gone."""

    @property
    def copies_left(self) -> int:
        """So many are outstanding."""
        return sum(one.gone_at_s is None for one in self.copies)


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold on everything of a conference."""

    id: str
    conference: str
    ground: str
    placed_by: str
    placed_at_s: float
    lifted_by: str | None = None
    lifted_at_s: float | None = None

    @property
    def is_in_force(self) -> bool:
        return self.lifted_at_s is None


@dataclass(frozen=True, slots=True)
class Label:
    """A recording that is restricted, for the reason that the label names."""

    recording: str
    label: str
    by: str
    at_s: float


@dataclass(frozen=True, slots=True)
class Kept:
    """A recording, as far as it has to be known before it is disposed of."""

    recording: str
    is_archived: bool
    hold: str | None = None
    """The hold that is in force on its conference."""
    proposed_in: str | None = None
    """The other disposal that it is proposed in."""
