"""`samband check`: try every part, and say of each what is wrong and how it is mended."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from bridge.domain.events import Event, TerminalChanged, TerminalState
from bridge.engine.clock import SteadyClock
from bridge.main import own_api
from bridge.main.failures import in_words
from bridge.main.listening import check_ports
from bridge.main.locks import holder_of
from bridge.main.opening import open_region
from bridge.main.places import Places
from bridge.main.prepare import asterisk_tree
from bridge.ports import PortError
from bridge.rakel.radio import RakelRadio
from bridge.rakel.settings import TerminalSettings
from bridge.settings import Settings
from bridge.storage import SqlAudit
from bridge.storage.database import CHECK_S

OK: Final = "ok"
WHOLE_CHECK_S: Final = 600.0
TERMINAL_S: Final = 15.0
SPEED_S: Final = 4.0
"""More for every further speed of the line that is tried where none is set."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One part and how it is: `fault` is empty when all is well."""

    part: str
    says: str
    fault: str = ""


async def check(settings: Settings) -> list[Finding]:
    """Nothing is changed but the database's schema, which is brought up to date.

    What the running program uses is asked of that program, since it alone can know.
    """
    with in_words("samband check"):
        places = Places.of(settings)
        places.make()
    findings = [Finding("settings", f"{len(settings.trunk)} trunks, {len(settings.terminal)} terminals")]
    findings.append(await _try("state", lambda: _state(places)))
    findings.append(await _try("database", lambda: _database(settings, places)))
    findings.append(await _try("asterisk", lambda: _asterisk(settings)))
    findings.append(await _try("ports", lambda: _ports(settings, places)))
    holder = holder_of(places.controller_lock)
    if holder is not None:
        return [*findings, *await _running(settings, holder)]
    tries = [_try(f"terminal {one.name}", partial(_terminal, one)) for one in settings.terminal]
    return [*findings, *await asyncio.gather(*tries)]


async def _running(settings: Settings, holder: int) -> list[Finding]:
    """What the program that runs says of each terminal, and of every other part that is not well."""
    try:
        parts = await asyncio.to_thread(own_api.readiness, settings.api)
    except PortError as error:
        return [Finding("running program", "", f"process {holder} gives no answer: it starts, or hangs ({error})")]
    terminals = {f"terminal {one.name}" for one in settings.terminal}
    unknown = "the running program does not know it: its settings have changed since it started, restart it"
    told = {part: parts.get(part, unknown) for part in sorted(terminals)}
    told |= {f"running: {part}": reason for part, reason in parts.items() if part not in terminals and reason != OK}
    return [
        Finding(part, f"ok, says the running program, process {holder}" if reason == OK else "", _fault(reason))
        for part, reason in told.items()
    ]


def _fault(reason: str) -> str:
    return "" if reason == OK else reason


async def _try(part: str, attempt: Callable[[], Awaitable[str]]) -> Finding:
    try:
        return Finding(part, await attempt())
    except (PortError, OSError) as error:
        return Finding(part, "", str(error))


async def _state(places: Places) -> str:
    probe = places.state / ".check"
    await asyncio.to_thread(probe.write_text, "can be written")
    probe.unlink()
    free = shutil.disk_usage(places.state).free
    return f"{places.state} can be written, {free // 1_000_000_000} GB free"


async def _database(settings: Settings, places: Places) -> str:
    """Looked through whole, unless a controller is at work: it would wait for us at its next commit."""
    at_work = holder_of(places.controller_lock) is not None
    database = await open_region(settings, places, check_s=CHECK_S if at_work else WHOLE_CHECK_S)
    try:
        bad = await SqlAudit(database).verify()
    finally:
        await database.close()
    if bad is not None:
        raise PortError("database", f"the audit log was changed at row {bad}", retry=False)
    return f"{database.dialect} opens, is up to date and whole"


async def _asterisk(settings: Settings) -> str:
    tree = await asyncio.to_thread(asterisk_tree, settings)
    found = await asyncio.to_thread(tree.version)
    return f"{'.'.join(str(part) for part in found)} can be run"


async def _ports(settings: Settings, places: Places) -> str:
    holder = holder_of(places.controller_lock)
    if holder is not None:
        return f"in use by our own controller, process {holder}"
    await asyncio.to_thread(check_ports, settings.api)
    return f"API {settings.api.host}:{settings.api.port} is free"


async def _terminal(terminal: TerminalSettings) -> str:
    """Open the line and initialise the terminal, as the controller would."""
    found: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    last = "it said nothing"
    within_s = TERMINAL_S + SPEED_S * (len(terminal.speeds) - 1)

    def emit(event: Event) -> None:
        nonlocal last
        if not isinstance(event, TerminalChanged):
            return
        last = f"{event.state.value}: {event.reason}"
        if event.state is TerminalState.READY and not found.done():
            found.set_result(f"{event.model or 'terminal'}, ISSI {event.issi}, on talkgroup {event.gssi}")

    radio = asyncio.create_task(RakelRadio([terminal], SteadyClock(), emit).run())
    try:
        return await asyncio.wait_for(found, within_s)
    except TimeoutError as error:
        raise PortError(
            f"terminal {terminal.name}", f"is not ready within {within_s:g} s", retry=True, evidence=last
        ) from error
    finally:
        radio.cancel()
        await asyncio.gather(radio, return_exceptions=True)
