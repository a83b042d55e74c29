"""Finding the speed and flow control at which a terminal answers."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import structlog

from bridge.rakel.connection import Connection
from bridge.rakel.initialise import answers_at_all
from bridge.rakel.profiles import LineSpeed

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Tried:
    """A way of setting the line, and whether anything came back on it."""

    speed: LineSpeed
    answers: bool
    noise: int
    """Lines that were no answer: the terminal speaks, at another speed."""


class SpeedFinder:
    """Tries the speeds in order; what worked goes first from then on.

    Attributes:
        tried: What the last search came to.
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
        """The open line and its speed; `None` when nobody answers at any. `trying` is told of each before it is tried.

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
