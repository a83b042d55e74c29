"""The same rows on another commit's program, in turn with ours: now, before, now.

The measure is today's: the other checkout gets today's `tests`, so that what differs is the program. Both run on the
same interpreter and the same packages.
"""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from tests.bench.figures import Figure
from tests.bench.machine import ROOT

WORST: Final = 1.05
"""The most that ours may be of a figure of before. Where more is better, it is the other way round."""


@dataclass(frozen=True, slots=True)
class Against:
    """One figure, now and before.

    Attributes:
        now: The median of ours.
        before: Theirs; nothing where it could not be taken.
    """

    name: str
    unit: str
    now: float
    before: float | None
    more_is_better: bool = False

    @property
    def ratio(self) -> float | None:
        """How many times worse than before; 1 where both are nothing, and nothing where before was none."""
        if self.before is None:
            return None
        worse, better = (self.before, self.now) if self.more_is_better else (self.now, self.before)
        if better == 0:
            return 1.0 if worse == 0 else None
        return worse / better

    @property
    def met(self) -> bool:
        """A figure that had nothing to be compared with is not met."""
        return self.ratio is not None and self.ratio <= WORST

    def line(self) -> str:
        before = "not measured" if self.before is None else f"{self.before:.1f} {self.unit}"
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        verdict = "met" if self.met else "**worse, or not measured**"
        return f"| {self.name} | {self.now:.1f} {self.unit} | {before} | {ratio} | {WORST:g} × | {verdict} |"


def compared(ours: Sequence[Sequence[Figure]], theirs: Sequence[Sequence[Figure]]) -> list[Against]:
    """Figure by figure, by name; those that count something under load are among them like all others."""
    names = dict.fromkeys(figure.name for run in ours for figure in run)
    found = []
    for name in names:
        now = [figure for run in ours for figure in run if figure.name == name]
        then = [figure.value for run in theirs for figure in run if figure.name == name]
        first = now[0]
        before = median(then) if then else None
        found.append(Against(name, first.unit, median(one.value for one in now), before, first.more_is_better))
    return found


@contextmanager
def checkout(revision: str, folder: Path, *, own_tests: bool = False) -> Iterator[Path]:
    """Another commit's program beside today's measures; `own_tests`: with the measures of its own time.

    Raises:
        ValueError: There is no such commit.
    """
    git = ("git", "-C", str(ROOT))
    there = folder / "before"
    made = subprocess.run(
        [*git, "worktree", "add", "--detach", str(there), revision], capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        raise ValueError(f"{revision} cannot be checked out: {made.stderr.strip()}")
    try:
        if not own_tests:
            shutil.rmtree(there / "tests")
            shutil.copytree(ROOT / "tests", there / "tests", ignore=shutil.ignore_patterns("__pycache__"))
        yield there
    finally:
        subprocess.run([*git, "worktree", "remove", "--force", str(there)], capture_output=True, check=False)
