"""Finding the speed and flow control at which a terminal answers."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import structlog

from bridge.domain.kernel.reasons import Reason
from bridge.ports import Clock
from bridge.rakel.connection import Connection, OnIndication, open_connection
from bridge.rakel.initialise import TerminalUnusable, answers_at_all
from bridge.rakel.profiles import LineSpeed
from bridge.rakel.reasons import TerminalReason
from bridge.rakel.settings import TerminalSettings

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Tried:
    """A way of setting the line, and whether anything came back on it."""

    speed: LineSpeed
    answers: bool
    noise: int
    """Lines that were no answer: the terminal speaks, at another speed."""


def nobody_answers(tried: Iterable[Tried]) -> Reason:
    """At none of the speeds; noise tells that the terminal speaks at another."""
    ways = list(tried)
    speeds = ", ".join(str(one.speed) for one in ways)
    noisy = any(one.noise for one in ways)
    return (TerminalReason.SILENT_WITH_NOISE if noisy else TerminalReason.SILENT_AT_SPEEDS)(speeds=speeds)


class SpeedFinder:
    """Tries the speeds in order; the one that worked goes first from then on.

    Attributes:
        tried: The result of the last search.
    """

    def __init__(self, speeds: Iterable[LineSpeed]) -> None:
        self._speeds = list(speeds)
        self.tried: list[Tried] = []

    @property
    def alone(self) -> bool:
        """There is but one speed: nothing to find."""
        return len(self._speeds) == 1

    async def find(
        self, open_at: Callable[[LineSpeed], Awaitable[Connection]], trying: Callable[[LineSpeed], None]
    ) -> tuple[Connection, LineSpeed] | None:
        """The open line and its speed; `None` when nobody answers at any. `trying` is called before each try.

        Raises:
            LinkLost: the line cannot be opened, or went.
        """
        self.tried = []
        for speed in tuple(self._speeds):
            line = await open_at(speed)
            trying(speed)
            if await self._answers(line, speed):
                self._speeds.sort(key=lambda one: one != speed)
                return line, speed
        return None

    async def _answers(self, line: Connection, speed: LineSpeed) -> bool:
        """Whether the terminal answers; else the line is closed."""
        heard = False
        try:
            heard = await answers_at_all(line)
        finally:
            if not heard:
                await line.close()
        noise = sum(line.counters[why] for why in ("unknown", "malformed", "overlong"))
        self.tried.append(Tried(speed, heard, noise))
        _log.info("line_speed_tried", speed=str(speed), answers=heard, noise=noise)
        return heard


async def open_line(
    settings: TerminalSettings,
    finder: SpeedFinder,
    clock: Clock,
    hear: OnIndication,
    trying: Callable[[LineSpeed], None],
) -> tuple[Connection, LineSpeed]:
    """The line at the speed at which the terminal answers.

    Raises:
        LinkLost: it cannot be opened.
        TerminalUnusable: no answer at any speed.
    """

    async def open_at(speed: LineSpeed) -> Connection:
        return await open_connection(
            settings.serial,
            speed.baud,
            rtscts=speed.rtscts,
            name=settings.name,
            clock=clock,
            on_indication=hear,
            gap_s=settings.pause_s,
        )

    if finder.alone:
        return await open_at(settings.speeds[0]), settings.speeds[0]
    found = await finder.find(open_at, trying)
    if found is None:
        raise TerminalUnusable(nobody_answers(finder.tried))
    return found
