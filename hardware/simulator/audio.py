"""The terminal's audio: AudioSocket framing over TCP, where the terminal's side listens.

One byte type, two bytes length big-endian, then that many bytes. 0x10 is 20 ms of 8 kHz signed
16-bit mono, little-endian.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import structlog

from hardware.simulator.listener import Listener
from hardware.simulator.signals import FRAME_SAMPLES, RATE_HZ, Samples, noise, silence

log = structlog.get_logger(__name__)

HANG_UP: Final = 0x00
UUID: Final = 0x01
AUDIO: Final = 0x10
ERROR: Final = 0xFF
HEADER_BYTES: Final = 3

PREFILL_FRAMES: Final = 3
"""Frames kept before playing a talker whose audio comes with jitter (another terminal's peer)."""
MAX_QUEUED_FRAMES: Final = 50
MAX_UNSENT_BYTES: Final = 64_000
MAX_WASTED_SAMPLES: Final = 60 * RATE_HZ
VOICED_PEAK: Final = 33
"""-60 dBFS: what is louder counts as voice."""


def frame_bytes(samples: Samples) -> bytes:
    payload = samples.astype("<i2").tobytes()
    return bytes([AUDIO]) + len(payload).to_bytes(2, "big") + payload


@dataclass(slots=True)
class AudioCounts:
    """Frames of 20 ms, since the start or the last `clear`."""

    received: int = 0
    on_air: int = 0
    not_on_air: int = 0
    not_on_air_voiced: int = 0
    """Of those, with something to be heard in them."""
    sent: int = 0
    sent_voice: int = 0
    overrun: int = 0
    """Frames lost on the way to the peer. The queue was full (the oldest goes first), or the peer does not read."""
    malformed: int = 0


class AudioSide:
    """Serves one peer at a time; a new connection replaces the old one.

    Args:
        transmit: Takes 20 ms from the peer and says whether it went on the air.
    """

    def __init__(self, host: str, port: int, transmit: Callable[[Samples, float], bool], seed: int = 1) -> None:
        self.listener = Listener(host, port, self._serve)
        self.counts = AudioCounts()
        self.idle_noise_dbfs: float | None = None
        self.codec_delay_ms = 0.0
        self.on_connection: Callable[[bool], None] = lambda connected: None
        self._transmit = transmit
        self._writer: asyncio.StreamWriter | None = None
        self._queue: deque[Samples] = deque()
        self._playing = False
        self._clocked = True
        self._delayed = silence(0)
        self._wasted: deque[Samples] = deque()
        self._wasted_samples = 0
        self._random = np.random.default_rng(seed)

    @property
    def connected(self) -> bool:
        return self._writer is not None

    async def start(self) -> None:
        await self.listener.start()

    async def stop(self) -> None:
        """Refuse and cut connections, as with the audio cable out."""
        await self.listener.stop()

    def cut(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()

    def clear(self) -> None:
        self.counts = AudioCounts()
        self._wasted.clear()
        self._wasted_samples = 0

    def wasted(self) -> Samples:
        """Sound that the peer sent while the terminal did not transmit: the last minute of it."""
        return np.concatenate(self._wasted) if self._wasted else silence(0)

    # From the air to the peer

    def play(self, frame: Samples, *, clocked: bool) -> None:
        self._clocked = clocked
        self._queue.append(frame)
        if len(self._queue) > MAX_QUEUED_FRAMES:
            self._queue.popleft()
            self.counts.overrun += 1

    def tick(self, at_s: float) -> None:
        """Send the peer its next 20 ms."""
        if self._writer is None:
            self._queue.clear()
            return
        frame = self.next_frame()
        if self._writer.transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self.counts.overrun += 1
            return
        self._writer.write(frame_bytes(frame))
        self.counts.sent += 1

    def next_frame(self) -> Samples:
        """The next 20 ms for the peer, through the codec."""
        return self._through_codec(self._next())

    def _next(self) -> Samples:
        if not self._playing and len(self._queue) >= (1 if self._clocked else PREFILL_FRAMES):
            self._playing = True
        if self._playing and self._queue:
            self.counts.sent_voice += 1
            frame = self._queue.popleft()
            return np.pad(frame, (0, FRAME_SAMPLES - len(frame)))
        self._playing = False
        if self.idle_noise_dbfs is not None:
            return noise(FRAME_SAMPLES, self.idle_noise_dbfs, self._random)
        return silence(FRAME_SAMPLES)

    def _through_codec(self, frame: Samples) -> Samples:
        wanted = round(self.codec_delay_ms / 1000 * RATE_HZ)
        if len(self._delayed) != wanted:
            self._delayed = silence(wanted)
        line = np.concatenate((self._delayed, frame))
        self._delayed = line[len(frame) :]
        return line[: len(frame)]

    # From the peer to the air

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.cut()
        self._writer = writer
        self._queue.clear()
        self.on_connection(True)
        try:
            while True:
                kind, payload = await self._read(reader)
                if kind == AUDIO:
                    self._take(payload)
                elif kind == HANG_UP:
                    break
                elif kind != UUID:
                    self.counts.malformed += 1
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            log.debug("audio_peer_gone", reason=str(error))
        finally:
            if self._writer is writer:
                self._writer = None
                self.on_connection(False)

    @staticmethod
    async def _read(reader: asyncio.StreamReader) -> tuple[int, bytes]:
        header = await reader.readexactly(HEADER_BYTES)
        return header[0], await reader.readexactly(int.from_bytes(header[1:], "big"))

    def _take(self, payload: bytes) -> None:
        if len(payload) % 2 or not payload:
            self.counts.malformed += 1
            return
        self.take(np.frombuffer(payload, dtype="<i2").astype(np.int16))

    def take(self, frame: Samples) -> None:
        """20 ms from the peer: on the air, or wasted and counted."""
        self.counts.received += 1
        if self._transmit(frame, asyncio.get_running_loop().time()):
            self.counts.on_air += 1
            return
        self.counts.not_on_air += 1
        if np.max(np.abs(frame.astype(np.int32))) > VOICED_PEAK:
            self.counts.not_on_air_voiced += 1
        self._wasted.append(frame)
        self._wasted_samples += len(frame)
        while self._wasted_samples > MAX_WASTED_SAMPLES:
            self._wasted_samples -= len(self._wasted.popleft())
