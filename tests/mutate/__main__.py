"""`make mutate`: would the tests notice? A sample of small changes to `bridge/domain` and `bridge/engine`, one by one.

    python -m tests.mutate [--seed N] [--sample N] [--jobs N] [--only FILE[:LINE]]

Each mutant meets the unit and model tests of both packages in a process of its own. One that no test notices is printed
as a survivor; what each of them means is written in docs/explanation/mutants.md. Exit code 1 when fewer than 90 % are
noticed. On demand, not in CI: 300 mutants take some 15 minutes on two cores.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import pytest

from tests.mutate.child import change
from tests.mutate.mutants import Mutant, mutants_of

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("bridge/domain", "bridge/engine")
TESTS: Final = ("tests/unit/domain", "tests/unit/engine", "tests/model/test_node_model.py")
TO_REACH: Final = 0.9
LIMIT_S: Final = 90.0
"""The tests take a few seconds; a mutant that runs so long never ends, which is noticed."""
PRELOADED: Final = (
    "hypothesis.stateful",
    "sqlalchemy.ext.asyncio",
    "sqlalchemy.dialects.sqlite",
    "aiosqlite",
    "aiohttp",
)
"""Imported once for all: none of them knows the program."""
POLL_S: Final = 0.02
BROKEN: Final = 70
OPTIONS: Final = (
    "-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-seed=0", "-o", "timeout=60",
    "-W", "ignore:Module already imported",
)  # fmt: skip


class Fate(StrEnum):
    KILLED = "killed"
    ENDLESS = "killed: it never ended"
    SURVIVED = "SURVIVED"


@dataclass(frozen=True, slots=True)
class Tried:
    mutant: Mutant
    fate: Fate
    took_s: float


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.mutate", description=__doc__.splitlines()[0])
    arguments.add_argument("--seed", type=int, default=1, help="of the sample")
    arguments.add_argument("--sample", type=int, default=300, help="how many mutants; 0: all")
    arguments.add_argument("--jobs", type=int, default=2, help="how many at a time")
    arguments.add_argument("--only", default="", help="FILE or FILE:LINE, such as bridge/domain/floor.py:30")
    chosen = arguments.parse_args()
    every = [mutant for file in _files() for mutant in mutants_of(ROOT, file) if _is_wanted(mutant, chosen.only)]
    count = min(chosen.sample or len(every), len(every))
    sample = random.Random(chosen.seed).sample(every, count)
    print(f"mutate: {count} of {len(every)} mutants, seed {chosen.seed}, {chosen.jobs} at a time", flush=True)
    for name in PRELOADED:
        __import__(name)
    if (status := _tests_alone()) != 0:
        print(f"mutate: the tests fail without any mutant (status {status}); nothing was measured")
        return 2
    return _report(list(_try_all(sample, chosen.jobs)))


def _files() -> list[str]:
    return sorted(
        str(file.relative_to(ROOT))
        for package in PACKAGES
        for file in (ROOT / package).glob("*.py")
        if file.name != "__init__.py"
    )


def _is_wanted(mutant: Mutant, only: str) -> bool:
    return (
        f"{mutant.file}:{mutant.line}".startswith(only) if ":" not in only else f"{mutant.file}:{mutant.line}" == only
    )


def _tests_alone() -> int:
    child = _start(None)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _try_all(mutants: Sequence[Mutant], jobs: int) -> Iterator[Tried]:
    """As they end; each is printed."""
    waiting, running = list(reversed(mutants)), dict[int, tuple[Mutant, float]]()
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            running[_start(mutant)] = (mutant, time.monotonic())
        for child, (mutant, began_s) in list(running.items()):
            took_s = time.monotonic() - began_s
            fate = _fate_of(child, took_s)
            if fate is not None:
                del running[child]
                print(f"mutate: {fate} ({took_s:.1f} s) {mutant}", flush=True)
                yield Tried(mutant, fate, took_s)
        time.sleep(POLL_S)


def _fate_of(child: int, took_s: float) -> Fate | None:
    """None while it runs. Tests that could not even begin have noticed too: the change breaks the import."""
    ended, status = os.waitpid(child, os.WNOHANG)
    if ended:
        return Fate.SURVIVED if os.waitstatus_to_exitcode(status) == 0 else Fate.KILLED
    if took_s < LIMIT_S:
        return None
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return Fate.ENDLESS


def _start(mutant: Mutant | None) -> int:
    """A process that runs the tests and ends with their status."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    status = BROKEN
    try:
        os.setsid()
        status = _run(mutant)
    finally:
        os._exit(status)


def _run(mutant: Mutant | None) -> int:
    """Silent; examples that Hypothesis finds are kept for nobody, or the next mutant would meet them."""
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    if mutant is not None:
        change(ROOT, mutant.file, mutant.number)
    with tempfile.TemporaryDirectory(prefix="samband-mutate-") as folder:
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder
        return int(pytest.main([*OPTIONS, f"--basetemp={folder}/pytest", *(str(ROOT / test) for test in TESTS)]))


def _report(tried: Sequence[Tried]) -> int:
    fates = Counter(one.fate for one in tried)
    killed = len(tried) - fates[Fate.SURVIVED]
    part = killed / max(1, len(tried))
    print(f"\n{killed} of {len(tried)} noticed: {100 * part:.1f} % (to reach: {100 * TO_REACH:.0f} %); survivors:")
    for one in sorted((one for one in tried if one.fate is Fate.SURVIVED), key=lambda one: str(one.mutant)):
        print(f"- {one.mutant}")
    return 0 if part >= TO_REACH else 1


if __name__ == "__main__":
    sys.exit(main())
