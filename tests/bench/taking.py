"""Runs one row as a process, watches it, and makes sure that nothing of it is left."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench.figures import Figure, load
from tests.bench.machine import ROOT, Busy, Ticks
from tests.bench.processes import descendants
from tests.bench.row import FIGURES, ROWS

TIDY_S: Final = 45.0
"""What a row that has hung gets to stop what it started."""
TOLD: Final = "bench: "


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a row.

    Attributes:
        busy: The whole machine meanwhile.
        trouble: Why it was not taken, or not all of it; else empty.
    """

    name: str
    figures: list[Figure]
    took_s: float
    busy: Busy
    trouble: str = ""


async def take(name: str, own: Path, *, quick: bool, seed: int | None, checkout: Path = ROOT) -> Taken:
    """Prints as it goes. Never raises for what happens in the row.

    Args:
        own: A folder for it, not there yet.
        seed: Nothing for a row of old, which has none.
        checkout: Whose program and whose `tests.bench` run.
    """
    own.mkdir()
    began_s, before = time.monotonic(), Ticks.now()
    print(f"{TOLD}{name} …", flush=True)
    trouble = await _run(
        name, own, [*(["--quick"] if quick else []), *([] if seed is None else [f"--seed={seed}"])], checkout
    )
    figures = load(own / FIGURES)
    for one in figures:
        print(f"{TOLD}{name}: {one.name} = {one.value:.1f} {one.unit}", flush=True)
    taken = Taken(name, figures, time.monotonic() - began_s, Busy.since(before), trouble)
    ending = f"FAILED: {trouble}" if trouble else "done"
    print(f"{TOLD}{name} {ending} ({taken.took_s:.0f} s; {taken.busy})", flush=True)
    return taken


async def _run(name: str, folder: Path, options: list[str], checkout: Path) -> str:
    """Gives what went wrong, or nothing."""
    command = [sys.executable, "-u", "-m", "tests.bench.row", name, str(folder), *options]
    log = folder / "row.log"
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=checkout,
            env=of_checkout(checkout),
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    telling = asyncio.create_task(_tell(process))
    try:
        async with asyncio.timeout(ROWS[name].most_s):
            status = await process.wait()
    except TimeoutError:
        await _end(process)
        return f"not done within {ROWS[name].most_s:g} s; {_last_line(log)}"
    finally:
        await _end(process)
        await telling
    if status != 0:
        _keep(log, name)
        return _last_line(log)
    return ""


def of_checkout(checkout: Path) -> dict[str, str]:
    """The environment in which everything is imported from there, whatever is installed."""
    return {**os.environ, "PYTHONPATH": str(checkout)}


async def _tell(process: asyncio.subprocess.Process) -> None:
    if process.stdout is not None:
        async for line in process.stdout:
            print(line.decode(errors="replace"), end="", flush=True)


async def _end(process: asyncio.subprocess.Process) -> None:
    """As with Ctrl-C, so that it stops what it started; what then still runs is killed."""
    if process.returncode is not None:
        return
    started = descendants(process.pid)
    process.send_signal(signal.SIGINT)
    try:
        async with asyncio.timeout(TIDY_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
    for one in started:
        with contextlib.suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)


def _last_line(log: Path) -> str:
    """The reason is the last line that begins in the first column and names an error."""
    lines = log.read_text(errors="replace").splitlines()
    errors = [line for line in lines if line[:1].isalpha() and ": " in line and " " not in line.split(": ")[0]]
    return (errors or lines or ["it said nothing"])[-1][:500]


def _keep(log: Path, name: str) -> None:
    """For whoever wants to know why."""
    kept = Path(f"bench-{name}.log")
    kept.write_bytes(log.read_bytes())
    print(f"{TOLD}{name}: what it said is in {kept.resolve()}", flush=True)
