"""`make bench`: every promised figure, each beside its peer measured in the same run.

    python -m tests.bench [--quick] [NAME…]

Prints a Markdown table; the single measurements go to `bench-results.json`. A full run takes some 30 minutes and wants
the machine for itself; `--quick` takes small samples to see that all of it works. A row that fails costs no other row.
Exit code 1 when a figure is missed or could not be taken.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from tests import prepare
from tests.bench.figures import Figure, markdown
from tests.bench.machine import machine
from tests.bench.row import QUICK, ROWS, WHOLE
from tests.bench.taking import Taken, take

RESULTS: Final = Path("bench-results.json")


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.splitlines()[0])
    arguments.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(ROWS)}; all when none is given")
    arguments.add_argument("--quick", action="store_true", help="small samples: to see that it works")
    chosen = arguments.parse_args()
    unknown = [name for name in chosen.names if name not in ROWS]
    if unknown:
        arguments.error(f"there is no row {', '.join(unknown)}; there are {', '.join(ROWS)}")
    facts = machine()
    print("bench: " + ", ".join(f"{name} {value}" for name, value in facts.items()), flush=True)
    prepare.asterisk()
    began_s = time.monotonic()
    taken = asyncio.run(_all(chosen.names or list(ROWS), quick=chosen.quick, facts=facts))
    facts["took_s"] = round(time.monotonic() - began_s)
    _write(facts, taken)
    _report(facts, taken)
    figures = [figure for one in taken for figure in one.figures]
    return 1 if any(one.trouble for one in taken) or any(one.met is False for one in figures) else 0


async def _all(names: Sequence[str], *, quick: bool, facts: dict[str, object]) -> list[Taken]:
    """The file is written after each row, so that a run that is broken off has what it took."""
    taken: list[Taken] = []
    with tempfile.TemporaryDirectory(prefix="samband-bench-") as folder:

        async def track(chosen: Sequence[str]) -> None:
            for name in chosen:
                if name in names:
                    taken.append(await take(name, Path(folder), quick=quick))
                    _write(facts, taken)

        for tracks in QUICK if quick else WHOLE:
            await asyncio.gather(*map(track, tracks))
    return sorted(taken, key=lambda one: list(ROWS).index(one.name))


def _write(facts: dict[str, object], taken: Sequence[Taken]) -> None:
    figures = [figure for one in taken for figure in one.figures]
    rows = [{**asdict(one), "ratio": one.ratio, "met": one.met} for one in figures]
    runs = [{"name": one.name, "took_s": one.took_s, "machine": str(one.busy), "trouble": one.trouble} for one in taken]
    text = json.dumps({"machine": facts, "rows": runs, "figures": rows}, indent=1, ensure_ascii=False, default=str)
    RESULTS.write_text(text + "\n")


def _report(facts: dict[str, object], taken: Sequence[Taken]) -> None:
    figures: list[Figure] = [figure for one in taken for figure in one.figures]
    print("\n" + ", ".join(f"{name} {value}" for name, value in facts.items()))
    print(f"\n{markdown(figures)}\n")
    for figure in figures:
        if figure.how:
            print(f"- {figure.name}: {figure.how}.")
    print("\n| row | took | the machine meanwhile |\n|---|---|---|")
    for one in taken:
        print(f"| {one.name} | {one.took_s:.0f} s | {one.busy} |")
    for one in taken:
        if one.trouble:
            print(f"- NOT MEASURED {one.name}: {one.trouble}")
    print(f"\nSingle measurements: {RESULTS.resolve()}")


if __name__ == "__main__":
    sys.exit(main())
