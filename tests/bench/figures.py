"""What a figure is, and how figures become a table and a file."""

import json
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import numpy as np


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured thing beside its peer.

    Attributes:
        value: Ours, in `unit`; `peer` likewise, where there is one.
        limit: Must be at most this (at least, where `more_is_better`).
        limits_ratio: The limit is for value / peer.
        samples: How many single measurements the value comes of.
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
    how: str = ""
    raw: dict[str, object] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        return None if self.peer in (None, 0) else self.value / (self.peer or 1)

    @property
    def met(self) -> bool | None:
        judged = self.ratio if self.limits_ratio else self.value
        if self.limit is None or judged is None:
            return None
        return judged >= self.limit if self.more_is_better else judged <= self.limit


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured: all of it, or enough to see that it works."""

    quick: bool

    def of(self, full: int, quick: int) -> int:
        return quick if self.quick else full


Measure = Callable[[Path, Scale], Awaitable[Sequence[Figure]]]

_VERDICT: Final = {True: "met", False: "**missed**", None: "·"}


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest measured value that so many percent do not exceed; nothing is made up between two."""
    return float(np.percentile(values, share, method="higher"))


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
        cells = (one.name, f"{one.value:.1f} {one.unit}", limit, _VERDICT[one.met], peer, ratio, str(one.samples))
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def save(path: Path, figures: Sequence[Figure]) -> None:
    path.write_text(json.dumps([asdict(one) for one in figures], default=str))


def load(path: Path) -> list[Figure]:
    """What `save` has written, raw values as JSON knows them; nothing when it has not."""
    return [Figure(**one) for one in json.loads(path.read_text())] if path.exists() else []


def cpu_s(pid: int) -> float:
    """Processor time (user and system) that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid: int | str = "self") -> float:
    """Memory that a process has in use."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
