"""Telephones from which nothing comes any more: dead, or muted by silence.

Asterisk tells of neither. So it is asked how many packets have come on each line. A line on which none comes is asked
in its SIP dialog, by a re-INVITE that changes nothing. A telephone that is there answers, whatever it answers. One
that is gone does not. Asterisk then ends the call (RFC 3261 §12.2.1.2), with the Q.850 cause of a lost line.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import structlog

from bridge.ari import model
from bridge.ari.client import AriClient
from bridge.ari.errors import AriError, AriNotFound
from bridge.domain.kernel.ids import ChannelId
from bridge.domain.telephony.events import RtpResumed, RtpStopped
from bridge.ports import Clock, Emit

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 1.0
LOOKS_PER_S: Final = 50
"""More lines than this are looked at less often, so that a full house costs no more."""
ASK_AFTER_S: Final = 0.9
"""A telephone sends a packet each 20 ms. Two looks without one are enough for a question that harms nobody."""
ASK_NEW_AFTER_S: Final = 30.0
"""One that has never sent anything is more likely a machine that does not than a telephone that died."""
ASK_EVERY_S: Final = 60.0
"""A telephone with silence suppression pauses with each sentence, and is asked no more often."""
SHOWN_AFTER_S: Final = 8.0
"""RTCP comes each 5 s, and at the latest after 7.5 s (RFC 3550 §6.2)."""
_REFRESH: Final = "PJSIP_SEND_SESSION_REFRESH()"


@dataclass(slots=True)
class _Line:
    seen: model.RtpStatistics
    sign_at_s: float
    """The last look that found something new."""
    asked_at_s: float | None = None
    told: bool = False


class RtpWatch:
    """Run `run()` as a task beside the connection.

    Args:
        client: Asterisk.
        lines: The answered telephones that are not on hold.
        clock: For the events.
        emit: Where they go.
    """

    def __init__(self, client: AriClient, lines: Callable[[], Iterable[ChannelId]], clock: Clock, emit: Emit) -> None:
        self._client = client
        self._lines = lines
        self._clock = clock
        self._emit = emit
        self._known: dict[ChannelId, _Line] = {}

    def forget_all(self) -> None:
        """After a connect everything is found out anew."""
        self._known.clear()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began_s = loop.time()
            lines = list(self._lines())
            for gone in self._known.keys() - set(lines):
                del self._known[gone]
            for line in lines:
                await self._look(line, loop.time)
            round_s = max(LOOK_EVERY_S, len(lines) / LOOKS_PER_S)
            await asyncio.sleep(max(0.1, began_s + round_s - loop.time()))

    async def _look(self, channel: ChannelId, time_s: Callable[[], float]) -> None:
        try:
            seen = await self._client.rtp_statistics(channel)
            line = self._known.setdefault(channel, _Line(seen, time_s()))
            if seen != line.seen:
                line.seen, line.sign_at_s = seen, time_s()
                self._tell(channel, line, silent=False)
            silent_s = time_s() - line.sign_at_s
            if silent_s >= (ASK_AFTER_S if seen.rxcount else ASK_NEW_AFTER_S):
                await self._ask(channel, line, time_s())
            if silent_s >= SHOWN_AFTER_S:
                self._tell(channel, line, silent=True)
        except AriNotFound:
            self._known.pop(channel, None)
        except AriError as error:
            log.debug("rtp_not_told", channel=channel, reason=str(error))

    async def _ask(self, channel: ChannelId, line: _Line, at_s: float) -> None:
        if line.asked_at_s is not None and at_s - line.asked_at_s < ASK_EVERY_S:
            return
        line.asked_at_s = at_s
        log.info("line_asked", channel=channel)
        await self._client.set_variable(channel, _REFRESH, "invite")

    def _tell(self, channel: ChannelId, line: _Line, *, silent: bool) -> None:
        if line.told != silent:
            line.told = silent
            self._emit((RtpStopped if silent else RtpResumed)(self._clock.now_s(), channel))
