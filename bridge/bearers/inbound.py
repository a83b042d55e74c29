"""Receipts and answers that come over a line that we hold: an SMSC's or a modem's."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import structlog

from bridge.ports import PartReceipt, SmsAnswer, Unheard

log = structlog.get_logger(__name__)

MOST: Final = 256
"""So many wait to be kept. The next one is not taken: the far end keeps it, and hands it over again."""

Fact = PartReceipt | SmsAnswer


class Inbound:
    """`bridge.ports.InboundSms`, and its other end, where the bearers put what has come."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[tuple[Fact, asyncio.Future[bool]]] = asyncio.Queue(MOST)
        self._unheard: Counter[str] = Counter()

    def not_heard(self, why: Unheard, evidence: str = "") -> None:
        """Something came in that is no answer of a person. It changes nothing."""
        self._unheard[why.value] += 1
        log.warning("sms_not_heard", reason=why.value, evidence=evidence[:200])

    def unheard(self) -> Mapping[str, int]:
        """So many came in and were not heard, by the cause."""
        return dict(self._unheard)

    async def kept(self, fact: Fact) -> bool:
        """Hand one in. Returns when it is kept, or false where it is not."""
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        try:
            self._waiting.put_nowait((fact, done))
        except asyncio.QueueFull:
            log.warning("inbound_sms_full", most=MOST)
            return False
        return await done

    async def take(self, keep: Callable[[Fact], Awaitable[None]]) -> None:
        fact, done = await self._waiting.get()
        is_kept = False
        try:
            await keep(fact)
            is_kept = True
        finally:
            if not done.done():
                done.set_result(is_kept)
