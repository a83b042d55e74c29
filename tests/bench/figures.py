"""What a figure is, when it is met, and how figures become a table and a file."""

import json
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured thing beside its peer.

    Attributes:
        value: Ours, in `unit`; `peer` likewise, where there is one. A figure that names a peer must have it.
        limit: Must be at most this (at least, where `more_is_better`).
        limits_ratio: The limit is for value / peer.
        samples: How many single measurements the value comes of: takes, transmissions, calls, frames.
        least: With fewer of them nothing is measured.
        wanting: What the measurement lacks, as "cut short after 3 of 24 h" or "12 calls fell away"; else empty.
        spread: Of the single measurements behind the value, the least and the most.
        how: What exactly is measured, and what is left out.
        raw: Single measurements and by-products, for the file.
    """

    name: str
    value: float
    unit: str
    limit: float | None = None
    limits_ratio: bool = False
    more_is_better: bool = False
    peer_name: str = ""
    peer: float | None = None
    samples: int = 1
    least: int = 1
    wanting: str = ""
    spread: tuple[float, float] | None = None
    how: str = ""
    raw: dict[str, object] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        if self.peer is None or not math.isfinite(self.peer) or self.peer == 0:
            return None
        return self.value / self.peer

    @property
    def faults(self) -> tuple[str, ...]:
        """Why it is no measurement, or not what was promised; empty when all is well."""
        found = [self.wanting]
        if not math.isfinite(self.value):
            found.append("nothing was measured")
        if self.samples < self.least:
            found.append(f"{self.samples} samples, {self.least} are needed")
        if (self.peer_name and self.peer is None) or (self.limits_ratio and self.ratio is None):
            found.append("its peer was not measured")
        judged = self.ratio if self.limits_ratio else self.value
        if self.limit is not None and judged is not None:
            reached = judged >= self.limit if self.more_is_better else judged <= self.limit
            found.append("" if reached else "missed")
        return tuple(one for one in found if one)

    @property
    def met(self) -> bool | None:
        """Nothing where no limit is set and nothing is wrong."""
        if self.faults:
            return False
        return None if self.limit is None else True


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured: all of it, or enough to see that it works; and where its random choices begin."""

    quick: bool
    seed: int = 1

    def of(self, full: int, quick: int) -> int:
        return quick if self.quick else full


Measure = Callable[[Path, Scale], Awaitable[Sequence[Figure]]]

_MET: Final = {True: "met", None: "·"}


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest measured value that so many percent do not exceed; nothing is made up between two. Of nothing it is
    not a number, which no limit takes for met."""
    return float(np.percentile(values, share, method="higher")) if len(values) else math.nan


def markdown(figures: Sequence[Figure]) -> str:
    lines = [
        "| figure | measured | to reach | verdict | peer in the same run | ratio | n |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in figures:
        sign = "≥" if one.more_is_better else "≤"
        limit = "" if one.limit is None else f"{sign} {one.limit:g} {'×' if one.limits_ratio else one.unit}"
        peer = "" if one.peer is None else f"{one.peer_name}: {one.peer:.1f} {one.unit}"
        ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
        spread = "" if one.spread is None else f" ({one.spread[0]:.1f}…{one.spread[1]:.1f})"
        verdict = f"**{'; '.join(one.faults)}**" if one.faults else _MET[one.met]
        measured = f"{one.value:.1f} {one.unit}{spread}"
        lines.append("| " + " | ".join((one.name, measured, limit, verdict, peer, ratio, str(one.samples))) + " |")
    return "\n".join(lines)


def save(path: Path, figures: Sequence[Figure]) -> None:
    path.write_text(json.dumps([asdict(one) for one in figures], default=str))


def load(path: Path) -> list[Figure]:
    """What `save` has written, raw values as JSON knows them; nothing when it has not."""
    if not path.exists():
        return []
    read: list[dict[str, Any]] = json.loads(path.read_text())
    return [Figure(**{**one, "spread": None if one["spread"] is None else tuple(one["spread"])}) for one in read]
