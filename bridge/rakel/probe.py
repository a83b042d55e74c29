"""The probe asks a real terminal every harmless question, for its keeper and for the tests.

It gives no command that could key the transmitter, send short data, change the group or the mode. Two things change
until the terminal is switched off or Samband takes it up. The echo is off. With `routes` the signalling of calls and
short data comes to this line, as at every start of Samband.
"""

import asyncio
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass, field
from typing import Final

from bridge.domain.kernel.reasons import Reason
from bridge.ports import Clock, PortError
from bridge.rakel.connection import Connection, LinkLost, open_connection
from bridge.rakel.initialise import WAKE_UP_TRIES
from bridge.rakel.line_fault import why_not_opened
from bridge.rakel.pei import commands
from bridge.rakel.pei.commands import ESCAPE, Command, Priority, Row
from bridge.rakel.pei.session import Outcome
from bridge.rakel.port import has_speed
from bridge.rakel.profiles import LineSpeed, Route
from bridge.rakel.reasons import TerminalReason
from bridge.rakel.settings import TerminalSettings
from bridge.rakel.speeds import SpeedFinder, Tried

DEVICE: Final = "radio probe"
LISTEN_S: Final = 1.0
"""After the last answer: what the terminal says by itself."""
LISTED_ROWS: Final = 20

_QUESTIONS: Final = (
    ("AT", "", 1.0),
    ("ATE0", "", 2.0),
    ("ATI", "", 2.0),
    ("AT+GMI?", "+GMI", 2.0),
    ("AT+GMM?", "+GMM", 2.0),
    ("AT+GMR?", "+GMR", 2.0),
    ("AT+CSCS?", "", 2.0),
    ("AT+IPR?", "", 2.0),
    ("AT+IFC?", "", 2.0),
    ("AT+CNUMF?", "+CNUMF", 3.0),
    ("AT+CTOM?", "+CTOM", 2.0),
    ("AT+CTSP?", "+CTSP", 2.0),
    ("AT+CTSDC?", "", 2.0),
    ("AT+CTSDS?", "", 2.0),
    ("AT+CREG?", "+CREG", 2.0),
    ("AT+CSQ?", "+CSQ", 2.0),
    ("AT+CSQ", "+CSQ", 2.0),
    ("AT+CBC?", "+CBC", 2.0),
    ("AT+CLVL?", "", 2.0),
    ("AT+CTGS?", "+CTGS", 3.0),
    ("AT+CNUMS=?", "", 2.0),
    (f"AT+CNUMS=0,1,{LISTED_ROWS}", "", 2.0),
    ("AT+CNUMS?", "+CNUMS", 15.0),
    ("AT+CNUMD?", "+CNUMD", 15.0),
    ("AT+CMGS=?", "", 3.0),
)
"""Each was seen in working programs' talk with real terminals, or is a question by its form (V.250 `?`). It has the
result code of its answer and how long that may take."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A command and every line that came until its end, the final result last; none came: it was not answered."""

    command: str
    answer: tuple[str, ...]
    took_ms: int

    @property
    def final(self) -> str:
        """`OK`, the error as the terminal wrote it, or empty."""
        last = self.answer[-1] if self.answer else ""
        return last if last in ("OK", "ERROR") or last.startswith(("+CME ERROR", "+CMS ERROR")) else ""

    @property
    def ok(self) -> bool:
        return self.final == "OK"

    @property
    def lines(self) -> tuple[str, ...]:
        """The information lines."""
        return self.answer[:-1] if self.final else self.answer


@dataclass(slots=True)
class Probed:
    """A terminal's answers. `speed` is `None` where the speed is not ours to set."""

    profile: str
    speed: LineSpeed | None
    tried: tuple[Tried, ...]
    exchanges: list[Exchange] = field(default_factory=list)
    unasked: list[str] = field(default_factory=list)
    """Lines that came by themselves after the last answer."""

    def answer(self, command: str) -> Exchange | None:
        return next((one for one in self.exchanges if one.command == command), None)


async def probe(settings: TerminalSettings, clock: Clock, *, routes: bool = False) -> Probed:
    """Find the speed and ask everything.

    Raises:
        PortError: the line cannot be opened, goes, or nobody answers; with what to do about it.
    """
    try:
        line, tried = await _find(settings, clock)
        speed = tried[-1].speed if has_speed(settings.serial) else None
        probed = Probed(settings.profile, speed, tuple(tried))
        try:
            await _ask_all(line, probed, clock, settings.service_routes if routes else ())
        finally:
            await line.close()
    except LinkLost as lost:
        was_open = lost.__cause__ is None
        reason = why_not_opened(settings.serial, str(lost)) if was_open else lost.reason
        raise PortError(DEVICE, reason, retry=False, evidence=str(lost.__cause__ or lost)) from lost
    return probed


async def _find(settings: TerminalSettings, clock: Clock) -> tuple[Connection, list[Tried]]:
    def open_at(speed: LineSpeed) -> Awaitable[Connection]:
        return open_connection(
            settings.serial,
            speed.baud,
            rtscts=speed.rtscts,
            name=settings.name,
            clock=clock,
            on_indication=lambda at_s, said: None,
            gap_s=settings.pause_s,
        )

    finder = SpeedFinder(settings.speeds)
    found = await finder.find(open_at, lambda speed: None)
    if found is None:
        raise PortError(DEVICE, _nobody(settings, finder.tried), retry=True)
    return found[0], finder.tried


def _nobody(settings: TerminalSettings, tried: list[Tried]) -> Reason:
    speeds = ", ".join(str(one.speed) for one in tried) if has_speed(settings.serial) else None
    noisy = [str(one.speed) for one in tried if one.noise]
    if noisy:
        return TerminalReason.PROBE_NOISE(speeds=speeds, noisy=", ".join(noisy))
    return TerminalReason.PROBE_SILENT(speeds=speeds)


async def _ask_all(line: Connection, probed: Probed, clock: Clock, routes: tuple[Route, ...]) -> None:
    for command in (*_questions(), *(commands.route_service(*route) for route in routes)):
        for _ in range(WAKE_UP_TRIES if command.text == "AT" else 1):
            exchange = await _ask(line, command, clock)
            probed.exchanges.append(exchange)
            if exchange.ok:
                break
    probed.unasked = []
    line.tap = probed.unasked.append
    await asyncio.sleep(LISTEN_S)


async def _ask(line: Connection, command: Command, clock: Clock) -> Exchange:
    heard: list[str] = []
    line.tap = heard.append
    begun_s = clock.now_s()
    answered = await line.command(command)
    took_ms = round(1000 * (clock.now_s() - begun_s))
    if answered.outcome is not Outcome.TIMEOUT:
        return Exchange(command.text, tuple(one for one in heard if one != command.text), took_ms)
    if command.text == "AT+CMGS=?":
        line.write_raw(ESCAPE.encode())  # should it have been taken for the beginning of a message
    return Exchange(command.text, (), took_ms)


def _questions() -> Iterator[Command]:
    for text, code, timeout_s in _QUESTIONS:
        yield Command(Row("probe", text, timeout_s, "", code, Priority.NORMAL), text)
