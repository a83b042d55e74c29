"""`make demo`: the whole main job, played by real telephones and a simulated radio network, told and measured.

    python -m tests.demo [--own] [--out FOLDER] [--any-speed]

It plays against the system that runs here. Or it starts one of its own on free ports and stops it again. Its result is
a table, a recording to listen to, and an exit code. The code is 0 when everything is as it must be.
"""

import argparse
import asyncio
import logging
import sys
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import TypeVar

import httpx
import structlog

from bridge.ports import PortError
from bridge.settings import SettingsError
from hardware.simulator.client import SimulatorError
from tests.demo import archive, callout, radio, scenes
from tests.demo.ledger import Ledger
from tests.demo.stage import CannotPlay, Stage, stage
from tests.harness.phone_process import PhoneError

T = TypeVar("T")

FAULTS = (AssertionError, LookupError, OSError, PortError, PhoneError, SimulatorError, CannotPlay, httpx.HTTPError)
"""What a scene can end in when the system does not do as it must."""


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.demo", description=__doc__.splitlines()[0])
    arguments.add_argument("--own", action="store_true", help="start a system of its own even if one runs")
    arguments.add_argument("--out", type=Path, default=Path("demo"), help="where the recording is left (demo)")
    arguments.add_argument("--any-speed", action="store_true", help="what is only slow is no fault (a busy machine)")
    chosen = arguments.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        return asyncio.run(_play(own=chosen.own, out=chosen.out, any_speed=chosen.any_speed))
    except (CannotPlay, PortError, SettingsError) as error:
        print(f"\nThe demonstration cannot be played: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


async def _play(*, own: bool, out: Path, any_speed: bool) -> int:
    ledger, began_s = Ledger(), time.monotonic()
    print("Samband's demonstration: looking for a running system", flush=True)
    recording = None
    async with stage(own=own) as set_up:
        where = "one of its own, started for this" if set_up.own else "the running one"
        ledger.did(f"the system is {where}: {set_up.world.base_url}")
        recording = await _scenes(set_up, ledger, out)
    print(f"\nMeasured in {time.monotonic() - began_s:.0f} s:\n\n{ledger.table()}\n")
    if recording is not None:
        print(
            f"The recording, to listen to: {recording.resolve()}\n{' ' * 29}{recording.with_suffix('.wav').resolve()}"
        )
    faults = ledger.faults(any_speed=any_speed)
    print(f"{faults} of {len(ledger.entries)} are not as they must be." if faults else "Everything is as it must be.")
    return 1 if faults else 0


async def _scenes(set_up: Stage, ledger: Ledger, out: Path) -> Path | None:
    cast = await _guarded(ledger, "dialling in", scenes.dial_in(set_up, ledger))
    if cast is None:
        return None
    stranger = asyncio.create_task(_guarded(ledger, "wrong codes", scenes.three_wrong(set_up, ledger)))
    await _guarded(ledger, "mute", scenes.mute(set_up, ledger, cast))
    if set_up.radio is None:
        ledger.did("the radio is left out: the terminal here is not the simulated one")
        await _guarded(ledger, "call-out", callout.activation(set_up, ledger))
    else:
        await _guarded(ledger, "radio", radio.patched(set_up, ledger, cast, set_up.radio))
        minute = _guarded(ledger, "the minute", radio.past_the_minute(set_up, ledger, cast.first, set_up.radio))
        called = _guarded(ledger, "call-out", callout.activation(set_up, ledger))
        if set_up.own:  # a killed controller ends a transmission: one after the other
            await minute
            await stranger
            await called
        else:
            await asyncio.gather(minute, called)
    await _guarded(ledger, "floor", scenes.floor(ledger, cast, set_up.radio))
    await _guarded(ledger, "isolation", scenes.isolation(set_up, ledger, cast))
    await stranger
    kept = archive.recording(set_up, ledger, cast, out, radio=set_up.radio is not None)
    return await _guarded(ledger, "recording", kept)


async def _guarded(ledger: Ledger, what: str, scene: Awaitable[T]) -> T | None:
    """One scene that fails does not take the others with it."""
    try:
        return await scene
    except FAULTS as error:
        ledger.failed(what, str(error) or type(error).__name__)
        return None


if __name__ == "__main__":
    sys.exit(main())
