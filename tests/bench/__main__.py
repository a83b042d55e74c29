"""`make bench`: every promised figure, each beside its peer measured in the same run.

    python -m tests.bench [--quick] [--seed N] [--keep NAME] [--against REV [--own-tests]] [NAME…]

Prints a Markdown table; the single measurements go to `bench-results.json`. A full run takes more than an hour and
wants the machine for itself. `--quick` takes small samples to see that all of it works. A row that fails costs no other
row. Exit code 1 when a figure is missed, or was not measured as promised. Then its peer was missing, it was cut short,
or it had too few samples.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from tests import prepare
from tests.bench.against import Against, checkout, compared
from tests.bench.machine import ROOT, commit, machine
from tests.bench.results import RESULTS, CannotKeep, failed, keep, report, write
from tests.bench.row import QUICK, ROWS, WHOLE
from tests.bench.taking import Taken, take

SEEDS: Final = 1_000_000


def main() -> int:
    parser = _parser()
    chosen = parser.parse_args()
    unknown = [name for name in chosen.names if name not in ROWS]
    if unknown:
        parser.error(f"there is no row {', '.join(unknown)}; there are {', '.join(ROWS)}")
    seed = random.SystemRandom().randrange(SEEDS) if chosen.seed is None else chosen.seed
    facts = machine() | {"seed": seed, "quick": chosen.quick}
    print("bench: " + ", ".join(f"{name} {value}" for name, value in facts.items()), flush=True)
    prepare.asterisk()
    began_s = time.monotonic()
    names = chosen.names or list(ROWS)
    against: list[Against] = []
    with tempfile.TemporaryDirectory(prefix="samband-bench-") as folder:
        if chosen.against is None:
            taken = asyncio.run(_all(names, Path(folder), facts, quick=chosen.quick, seed=seed))
        else:
            with ExitStack() as stack:
                try:
                    there = stack.enter_context(checkout(chosen.against, Path(folder), own_tests=chosen.own_tests))
                except ValueError as error:
                    parser.error(str(error))
                facts["against"] = commit(there).split()[0]
                turns = _in_turn(names, Path(folder), there, quick=chosen.quick, seed=seed, old=chosen.own_tests)
                taken, against = asyncio.run(turns)
    facts["took_s"] = round(time.monotonic() - began_s)
    write(facts, taken, against, RESULTS)
    print(f"\n{report(facts, taken, against)}\n\nSingle measurements: {RESULTS.resolve()}")
    return _kept(chosen.keep, facts, taken) or int(failed(taken, against))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(ROWS)}; all when none is given")
    parser.add_argument("--quick", action="store_true", help="small samples: to see that it works")
    parser.add_argument("--seed", type=int, help="of all that is random; another one each time when it is left out")
    parser.add_argument("--keep", metavar="NAME", help="keep the results in docs/reference/measurements")
    parser.add_argument("--against", metavar="REV", help="each row in turn with that commit's program")
    parser.add_argument("--own-tests", action="store_true", help="that commit's program by its own measures")
    return parser


def _kept(name: str | None, facts: dict[str, object], taken: Sequence[Taken]) -> int:
    if name is None:
        return 0
    try:
        print(f"Kept: {keep(name, facts, taken)}")
    except CannotKeep as error:
        print(f"NOT KEPT: {error}", file=sys.stderr)
        return 1
    return 0


async def _all(
    names: Sequence[str], folder: Path, facts: dict[str, object], *, quick: bool, seed: int
) -> list[Taken]:  # fmt: skip
    """The file is written after each row, so that a run that is broken off has what it took."""
    taken: list[Taken] = []

    async def track(chosen: Sequence[str]) -> None:
        for name in chosen:
            if name in names:
                taken.append(await take(name, folder / name, quick=quick, seed=seed))
                write(facts, taken, (), RESULTS)

    for tracks in QUICK if quick else WHOLE:
        await asyncio.gather(*map(track, tracks))
    return sorted(taken, key=lambda one: list(ROWS).index(one.name))


async def _in_turn(
    names: Sequence[str], folder: Path, there: Path, *, quick: bool, seed: int, old: bool
) -> tuple[list[Taken], list[Against]]:
    """Each row now, before, now; the same seed for all three."""
    taken: list[Taken] = []
    against: list[Against] = []
    for name in names:
        runs = [
            await take(
                name, folder / f"{name}-{at}", quick=quick, seed=None if old and at == 1 else seed, checkout=root
            )
            for at, root in enumerate((ROOT, there, ROOT))
        ]
        taken += runs[::2]
        against += compared([one.figures for one in runs[::2]], [runs[1].figures])
        if runs[1].trouble:
            print(f"bench: {name} could not be taken before: {runs[1].trouble}", flush=True)
    return taken, against


if __name__ == "__main__":
    sys.exit(main())
