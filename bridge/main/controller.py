"""The controller: everything that decides, in one process, beside an Asterisk that lives its own life.

It may be killed at any moment: calls, mixes and recordings stay in Asterisk. At start it reads what was promised from
the database, lists what is in Asterisk, and works the difference off. `bridge.main.parts` says what it is made of.
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import structlog

from bridge.main.aside import Aside
from bridge.main.listening import BIND_S, api_sockets
from bridge.main.notify import BEAT_S, STARTS, beat, tell
from bridge.main.parts import PARTS, Listening
from bridge.main.release import release
from bridge.main.rig import Part, Rig, Work, made, worked
from bridge.main.starting import Wishes
from bridge.main.state_paths import StatePaths
from bridge.settings import Settings

log = structlog.get_logger(__name__)


def _nothing(*_: object) -> None:
    return


@dataclass(frozen=True, slots=True)
class Ends:
    """Told of the controller's end as soon as it is certain: what follows may take long, or for ever."""

    failed: Callable[[BaseException], None] = _nothing
    """A part has failed; no other part knows of it yet."""
    asked: Callable[[], None] = _nothing
    """It was asked to end, and is going to close what it holds."""


async def run_controller(
    settings: Settings,
    *,
    example: bool = False,
    supervised: bool = False,
    sockets: Sequence[socket.socket] = (),
    ends: Ends = Ends(),
) -> None:
    """Run until asked to stop. Calls and recordings go on when it ends. The caller holds the controller's lock.

    Args:
        settings: All settings, checked.
        example: Seed the example region into an empty directory, and see that it has an open conference.
        supervised: End when standard input ends, since then the supervisor is gone.
        sockets: Where the API listens; opened here when none are given.
        ends: Hears of the end.

    Raises:
        PortError: The database cannot be opened, or the API's port is taken.
    """
    tell(STARTS)
    log.info("controller_begins", pid=os.getpid(), **asdict(release()))
    beating = asyncio.create_task(_beat(), name="watchdog")
    try:
        places = StatePaths.of(settings)
        places.make()
        listening = list(sockets) or await asyncio.to_thread(api_sockets, settings.api, patience_s=BIND_S)
        rig = Rig(settings, places, Listening(listening), Wishes(example))
        async with made(PARTS, rig):
            await _run(rig, supervised=supervised, ends=ends)
    finally:
        beating.cancel()


async def _run(rig: Rig, *, supervised: bool, ends: Ends) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if supervised:
        _watch_supervisor(loop, stop)

    async def asked_to_stop() -> None:
        await stop.wait()
        log.info("controller_stops", calls="go on in Asterisk")
        ends.asked()

    def around(part: Part, work: Callable[[], Work]) -> Work:
        kept = rig[Aside].keep(part.name, work) if part.aside else work()
        return _noticed(part.name, kept, ends)

    await worked(PARTS, rig, asked_to_stop, around)


async def _noticed(name: str, work: Work, ends: Ends) -> None:
    """Its failure ends the controller, and is reported at once: the other parts' clean-up may take long, or for
    ever."""
    try:
        await work
    except Exception as error:
        log.critical("part_failed", part=name, exc_info=error)
        ends.failed(error)
        raise


def _watch_supervisor(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Standard input is a pipe that only the supervisor holds: its end is the supervisor's end."""

    def readable() -> None:
        if not sys.stdin.buffer.read1(1):  # type: ignore[union-attr]
            loop.remove_reader(sys.stdin)
            stop.set()

    loop.add_reader(sys.stdin, readable)


async def _beat() -> None:
    """Sent only while the event loop turns, so that a hung controller falls silent."""
    while True:
        beat()
        await asyncio.sleep(BEAT_S)
