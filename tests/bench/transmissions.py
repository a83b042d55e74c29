"""The longest transmission, and who ended each: figures for every row that puts speech on the air."""

from collections.abc import Sequence

from tests.bench.figures import Figure
from tests.harness.transmissions import LONGEST_S, Ended, longest_s, told, too_long


def longest(what: str, ended: Sequence[Ended], how: str = "") -> tuple[Figure, Figure]:
    """Of every transmission of ours, whoever ended it; and how many were too long or ended by the radio itself."""
    raw: dict[str, object] = {"ended": [list(one) for one in ended]}
    ours = [one for one in ended if not one.beyond_us]
    return (
        Figure(f"longest transmission in {what}", longest_s(ours), "s", LONGEST_S, samples=len(ended),
               how=f"{how}; ended: {told(ended)}".removeprefix("; "), raw=raw, least=1),
        Figure(f"transmissions that the radio itself had to end in {what}", len(too_long(ours)), "times", 0,
               samples=len(ended), least=1),
    )  # fmt: skip
