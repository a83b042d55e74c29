"""The radio rows' peer, the least that can stand between a meeting and a radio. It is an RTP leg that answers each
frame.

`python -m tests.bench.leg N` is a process of N such legs that send back what they hear. It prints their ports and ends
with its standard input.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import numpy as np

from bridge.audio.frame import FRAME_SAMPLES, Samples
from tests.bench.peers import APPLICATION, Ari, answering_application, bare_asterisk
from tests.harness.phones import Phone, Phones

LOUD: Final = 500
HEADER_BYTES: Final = 12
_SILENCE: Final = bytes(2 * FRAME_SAMPLES)


class Leg(asyncio.DatagramProtocol):
    """`slin` at 8 kHz, paced by what it hears."""

    def __init__(self, *, echoes: bool = False) -> None:
        self._echoes = echoes
        self._words: list[bytes] = []
        self._begins: asyncio.Future[float] | None = None
        self._loud: asyncio.Future[float] | None = None
        self._sent = 0
        self._transport: asyncio.DatagramTransport | None = None

    async def open(self) -> int:
        """Gives its port."""
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: self, local_addr=("127.0.0.1", 0)
        )
        return int(self._transport.get_extra_info("sockname")[1])

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def hears_somebody(self) -> "asyncio.Future[float]":
        """When the next loud frame comes in."""
        self._loud = asyncio.get_running_loop().create_future()
        return self._loud

    async def says(self, samples: Samples) -> float:
        """When its first frame left."""
        whole = samples[: samples.size // FRAME_SAMPLES * FRAME_SAMPLES].astype(">i2")
        self._begins = asyncio.get_running_loop().create_future()
        self._words = [frame.tobytes() for frame in whole.reshape(-1, FRAME_SAMPLES)]
        return await self._begins

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        sound = data[HEADER_BYTES:]
        if self._loud is not None and not self._loud.done() and _is_loud(sound):
            self._loud.set_result(time.monotonic())
        self._send(data[1] & 0x7F, sound if self._echoes else self._next(), address)

    def _next(self) -> bytes:
        if not self._words:
            return _SILENCE
        if self._begins is not None and not self._begins.done():
            self._begins.set_result(time.monotonic())
        return self._words.pop(0)

    def _send(self, payload_type: int, sound: bytes, address: tuple[str, int]) -> None:
        number, stamp = self._sent & 0xFFFF, self._sent * FRAME_SAMPLES & 0xFFFFFFFF
        header = bytes([0x80, payload_type]) + number.to_bytes(2, "big") + stamp.to_bytes(4, "big") + b"leg1"
        self._sent += 1
        if self._transport is not None:
            self._transport.sendto(header + sound, address)


def _is_loud(sound: bytes) -> bool:
    return bool(np.abs(np.frombuffer(sound, ">i2").astype(np.int32)).max(initial=0) > LOUD)


@asynccontextmanager
async def bare_room(folder: Path) -> AsyncIterator[tuple[Ari, Phone, Phone]]:
    """Two telephones in a mixing bridge of a bare ARI application."""
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(bare_asterisk(folder))
        app = await stack.enter_async_context(answering_application(world))
        phones = await stack.enter_async_context(Phones(folder / "phones", world.sip_port))
        talker, other = await phones.instrument("A"), await phones.instrument("B")
        await talker.calls(APPLICATION)
        await other.calls(APPLICATION)
        yield app, talker, other


async def brings_in(app: Ari, port: int) -> None:
    """A leg at that port of 127.0.0.1 into the bare application's bridge."""
    made = await app.do("POST", "channels/externalMedia", app="bench", external_host=f"127.0.0.1:{port}", format="slin")
    await asyncio.sleep(0.2)
    await app.do("POST", "bridges/bench-mix/addChannel", channel=made["id"])
    await asyncio.sleep(0.5)


async def _echo(count: int) -> None:
    ports = [await Leg(echoes=True).open() for _ in range(count)]
    print(*ports, flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_echo(int(sys.argv[1])))
