"""What was measured on, and how busy it was: at the start, and while each row was taken."""

import os
import platform
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LOOK_S: Final = 2.0
CHANGED: Final = " and changes that are in no commit"
QUIET: Final = 0.1
"""A machine busier than this before anything has begun does other work; real-time figures then show that too."""


@dataclass(frozen=True, slots=True)
class Ticks:
    """Processor time of all cores since the machine started, in clock ticks."""

    all: int
    idle: int
    stolen: int

    @classmethod
    def now(cls) -> "Ticks":
        user, nice, system, idle, waiting, irq, soft, stolen = map(
            int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
        )
        return cls(user + nice + system + idle + waiting + irq + soft + stolen, idle + waiting, stolen)


@dataclass(frozen=True, slots=True)
class Busy:
    """How busy all cores were over a time, 0…1. `stolen` is what another machine on the same hardware took."""

    share: float
    stolen: float
    load: float

    @classmethod
    def since(cls, before: Ticks) -> "Busy":
        now = Ticks.now()
        spent = max(1, now.all - before.all)
        return cls(
            share=1 - (now.idle - before.idle) / spent,
            stolen=(now.stolen - before.stolen) / spent,
            load=os.getloadavg()[0],
        )

    def __str__(self) -> str:
        return f"{100 * self.share:.0f} % busy, {100 * self.stolen:.0f} % stolen, load {self.load:.1f}"


ROOT: Final = Path(__file__).parents[2]


def commit(root: Path = ROOT) -> str:
    """What is measured: the commit that stands there, and whether anything was changed since."""
    git = ("git", "-C", str(root))
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    if head.returncode != 0:
        return "unknown: no git repository"
    changed = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=False).stdout
    return head.stdout.strip() + (CHANGED if changed.strip() else "")


def machine() -> dict[str, object]:
    """Takes `LOOK_S` to see how busy it is."""
    before = Ticks.now()
    time.sleep(LOOK_S)
    busy = Busy.since(before)
    return {
        "commit": commit(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_mb": int(Path("/proc/meminfo").read_text().split()[1]) // 1024,
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load": round(busy.load, 2),
        "at_start": str(busy) + (" — NOT QUIET: other work shares it" if busy.share > QUIET else ""),
        "at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
