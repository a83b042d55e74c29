"""Telephones for tests: a real SIP call over the loopback trunk, whose far end speaks and listens in this process.

The far end lives in a Stasis application of its own (`phones`). There the call is bridged with an RTP leg. All audio is
16-bit 8 kHz mono, 20 ms frames.
"""

import asyncio
import itertools
import socket
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import cast

import numpy as np

from bridge.ari.client import AriClient, Connected, Disconnected
from bridge.ari.errors import AriError
from bridge.ari.expected_events import ExpectedEvents
from bridge.ari.model import ChannelDestroyed, Operation, PlaybackFinished, StasisEnd, StasisStart

RATE_HZ = 8000
FRAME = 160
_DTMF = Operation("POST", "/channels/{channelId}/dtmf", frozenset({"dtmf", "duration"}))


def tone(frequency_hz: float, frames: int = 50, level: float = 0.3) -> list[bytes]:
    """Whole cycles are not needed: a click at the seam does not disturb what is measured."""
    t = np.arange(FRAME * frames) / RATE_HZ
    samples = (level * 32767 * np.sin(2 * np.pi * frequency_hz * t)).astype(">i2")
    return [samples[start : start + FRAME].tobytes() for start in range(0, len(samples), FRAME)]


@dataclass
class RtpEnd(asyncio.DatagramProtocol):
    """Sends 50 frames a second, silence unless told to `speak`, and keeps what it hears."""

    heard: list[tuple[float, np.ndarray]] = field(default_factory=list)
    """Loop time and samples of each frame."""
    peer: tuple[str, int] | None = None
    _frames: list[bytes] = field(default_factory=lambda: [bytes(2 * FRAME)])
    _transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if len(data) == 12 + 2 * FRAME:
            self.heard.append((asyncio.get_running_loop().time(), np.frombuffer(data[12:], ">i2").astype(float)))

    def speak(self, frequency_hz: float | None) -> None:
        """A steady tone, or silence."""
        self._frames = [bytes(2 * FRAME)] if frequency_hz is None else tone(frequency_hz)

    def level(self, frequency_hz: float, last_frames: int = 10) -> float:
        """How loud the tone is in the last frames, as amplitude 0…32767."""
        samples = np.concatenate([frame for _, frame in self.heard[-last_frames:]] or [np.zeros(FRAME)])
        t = np.arange(len(samples)) / RATE_HZ
        return float(2 * abs(np.mean(samples * np.exp(-2j * np.pi * frequency_hz * t))))

    async def until(self, frequency_hz: float, *, heard: bool, within_s: float = 5.0) -> float:
        """Wait until the tone is (not) there. Gives the loop time of the first frame of that kind in a row of four."""
        async with asyncio.timeout(within_s):
            while True:
                await asyncio.sleep(0.005)
                if len(self.heard) >= 4 and (self.level(frequency_hz, 4) > 300) == heard:
                    return self.heard[-4][0]

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        for number in itertools.count():
            if self.peer is not None and self._transport is not None:
                head = b"\x80\x0a" + (number & 0xFFFF).to_bytes(2, "big") + (number * FRAME % 2**32).to_bytes(4, "big")
                self._transport.sendto(head + b"\0\0\0\7" + self._frames[number % len(self._frames)], self.peer)
            await asyncio.sleep(max(0.0, began_s + (number + 1) * 0.02 - loop.time()))


@dataclass
class Phone:
    channel: str
    """Its own end, in the application `phones`."""
    audio: RtpEnd
    client: AriClient

    async def press(self, digits: str) -> None:
        await self.client._send(_DTMF, [self.channel], {"dtmf": digits, "duration": "100"})

    async def hang_up(self) -> None:
        await self.client.hang_up(self.channel)


class Phones:
    """Makes telephones; all are gone at the end of `phones(...)`."""

    def __init__(self, client: AriClient, waits: ExpectedEvents, tasks: asyncio.TaskGroup) -> None:
        self.client = client
        self._waits = waits
        self._tasks = tasks
        self._numbers = itertools.count(1)
        self.running: list[asyncio.Task[None]] = []
        self.transports: list[asyncio.DatagramTransport] = []
        self.bridges: list[str] = []

    async def call(self, endpoint: str, caller: str = "+46701740605") -> Phone:
        """Ring the endpoint; gives the phone when the other end has answered."""
        leg = f"leg-phone-{next(self._numbers):04d}"
        with self._waits.expect(StasisStart, leg) as answered:
            await self.client.originate(leg, endpoint=endpoint, app_args="", caller_id=caller)
            await asyncio.wait_for(answered, 10)
        return await self.connect(leg)

    async def connect(self, leg: str) -> Phone:
        """Give an answered leg a mouth and an ear."""
        end = await self.rtp_end()
        media, bridge = f"media-{leg}", f"phone-{leg}"
        with self._waits.expect(StasisStart, media) as started:
            await self.client.external_media(media, host="127.0.0.1", port=_port(end))
            await asyncio.wait_for(started, 5)
        end.peer = ("127.0.0.1", int(await self.client.variable(media, "UNICASTRTP_LOCAL_PORT")))
        self.bridges.append(bridge)
        await self.client.create_bridge(bridge, "mixing")
        await self.client.add_channel(bridge, media)
        await self.client.add_channel(bridge, leg)
        return Phone(leg, end, self.client)

    async def rtp_end(self) -> RtpEnd:
        loop = asyncio.get_running_loop()
        transport, end = await loop.create_datagram_endpoint(RtpEnd, ("127.0.0.1", 0), family=socket.AF_INET)
        self.transports.append(transport)
        self.running.append(self._tasks.create_task(end.run()))
        return end


def _port(end: RtpEnd) -> int:
    assert end._transport is not None
    return int(end._transport.get_extra_info("sockname")[1])


port_of = _port


@asynccontextmanager
async def phones(url: str, login: tuple[str, str]) -> AsyncGenerator[Phones]:
    waits = ExpectedEvents()
    up = asyncio.Event()
    async with AriClient(url, *login, "phones") as client, asyncio.TaskGroup() as tasks:

        async def follow() -> None:
            async with aclosing(client.signals()) as signals:
                async for signal in signals:
                    if isinstance(signal, Connected):
                        up.set()
                    elif isinstance(signal, StasisStart | StasisEnd | PlaybackFinished | ChannelDestroyed):
                        waits.note(signal)
                    elif isinstance(signal, Disconnected):
                        waits.fail(signal.reason)

        following = tasks.create_task(follow())
        made = Phones(client, waits, tasks)
        try:
            await asyncio.wait_for(up.wait(), 10)
            yield made
        finally:
            with suppress(AriError):
                for bridge in made.bridges:
                    await client.destroy_bridge(bridge)
            following.cancel()
            for task in made.running:
                task.cancel()
            for transport in made.transports:
                transport.close()
