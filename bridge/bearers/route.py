"""The ways of an SMS in their order. The next one is used where one is down.

A way is down when its refusal may pass and is no fault of the message. It is not reached, or refuses our password.
Its account is empty, or it has no network. Such a message has left nowhere, so it goes by the next way
at once. Everything else ends the attempt. A message that may have left is never given to another way. A fault of the
number or text is one everywhere. A way that asks for a slower pace is not down.

A way that was down rests for a while, longer each time. A resting way is tried last, so that somebody is asked.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import structlog

from bridge.domain.kernel.backoff import Backoff
from bridge.domain.kernel.events import Fate
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.domain.outbox.effects import SendMessage
from bridge.domain.outbox.reasons import OutboxReason
from bridge.ports import PortError, Taken

log = structlog.get_logger(__name__)

REST: Final = Backoff(first_s=5.0, longest_s=120.0)


class SmsWay(Protocol):
    """One bearer of SMS."""

    @property
    def name(self) -> str: ...

    def health(self) -> Reason:
        """Its line, where it holds one."""
        raise NotImplementedError

    async def send(self, message: SendMessage) -> Taken:
        """As `bridge.ports.Bearers`."""
        raise NotImplementedError

    async def run(self) -> None:
        """Keep its line up, where it holds one."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A way, as the latest messages have shown it."""

    fault: Reason = WELL
    failures: int = 0
    rests_until_s: float = 0.0


class Route:
    """`Bearers` for SMS by at least one way."""

    def __init__(
        self, ways: Sequence[SmsWay], now_s: Callable[[], float] = time.monotonic, rest: Backoff = REST
    ) -> None:
        self._ways, self._now_s, self._rest = tuple(ways), now_s, rest
        self._known = {way.name: _Known() for way in ways}

    async def send(self, message: SendMessage) -> Taken:
        """By the first way that takes it.

        Raises:
            PortError: Of the way that ended the attempt; where all are down, of the first one.
        """
        downs: list[PortError] = []
        for way in self._in_order():
            try:
                taken = await way.send(message)
            except PortError as error:
                self._told(way, error)
                if not _is_down(error):
                    raise
                log.warning("sms_way_down", way=way.name, message=message.message, reason=str(error))
                downs.append(error)
            else:
                self._known[way.name] = _Known()
                return taken
        raise downs[0]

    def health(self) -> Mapping[str, Reason]:
        """Of each way, by its name: its line, else the fault of the latest message by it."""
        return {way.name: line if (line := way.health()) != WELL else self._known[way.name].fault for way in self._ways}

    def _in_order(self) -> list[SmsWay]:
        now_s = self._now_s()
        return sorted(self._ways, key=lambda way: self._known[way.name].rests_until_s > now_s)

    def _told(self, way: SmsWay, error: PortError) -> None:
        known = self._known[way.name]
        if not _is_down(error):
            self._known[way.name] = replace(known, fault=error.reason)
            return
        failures = known.failures + 1
        self._known[way.name] = _Known(error.reason, failures, self._now_s() + self._rest.after(failures))


def _is_down(error: PortError) -> bool:
    return error.fate is Fate.REFUSED and error.retry and error.reason.code != OutboxReason.THROTTLED
