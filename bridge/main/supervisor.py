"""`samband run`: everything on one machine, from nothing to ready, in the foreground.

It looks at the settings and the ports, and prepares Asterisk. It starts Asterisk, the simulated terminal (if wanted)
and the controllers, and keeps them running. A part that dies is started again, one that hangs is killed first. Asterisk
is not the controller's child: calls outlive it.

Each program has a task of its own here, so that none waits while another starts, stops or hangs. Nothing is downloaded
before the settings and the ports have been found good.
"""

import asyncio
import re
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import ExitStack, suppress
from typing import Any, Final

import structlog

from bridge import logs
from bridge.ari.config import password_of
from bridge.ari.install import Progress
from bridge.ari.process import AsteriskProcess
from bridge.domain.kernel.backoff import Backoff
from bridge.domain.kernel.reasons import Value
from bridge.domain.telephony.numbers import national
from bridge.logs import LogKeeper
from bridge.main import own_api, ports, region
from bridge.main.aside import Aside
from bridge.main.begun import WAITING, Waiting
from bridge.main.child import keep
from bridge.main.failures import in_words
from bridge.main.listening import api_sockets, close
from bridge.main.locks import only_one
from bridge.main.notify import Listener
from bridge.main.pair import Pair, until
from bridge.main.prepare import Prepared, prepare_asterisk, running_asterisk
from bridge.main.processes import end_at_once
from bridge.main.simulated import Simulated, check_telephones, with_simulated_terminal, with_simulated_trunk
from bridge.main.state_paths import StatePaths
from bridge.main.upgrading import Upgrades
from bridge.ports import PortError
from bridge.settings import Settings, spoken
from bridge.words import entry, with_evidence, word

log = structlog.get_logger(__name__)

BIND_S: Final = 3.0
"""A port in use is tried for so long: what a killed supervisor leaves behind ends within this."""
LOOK_S: Final = 0.2
ASTERISK_RESTS: Final = Backoff(0.5, 10.0)
"""An Asterisk that does not come up is tried again for ever. Without it there is no telephony, and no other remedy."""
COUNT_S: Final = 1.0
"""The number of ended calls is shown if Asterisk answers within this."""
INTERRUPTED: Final = 130
_NAMES: Final = ("console", "token", "telephone", "conference", "region", "log", "stop")
"""Of the lines that tell that all is ready."""


def run(settings: Settings, *, with_simulator: bool = False, begun: Waiting = WAITING) -> None:
    """Prepare, start, keep running until Ctrl-C, then stop everything that was started or found running.

    Raises:
        PortError: A part is missing or a port is taken; the text says which, and the remedy.
    """
    with in_words("samband run"), ExitStack() as held:
        places = StatePaths.of(settings)
        places.make()
        held.enter_context(only_one(places.supervisor_lock, "samband run"))
        written = held.enter_context((places.logs / "supervisor.log").open("a", encoding="utf-8"))
        logs.set_up(settings.log.level, settings.log.format, written, people=sys.stderr)
        simulated = Simulated.of(settings, with_simulator=with_simulator)
        _look_first(settings, simulated)
        if with_simulator:
            settings = with_simulated_trunk(with_simulated_terminal(settings, places))
        try:
            prepared = prepare_asterisk(settings, _Shown())
        except KeyboardInterrupt:
            _say("\n" + _told("nothing_started"))
            sys.exit(INTERRUPTED)
        _done()
        asyncio.run(_Supervisor(settings, places, prepared, with_simulator, simulated, begun).run())


def _look_first(settings: Settings, simulated: Simulated) -> None:
    """Check everything that can be known before anything is fetched, made or started."""
    for trunk in settings.trunk:
        password_of(trunk)
    wanted = ports.of_the_console(settings)
    if running_asterisk(settings) is None:
        wanted += ports.of_asterisk(settings)
    if simulated.radio:
        wanted += ports.of_the_simulator(settings)
    if simulated.telephones:
        wanted += ports.of_the_telephones(settings)
        check_telephones(settings)
    ports.must_be_free(wanted, patience_s=BIND_S)


class _Supervisor:
    """Starts everything in order, then keeps each part by a task of its own until it is asked to stop."""

    def __init__(
        self,
        settings: Settings,
        places: StatePaths,
        prepared: Prepared,
        with_simulator: bool,
        simulated: Simulated,
        begun: Waiting,
    ) -> None:
        self._settings = settings
        self._places = places
        self._prepared = prepared
        self._asterisk = prepared.process
        self._with_simulator = with_simulator
        self._simulated = simulated
        self._begun = begun
        self._stop = asyncio.Event()
        self._asked_at_s = 0.0

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup wants to outlive its terminal
                loop.add_signal_handler(number, self._asked)
        adopted = self._asterisk.pid()
        if adopted is not None:
            _say(_told("taken_over", process=adopted))
        sockets = await asyncio.to_thread(api_sockets, self._settings.api, patience_s=BIND_S)
        try:
            await until(self._stop, [self._keep_all(sockets)])
        finally:
            close(sockets)
            if self._stop.is_set() or adopted is None:
                await self._end_asterisk()
        _say(_told("stopped", seconds=f"{time.monotonic() - self._asked_at_s:.1f}"))

    def _asked(self) -> None:
        """Ctrl-C says what is waited for; the second one waits for nothing."""
        if self._stop.is_set():
            _say(_told("ended_at_once"))
            end_at_once(self._asterisk.pid(), code=INTERRUPTED)
        self._asked_at_s = time.monotonic()
        _say("\n" + _told("stopping"))
        log.info("stop_asked")
        self._stop.set()

    async def _end_asterisk(self) -> None:
        """The last to go: the others tell callers and radio what they can while it is there."""
        if self._asterisk.pid() is None:
            return
        _say(_told("stopping_asterisk", calls=await _calls(self._asterisk)))
        await self._asterisk.stop()

    async def _keep_all(self, sockets: Sequence[socket.socket]) -> None:
        """Side by side from the first moment: a controller loads while Asterisk starts."""
        with Listener(self._places.run / "notify.sock") as listener:
            descriptors = tuple(one.fileno() for one in sockets)
            log_file = self._places.logs / "controller.log"
            pair = Pair(
                listener,
                descriptors,
                log_file,
                self._places.run,
                with_simulator=self._with_simulator,
                begun=self._begun.take(),
            )
            logs = LogKeeper(("*.log",), (), (self._places.logs,), self._settings.log.file_mb * 1_000_000)
            work: list[Coroutine[Any, Any, None]] = [
                self._asterisk_lives(),
                pair.keep(),
                Aside().keep("upgrades", Upgrades(pair, self._places.run).keep),
                Aside().keep("logs", logs.run),
                self._say_ready(pair.controllers.ready),
            ]
            with self._simulated.programs(self._settings, self._places, self._prepared) as beside:
                work += [keep(program) for program in beside]
                async with asyncio.TaskGroup() as group:
                    for one in work:
                        group.create_task(one)

    async def _asterisk_lives(self) -> None:
        """The first start must succeed; whatever ends it later is answered by another."""
        starts = asyncio.create_task(self._asterisk.ensure_running())
        try:
            await asyncio.shield(starts)
        except asyncio.CancelledError:
            await asyncio.gather(starts, return_exceptions=True)  # one that is half started could not be ended
            raise
        await keep_asterisk(self._asterisk)

    async def _say_ready(self, ready: asyncio.Event) -> None:
        await ready.wait()
        conferences, trouble = await asyncio.to_thread(_example_conferences, self._settings, self._places)
        lines = _ready(self._settings, self._places, conferences, trouble, plays=self._simulated.telephones)
        _say("\n".join(lines))


async def keep_asterisk(process: AsteriskProcess, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
    """Start Asterisk again whenever it has ended, for ever. One that comes up in part is ended and tried again."""
    failures = 0
    while True:
        await sleep(LOOK_S)
        if process.pid() is not None:
            continue
        log.error("asterisk_ended", action="started again")
        try:
            await process.ensure_running()
            failures = 0
        except PortError as error:
            failures += 1
            rest_s = ASTERISK_RESTS.after(failures)
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
        shown = entry(spoken(), "step", progress.step)
        if sys.stdout.isatty():
            print(f"\r\x1b[K{shown} {progress.done}/{progress.total}", end="", flush=True)
        elif progress.step != self._step:
            self._step = progress.step
            print(f"{shown} …", flush=True)


def _done() -> None:
    if sys.stdout.isatty():
        print("\r\x1b[K", end="", flush=True)


def _say(text: str) -> None:
    """For the one who looks on. Nobody who reads is no reason to end: the terminal may have been closed."""
    with suppress(OSError, ValueError):
        print(text, flush=True)


def _told(key: str, **data: Value | None) -> str:
    return word(spoken(), "run", key, **{name: one for name, one in data.items() if one is not None})


def _line(key: str, value: str) -> str:
    """The names of all lines are as wide as the widest."""
    names = [_told(name) for name in _NAMES]
    return f"  {_told(key):<{max(map(len, names))}}  {value}"


async def _calls(asterisk: AsteriskProcess) -> int | None:
    """The calls that Asterisk carries; none where there is none, or it does not say."""
    try:
        told = await asterisk.rx("core show channels count", within_s=COUNT_S)
    except PortError:
        return None
    found = re.search(r"^(\d+) active channel", told, re.MULTILINE)
    return (int(found[1]) or None) if found else None


def _ready(
    settings: Settings, places: StatePaths, conferences: Sequence[dict[str, Any]], trouble: str, *, plays: bool
) -> list[str]:
    """The lines that tell that all is ready; `plays`: simulated telephones answer."""
    base = own_api.base_url(settings.api)
    lines = [
        _told("ready"),
        _line("console", f"{base}/"),
        _line("token", str(places.operator_token)),
        _line("telephone", f"{national(settings.number)}  ({settings.number})"),
    ]
    for conference in conferences:
        code, host_code = conference["code"], conference["host_code"]
        codes = _told("codes", code=code, host_code=host_code) if code and host_code else _told("codes_unreadable")
        lines.append(_line("conference", f"{conference['name']}: {codes}"))
    if trouble:
        lines.append(_line("conference", _told("codes_not_shown", trouble=trouble, base=base)))
    if plays:
        lines.append(_line("region", _told("simulated")))
    return [*lines, _line("log", str(places.logs / "controller.log")), _line("stop", "Ctrl-C")]


def _example_conferences(settings: Settings, places: StatePaths) -> tuple[list[dict[str, Any]], str]:
    """The open conferences of the example region, as clients of the API see them, or why they are not known."""
    try:
        token = places.operator_token.read_text(encoding="ascii").strip()
        rows = own_api.read(settings.api, "/api/v1/conferences", token, spoken())
        return [row for row in rows if row["state"] != "ended" and row["forum"] == region.FORUM], ""
    except PortError as error:
        log.warning("example_not_shown", reason=str(error))
        return [], with_evidence(error.reason, spoken())
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("example_not_shown", reason=str(error))
        return [], str(error)
