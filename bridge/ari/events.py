"""The event socket of one connection: decoding, and a bounded queue between Asterisk and whoever reads."""

import asyncio
from collections import Counter, deque
from typing import Self

import aiohttp
import msgspec
import structlog

from bridge.ari.errors import AriReplaced
from bridge.ari.model import ApplicationReplaced, KnownEvent, UnknownEvent, decode_event

log = structlog.get_logger(__name__)


class ConnectionLostError(Exception):
    """The event socket is gone; the text says why."""


class EventCounts:
    """Counts of events, and of those that could not be used, over all connections."""

    def __init__(self) -> None:
        self.received = 0
        self.unknown: Counter[str] = Counter()
        self.garbage = 0
        self.overflows = 0

    def note(self, message: str) -> KnownEvent | None:
        """Decode one message; what cannot be used is counted, and logged the first time it is seen."""
        self.received += 1
        try:
            event = decode_event(message)
        except msgspec.DecodeError as error:
            self.garbage += 1
            if self.garbage == 1:
                log.warning("ari_event_unreadable", reason=str(error))
            return None
        if isinstance(event, UnknownEvent):
            self.unknown[event.type] += 1
            if self.unknown[event.type] == 1:
                log.info("ari_event_unknown", type=event.type[:80])
            return None
        return event


class EventSocket:
    """One connection's events, in order.

    A task of its own reads the socket, since Asterisk cuts a slow reader off. The queue is bounded by `limit`. Overflow
    rule: the connection is given up, and queued events are still delivered. The reconnect makes the layer above list
    and compare, so that nothing is left out silently.
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, counts: EventCounts, limit: int) -> None:
        self._socket = socket
        self._counts = counts
        self._limit = limit
        self._queue: deque[KnownEvent] = deque()
        self._changed = asyncio.Event()
        self._end: str | None = None
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._reader = asyncio.create_task(self._read(), name="ari-events")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> KnownEvent:
        """The next event.

        Raises:
            ConnectionLostError: Closed, broken, silent for longer than the heartbeat allows, or overflowed.
            AriReplaced: Another controller has taken the application.
        """
        while not self._queue:
            if self._end is not None:
                raise ConnectionLostError(self._end)
            self._changed.clear()
            await self._changed.wait()
        event = self._queue.popleft()
        if isinstance(event, ApplicationReplaced):
            raise AriReplaced("another controller has taken the application")
        return event

    async def _read(self) -> None:
        reason = "the event socket was broken off"
        try:
            async for message in self._socket:
                if message.type is aiohttp.WSMsgType.TEXT and not self._take(message.data):
                    reason = f"more than {self._limit} events waited"
                    return
            reason = self._why()
        except (aiohttp.ClientError, OSError) as error:
            reason = f"the event socket failed: {error}"
        finally:
            self._end = reason
            self._changed.set()

    def _take(self, message: str) -> bool:
        event = self._counts.note(message)
        if event is None:
            return True
        if isinstance(event, ApplicationReplaced):
            # Asterisk already answers to another: what still waits here is no longer ours to act on.
            self._queue.clear()
        elif len(self._queue) >= self._limit:
            self._counts.overflows += 1
            log.error("ari_events_overflow", limit=self._limit)
            return False
        self._queue.append(event)
        self._changed.set()
        return True

    def _why(self) -> str:
        error = self._socket.exception()
        if isinstance(error, TimeoutError):
            return "Asterisk does not answer on the event socket"
        if error is not None:
            return f"the event socket failed: {error}"
        return "Asterisk closed the event socket"
