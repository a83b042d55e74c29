"""`make bench`: every promised figure, each beside its peer measured in the same run.

    python -m tests.bench [--quick] [--list] [NAME…]

Prints a Markdown table; the single measurements go to `bench-results.json`. A full run takes some 30 minutes and wants
the machine for itself; `--quick` takes small samples to see that all of it works. Exit code 1 when a figure is missed.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import structlog

from tests import prepare
from tests.bench import alerts, crowd, hour, mutes, radio
from tests.bench.figures import Figure, Measure, Scale, machine, markdown, write

MEASURES: Final[dict[str, Measure]] = {
    "cpu": crowd.cpu,
    "join": crowd.join,
    "mute": mutes.mute,
    "callout": alerts.callout,
    "radio": radio.both_ways,
    "minute": radio.minute,
    "patches": radio.patches,
    "memory": hour.memory,
}
RESULTS: Final = Path("bench-results.json")


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.splitlines()[0])
    arguments.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MEASURES)}; all when none is given")
    arguments.add_argument("--quick", action="store_true", help="small samples: to see that it works")
    chosen = arguments.parse_args()
    unknown = [name for name in chosen.names if name not in MEASURES]
    if unknown:
        arguments.error(f"there is no figure {', '.join(unknown)}; there are {', '.join(MEASURES)}")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    prepare.asterisk()
    facts = machine()
    figures, failures = asyncio.run(_measure(chosen.names or list(MEASURES), Scale(chosen.quick)))
    write(RESULTS, facts, figures)
    print("\n" + ", ".join(f"{name} {value}" for name, value in facts.items()))
    print(f"\n{markdown(figures)}\n")
    for one in figures:
        if one.how:
            print(f"- {one.name}: {one.how}.")
    for failure in failures:
        print(f"- NOT MEASURED {failure}")
    print(f"\nSingle measurements: {RESULTS.resolve()}")
    return 1 if failures or any(one.met is False for one in figures) else 0


async def _measure(names: Sequence[str], scale: Scale) -> tuple[list[Figure], list[str]]:
    figures: list[Figure] = []
    failures: list[str] = []
    with tempfile.TemporaryDirectory(prefix="samband-bench-") as folder:
        for name in names:
            began_s = time.monotonic()
            print(f"bench: {name} …", flush=True)
            own = Path(folder) / name
            own.mkdir()
            try:
                found = await MEASURES[name](own, scale)
            except Exception as error:  # noqa: BLE001  # one figure that cannot be taken does not cost the others
                failures.append(f"{name}: {type(error).__name__}: {error}")
                print(f"bench: {name} FAILED: {error}", flush=True)
                continue
            figures += found
            for one in found:
                print(f"bench: {name}: {one.name} = {one.value:.1f} {one.unit}", flush=True)
            print(f"bench: {name} took {time.monotonic() - began_s:.0f} s", flush=True)
    return figures, failures


if __name__ == "__main__":
    sys.exit(main())
