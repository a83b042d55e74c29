"""The process of a controller: from its command line to its end.

It is forked from a process that has loaded it (`bridge.main.fork_server`).
"""

import argparse
import asyncio
import gc
import logging
import os
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, NoReturn

from bridge import logs, settings
from bridge.domain.kernel.language import Language
from bridge.files import keep_private
from bridge.main.controller import Ends, run_controller
from bridge.main.failures import explained, in_language
from bridge.main.forks import AT_WORK, IN_RESERVE, ON_TRIAL, STANDBY, TRIAL
from bridge.main.listening import inherited
from bridge.main.locks import Lock, its_turn, only_one
from bridge.main.notify import LOADED, Beat, tell
from bridge.main.processes import call_it
from bridge.main.simulated import with_simulated_terminal, with_simulated_trunk
from bridge.main.state_paths import StatePaths
from bridge.main.trial import tried
from bridge.settings import Settings

LET_GO_S: Final = 0.5
"""A controller that was asked to end has so long to close its devices. Then it ends as if it were killed, which is
tried far oftener and loses nothing. Until the process has ended nobody is in control."""
FAILED: Final = 1


def main(words: Sequence[str]) -> NoReturn:
    """Run the controller, and end the process: nothing that hangs or waits in it may hold the lock any longer.

    Args:
        words: Its command line, without the program's name.
    """
    gc.freeze()
    gc.enable()
    chosen = _arguments(words)
    keep_private()
    code = FAILED
    try:
        loaded = settings.load()
        logs.set_up(loaded.log.level, loaded.log.format)
        if chosen.with_simulator:
            loaded = with_simulated_trunk(with_simulated_terminal(loaded, StatePaths.of(loaded)))
        if chosen.trial is not None:
            call_it(ON_TRIAL)
            tried(loaded, chosen.trial)
            leave(0)
        lock = _lock(loaded, standby=chosen.standby)
        if lock is not None:
            asyncio.run(_live(loaded, chosen))
        code = 0
    except Exception as error:  # noqa: BLE001  every failure is told in words, and none keeps the process alive
        print(in_language(explained("the controller", error), settings.spoken()), file=sys.stderr)
    leave(code)


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Samband's controller")
    parser.add_argument("--supervised", action="store_true", help="end when standard input ends")
    parser.add_argument("--with-simulator", action="store_true", help="use the simulated terminal, seed the example")
    parser.add_argument(STANDBY, action="store_true", help="be ready, and begin when the controller that runs ends")
    parser.add_argument(TRIAL, type=Language, help="see whether this version could take over, and tell it")
    parser.add_argument("--api-socket", action="append", type=int, default=[], help="listen on this inherited socket")
    return parser.parse_args(words)


def _lock(loaded: Settings, *, standby: bool) -> Lock | None:
    places = StatePaths.of(loaded)
    places.make()
    if not standby:
        lock: Lock | None = only_one(places.controller_lock, "the controller")
    else:
        call_it(IN_RESERVE)
        tell(LOADED)
        lock = its_turn(places.controller_lock, sys.stdin.fileno(), meanwhile=Beat())
    call_it(AT_WORK)
    return lock


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
