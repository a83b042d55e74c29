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
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import structlog

from bridge.api.text import number_spoken
from bridge.ari.install import Progress
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

    def kill(self) -> None:
        if self.process is not None and self.running:
            self.process.kill()

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
    def __init__(self, settings: Settings, places: Places, with_simulator: bool) -> None:
        self._settings = settings
        self._places = places
        self._with_simulator = with_simulator
        self._stop = asyncio.Event()
        self._children: list[_Child] = []
        self._heard_at_s = 0.0
        self._is_ready = False

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)
        prepared = await asyncio.to_thread(prepare_asterisk, self._settings, _show)
        _done()
        was_running = prepared.process.pid() is not None
        check_ports(self._settings, asterisk_runs=was_running)
        try:
            await self._start_all(prepared)
        finally:
            await self._stop_all(prepared, stop_asterisk=not was_running)

    async def _start_all(self, prepared: Prepared) -> None:
        await prepared.process.ensure_running()
        if self._with_simulator and self._settings.terminal[0].name == SIMULATED:
            simulator = _Child("simulator", simulator_command(self._places), self._places.logs / "simulator.log", {})
            self._children.append(simulator)
            await simulator.start()
        with Listener(self._places.run / "notify.sock") as listener:
            controller = self._controller(listener)
            self._children.append(controller)
            await controller.start()
            await self._keep(prepared, controller, listener)

    def _controller(self, listener: Listener) -> _Child:
        command = [sys.executable, "-m", "bridge.main", "--supervised"]
        if self._with_simulator:
            command.append("--with-simulator")
        return _Child(
            "controller", command, self._places.logs / "controller.log", {"NOTIFY_SOCKET": str(listener.path)}
        )

    async def _keep(self, prepared: Prepared, controller: _Child, listener: Listener) -> None:
        self._heard_at_s = time.monotonic()
        while not self._stop.is_set():
            self._listen(listener)
            self._kill_if_hung(controller)
            if not self._is_ready and not controller.running:
                raise PortError("the controller", "did not start", retry=False, evidence=controller.last_lines())
            for child in self._children:
                if not child.running:
                    await child.keep()
                    if child is controller:
                        self._heard_at_s = time.monotonic() + BOOT_S - HUNG_S
            if prepared.process.pid() is None:
                log.error("asterisk_ended", action="started again")
                await prepared.process.ensure_running()
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._stop.wait()
            except TimeoutError:
                continue

    def _listen(self, listener: Listener) -> None:
        for message in listener.messages():
            if ALIVE in message:
                self._heard_at_s = time.monotonic()
            if READY in message and not self._is_ready:
                self._is_ready = True
                _print_ready(self._settings, self._places)

    def _kill_if_hung(self, controller: _Child) -> None:
        patience_s = HUNG_S if self._is_ready else BOOT_S
        if controller.running and time.monotonic() - self._heard_at_s > patience_s:
            log.error("controller_hangs", action="killed and started again")
            controller.kill()

    async def _stop_all(self, prepared: Prepared, *, stop_asterisk: bool) -> None:
        for child in reversed(self._children):
            await child.stop()
        if stop_asterisk:
            await prepared.process.stop()


def _show(progress: Progress) -> None:
    if sys.stdout.isatty():
        print(f"\r\x1b[K{progress.step} {progress.done}/{progress.total}", end="", flush=True)
    elif progress.done in (0, progress.total):
        print(f"{progress.step} {progress.done}/{progress.total}", flush=True)


def _done() -> None:
    if sys.stdout.isatty():
        print("\r\x1b[K", end="", flush=True)


def _print_ready(settings: Settings, places: Places) -> None:
    base = f"http://{settings.api.host}:{settings.api.port}"
    print("Samband ready")
    print(f"  console         {base}/")
    print(f"  operator token  {places.operator_token}")
    print(f"  telephone       {number_spoken(settings.number)}  ({settings.number})")
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
