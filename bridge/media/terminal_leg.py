"""The path's end towards the terminal: an AudioSocket connection that is made again whenever it breaks."""

import asyncio
import socket
from collections.abc import Callable
from typing import Final
from uuid import UUID

import structlog

from bridge.audio.frame import Samples
from bridge.media import audiosocket
from bridge.media.settings import MediaSettings

log = structlog.get_logger(__name__)

_SEND_BUFFER_BYTES: Final = 4096
"""Small: a terminal that stops reading is noticed here, where speech can be held, and not in the kernel."""


class TerminalLeg(asyncio.Protocol):
    """Use `run` as a task for as long as the path lives.

    Args:
        host, port: Where the terminal's side listens.
        uuid: Names the path to it.
        hear: Gets sound as it comes, any number of samples.
        changed: Called when `trouble` has changed.
    """

    def __init__(
        self,
        host: str,
        port: int,
        uuid: UUID,
        settings: MediaSettings,
        hear: Callable[[Samples], None],
        changed: Callable[[], None],
    ) -> None:
        self._where = (host, port)
        self._uuid = uuid
        self._settings = settings
        self._hear = hear
        self._changed = changed
        self._transport: asyncio.Transport | None = None
        self._parser = audiosocket.Parser()
        self._closed = asyncio.Event()
        self._stuck_since_s: float | None = None
        self.trouble: str | None = "the terminal's audio is not connected yet"
        """Why there is no connection; nothing when there is."""
        self.received = 0
        self.sent = 0
        self.malformed = 0

    @property
    def xruns(self) -> int:
        """A socket has none."""
        return 0

    @property
    def lost_frames(self) -> int:
        """TCP loses none."""
        return 0

    @property
    def delay_ms(self) -> int:
        """`is_ready` lets nothing wait here."""
        return 0

    async def run(self) -> None:
        """Connect, and connect again, until cancelled."""
        failures = 0
        try:
            while True:
                failures += 1
                if await self._connect():
                    failures = 1
                    await self._closed.wait()
                await asyncio.sleep(self._settings.reconnecting.after(failures))
        finally:
            if self._transport is not None:
                self._transport.write(audiosocket.build_hang_up())
                self._transport.close()

    def is_ready(self) -> bool:
        """Whether a frame sent now goes out now. A terminal that takes nothing for too long is cut off."""
        if self._transport is None:
            return False
        if self._transport.get_write_buffer_size() == 0:
            self._stuck_since_s = None
            return True
        now_s = asyncio.get_running_loop().time()
        if self._stuck_since_s is None:
            self._stuck_since_s = now_s
        elif (now_s - self._stuck_since_s) * 1000 > self._settings.terminal_stuck_ms:
            self._cut("the terminal's audio takes nothing")
        return False

    def send(self, samples: Samples) -> None:
        """One frame, when `is_ready`."""
        if self._transport is not None:
            self._transport.write(audiosocket.build_audio(samples))
            self.sent += 1

    async def _connect(self) -> bool:
        self._closed.clear()
        host, port = self._where
        try:
            async with asyncio.timeout(self._settings.connect_timeout_s):
                await asyncio.get_running_loop().create_connection(lambda: self, host, port)
        except (OSError, TimeoutError) as error:
            self._say(f"the terminal's audio at {host}:{port} cannot be reached: {str(error) or 'no answer'}")
            return False
        return True

    def _say(self, trouble: str | None) -> None:
        if trouble != self.trouble:
            log.info("terminal_audio", where=self._where, trouble=trouble)
            self.trouble = trouble
            self._changed()

    def _cut(self, reason: str) -> None:
        if self._transport is not None:
            self._transport.abort()
            self._transport = None
        self._say(reason)

    # --- asyncio.Protocol ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError(f"{type(transport).__name__} is no stream")
        link: socket.socket = transport.get_extra_info("socket")
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        self._transport = transport
        self._parser = audiosocket.Parser()
        self._stuck_since_s = None
        transport.write(audiosocket.build_uuid(self._uuid))
        self._say(None)

    def data_received(self, data: bytes) -> None:
        try:
            messages = self._parser.feed(data)
        except audiosocket.FramingError as error:
            self.malformed += 1
            self._cut(f"the terminal's audio speaks no AudioSocket: {error}")
            return
        for message in messages:
            if message.kind == audiosocket.Kind.AUDIO:
                self.received += 1
                self._hear(audiosocket.samples_of(message.payload))
            elif message.kind == audiosocket.Kind.HANG_UP:
                self._cut("the terminal's audio hung up")
                return
            else:
                self.malformed += message.kind != audiosocket.Kind.UUID

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._transport = None
            self._say(f"the terminal's audio was lost: {exc or 'closed by the other side'}")
        self._closed.set()
