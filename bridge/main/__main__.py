"""`python -m bridge.main`: the controller alone, as the supervisor and systemd start it."""

import gc

gc.disable()  # what is imported stays: collections that walk it again and again take a sixth of the start

from bridge.main.gentle import STANDBY, load_in_reserve

load_in_reserve("bridge.main.loaded")

import argparse
import asyncio
import logging
import os
import sys
import threading
from contextlib import suppress
from typing import Final, NoReturn

from bridge import logs, settings
from bridge.files import keep_private
from bridge.main.failures import explained, in_language
from bridge.main.listening import inherited
from bridge.main.loaded import Ends, run_controller
from bridge.main.locks import Lock, its_turn, only_one
from bridge.main.notify import LOADED, Beat, tell
from bridge.main.simulated import with_simulated_terminal, with_simulated_trunk
from bridge.main.state_paths import StatePaths
from bridge.settings import Settings

LET_GO_S: Final = 0.5
"""A controller that was asked to end has so long to close its devices. Then it ends as if it were killed, which is
tried far oftener and loses nothing. Until the process has ended nobody is in control."""
FAILED: Final = 1


def main() -> None:
    """Run the controller, and end the process: nothing that hangs or waits in it may hold the lock any longer."""
    gc.freeze()
    gc.enable()
    chosen = _arguments()
    keep_private()
    code = FAILED
    try:
        loaded = settings.load()
        logs.set_up(loaded.log.level, loaded.log.format)
        if chosen.with_simulator:
            loaded = with_simulated_trunk(with_simulated_terminal(loaded, StatePaths.of(loaded)))
        lock = _lock(loaded, standby=chosen.standby)
        if lock is not None:
            asyncio.run(_live(loaded, chosen))
        code = 0
    except Exception as error:  # noqa: BLE001  every failure is told in words, and none keeps the process alive
        print(in_language(explained("the controller", error), settings.spoken()), file=sys.stderr)
    leave(code)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Samband's controller")
    parser.add_argument("--supervised", action="store_true", help="end when standard input ends")
    parser.add_argument("--with-simulator", action="store_true", help="use the simulated terminal, seed the example")
    parser.add_argument(STANDBY, action="store_true", help="be ready, and begin when the controller that runs ends")
    parser.add_argument("--api-socket", action="append", type=int, default=[], help="listen on this inherited socket")
    return parser.parse_args()


def _lock(loaded: Settings, *, standby: bool) -> Lock | None:
    places = StatePaths.of(loaded)
    places.make()
    if not standby:
        return only_one(places.controller_lock, "the controller")
    tell(LOADED)
    return its_turn(places.controller_lock, sys.stdin.fileno(), meanwhile=Beat())


async def _live(loaded: Settings, chosen: argparse.Namespace) -> None:
    """The process is gone `LET_GO_S` after the end has begun, never later. The loop's own end would wait for every
    thread that is still at work."""
    try:
        await run_controller(
            loaded,
            example=chosen.with_simulator,
            supervised=chosen.supervised,
            sockets=inherited(chosen.api_socket),
            ends=Ends(failed=lambda error: leave(FAILED), asked=lambda: leave_within(LET_GO_S)),
        )
    except Exception as error:  # noqa: BLE001  told here: the loop's own end may never come
        print(in_language(explained("the controller", error), settings.spoken()), file=sys.stderr)
        leave(FAILED)
    leave(0)


def leave_within(seconds: float) -> None:
    last = threading.Timer(seconds, leave, [0])
    last.daemon = True
    last.start()


def leave(code: int) -> NoReturn:
    """End now. Every promise is on disk, and the calls are Asterisk's."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
