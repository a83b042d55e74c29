"""The gate nearest the wire: each trunk's calls are let go at its pace, whoever asked for them and how.

A call is *known to be on the wire* when Asterisk has answered a question about it (`CHANNEL(pjsip,call-id)`). Only the
session's own queue can answer that one. The question is asked after the channel's first `Dial` event. That event comes
when the INVITE has been put into the queue, so the question stands behind it. A peer that keeps the kernel's time
stamps measured it. The request's own answer comes up to 4 ms before the INVITE. The `Dial` event comes at least 0.1 ms
after it.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from bridge.ari import model
from bridge.ari.client import AriClient
from bridge.ari.errors import AriError
from bridge.ari.reasons import AsteriskReason
from bridge.domain.callout.pacing import Pace
from bridge.domain.kernel.ids import ChannelId, TrunkName
from bridge.ports import PortError

log = structlog.get_logger(__name__)

_BARRIER: Final = "CHANNEL(pjsip,call-id)"
_AGAIN_S: Final = 0.2
_WIDE: Final = 200.0
"""Calls a second, from which a trunk is hardly ever used up, and asking after each call is only cost."""
_ROOMY: Final = 0.5
"""Part of a wide trunk's places; while fewer are taken, nobody asks."""
_STRAY_S: Final = 30.0
"""A call of which Asterisk tells nothing for so long was never begun: its request was lost."""


@dataclass(eq=False, slots=True)
class _Flight:
    """A call that was let go."""

    trunk: "_Trunk"
    stray: asyncio.TimerHandle
    asking: asyncio.Task[None] | None = None


class TrunkGate:
    """Holds a call until its trunk may take it, first come first served.

    Nothing is dropped: each waiting call is a lane of the engine that waits. `bridge.domain.callout.pacing` bounds the
    number of calls decided ahead of the pace. While Asterisk is away the gate is closed, and waiting calls are refused.
    The reconcile will find that they were never placed. A new connection begins every trunk's pace anew, as if its
    second had just been used up. Nobody knows of the calls before.

    Args:
        calls_per_s: Of each trunk; an unnamed trunk has no limit.
    """

    def __init__(self, client: AriClient, calls_per_s: Mapping[TrunkName, float]) -> None:
        self._client = client
        self._trunks = {name: _Trunk(rate) for name, rate in calls_per_s.items() if rate > 0}
        self._flights: dict[ChannelId, _Flight] = {}
        self._away: str | None = "not connected to Asterisk yet"

    async def turn(self, trunk: TrunkName, channel: ChannelId) -> None:
        """Return when the call may be asked for. The same call again takes no second place while it has one.

        Raises:
            PortError: Asterisk is away, or went away while the call waited. It was not placed.
        """
        if self._away is not None:
            raise _not_placed(self._away)
        found = self._trunks.get(trunk)
        if found is None or channel in self._flights:
            return
        if found.unasked and not found.is_roomy:
            self._ask_after(found)
        await found.turn(channel)
        stray = asyncio.get_running_loop().call_later(_STRAY_S, self._is_on_wire, channel)
        self._flights[channel] = _Flight(found, stray)

    def refused(self, channel: ChannelId, error: AriError) -> None:
        """The request failed. Answered, there is no INVITE; where no answer came, events tell."""
        if error.status:
            self._is_on_wire(channel)

    def is_there(self, channel: ChannelId) -> None:
        """The channel was there already: its INVITE is asked after now, since its `Dial` event may be long past."""
        flight = self._flights.get(channel)
        if flight is not None and flight.asking is None:
            flight.trunk.unasked[channel] = None
            if not flight.trunk.is_roomy:
                self._ask_after(flight.trunk)

    def note(self, event: model.KnownEvent) -> None:
        """See every event."""
        if isinstance(event, model.Dial):
            self.is_there(ChannelId(event.peer.id))
        elif isinstance(event, model.ChannelDestroyed):
            self._is_on_wire(ChannelId(event.channel.id))

    def begin(self) -> None:
        """The event socket is open, and nothing of the time before is known."""
        self._away = None
        self._forget()
        for trunk in self._trunks.values():
            trunk.begin()

    def close(self, reason: str) -> None:
        """Asterisk is away: nobody waits for it here."""
        self._away = reason
        self._forget()
        for trunk in self._trunks.values():
            trunk.close(reason)

    @property
    def waiting(self) -> int:
        """Calls that wait for their turn."""
        return sum(trunk.waiting for trunk in self._trunks.values())

    def _ask_after(self, trunk: "_Trunk") -> None:
        """All of its calls that were dialled and are not known to be on the wire."""
        channels, trunk.unasked = trunk.unasked, {}
        for channel in channels:
            flight = self._flights.get(channel)
            if flight is not None and flight.asking is None:
                flight.asking = asyncio.get_running_loop().create_task(self._ask(channel, flight))

    async def _ask(self, channel: ChannelId, flight: _Flight) -> None:
        """Any answer will do: a channel that is gone, or was refused, sends nothing any more."""
        while self._flights.get(channel) is flight:
            try:
                await self._client.variable(channel, _BARRIER)
            except AriError as error:
                if error.status == 0:
                    log.warning("call_not_seen_on_wire", channel=channel, reason=str(error))
                    await asyncio.sleep(_AGAIN_S)
                    continue
            flight.asking = None
            self._is_on_wire(channel)

    def _is_on_wire(self, channel: ChannelId) -> None:
        flight = self._flights.pop(channel, None)
        if flight is not None:
            _end(flight)
            flight.trunk.unasked.pop(channel, None)
            flight.trunk.is_on_wire(channel)

    def _forget(self) -> None:
        for flight in self._flights.values():
            _end(flight)
        self._flights.clear()


def _not_placed(reason: str) -> PortError:
    return PortError("asterisk", AsteriskReason.CALL_NOT_PLACED(), retry=True, evidence=reason)


def _end(flight: _Flight) -> None:
    flight.stray.cancel()
    if flight.asking is not None:
        flight.asking.cancel()


class _Trunk:
    """One trunk's pace by the event loop's clock."""

    def __init__(self, calls_per_s: float) -> None:
        self._calls_per_s = calls_per_s
        self._pace: Pace | None = None
        self._waiting: deque[tuple[ChannelId, asyncio.Future[None]]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self.unasked: dict[ChannelId, None] = {}
        """Dialled, and not asked after yet, oldest first."""

    @property
    def is_roomy(self) -> bool:
        if self._calls_per_s < _WIDE or self._pace is None:
            return False
        return self._pace.used(asyncio.get_running_loop().time()) < _ROOMY

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    async def turn(self, channel: ChannelId) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((channel, turn))
        self._serve()
        await turn

    def begin(self) -> None:
        self._pace = Pace.begin(self._calls_per_s, asyncio.get_running_loop().time())
        self.unasked.clear()
        self._serve()

    def is_on_wire(self, channel: ChannelId) -> None:
        if self._pace is not None:
            self._pace = self._pace.on_wire(channel, asyncio.get_running_loop().time())
            self._serve()

    def close(self, reason: str) -> None:
        """Refuse who waits."""
        self._stop_timer()
        waiting, self._waiting = self._waiting, deque()
        for _, turn in waiting:
            if not turn.done():
                turn.set_exception(_not_placed(reason))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _serve(self) -> None:
        """Let go whose turn it is; sleep until the next one's."""
        self._stop_timer()
        loop = asyncio.get_running_loop()
        while self._waiting and self._pace is not None:
            channel, turn = self._waiting[0]
            if turn.done():  # whoever waited was cancelled
                self._waiting.popleft()
                continue
            ready_at_s, now_s = self._pace.ready_at_s(), loop.time()
            if ready_at_s is None:
                return
            if ready_at_s > now_s:
                self._timer = loop.call_at(ready_at_s, self._serve)
                return
            self._waiting.popleft()
            self._pace = self._pace.let_go(channel, now_s)
            turn.set_result(None)
