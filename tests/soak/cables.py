"""The cables between program and terminal, in memory: a serial line and an audio line that can be pulled out."""

import asyncio
from collections import deque
from collections.abc import Callable

from bridge.ports import Clock
from bridge.rakel.connection import Connection, LinkLost, OnIndication
from bridge.rakel.reasons import LineReason
from hardware.simulator.audio import AudioSide
from hardware.simulator.ports import Peer
from hardware.simulator.signals import Samples

WIRE_S = 0.001
"""What a piece of text takes from one end to the other."""


class SerialCable:
    """A `hardware.simulator.ports.Port` whose other end is a `bridge.rakel` connection.

    Everything on the way comes in the order it was sent. Timers of the same instant alone would not keep it.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._peer: Peer | None = None
        self._connection: Connection | None = None
        self._on_the_way: dict[str, deque[tuple[Connection | None, bytes]]] = {"in": deque(), "out": deque()}

    # --- the terminal's end ---

    async def plug(self, peer: Peer) -> None:
        self._peer = peer

    async def unplug(self) -> None:
        """The program reads an end of file."""
        self._peer = None
        if self._connection is not None:
            self._connection.connection_lost(OSError("input/output error"))
            self._connection = None

    def write(self, data: bytes) -> None:
        self._on_the_way["in"].append((self._connection, data))
        asyncio.get_running_loop().call_later(WIRE_S, self._to_program)

    def _to_program(self) -> None:
        connection, data = self._on_the_way["in"].popleft()
        if connection is not None and connection is self._connection:
            connection.data_received(data)

    def manners(self) -> tuple[int, bool] | None:
        return None

    # --- the program's end ---

    def open(self, name: str, clock: Clock, on_indication: OnIndication, gap_s: float) -> Connection:
        """Raises LinkLost when the cable is out."""
        if self._peer is None:
            raise LinkLost(LineReason.NOT_THERE(url=self.url))
        connection = Connection(name, clock, on_indication, gap_s)
        connection.connection_made(_ProgramEnd(self))
        self._connection = connection
        self._peer.connected()
        return connection

    def send(self, data: bytes) -> None:
        self._on_the_way["out"].append((self._connection, data))
        asyncio.get_running_loop().call_later(WIRE_S, self._to_terminal)

    def _to_terminal(self) -> None:
        _, data = self._on_the_way["out"].popleft()
        if self._peer is not None:
            self._peer.feed(data)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            if self._peer is not None:
                self._peer.disconnected()
            asyncio.get_running_loop().call_soon(connection.connection_lost, None)


class _ProgramEnd(asyncio.Transport):
    def __init__(self, cable: SerialCable) -> None:
        super().__init__()
        self._cable = cable

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._cable.send(bytes(data))

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        self._cable.close()

    def abort(self) -> None:
        self._cable.close()


class AudioCable(AudioSide):
    """The terminal's audio without a socket: `hear` gets each 20 ms of the radio, `take` is given ours."""

    def __init__(self, transmit: Callable[[Samples, float], bool]) -> None:
        super().__init__("in memory", 0, transmit)
        self.hear: Callable[[Samples], None] | None = None

    @property
    def connected(self) -> bool:
        return self.hear is not None

    async def start(self) -> None:
        return

    async def stop(self) -> None:
        self.hear = None

    def tick(self, at_s: float) -> None:
        frame = self.next_frame()
        if self.hear is not None:
            self.hear(frame)
            self.counts.sent += 1
