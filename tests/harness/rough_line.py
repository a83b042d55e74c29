"""A telephone line that loses packets, delays them unevenly and changes their order: a relay of RTP on loopback.

It stands between one call of the measuring phone and the system under test, both ways. The description of the call
names the relay's outer port. The system sends there, and what comes to it leaves from there. Which packets suffer is
drawn from a seed, each way by its own. A failure can then be played again.
"""

import asyncio
import contextlib
import random
import socket
from collections import Counter
from dataclasses import dataclass
from typing import Final

LATE_S: Final = 0.030
"""A packet that changes places comes so much after its time: behind the next one, 20 ms later."""
APART_S: Final = 0.0001
"""Timers due at one moment go off in no order."""
LARGEST: Final = 2048
Address = tuple[str, int]


@dataclass(frozen=True)
class Roughness:
    """How bad it is.

    Attributes:
        loss: The share of packets that never arrive, 0…1.
        reordered: The share that arrives behind its successor.
        jitter_ms: Every packet is delayed by 0 to so much, at random, and keeps its place.
        seed: What is drawn.
    """

    loss: float = 0.0
    reordered: float = 0.0
    jitter_ms: float = 0.0
    seed: int = 1


class RoughLine:
    """The relay of one call. `near` is the phone's side, `far` the system's.

    Attributes:
        phone: Where the phone listens.
        system: Where the system wants audio; nothing is passed on before it is known.
        counted: Packets by what became of them: "out lost", "out reordered", "out passed", and "in …".
    """

    def __init__(self, host: str, phone: Address, roughness: Roughness) -> None:
        self.phone = phone
        self.system: Address | None = None
        self.counted: Counter[str] = Counter()
        self._roughness = roughness
        self._near, self._far = _socket(host), _socket(host)
        self._chance = {"out": random.Random(roughness.seed), "in": random.Random(-1 - roughness.seed)}
        self._leaves_s = {"out": 0.0, "in": 0.0}
        self._under_way: set[asyncio.TimerHandle] = set()

    @property
    def near(self) -> Address:
        """Where the phone sends."""
        address: Address = self._near.getsockname()
        return address

    @property
    def port(self) -> int:
        """What the phone tells the system as its own."""
        return int(self._far.getsockname()[1])

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.add_reader(self._near, lambda: self._take(loop, self._near, "out"))
        loop.add_reader(self._far, lambda: self._take(loop, self._far, "in"))

    def close(self, loop: asyncio.AbstractEventLoop) -> None:
        for handle in self._under_way:
            handle.cancel()
        for end in (self._near, self._far):
            loop.remove_reader(end)
            end.close()

    def _take(self, loop: asyncio.AbstractEventLoop, end: socket.socket, way: str) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionError):
            while True:
                packet = end.recv(LARGEST)
                self._treat(loop, packet, way)

    def _treat(self, loop: asyncio.AbstractEventLoop, packet: bytes, way: str) -> None:
        chance, rough = self._chance[way], self._roughness
        lot, delay_s = chance.random(), chance.random() * rough.jitter_ms / 1000
        if lot < rough.loss:
            self.counted[f"{way} lost"] += 1
            return
        leaves_s = max(loop.time() + delay_s, self._leaves_s[way] + APART_S)
        if lot < rough.loss + rough.reordered:
            self.counted[f"{way} reordered"] += 1
            leaves_s += LATE_S
        else:
            self.counted[f"{way} passed"] += 1
            self._leaves_s[way] = leaves_s
        self._later(loop, leaves_s, packet, way)

    def _later(self, loop: asyncio.AbstractEventLoop, at_s: float, packet: bytes, way: str) -> None:
        def leave() -> None:
            self._under_way.discard(handle)
            end, target = (self._far, self.system) if way == "out" else (self._near, self.phone)
            if target is not None:
                with contextlib.suppress(OSError):  # the far end may be gone already
                    end.sendto(packet, target)

        handle = loop.call_at(at_s, leave)
        self._under_way.add(handle)


def _socket(host: str) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((host, 0))
    made.setblocking(False)
    return made
