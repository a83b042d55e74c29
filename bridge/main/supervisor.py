"""`samband run`: everything on one machine, from nothing to ready, in the foreground.

It prepares Asterisk, starts it with the simulated terminal (if wanted) and the controllers, and keeps them running:
what dies is started again, what hangs is killed and started again. Asterisk is not the controller's child: calls
outlive it.

Each program has a task of its own here, so that none waits while another starts, stops or hangs.
"""

import asyncio
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import ExitStack
from typing import Any, Final

import structlog

from bridge.ari.install import Progress
from bridge.ari.process import AsteriskProcess
from bridge.domain.numbers import national
from bridge.logs import LogKeeper
from bridge.main import own_api, region
from bridge.main.aside import Aside
from bridge.main.child import Program, keep
from bridge.main.controllers import Controllers
from bridge.main.failures import in_words
from bridge.main.listening import api_sockets, close
from bridge.main.locks import only_one
from bridge.main.notify import Listener
from bridge.main.places import Places
from bridge.main.prepare import prepare_asterisk
from bridge.main.simulated import SIMULATED, simulator_command, with_simulated_terminal
from bridge.ports import PortError
from bridge.settings import Settings

log = structlog.get_logger(__name__)

CONTROLLER: Final = "bridge.main"
"""The module that is run as a controller."""
BIND_S: Final = 3.0
"""A port in use is tried for so long: a controller whose supervisor was killed ends within this."""
LOOK_S: Final = 0.2
ASTERISK_FIRST_REST_S: Final = 0.5
ASTERISK_LONGEST_REST_S: Final = 10.0
"""An Asterisk that does not come up is tried again for ever: without it there is no telephony, and no other remedy."""


async def run(settings: Settings, *, with_simulator: bool = False) -> None:
    """Prepare, start, keep running until Ctrl-C, then stop everything that was started.

    Raises:
        PortError: A part is missing or a port is taken; the text says which, and the remedy.
    """
    with in_words("samband run"), ExitStack() as held:
        places = Places.of(settings)
        places.make()
        if with_simulator:
            settings = with_simulated_terminal(settings, places)
        held.enter_context(only_one(places.supervisor_lock, "samband run"))
        await _Supervisor(settings, places, with_simulator).run()


class _Supervisor:
    """Starts everything in order, then keeps each part by a task of its own until it is asked to stop."""

    def __init__(self, settings: Settings, places: Places, with_simulator: bool) -> None:
        self._settings = settings
        self._places = places
        self._with_simulator = with_simulator
        self._stop = asyncio.Event()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)
        prepared = await asyncio.to_thread(prepare_asterisk, self._settings, _Shown())
        _done()
        was_running = prepared.process.pid() is not None
        sockets = await asyncio.to_thread(api_sockets, self._settings.api, patience_s=BIND_S)
        try:
            await prepared.process.ensure_running()
            await self._keep_all(prepared.process, sockets)
        finally:
            close(sockets)
            if not was_running:
                await prepared.process.stop()

    async def _keep_all(self, asterisk: AsteriskProcess, sockets: Sequence[socket.socket]) -> None:
        with Listener(self._places.run / "notify.sock") as listener:
            descriptors = tuple(one.fileno() for one in sockets)
            controllers = Controllers(lambda reserve: self._controller(listener, descriptors, reserve), listener)
            logs = LogKeeper(("*.log",), (), (self._places.logs,), self._settings.log.file_mb * 1_000_000)
            aside = Aside()
            work: list[Coroutine[Any, Any, None]] = [
                controllers.keep(),
                keep_asterisk(asterisk),
                aside.keep("logs", logs.run),
                self._say_ready(controllers.ready),
            ]
            if self._with_simulator and self._settings.terminal[0].name == SIMULATED:
                work.append(keep(self._simulator()))
            await _until(self._stop, work)

    def _controller(self, listener: Listener, descriptors: Sequence[int], reserve: bool) -> Program:
        command = [sys.executable, "-m", CONTROLLER, "--supervised"]
        command += [f"--api-socket={number}" for number in descriptors]
        command += ["--with-simulator"] if self._with_simulator else []
        command += ["--standby"] if reserve else []
        environment = {"NOTIFY_SOCKET": str(listener.path)}
        return Program("controller", command, self._places.logs / "controller.log", environment, descriptors)

    def _simulator(self) -> Program:
        return Program("simulator", simulator_command(self._places), self._places.logs / "simulator.log", {})

    async def _say_ready(self, ready: asyncio.Event) -> None:
        await ready.wait()
        conferences, trouble = await asyncio.to_thread(_example_conferences, self._settings, self._places)
        try:
            _print_ready(self._settings, self._places, conferences, trouble)
        except OSError as error:
            log.warning("ready_not_printed", reason=str(error))  # nobody reads: no reason to end


async def _until(stop: asyncio.Event, work: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Do all the work side by side until asked to stop, or until one of it fails."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one) for one in work]
        await stop.wait()
        for task in tasks:
            task.cancel()


async def keep_asterisk(process: AsteriskProcess, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
    """Start Asterisk again whenever it has ended, for ever. One that comes up in part is ended and tried again."""
    rest_s = 0.0
    while True:
        await sleep(LOOK_S)
        if process.pid() is not None:
            continue
        log.error("asterisk_ended", action="started again")
        try:
            await process.ensure_running()
            rest_s = 0.0
        except PortError as error:
            rest_s = min(ASTERISK_LONGEST_REST_S, 2 * rest_s + ASTERISK_FIRST_REST_S)
            log.error("asterisk_does_not_start", reason=str(error), again_in_s=rest_s)
            await _ended(process)
            await sleep(rest_s)


async def _ended(process: AsteriskProcess) -> None:
    try:
        await process.stop()
    except PortError as error:
        log.error("asterisk_does_not_end", reason=str(error))


class _Shown:
    """Progress for people: one line that moves in a terminal, one line a step elsewhere."""

    def __init__(self) -> None:
        self._step = ""

    def __call__(self, progress: Progress) -> None:
        if sys.stdout.isatty():
            print(f"\r\x1b[K{progress.step} {progress.done}/{progress.total}", end="", flush=True)
        elif progress.step != self._step:
            self._step = progress.step
            print(f"{progress.step} …", flush=True)


def _done() -> None:
    if sys.stdout.isatty():
        print("\r\x1b[K", end="", flush=True)


def _print_ready(settings: Settings, places: Places, conferences: Sequence[dict[str, Any]], trouble: str) -> None:
    base = own_api.base_url(settings.api)
    print("Samband ready")
    print(f"  console         {base}/")
    print(f"  operator token  {places.operator_token}")
    print(f"  telephone       {national(settings.number)}  ({settings.number})")
    for conference in conferences:
        code, host_code = conference["code"], conference["host_code"]
        codes = f"code {code}#, host {host_code}#" if code and host_code else "codes unreadable, see the runbook"
        print(f"  conference      {conference['name']}: {codes}")
    if trouble:
        print(f"  conference      its codes cannot be shown ({trouble}): see {base}/readyz and the runbook")
    print("  stop            Ctrl-C", flush=True)


def _example_conferences(settings: Settings, places: Places) -> tuple[list[dict[str, Any]], str]:
    """The open conferences of the example region, as any client of the API sees them, or why they are not known."""
    try:
        token = places.operator_token.read_text(encoding="ascii").strip()
        rows = own_api.read(settings.api, "/api/v1/conferences", token)
        return [row for row in rows if row["state"] != "ended" and row["forum"] == region.FORUM], ""
    except (PortError, OSError, ValueError, KeyError, TypeError) as error:
        log.warning("example_not_shown", reason=str(error))
        return [], str(error)
