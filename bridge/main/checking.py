"""`samband check`: try every part, and say of each what is wrong and how it is mended."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from bridge.ari.certificate import SOON, usable_certificate
from bridge.ari.config import password_of
from bridge.ari.install import default_cache, find_tree
from bridge.ari.options import ask_options
from bridge.ari.settings import TrunkSettings
from bridge.domain.kernel.events import Event
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Reason
from bridge.domain.radio.events import TerminalChanged, TerminalState
from bridge.engine.clock import SteadyClock
from bridge.main import own_api, ports
from bridge.main.failures import in_words, of_the_system
from bridge.main.locks import holder_of
from bridge.main.opening import open_region
from bridge.main.prepare import installed_asterisk, running_asterisk
from bridge.main.reasons import CheckReason
from bridge.main.state_paths import StatePaths
from bridge.media.terminal_audio import CardAudio, usable_audio
from bridge.ports import PortError
from bridge.rakel.radio import RakelRadio
from bridge.rakel.reasons import TerminalReason
from bridge.rakel.settings import TerminalSettings
from bridge.settings import Settings
from bridge.storage import SqlAudit
from bridge.storage.database import CHECK_S

OK: Final = "ok"
AUDIO_S: Final = 2.0
WHOLE_CHECK_S: Final = 600.0
TERMINAL_S: Final = 15.0
SPEED_S: Final = 4.0
"""More for every further speed of the line that is tried where none is set."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One part, and what was found."""

    part: str
    says: Reason
    is_fault: bool = False


async def check(settings: Settings, language: Language) -> list[Finding]:
    """Nothing is changed but the database's schema, which is brought up to date.

    The running program is asked about the parts that it uses, since it alone can know; it answers in `language`.
    """
    with in_words("samband check"):
        places = StatePaths.of(settings)
        places.make()
    findings = [
        Finding("settings", CheckReason.SETTINGS_READ(trunks=len(settings.trunk), terminals=len(settings.terminal)))
    ]
    holder = holder_of(places.controller_lock)
    findings += await asyncio.to_thread(_ports, settings, holder)
    findings.append(await _try("state", lambda: _state(places)))
    findings.append(await _try("database", lambda: _database(settings, places)))
    findings.append(await _try("asterisk", lambda: _asterisk(settings)))
    passwords = [_try(f"password of trunk {one.name}", partial(_password, one)) for one in settings.trunk]
    findings += await asyncio.gather(*passwords)
    findings += _shared_addresses(settings.trunk)
    if any(one.transport == "tls" for one in settings.trunk):
        findings.append(await _try("certificate", lambda: _certificate(settings)))
    if holder is not None:
        return [*findings, *await _running(settings, holder, language)]
    tries = [_try(f"trunk {one.name}", partial(_trunk, settings, one)) for one in settings.trunk]
    for terminal in settings.terminal:
        tries.append(_try(f"terminal {terminal.name}", partial(_terminal, terminal)))
        tries.append(_try(f"audio of terminal {terminal.name}", partial(_audio, terminal)))
    return [*findings, *await asyncio.gather(*tries)]


async def _running(settings: Settings, holder: int, language: Language) -> list[Finding]:
    """The running program's report on each terminal, and on every other part that is not well."""
    try:
        parts = await asyncio.to_thread(own_api.readiness, settings.api, language)
    except PortError as error:
        return [Finding("running program", CheckReason.RUNNING_SILENT(process=holder, cause=error.reason), True)]
    terminals = {f"terminal {one.name}" for one in settings.terminal}
    found = [_reported(part, parts.get(part), holder) for part in sorted(terminals)]
    others = {part: said for part, said in parts.items() if part not in terminals and said != OK}
    return [*found, *(_reported(part, said, holder) for part, said in others.items())]


def _reported(part: str, said: str | None, holder: int) -> Finding:
    if said is None:
        return Finding(part, CheckReason.RUNNING_UNKNOWN(), True)
    if said == OK:
        return Finding(part, CheckReason.RUNNING_WELL(process=holder))
    return Finding(part, CheckReason.RUNNING_FAULT(said=said), True)


async def _try(part: str, attempt: Callable[[], Awaitable[Reason]]) -> Finding:
    try:
        return Finding(part, await attempt())
    except PortError as error:
        return Finding(part, error.reason, True)
    except OSError as error:
        return Finding(part, of_the_system(part, error).reason, True)


async def _state(places: StatePaths) -> Reason:
    probe = places.state / ".check"
    await asyncio.to_thread(probe.write_text, "can be written")
    probe.unlink()
    free = shutil.disk_usage(places.state).free
    return CheckReason.STATE_WRITABLE(folder=str(places.state), free_gb=free // 1_000_000_000)


async def _database(settings: Settings, places: StatePaths) -> Reason:
    """Looked through whole, unless a controller is at work: it would wait for us at its next commit."""
    at_work = holder_of(places.controller_lock) is not None
    database = await open_region(settings, places, check_s=CHECK_S if at_work else WHOLE_CHECK_S)
    try:
        bad = await SqlAudit(database).verify()
    finally:
        await database.close()
    if bad is not None:
        raise PortError("database", CheckReason.AUDIT_CHANGED(row=bad), retry=False)
    return CheckReason.DATABASE_WHOLE(database=database.dialect)


async def _asterisk(settings: Settings) -> Reason:
    """Nothing is fetched: a check is there before all that."""
    if not settings.asterisk.binary and find_tree(default_cache()) is None:
        return CheckReason.ASTERISK_NOT_THERE_YET()
    tree = await asyncio.to_thread(installed_asterisk, settings)
    found = await asyncio.to_thread(tree.version)
    return CheckReason.ASTERISK_CAN_RUN(version=".".join(str(part) for part in found))


def _ports(settings: Settings, holder: int | None) -> list[Finding]:
    """All that we listen on, but for those that are in use by ourselves."""
    try:
        wanted = [] if holder is not None else ports.of_the_console(settings)
        if (asterisk := running_asterisk(settings)) is None:
            wanted += ports.of_asterisk(settings)
        if holder is None and not settings.terminal:
            wanted += ports.of_the_simulator(settings)
        if holder is None and any(settings.is_simulated(trunk) for trunk in settings.trunk):
            wanted += ports.of_the_telephones(settings)
    except PortError as error:
        return [Finding("ports", error.reason, True)]
    faults = [Finding(f"port {one.port}", told, True) for one in wanted if (told := ports.fault_of(one))]
    ours = ", ".join(str(pid) for pid in (holder, asterisk) if pid is not None)
    free = ", ".join(sorted({str(one.port) for one in wanted}, key=int))
    if not ours:
        return faults or [Finding("ports", CheckReason.PORTS_FREE(ports=free))]
    if not free:
        return [Finding("ports", CheckReason.PORTS_HELD(processes=ours))]
    return faults or [Finding("ports", CheckReason.PORTS_FREE_AND_HELD(ports=free, processes=ours))]


async def _password(trunk: TrunkSettings) -> Reason:
    await asyncio.to_thread(password_of, trunk)
    if trunk.password_file is None:
        return CheckReason.NO_PASSWORD()
    return CheckReason.PASSWORD_READ(file=str(trunk.password_file))


def _shared_addresses(trunks: Sequence[TrunkSettings]) -> list[Finding]:
    """Trunks whose calls count as another's, since it names the same addresses. It may be meant: no fault."""
    first: dict[str, str] = {}
    found = []
    for trunk in trunks:
        taken = [address for address in trunk.accept_from if first.setdefault(address, trunk.name) != trunk.name]
        if taken:
            owner = first[taken[0]]
            reason = CheckReason.ADDRESSES_SHARED(addresses=", ".join(taken), owner=owner)
            found.append(Finding(f"calls from trunk {trunk.name}", reason))
    return found


async def _certificate(settings: Settings) -> Reason:
    now = datetime.now(UTC)
    until = await asyncio.to_thread(usable_certificate, settings.asterisk, now)
    kind = CheckReason.CERTIFICATE_ENDS_SOON if until - now < SOON else CheckReason.CERTIFICATE_FITS
    return kind(file=str(settings.asterisk.tls_certificate), until=f"{until:%Y-%m-%d}")


async def _trunk(settings: Settings, trunk: TrunkSettings) -> Reason:
    if settings.is_simulated(trunk):
        return CheckReason.TRUNK_SIMULATED(dial=trunk.dial)
    if trunk.transport == "tls":
        await _certificate(settings)  # or the trunk would be blamed for it
    if trunk.srv:
        return CheckReason.TRUNK_BY_RECORDS(dial=trunk.dial)
    if not trunk.then_dial:
        return CheckReason.TRUNK_ANSWERS(dial=trunk.dial, status=await ask_options(trunk, settings.asterisk))
    asked = [ask_options(trunk, settings.asterisk, address=address) for address in trunk.dials]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    if all(isinstance(answer, BaseException) for answer in answers):
        raise next(answer for answer in answers if isinstance(answer, BaseException))
    told = [
        (one, "–" if isinstance(answer, BaseException) else answer)
        for one, answer in zip(trunk.dials, answers, strict=True)
    ]
    return CheckReason.TRUNK_ADDRESSES(answers=", ".join(f"{address}: {answer}" for address, answer in told))


async def _audio(terminal: TerminalSettings) -> Reason:
    """Sound cards are tried by `samband radio calibrate`, which also measures them."""
    found = usable_audio(terminal.audio)
    if isinstance(found, CardAudio):
        return CheckReason.CARD_USABLE(terminal=terminal.name, card=found.device)
    try:
        async with asyncio.timeout(AUDIO_S):
            _, writer = await asyncio.open_connection(found.host, found.port)
    except (OSError, TimeoutError) as error:
        reason = CheckReason.AUDIO_UNHEARD(audio=terminal.audio)
        raise PortError(f"terminal {terminal.name}", reason, retry=True, evidence=str(error)) from error
    writer.close()
    return CheckReason.AUDIO_CONNECTS(audio=terminal.audio)


def _must_be_plugged_in(terminal: TerminalSettings) -> None:
    """A device that is not there is reported at once, with those that are."""
    line = Path(terminal.serial)
    if not terminal.serial.startswith("/") or line.exists():
        return
    there = [*Path("/dev/serial/by-id").glob("*"), *Path("/dev").glob("ttyUSB*"), *Path("/dev").glob("ttyACM*")]
    others = ", ".join(sorted(map(str, there))) or "–"
    raise PortError(f"terminal {terminal.name}", CheckReason.LINE_NOT_THERE(line=str(line), lines=others), retry=True)


async def _terminal(terminal: TerminalSettings) -> Reason:
    """Open the line and initialise the terminal, as the controller would."""
    _must_be_plugged_in(terminal)
    found: asyncio.Future[Reason] = asyncio.get_running_loop().create_future()
    last = CheckReason.SAID_NOTHING()
    within_s = TERMINAL_S + SPEED_S * (len(terminal.speeds) - 1)

    def emit(event: Event) -> None:
        nonlocal last
        if not isinstance(event, TerminalChanged):
            return
        last = TerminalReason.NOT_READY(state=event.state.value, cause=event.reason)
        if event.state is TerminalState.READY and not found.done():
            found.set_result(CheckReason.TERMINAL_READY(model=event.model or None, issi=event.issi, gssi=event.gssi))

    radio = asyncio.create_task(RakelRadio([terminal], SteadyClock(), emit).run())
    try:
        return await asyncio.wait_for(found, within_s)
    except TimeoutError as error:
        reason = CheckReason.TERMINAL_NOT_READY(within_s=within_s, cause=last)
        raise PortError(f"terminal {terminal.name}", reason, retry=True) from error
    finally:
        radio.cancel()
        await asyncio.gather(radio, return_exceptions=True)
