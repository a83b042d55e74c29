"""RTP (RFC 3550 §5.1) with linear 16-bit sound (L16, RFC 3551 §4.5.11): big-endian, 8 kHz mono, 20 ms a packet.

Asterisk sends an external media leg of format `slin` with payload type 10. It takes 10 and 11, both as 8 kHz mono.
"""

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np

from bridge.audio.frame import FRAME_SAMPLES, RATE_HZ, Samples

_HEADER: Final = struct.Struct("!BBHII")
_VERSION: Final = 2
_PADDING: Final = 0x20
_EXTENSION: Final = 0x10
_MARKER: Final = 0x80
PAYLOAD_TYPE: Final = 10
_PAYLOAD_TYPES: Final = frozenset({10, 11})
MAX_PACKET_BYTES: Final = 2048
"""More than a header with all 15 contributing sources, an extension and 20 ms of sound could need."""


class RtpError(ValueError):
    """Not a packet of the kind we asked for. Count it and drop it."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet, and its 160 samples."""

    sequence: int
    timestamp: int
    ssrc: int
    samples: Samples
    payload_type: int = PAYLOAD_TYPE
    marker: bool = False


def build(packet: Packet) -> bytes:
    """The packet as octets. Sequence and timestamp are taken modulo their width."""
    header = _HEADER.pack(
        _VERSION << 6,
        packet.payload_type | (_MARKER if packet.marker else 0),
        packet.sequence & 0xFFFF,
        packet.timestamp & 0xFFFFFFFF,
        packet.ssrc,
    )
    return header + packet.samples.astype(">i2").tobytes()


def parse(octets: bytes) -> Packet:
    """Read a packet from anybody.

    Raises:
        RtpError: The packet's size, version or payload type is wrong, or it does not hold 20 ms of L16. Or its header
            contradicts its length.
    """
    if not _HEADER.size <= len(octets) <= MAX_PACKET_BYTES:
        raise RtpError(f"{len(octets)} octets")
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(octets)
    if first >> 6 != _VERSION:
        raise RtpError(f"version {first >> 6}")
    if second & 0x7F not in _PAYLOAD_TYPES:
        raise RtpError(f"payload type {second & 0x7F}")
    payload = octets[_payload_start(octets, first) : _payload_end(octets, first)]
    if len(payload) != 2 * FRAME_SAMPLES:
        raise RtpError(f"{len(payload)} octets of sound")
    samples = np.frombuffer(payload, dtype=">i2").astype(np.int16)
    return Packet(sequence, timestamp, ssrc, samples, second & 0x7F, bool(second & _MARKER))


def _payload_start(octets: bytes, first: int) -> int:
    start = _HEADER.size + 4 * (first & 0x0F)
    if not first & _EXTENSION:
        return start
    if len(octets) < start + 4:
        raise RtpError("header extension beyond the end")
    return start + 4 + 4 * int.from_bytes(octets[start + 2 : start + 4], "big")


def _payload_end(octets: bytes, first: int) -> int:
    return len(octets) - octets[-1] if first & _PADDING else len(octets)


class Reception:
    """Order, loss and jitter of one stream (RFC 3550 §6.4.1, A.1, A.8). A new source or a jump begins anew."""

    _MAX_GAP: Final = 100
    """Packets; a greater difference is a restarted stream, not a loss."""

    def __init__(self) -> None:
        self._ssrc: int | None = None
        self._sequence = 0
        self._transit: int | None = None
        self._jitter_samples = 0.0
        self.lost = 0
        """Packets that never came, ever."""
        self.late = 0
        """Packets that came twice, or after a later one, ever."""

    @property
    def jitter_ms(self) -> float:
        return self._jitter_samples * 1000 / RATE_HZ

    def accept(self, packet: Packet, arrival_samples: int) -> bool:
        """Whether the packet is the next one, or a later one; else it is to be dropped.

        `arrival_samples` is when it came, by a steady clock in units of 1/8000 s.
        """
        ahead = (packet.sequence - self._sequence) & 0xFFFF
        if packet.ssrc != self._ssrc or self._MAX_GAP < ahead < 0x10000 - self._MAX_GAP:
            self._ssrc, self._sequence, self._transit = packet.ssrc, packet.sequence, None
        elif 0 < ahead <= self._MAX_GAP:
            self.lost += ahead - 1
            self._sequence = packet.sequence
        else:
            self.late += 1
            return False
        self._measure(arrival_samples - packet.timestamp)
        return True

    def _measure(self, transit: int) -> None:
        if self._transit is not None:
            change = (transit - self._transit + 0x80000000) % 0x100000000 - 0x80000000
            self._jitter_samples += (min(abs(change), RATE_HZ) - self._jitter_samples) / 16
        self._transit = transit
