"""Cases by number. Each follows from the seed and its number alone, so that one that fails can be played again."""

import asyncio
import itertools
import random
import time
from dataclasses import dataclass

from tests.fuzz.corpus import captured, simulated
from tests.fuzz.mutate import Pieces, joined, mutated
from tests.fuzz.target import Case
from tests.soak.virtual import run_virtually
from tests.soak.world import listening_for_errors

_BATCH = 200
"""Cases on one loop; then a fresh one."""


@dataclass(frozen=True, slots=True)
class Fuzzed:
    cases: int
    lines: int
    seconds: float

    @property
    def cases_per_s(self) -> float:
        return self.cases / self.seconds if self.seconds else 0.0


class CaseFailedError(AssertionError):
    """Names the case, so that `--seed S --first N --cases 1` plays it again."""

    def __init__(self, seed: int, number: int, cause: BaseException) -> None:
        super().__init__(f"case {number} of seed {seed}: {type(cause).__name__}: {cause}")
        self.number = number


def fuzz(*, seed: int, cases: int | None = None, seconds: float | None = None, first: int = 0) -> Fuzzed:
    """Run cases until one of the two bounds is met.

    Raises:
        CaseFailedError: a law does not hold.
    """
    began_s = time.monotonic()
    corpus = captured()
    done = lines = 0
    with listening_for_errors() as errors:
        for start in itertools.count(first, _BATCH):
            wanted = _BATCH if cases is None else min(_BATCH, cases - done)
            if wanted <= 0 or (seconds is not None and time.monotonic() - began_s >= seconds):
                break
            lines += run_virtually(_batch(seed, start, wanted, corpus))
            done += wanted
    if errors:
        raise AssertionError(f"logged as an error: {errors[0]}")
    return Fuzzed(done, lines, time.monotonic() - began_s)


async def _batch(seed: int, start: int, count: int, corpus: list[Pieces]) -> int:
    lines = 0
    failed: list[BaseException] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda loop, context: failed.append(context.get("exception") or RuntimeError(context["message"]))
    )
    for number in range(start, start + count):
        chance = random.Random(f"{seed}/{number}")
        pieces = joined(mutated(_dialogue(corpus, chance), chance), chance)
        lines += len(pieces)
        try:
            await Case(chance).run(pieces)
        except Exception as error:
            raise CaseFailedError(seed, number, error) from error
        if failed:
            raise CaseFailedError(seed, number, failed[0]) from failed[0]
    return lines


def _dialogue(corpus: list[Pieces], chance: random.Random) -> Pieces:
    """One to three dialogues after each other, captured or simulated."""
    dialogues = (
        list(chance.choice(corpus)) if chance.random() < 0.5 else simulated(chance, chance.randint(1, 4))
        for _ in range(chance.randint(1, 3))
    )
    return [piece for dialogue in dialogues for piece in dialogue]
