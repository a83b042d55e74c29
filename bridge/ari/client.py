"""A typed client for Asterisk's REST interface (ARI): the requests, and the event socket that finds its way back."""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum

import aiohttp
import structlog

from bridge.ari import model
from bridge.ari.errors import AriError, AriReplaced
from bridge.ari.events import ConnectionLostError, EventCounts, EventSocket
from bridge.ari.rest import AriLimits, AriRequests
from bridge.domain.kernel.backoff import Backoff

log = structlog.get_logger(__name__)


class ConnectionState(StrEnum):
    CONNECTING = "connecting"
    CONNECTED = "connected"
    WAITING = "waiting"
    """Lost or refused; the next attempt comes after a pause."""
    REPLACED = "replaced"
    """Another controller has the application. Final."""
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Connected:
    """The event socket is open. Earlier events were lost: list and compare now."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    reason: str


Signal = Connected | Disconnected | model.KnownEvent


class AriClient(AriRequests):
    """One application's client. Use as an async context manager; `signals()` has one reader.

    Args:
        base_url: `http://127.0.0.1:8088/ari`, without a slash at the end.
        username: The user in ari.conf.
        password: Sent as basic authorisation only, never in an address.
        app: The Stasis application. It is a lease: whoever connects last has it.
        limits: Times and bounds.
    """

    def __init__(self, base_url: str, username: str, password: str, app: str, limits: AriLimits | None = None) -> None:
        super().__init__(base_url, username, password, app, limits)
        self.state = ConnectionState.CLOSED
        self.counts = EventCounts()
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    async def reconnect(self) -> None:
        """Give the event socket up; `signals()` says `Disconnected` and begins anew."""
        if self._socket is not None:
            await self._socket.close()

    async def signals(self) -> AsyncGenerator[Signal]:
        """`Connected`, its events in order, `Disconnected`, and again, for ever, with a growing pause between.

        Raises:
            AriReplaced: Another controller has taken the application; there is no way back.
        """
        attempt = 0
        while True:
            self.state = ConnectionState.CONNECTING
            began_s = asyncio.get_running_loop().time()
            reason = ""
            try:
                async with aclosing(self._one_connection()) as connection:
                    async for signal in connection:
                        yield signal
            except AriReplaced:
                self.fenced = True
                self.state = ConnectionState.REPLACED
                log.error("ari_application_replaced", app=self.app)
                raise
            except ConnectionLostError as error:
                reason = str(error)
            if asyncio.get_running_loop().time() - began_s > self._limits.longest_pause_s:
                attempt = 0
            self.state = ConnectionState.WAITING
            log.warning("ari_disconnected", reason=reason, attempt=attempt)
            yield Disconnected(reason)
            await asyncio.sleep(self._pause_s(attempt))
            attempt += 1

    async def _one_connection(self) -> AsyncGenerator[Signal]:
        async with (
            self._open_socket() as socket,
            EventSocket(socket, self.counts, self._limits.queued_events) as events,
        ):
            try:
                await self.filter_events(model.UNWANTED_EVENTS)
            except AriError as error:
                raise ConnectionLostError(f"Asterisk did not take the event filter: {error}") from error
            self.state = ConnectionState.CONNECTED
            yield Connected()
            async for event in events:
                yield event

    @asynccontextmanager
    async def _open_socket(self) -> AsyncGenerator[aiohttp.ClientWebSocketResponse]:
        """Subscribe to every channel, not only to those in our application. A call that we place enters it by the
        dialplan when it is answered. Its ringing and its failing come before."""
        try:
            socket = await asyncio.wait_for(
                self._http().ws_connect(
                    f"{self._base}/events",
                    params={"app": self.app, "subscribeAll": "true"},
                    heartbeat=self._limits.heartbeat_s,
                    timeout=aiohttp.ClientWSTimeout(ws_close=self._limits.connect_timeout_s),
                ),
                self._limits.request_timeout_s,
            )
        except aiohttp.WSServerHandshakeError as error:
            refused = "Asterisk refuses our ARI user or password" if error.status == 401 else f"HTTP {error.status}"
            raise ConnectionLostError(f"no event socket: {refused}") from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ConnectionLostError(f"Asterisk cannot be reached: {str(error) or 'no answer'}") from error
        self._socket = socket
        try:
            yield socket
        finally:
            self._socket = None
            await socket.close()

    def _pause_s(self, attempt: int) -> float:
        pause_s = Backoff(self._limits.first_pause_s, self._limits.longest_pause_s).after(attempt + 1)
        return pause_s * random.uniform(0.5, 1.0)
