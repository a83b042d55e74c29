"""One row of the bench in a process of its own: `python -m tests.bench.row NAME FOLDER [--quick] [--seed N]`.

Things that a row leaves in memory, or breaks, are then no other row's. A row that hangs can be ended. Its figures go to
`FOLDER/figures.json`; the last line on standard error says why there are none.
"""

import argparse
import asyncio
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from tests.bench.figures import Figure, Measure, Scale, save

FIGURES: Final = "figures.json"


@dataclass(frozen=True, slots=True)
class Row:
    """Where a row's function is, and how it is run.

    Attributes:
        most_s: Longer than this it hangs, and is ended.
        nice: Given to what only computes, beside rows that are played in real time.
    """

    module: str
    function: str
    most_s: float
    nice: int = 0

    def measure(self) -> Measure:
        found: Measure = getattr(importlib.import_module(f"tests.bench.{self.module}"), self.function)
        return found


ROWS: Final[dict[str, Row]] = {
    "cpu": Row("cost", "cpu", 900),
    "join": Row("crowd", "join", 150),
    "mute": Row("mutes", "mute", 300),
    "whisper": Row("led", "whisper", 400),
    "floor": Row("led", "floor", 300),
    "guesses": Row("led", "guesses", 300, nice=19),
    "room": Row("rooms", "room", 1500),
    "churn": Row("rooms", "churn", 400),
    "crowd": Row("rooms", "crowd", 1800),
    "microphones": Row("microphones", "microphones", 900),
    "ring-back": Row("backs", "ring_back", 400),
    "callout": Row("alerts", "callout", 150),
    "invite-pace": Row("invites", "pace", 200),
    "commit": Row("calls", "commit", 200),
    "cancel": Row("calls", "cancel", 300),
    "calling": Row("calls", "calling", 200),
    "to-air": Row("delays", "to_air", 400),
    "from-air": Row("delays", "from_air", 300),
    "lost": Row("phrases", "lost", 600),
    "patch": Row("patches", "one", 200),
    "patches": Row("patches", "eight", 240),
    "import": Row("imports", "directory", 300),
    "search": Row("searches", "words", 900),
    "verify": Row("archives", "verify", 900),
    "package": Row("archives", "package", 1200),
    "jump": Row("archives", "jump", 600),
    "ten-tracks": Row("archives", "ten_tracks", 900),
    "pages": Row("pages", "seen_in_two", 300),
    "drawn": Row("consoles", "drawn", 300),
    "consoles": Row("consoles", "fifty", 600),
    "start": Row("starts", "second", 300),
    "control-back": Row("control", "back", 1800),
    "hour": Row("soaks", "hour", 600, nice=19),
    "memory": Row("hour", "memory", 300, nice=19),
    "minute": Row("minutes", "minute", 780),
    "day": Row("soaks", "day", 1050, nice=19),
}
Tracks = tuple[tuple[str, ...], ...]
"""Rows that are taken beside each other; those of one track one after the other."""

ALONE: Final = (
    "cpu",
    "join",
    "mute",
    "whisper",
    "floor",
    "room",
    "churn",
    "crowd",
    "microphones",
    "ring-back",
    "callout",
    "invite-pace",
    "commit",
    "cancel",
    "calling",
    "to-air",
    "from-air",
    "patch",
    "patches",
    "import",
    "search",
    "verify",
    "package",
    "jump",
    "ten-tracks",
    "pages",
    "drawn",
    "consoles",
    "start",
    "control-back",
)
WHOLE: Final[tuple[Tracks, ...]] = (
    *(((name,),) for name in ALONE),
    (("minute",), ("lost", "hour", "memory"), ("day", "guesses")),
)
"""What depends on the machine's speed has it for itself. Speech by the real clock may be taken beside other speech, and
beside what only computes and yields to it."""
QUICK: Final[tuple[Tracks, ...]] = (
    (
        ("cpu", "microphones", "room", "crowd", "to-air", "patch", "lost", "hour"),
        (
            "join",
            "mute",
            "whisper",
            "floor",
            "churn",
            "ring-back",
            "callout",
            "invite-pace",
            "commit",
            "cancel",
            "calling",
            "from-air",
            "patches",
            "import",
            "search",
            "verify",
            "package",
            "jump",
            "ten-tracks",
            "pages",
            "drawn",
            "consoles",
            "memory",
            "minute",
        ),
        ("day", "guesses"),
    ),
    (("start", "control-back"),),
)


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.bench.row")
    arguments.add_argument("name", choices=ROWS)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--quick", action="store_true")
    arguments.add_argument("--seed", type=int, default=1)
    chosen = arguments.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    row = ROWS[chosen.name]
    os.nice(row.nice)
    found = asyncio.run(_found(row.measure(), chosen.folder, Scale(chosen.quick, chosen.seed)))
    save(chosen.folder / FIGURES, found)
    return 0


async def _found(measure: Measure, folder: Path, scale: Scale) -> Sequence[Figure]:
    own = folder / "work"
    own.mkdir(parents=True)
    return await measure(own, scale)


if __name__ == "__main__":
    sys.exit(main())
