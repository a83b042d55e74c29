"""`make mutate`: would the tests notice? A sample of small changes to `bridge/domain` and `bridge/engine`, one by one.

    python -m tests.mutate [--seed N] [--sample N] [--jobs N] [--only FILE[:LINE]]

Each mutant meets the unit and model tests of both packages. One that no test notices is a survivor; what each of them
means is written in docs/explanation/mutants.md. Exit code 1 when fewer than 90 % are noticed. On demand, not in CI.
"""

import argparse
import os
import random
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Final

import pytest

from tests.mutate.loop import Fate, Loop, Tried
from tests.mutate.mutants import Mutant, mutants_of
from tests.mutate.settings import OPTIONS, PACKAGES, ROOT, TESTS

TO_REACH: Final = 0.9


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.mutate", description=__doc__.splitlines()[0])
    arguments.add_argument("--seed", type=int, default=1, help="of the sample")
    arguments.add_argument("--sample", type=int, default=300, help="how many mutants; 0: all")
    arguments.add_argument("--jobs", type=int, default=2, help="how many at a time")
    arguments.add_argument("--only", default="", help="FILE or FILE:LINE, such as bridge/domain/conference/floor.py:30")
    chosen = arguments.parse_args()
    every = [mutant for file in _files() for mutant in mutants_of(ROOT, file) if _is_wanted(mutant, chosen.only)]
    count = min(chosen.sample or len(every), len(every))
    sample = random.Random(chosen.seed).sample(every, count)
    print(f"mutate: {count} of {len(every)} mutants, seed {chosen.seed}, {chosen.jobs} at a time", flush=True)
    os.chdir(ROOT)
    loop = Loop(sample, chosen.jobs)
    pytest.main([*OPTIONS, *TESTS], plugins=[loop])
    if loop.failed_alone or len(loop.tried) < len(sample):
        print("mutate: the tests fail without any mutant, or could not be run: nothing was measured")
        return 2
    return _report(loop.tried)


def _files() -> list[str]:
    """Every module of the packages, in whichever room of them it is."""
    return sorted(
        str(file.relative_to(ROOT))
        for package in PACKAGES
        for file in (ROOT / package).rglob("*.py")
        if file.name != "__init__.py"
    )


def _is_wanted(mutant: Mutant, only: str) -> bool:
    place = f"{mutant.file}:{mutant.line}"
    return place == only if ":" in only else place.startswith(only)


def _report(tried: Sequence[Tried]) -> int:
    """What could not be tried counts as not noticed."""
    fates = Counter(one.fate for one in tried)
    noticed = fates[Fate.KILLED] + fates[Fate.ENDLESS]
    part = noticed / max(1, len(tried))
    print(f"\n{noticed} of {len(tried)} noticed: {100 * part:.1f} % (to reach: {100 * TO_REACH:.0f} %); survivors:")
    for one in sorted(
        (one for one in tried if one.fate in (Fate.SURVIVED, Fate.BROKEN)), key=lambda one: str(one.mutant)
    ):
        print(f"- {one}")
    return 0 if part >= TO_REACH else 1


if __name__ == "__main__":
    sys.exit(main())
