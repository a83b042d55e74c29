"""The path's end towards Asterisk: one UDP socket on the loopback address, one packet for every 20 ms."""

import asyncio
import random
import socket
import struct
import time
from collections.abc import Callable
from typing import Final

from bridge.audio.frame import FRAME_SAMPLES, RATE_HZ, Samples
from bridge.media import rtp

LOOPBACK: Final = "127.0.0.1"
_BURST_PACKETS: Final = 64
"""Read in one go at most; the rest comes in the loop's next turn."""
_SO_TIMESTAMPNS: Final = 35
"""Linux: the kernel says of each packet when it came."""
_TIMESPEC: Final = struct.Struct("@ll")
_TOLD_BYTES: Final = socket.CMSG_SPACE(_TIMESPEC.size)
_SLOW_NS: Final = 20_000_000


class MeetingLeg:
    """RTP has no authentication: only packets from Asterisk's own port, as told by `meet`, are taken.

    Args:
        hear: Gets each frame, in order; never a late or doubled one.
    """

    def __init__(self, hear: Callable[[Samples], None]) -> None:
        self._hear = hear
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._socket.bind((LOOPBACK, 0))
        self.port: int = self._socket.getsockname()[1]
        self._peer: tuple[str, int] | None = None
        self._sequence = random.getrandbits(16)
        self._timestamp = random.getrandbits(32)
        self._ssrc = random.getrandbits(32)
        self._marker = True
        self.reception = rtp.Reception()
        self.received = 0
        self.sent = 0
        self.malformed = 0
        self.slow = 0
        """Packets that waited for this process for more than 20 ms, ever."""
        self.refused = False
        """Asterisk's end is closed (ICMP port unreachable)."""
        self.closed = False
        asyncio.get_running_loop().add_reader(self._socket, self._readable)

    def meet(self, port: int) -> None:
        """Asterisk's end is here. Connecting is what makes the kernel tell when that end goes away."""
        self._peer = (LOOPBACK, port)
        self._socket.connect(self._peer)
        self.refused = False
        self._marker = True

    def send(self, samples: Samples) -> None:
        """Send one frame. A frame that the kernel does not take at once is lost, as with any packet."""
        if self._peer is None:
            return
        packet = rtp.Packet(self._sequence, self._timestamp, self._ssrc, samples, marker=self._marker)
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._timestamp = (self._timestamp + FRAME_SAMPLES) & 0xFFFFFFFF
        self._marker = False
        try:
            self._socket.send(rtp.build(packet))
            self.sent += 1
        except ConnectionRefusedError:
            self.refused = True
        except BlockingIOError:
            pass

    def close(self) -> None:
        self.closed = True
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    def _readable(self) -> None:
        for _ in range(_BURST_PACKETS):
            try:
                octets, told, _, sender = self._socket.recvmsg(rtp.MAX_PACKET_BYTES + 1, _TOLD_BYTES)
            except BlockingIOError:
                return
            except ConnectionRefusedError:
                self.refused = True
                continue
            if sender == self._peer:
                self.slow += _waited_ns(told) > _SLOW_NS
                self._take(octets)
            if self.closed:
                return

    def _take(self, octets: bytes) -> None:
        try:
            packet = rtp.parse(octets)
        except rtp.RtpError:
            self.malformed += 1
            return
        self.refused = False
        if self.reception.accept(packet, int(asyncio.get_running_loop().time() * RATE_HZ)):
            self.received += 1
            self._hear(packet.samples)


def _waited_ns(told: list[tuple[int, int, bytes]]) -> int:
    """Since the kernel had it; 0 where it does not say."""
    for level, kind, content in told:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(content) == _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack(content)
            came_ns: int = seconds * 1_000_000_000 + nanoseconds
            return time.time_ns() - came_ns
    return 0
