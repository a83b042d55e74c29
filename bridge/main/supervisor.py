"""`samband run`: everything on one machine, from nothing to ready, in the foreground.

It prepares Asterisk, starts it with the simulated terminal (if wanted) and the controller, and keeps them running: what
dies is started again, what hangs is killed and started again. Asterisk is not the controller's child: calls outlive it.
"""

import asyncio
import json
import os
import signal
import sys
import time
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final

import structlog

from bridge.ari.install import Progress
from bridge.domain.numbers import national
from bridge.main import region
from bridge.main.locks import only_one
from bridge.main.notify import ALIVE, READY, Listener
from bridge.main.places import Places
from bridge.main.ports_free import check_ports
from bridge.main.prepare import Prepared, prepare_asterisk
from bridge.main.simulated import SIMULATED, simulator_command, with_simulated_terminal
from bridge.ports import PortError
from bridge.settings import Settings

log = structlog.get_logger(__name__)

HUNG_S: Final = 5.0
"""A controller whose watchdog is silent for so long is killed: Asterisk would believe in it, callers sit in silence."""
BOOT_S: Final = 45.0
STOP_S: Final = 5.0
QUICK_DEATH_S: Final = 10.0
LONGEST_REST_S: Final = 5.0
LOOK_S: Final = 0.2


async def run(settings: Settings, *, with_simulator: bool = False) -> None:
    """Prepare, start, keep running until Ctrl-C, then stop everything that was started.

    Raises:
        PortError: A part is missing or a port is taken; the text says which, and the remedy.
    """
    places = Places.of(settings)
    places.make()
    if with_simulator:
        settings = with_simulated_terminal(settings, places)
    with ExitStack() as held:
        held.enter_context(only_one(places.supervisor_lock, "samband run"))
        await _Supervisor(settings, places, with_simulator).run()


class _Child:
    """A program that is kept running. One that dies at once again and again rests longer each time."""

    def __init__(self, name: str, command: Sequence[str], log_file: Path, environment: dict[str, str]) -> None:
        self.name = name
        self._command = command
        self._log_file = log_file
        self._environment = environment
        self.process: asyncio.subprocess.Process | None = None
        self.started_at_s = 0.0
        self._rest_s = 0.0

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.returncode is None

    async def start(self) -> None:
        with self._log_file.open("ab") as output:
            self.process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=output,
                stderr=output,
                env={**os.environ, **self._environment},
                start_new_session=True,
            )
        self.started_at_s = time.monotonic()

    async def keep(self) -> None:
        """Start it again if it is gone."""
        if self.running:
            return
        lived_s = time.monotonic() - self.started_at_s
        self._rest_s = min(LONGEST_REST_S, self._rest_s * 2 + 0.1) if lived_s < QUICK_DEATH_S else 0.0
        code = self.process.returncode if self.process else None
        log.error("program_ended", program=self.name, exit_code=code, again_in_s=self._rest_s, log=str(self._log_file))
        await asyncio.sleep(self._rest_s)
        await self.start()

    @property
    def exit_code(self) -> int | None:
        return None if self.process is None else self.process.returncode

    async def kill(self) -> None:
        if self.process is not None and self.running:
            self.process.kill()
            await self.process.wait()

    async def stop(self) -> None:
        if self.process is None or not self.running:
            return
        self.process.terminate()
        try:
            async with asyncio.timeout(STOP_S):
                await self.process.wait()
        except TimeoutError:
            log.error("program_does_not_stop", program=self.name)
            self.process.kill()
            await self.process.wait()

    def last_lines(self, count: int = 15) -> str:
        text = self._log_file.read_text(errors="replace") if self._log_file.exists() else ""
        return "\n".join(text.splitlines()[-count:])


class _Supervisor:
    """Keeps one controller at work and one in reserve.

    The reserve has loaded everything and waits for the controller's lock, which dies with its holder: it is in control
    within a second, where a fresh start would spend most of the time that a meeting can wait on loading libraries.
    """

    def __init__(self, settings: Settings, places: Places, with_simulator: bool) -> None:
        self._settings = settings
        self._places = places
        self._with_simulator = with_simulator
        self._stop = asyncio.Event()
        self._others: list[_Child] = []
        self._controller: _Child | None = None
        self._reserve: _Child | None = None
        self._heard_at_s = 0.0
        self._was_ready = False
        self._is_ready = False

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)
        prepared = await asyncio.to_thread(prepare_asterisk, self._settings, _Shown())
        _done()
        was_running = prepared.process.pid() is not None
        check_ports(self._settings)
        try:
            await self._start_all(prepared)
        finally:
            await self._stop_all(prepared, stop_asterisk=not was_running)

    async def _start_all(self, prepared: Prepared) -> None:
        await prepared.process.ensure_running()
        if self._with_simulator and self._settings.terminal[0].name == SIMULATED:
            simulator = _Child("simulator", simulator_command(self._places), self._places.logs / "simulator.log", {})
            self._others.append(simulator)
            await simulator.start()
        with Listener(self._places.run / "notify.sock") as listener:
            self._controller = self._new_controller(listener)
            await self._controller.start()
            self._patient(BOOT_S)
            while not self._stop.is_set():
                await self._look_after(prepared, listener)
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await self._stop.wait()

    def _new_controller(self, listener: Listener, *, reserve: bool = False) -> _Child:
        command = [sys.executable, "-m", "bridge.main", "--supervised"]
        if self._with_simulator:
            command.append("--with-simulator")
        if reserve:
            command.append("--standby")
        environment = {"NOTIFY_SOCKET": str(listener.path)}
        return _Child("controller", command, self._places.logs / "controller.log", environment)

    async def _look_after(self, prepared: Prepared, listener: Listener) -> None:
        self._listen(listener)
        await self._keep_controller(listener)
        for other in self._others:
            await other.keep()
        if prepared.process.pid() is None:
            log.error("asterisk_ended", action="started again")
            await prepared.process.ensure_running()

    async def _keep_controller(self, listener: Listener) -> None:
        controller = self._controller
        if controller is None:
            return
        if controller.running and time.monotonic() - self._heard_at_s > HUNG_S:
            log.error("controller_hangs", action="killed and replaced")
            await controller.kill()
        if not controller.running:
            if not self._was_ready:
                raise PortError("the controller", "did not start", retry=False, evidence=controller.last_lines())
            await self._replace(controller)
        elif self._reserve is not None:
            await self._reserve.keep()
        elif self._is_ready:
            self._reserve = self._new_controller(listener, reserve=True)
            await self._reserve.start()

    async def _replace(self, controller: _Child) -> None:
        self._is_ready = False
        self._patient(BOOT_S)
        if self._reserve is not None and self._reserve.running:
            log.error("controller_ended", action="the reserve takes over", exit_code=controller.exit_code)
            self._controller, self._reserve = self._reserve, None
        else:
            await controller.keep()

    def _patient(self, seconds: float) -> None:
        """A controller that begins may be silent for longer."""
        self._heard_at_s = time.monotonic() + seconds - HUNG_S

    def _listen(self, listener: Listener) -> None:
        for message in listener.messages():
            if ALIVE in message:
                self._heard_at_s = max(self._heard_at_s, time.monotonic())
            if READY in message:
                self._heard_at_s = time.monotonic()
                self._is_ready = True
                if not self._was_ready:
                    self._was_ready = True
                    _print_ready(self._settings, self._places)

    async def _stop_all(self, prepared: Prepared, *, stop_asterisk: bool) -> None:
        for child in (self._reserve, self._controller, *self._others):
            if child is not None:
                await child.stop()
        if stop_asterisk:
            await prepared.process.stop()


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


def _print_ready(settings: Settings, places: Places) -> None:
    base = f"http://{settings.api.host}:{settings.api.port}"
    print("Samband ready")
    print(f"  console         {base}/")
    print(f"  operator token  {places.operator_token}")
    print(f"  telephone       {national(settings.number)}  ({settings.number})")
    for conference in _example_conferences(base, places):
        print(f"  conference      {conference['name']}: code {conference['code']}#, host {conference['host_code']}#")
    print("  stop            Ctrl-C", flush=True)


def _example_conferences(base: str, places: Places) -> list[dict[str, Any]]:
    """The open conferences, as any client of the API sees them."""
    request = urllib.request.Request(  # noqa: S310  our own address
        f"{base}/api/v1/conferences",
        headers={"Authorization": f"Bearer {places.operator_token.read_text().strip()}"},
    )
    with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310
        listed = json.load(response)
    rows = listed if isinstance(listed, list) else listed.get("items", [])
    return [row for row in rows if row.get("state") != "ended" and row.get("forum") == region.FORUM]
