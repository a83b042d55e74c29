"""RTP for the measuring phone: A-law and RFC 4733 keys. It is sent on an absolute 20 ms beat, and heard with the
kernel's time.

The beat is kept by one thread in a process that does little else. Arrival times are taken by the kernel
(`SO_TIMESTAMPNS`), so that they are exact however late Python comes to read.
"""

import asyncio
import contextlib
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

from hardware.simulator.g711 import SILENCE, decode_alaw_s16

FRAME: Final = 160
BEAT_S: Final = 0.02
ALAW_PT: Final = 8
EVENT_PT: Final = 101
EVENTS: Final = "0123456789*#ABCD"
"""RFC 4733 §3.2: the event code is the place in this string."""
SO_TIMESTAMPNS: Final = 35
LOST_MAX: Final = 50
"""Longer holes in the sequence are a new stream, not lost packets (1 s)."""

_HEADER: Final = struct.Struct(">BBHII")
_INDEX: Final = struct.Struct("<dq")
_TIMESPEC: Final = struct.Struct("@qq")


class Stream:
    """One call's audio both ways.

    Args:
        host: Address to bind; the port is free choice (`port`).
        stem: What is heard is written to `<stem>.s16` and `<stem>.idx`; `None` listens to nothing.
        on_key: Called with each DTMF digit received.
        on_key_over: Called with the time when its first packet with the end bit came in.
    """

    def __init__(
        self,
        host: str,
        stem: Path | None,
        on_key: Callable[[str], None],
        on_key_over: Callable[[float], None] = lambda at_s: None,
    ) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.bind((host, 0))
        self.socket.setblocking(False)
        self.port: int = self.socket.getsockname()[1]
        self.peer: tuple[str, int] | None = None
        self.lateness_s: deque[float] = deque(maxlen=40_000)
        self._ears = None if stem is None else _Ears(stem, on_key, on_key_over)
        self._lock = threading.Lock()
        self._frames: deque[bytes] = deque()
        self._started: Callable[[float], None] | None = None
        self._events: deque[tuple[list[bytes], int]] = deque()
        self._sequence, self._timestamp, self._ssrc = 1, FRAME, id(self) & 0xFFFFFFFF

    def say(self, alaw: bytes, started: Callable[[float], None]) -> None:
        """Send this now; `started` gets the time of the first packet, called from the beat's thread."""
        frames = [alaw[at : at + FRAME].ljust(FRAME, bytes([SILENCE])) for at in range(0, len(alaw), FRAME)]
        with self._lock:
            self._frames, self._started = deque(frames), started

    def hush(self) -> None:
        with self._lock:
            self._frames.clear()

    def press(self, event: int, press_ms: int, gap_ms: int, ends: int = 3) -> float:
        """Queue one key (RFC 4733 §2.5): a packet each 20 ms, then `ends` packets with the end bit. Seconds it takes.

        Args:
            event: 0…255; 0…15 are the keys of `EVENTS`, others are for fault cases.
            press_ms: How long it is held; the duration field stops at 65535 (8.2 s).
            gap_ms: Silence after it.
            ends: 0 leaves the key without an end.
        """
        beats = max(1, press_ms // 20)
        with self._lock:
            for beat in range(1, beats + 1):
                packet = self._event_payload(event, beat, end=False)
                self._events.append(([packet], beat))
            last = self._event_payload(event, beats, end=True)
            self._events.append(([last] * ends, beats + 1))
            self._events.extend(([], 0) for _ in range(gap_ms // 20))
        return (beats + 1 + gap_ms // 20) * BEAT_S

    @staticmethod
    def _event_payload(event: int, beat: int, *, end: bool) -> bytes:
        return struct.pack(">BBH", event & 0xFF, (0x80 if end else 0) | 10, min(0xFFFF, beat * FRAME))

    def beat(self, due_s: float) -> None:
        """Send what is due now. Called by the `Pacer` every 20 ms."""
        if self.peer is None:
            return
        now_s = time.monotonic()
        self.lateness_s.append(now_s - due_s)
        with self._lock:
            if self._events:
                payloads, place = self._events.popleft()
                self._send_event(payloads, place)
            else:
                frame = self._frames.popleft() if self._frames else bytes([SILENCE]) * FRAME
                self._send(frame, ALAW_PT, self._timestamp)
                if self._started is not None:
                    self._started(now_s)
                    self._started = None
        self._timestamp = (self._timestamp + FRAME) & 0xFFFFFFFF

    def _send_event(self, payloads: list[bytes], place: int) -> None:
        began = (self._timestamp - max(0, place - 1) * FRAME) & 0xFFFFFFFF
        for payload in payloads:
            self._send(payload, EVENT_PT | (0x80 if place == 1 else 0), began)

    def _send(self, payload: bytes, payload_type: int, timestamp: int) -> None:
        packet = _HEADER.pack(0x80, payload_type, self._sequence, timestamp, self._ssrc) + payload
        self._sequence = (self._sequence + 1) & 0xFFFF
        assert self.peer is not None
        with contextlib.suppress(OSError):  # the far end may be gone already; SIP will say so
            self.socket.sendto(packet, self.peer)

    def readable(self) -> None:
        """Take in all that has arrived; called by the event loop."""
        with contextlib.suppress(BlockingIOError, ConnectionError):
            while True:
                packet, extra, _, _ = self.socket.recvmsg(2048, 64)
                if self._ears is not None and len(packet) >= _HEADER.size:
                    self._ears.take(packet, _arrival_s(extra))

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.add_reader(self.socket, self.readable)

    def close(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.remove_reader(self.socket)
        self.peer = None
        self.socket.close()
        if self._ears is not None:
            self._ears.close()


class _Ears:
    """Writes down what comes in; lost packets become silence, keys are reported once each."""

    def __init__(self, stem: Path, on_key: Callable[[str], None], on_key_over: Callable[[float], None]) -> None:
        stem.parent.mkdir(parents=True, exist_ok=True)
        self._samples = stem.with_suffix(".s16").open("wb", buffering=0)
        self._index = stem.with_suffix(".idx").open("wb", buffering=0)
        self._on_key, self._on_key_over = on_key, on_key_over
        self._written = 0
        self._sequence: int | None = None
        self._key_at = self._key_over_at = -1

    def take(self, packet: bytes, at_s: float) -> None:
        _, payload_type, sequence, timestamp, _ = _HEADER.unpack_from(packet)
        payload = packet[_HEADER.size :]
        lost = 0 if self._sequence is None else (sequence - self._sequence - 1) & 0xFFFF
        self._sequence = sequence
        if payload_type & 0x7F == EVENT_PT and len(payload) >= 4:
            if timestamp != self._key_at:
                self._key_at = timestamp
                self._on_key(EVENTS[payload[0]] if payload[0] < len(EVENTS) else "?")
            if payload[1] & 0x80 and timestamp != self._key_over_at:
                self._key_over_at = timestamp
                self._on_key_over(at_s)
        elif payload_type & 0x7F == ALAW_PT:
            if 0 < lost <= LOST_MAX:
                self._write(bytes([SILENCE]) * FRAME * lost, at_s - lost * BEAT_S)
            self._write(payload, at_s)

    def _write(self, alaw: bytes, at_s: float) -> None:
        self._index.write(_INDEX.pack(at_s, self._written))
        self._samples.write(decode_alaw_s16(alaw))
        self._written += len(alaw)

    def close(self) -> None:
        self._samples.close()
        self._index.close()


class Pacer(threading.Thread):
    """Beats all streams every 20 ms by absolute deadlines; a beat that comes late does not delay the next."""

    def __init__(self) -> None:
        super().__init__(name="rtp pacer", daemon=True)
        self.streams: tuple[Stream, ...] = ()
        self._ended = threading.Event()

    def run(self) -> None:
        due_s = time.monotonic()
        while not self._ended.is_set():
            due_s += BEAT_S
            time.sleep(max(0.0, due_s - time.monotonic()))
            for stream in self.streams:
                stream.beat(due_s)

    def stop(self) -> None:
        self._ended.set()
        self.join(1.0)


def _arrival_s(extra: list[tuple[int, int, bytes]]) -> float:
    """The kernel's time of arrival, moved from the wall clock to CLOCK_MONOTONIC."""
    for level, kind, data in extra:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = _TIMESPEC.unpack(data[: _TIMESPEC.size])
            return float(time.monotonic() - (time.time() - (seconds + nanoseconds / 1e9)))
    return time.monotonic()
