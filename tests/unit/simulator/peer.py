"""An audio peer for the tests: AudioSocket frames, sent and received as samples."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import numpy as np

from hardware.simulator.signals import Samples

FRAME_SAMPLES: Final = 160
PATIENCE_S: Final = 10.0


class AudioPeer:
    """The program's end of the terminal's audio. `times_s` has the arrival of each frame in `frames`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.frames: list[Samples] = []
        self.times_s: list[float] = []

    def send(self, samples: Samples) -> None:
        """In frames of 20 ms, at once."""
        for at in range(0, len(samples), FRAME_SAMPLES):
            payload = samples[at : at + FRAME_SAMPLES].astype("<i2").tobytes()
            self._writer.write(b"\x10" + len(payload).to_bytes(2, "big") + payload)

    def send_raw(self, data: bytes) -> None:
        self._writer.write(data)

    async def receive(self, frames: int) -> Samples:
        """The next frames, as one piece."""
        start = len(self.frames)
        async with asyncio.timeout(PATIENCE_S):
            while len(self.frames) < start + frames:
                header = await self._reader.readexactly(3)
                payload = await self._reader.readexactly(int.from_bytes(header[1:], "big"))
                assert header[0] == 0x10
                self.frames.append(np.frombuffer(payload, dtype="<i2").astype(np.int16))
                self.times_s.append(asyncio.get_running_loop().time())
        return np.concatenate(self.frames[start:])

    async def receive_voice(self, samples: int) -> Samples:
        """Skips silence, then gives this many samples."""
        piece = await self.receive(1)
        while not np.any(piece):
            piece = await self.receive(1)
        missing = -(-(samples - len(piece)) // FRAME_SAMPLES)
        return np.concatenate([piece, await self.receive(missing)])[:samples] if missing > 0 else piece[:samples]

    async def is_cut(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            try:
                while await self._reader.read(4096):
                    pass
            except ConnectionResetError:
                return

    def close(self) -> None:
        self._writer.transport.abort()


@asynccontextmanager
async def audio_peer(url: str) -> AsyncIterator[AudioPeer]:
    host, _, port = url.removeprefix("audiosocket://").rpartition(":")
    peer = AudioPeer(*await asyncio.open_connection(host, int(port)))
    try:
        yield peer
    finally:
        peer.close()
