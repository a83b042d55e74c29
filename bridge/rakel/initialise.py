"""Bringing a terminal from any state into the one we need. Its routing is volatile, so this runs at every (re)connect.

The order is that of real start-ups: clear the line, wake up, echo off, characters, identity, mode, routing, call
parameters. A former life of ours may have left a transmission on the air. It is ended first, as soon as the terminal
listens.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import structlog

from bridge.domain.kernel.ids import Issi
from bridge.domain.kernel.reasons import Reason
from bridge.rakel.connection import Connection
from bridge.rakel.pei import commands
from bridge.rakel.pei.codes import CME_STATE, CME_TABLE_FULL, AiMode, NumberType
from bridge.rakel.pei.commands import Command
from bridge.rakel.pei.indications import Indication, Maker, Model, ModeReport, NumberReport
from bridge.rakel.pei.session import Answered, Outcome
from bridge.rakel.profiles import Route
from bridge.rakel.reasons import TerminalReason, in_english
from bridge.rakel.settings import TerminalSettings

_log = structlog.get_logger(__name__)

WAKE_UP_TRIES: Final = 4
"""After power-up one or two answers are `+CME ERROR: 35`; more of them show a silent terminal, not a slow one."""
SPEED_TRIES: Final = 2
"""At a wrong speed nothing comes back, or noise. One answer may be lost among old bytes in the terminal's buffer."""
WAKE_UP_PAUSE_S: Final = 0.1
"""The answers to the bare CR and the first AT must have come in before the next command. Otherwise answers are taken
for those of their neighbours."""
MODE_SETTLE_S: Final = 0.2
FIRST_INSTANCES: Final = range(4)
"""Call instances that an unknown former life can have left transmitting; real terminals were seen to use 0 and 1."""


class TerminalUnusable(Exception):
    """The terminal answers, or should, and cannot be used; the reason says why and what would mend it."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(in_english(reason))
        self.reason = reason


@dataclass(frozen=True, slots=True)
class WhoItIs:
    """The terminal's own data; empty where it gives none."""

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
    await _must(line, "echo_off", commands.plain("echo_off"))
    await _end_former_life(line, instances)
    await _may(line, commands.plain("character_set"))
    who = await _who_is_it(line)
    issi = settings.issi
    if issi is not None and who.issi is not None and who.issi != issi:
        raise TerminalUnusable(TerminalReason.WRONG_ISSI(issi=who.issi, wanted=issi))
    await _set_mode(line, settings.model.mode)
    await _route_services(line, settings.service_routes)
    await _must(line, "call_parameters", commands.group_call_parameters(settings.group_call))
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
        raise TerminalUnusable(TerminalReason.SILENT())
    raise TerminalUnusable(TerminalReason.ANSWERS_WITH_ERROR(cause=answered.reason if answered else None))


async def _end_former_life(line: Connection, instances: Iterable[int]) -> None:
    """A terminal goes on transmitting when its controller dies. Errors only mean that there was nothing to end.

    Hanging up ends any call, whatever its number. Releasing by number comes before it, for terminals on which hanging
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
        await _must(line, "mode", commands.set_mode(mode))
        await asyncio.sleep(MODE_SETTLE_S)


async def _route_services(line: Connection, routes: Iterable[Route]) -> None:
    """Voice calls must be routed to us. Of the others a terminal may lack some (CME 3) or have no room (CME 39)."""
    for at, route in enumerate(routes):
        answered = await line.command(commands.route_service(*route))
        if answered.ok:
            continue
        if at == 0:
            raise TerminalUnusable(TerminalReason.TELLS_NO_CALLS(cause=answered.reason))
        expected = answered.error is not None and answered.error.code in (CME_STATE, CME_TABLE_FULL)
        log = _log.info if expected else _log.warning
        log("service_not_routed", route=route, reason=str(answered.reason))


async def _must(line: Connection, setting: str, command: Command) -> None:
    answered = await line.command(command)
    if not answered.ok:
        raise TerminalUnusable(TerminalReason.REFUSES_SETTING(setting=setting, cause=answered.reason))


async def _may(line: Connection, command: Command) -> None:
    answered = await line.command(command)
    if not answered.ok:
        _log.info("command_not_taken", command=command.row.name, reason=str(answered.reason))
