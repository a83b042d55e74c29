"""Bringing a terminal from any state into the one we need. Its routing is volatile, so this runs at every (re)connect.

The order is that of real start-ups: clear the line, wake up, echo off, characters, who are you, mode, routing, call
parameters. What a former life of ours left on the air is ended first, as soon as the terminal listens.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import structlog

from bridge.domain.ids import Issi
from bridge.rakel.connection import Connection
from bridge.rakel.pei import commands
from bridge.rakel.pei.codes import CME_STATE, CME_TABLE_FULL, AiMode, NumberType
from bridge.rakel.pei.commands import Command
from bridge.rakel.pei.indications import Indication, Maker, Model, ModeReport, NumberReport
from bridge.rakel.pei.session import Answered, Outcome
from bridge.rakel.profiles import Route
from bridge.rakel.settings import TerminalSettings

_log = structlog.get_logger(__name__)

WAKE_UP_TRIES: Final = 4
"""After power-up one or two answers are `+CME ERROR: 35`; a silent terminal is told from a slow one by more."""
SPEED_TRIES: Final = 2
"""At a wrong speed nothing comes back, or noise; one answer may be lost in what stood in the terminal's buffer."""
WAKE_UP_PAUSE_S: Final = 0.1
"""What the bare CR and the first AT bring up must have come in before the next command, or answers are taken for
those of their neighbours."""
MODE_SETTLE_S: Final = 0.2
FIRST_INSTANCES: Final = range(4)
"""Call instances that a life we know nothing of can have left transmitting; real ones were seen to use 0 and 1."""


class TerminalUnusable(Exception):
    """The terminal answers, or should, and cannot be used; the text says why and what would mend it."""


@dataclass(frozen=True, slots=True)
class WhoItIs:
    """What the terminal says of itself; empty where it does not say."""

    maker: str = ""
    model: str = ""
    issi: Issi | None = None


async def initialise(line: Connection, settings: TerminalSettings, instances: Iterable[int] = ()) -> WhoItIs:
    """Run the whole start-up. `instances` are the calls known before it.

    Raises:
        TerminalUnusable: no answer, a command it must know refused, or it is not the terminal it should be.
        LinkLost: the line went.
    """
    await _wake_up(line)
    await _must(line, "echo off", commands.plain("echo_off"))
    await _end_former_life(line, instances)
    await _may(line, commands.plain("character_set"))
    who = await _who_is_it(line)
    issi = settings.issi
    if issi is not None and who.issi is not None and who.issi != issi:
        raise TerminalUnusable(f"its ISSI is {who.issi} and should be {issi}: another terminal is on this line")
    await _set_mode(line, settings.model.mode)
    await _route_services(line, settings.service_routes)
    await _must(line, "call parameters", commands.group_call_parameters(settings.group_call))
    return who


async def answers_at_all(line: Connection) -> bool:
    """Whether there is a terminal that understands us, be it by an error: the line's speed is right."""
    for _ in range(SPEED_TRIES):
        line.write_raw(b"\r")
        await asyncio.sleep(WAKE_UP_PAUSE_S)
        answered = await line.command(commands.plain("attention"))
        if answered.outcome in (Outcome.OK, Outcome.ERROR):
            return True
    return False


async def _wake_up(line: Connection) -> None:
    answered: Answered | None = None
    for _ in range(WAKE_UP_TRIES):
        line.write_raw(b"\r")
        await asyncio.sleep(WAKE_UP_PAUSE_S)
        answered = await line.command(commands.plain("attention"))
        await asyncio.sleep(WAKE_UP_PAUSE_S)
        if answered.ok:
            line.restarted = False
            return
    if answered is not None and answered.outcome is Outcome.TIMEOUT:
        raise TerminalUnusable("it does not answer AT: check power, cable, baud rate and that the codeplug enables PEI")
    raise TerminalUnusable(f"it answers AT with an error: {answered.reason if answered else ''}")


async def _end_former_life(line: Connection, instances: Iterable[int]) -> None:
    """A terminal goes on transmitting when its controller dies. Errors only mean that there was nothing to end.

    Hanging up ends any call, whatever its number; letting go by number comes before it, for terminals on which hanging
    up only leaves the group.
    """
    for instance in sorted({*FIRST_INSTANCES, *instances}):
        await line.command(commands.cease(instance))
    await line.command(commands.plain("hang_up"))


async def _who_is_it(line: Connection) -> WhoItIs:
    said: list[Indication] = []
    for name in ("maker", "model", "own_numbers"):
        said += (await line.command(commands.plain(name))).lines
    individual = (NumberType.INDIVIDUAL, NumberType.INDIVIDUAL_EXTENDED)
    own = (one.identity for one in said if isinstance(one, NumberReport) and one.kind in individual)
    identity = next(own, None)
    return WhoItIs(
        maker=next((one.text for one in said if isinstance(one, Maker)), ""),
        model=next((one.text for one in said if isinstance(one, Model)), ""),
        issi=Issi(identity.ssi) if identity is not None else None,
    )


async def _set_mode(line: Connection, mode: AiMode) -> None:
    """Only when it differs: a change of mode drops the attachment to the group."""
    answered = await line.command(commands.plain("mode"))
    now = next((one.mode for one in answered.lines if isinstance(one, ModeReport)), None)
    if now != mode:
        await _must(line, f"mode {mode.name.lower()}", commands.set_mode(mode))
        await asyncio.sleep(MODE_SETTLE_S)


async def _route_services(line: Connection, routes: Iterable[Route]) -> None:
    """Voice calls must be routed to us. Of the others a terminal may lack some (CME 3) or have no room (CME 39)."""
    for at, route in enumerate(routes):
        answered = await line.command(commands.route_service(*route))
        if answered.ok:
            continue
        if at == 0:
            raise TerminalUnusable(f"it does not tell of calls (AT+CTSP): {answered.reason}")
        expected = answered.error is not None and answered.error.code in (CME_STATE, CME_TABLE_FULL)
        log = _log.info if expected else _log.warning
        log("service_not_routed", route=route, reason=answered.reason)


async def _must(line: Connection, what: str, command: Command) -> None:
    answered = await line.command(command)
    if not answered.ok:
        raise TerminalUnusable(f"it does not take {what}: {answered.reason}")


async def _may(line: Connection, command: Command) -> None:
    answered = await line.command(command)
    if not answered.ok:
        _log.info("command_not_taken", command=command.row.name, reason=answered.reason)
