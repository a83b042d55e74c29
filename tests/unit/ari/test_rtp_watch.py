"""A telephone from which nothing comes is asked, and no more often than it must be."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from bridge.ari import rtp_watch
from bridge.ari.client import AriClient
from bridge.ari.model import RtpStatistics
from bridge.ari.rtp_watch import RtpWatch
from bridge.domain.kernel.events import Event
from bridge.domain.kernel.ids import ChannelId
from bridge.domain.telephony.events import RtpResumed, RtpStopped
from tests.harness import wait

LINE = ChannelId("1795315338.1")
REFRESH = "PJSIP_SEND_SESSION_REFRESH()=invite"


class Telephone:
    """One line, as Asterisk tells of it; and what Asterisk was asked to do."""

    def __init__(self) -> None:
        self.sends_rtp, self.sends_rtcp = True, False
        self.asked: list[str] = []
        self.told: list[type[Event]] = []
        self.looks = 0
        self._packets, self._rtt_s = 1, 0.0

    async def rtp_statistics(self, channel: str) -> RtpStatistics:
        self.looks += 1
        self._packets += self.sends_rtp
        self._rtt_s += 0.001 * self.sends_rtcp
        return RtpStatistics(rxcount=self._packets, rtt=self._rtt_s)

    async def set_variable(self, channel: str, name: str, value: str) -> None:
        self.asked.append(f"{name}={value}")

    def now_s(self) -> float:
        return 7.0

    async def is_looked_at(self, times: int) -> None:
        wanted = self.looks + times
        await wait.until(lambda: self.looks >= wanted, 10, every_s=0.01, what=f"{times} looks")


@asynccontextmanager
async def watched(monkeypatch: pytest.MonkeyPatch, **seconds: float) -> AsyncIterator[Telephone]:
    monkeypatch.setattr(rtp_watch, "LOOK_EVERY_S", 0.01)
    for name, value in seconds.items():
        monkeypatch.setattr(rtp_watch, name, value)
    telephone = Telephone()
    client: Any = telephone
    watch = RtpWatch(cast(AriClient, client), lambda: [LINE], client, lambda event: telephone.told.append(type(event)))
    running = asyncio.create_task(watch.run())
    try:
        await telephone.is_looked_at(3)
        yield telephone
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_telephone_that_sends_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    async with watched(monkeypatch) as telephone:
        await telephone.is_looked_at(5)
        assert (telephone.asked, telephone.told) == ([], [])


async def test_one_that_stops_is_asked_once_and_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    async with watched(monkeypatch, ASK_AFTER_S=0.05, SHOWN_AFTER_S=0.1) as telephone:
        telephone.sends_rtp = False
        await wait.until(lambda: telephone.told, 10, every_s=0.01)
        await telephone.is_looked_at(5)
        assert telephone.asked == [REFRESH]
        telephone.sends_rtp = True
        await wait.until(lambda: len(telephone.told) == 2, 10, every_s=0.01)
        assert telephone.told == [RtpStopped, RtpResumed]


async def test_rtcp_is_a_sign_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    async with watched(monkeypatch, ASK_AFTER_S=5, SHOWN_AFTER_S=5) as telephone:
        telephone.sends_rtp, telephone.sends_rtcp = False, True
        monkeypatch.setattr(rtp_watch, "ASK_AFTER_S", 0.5)
        await telephone.is_looked_at(10)
        assert (telephone.asked, telephone.told) == ([], [])
