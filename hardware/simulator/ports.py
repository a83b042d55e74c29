"""Where the terminal's PEI comes out: a pseudo-terminal behind a stable link, or a TCP port."""

import asyncio
import contextlib
import os
import select
import termios
import tty
from pathlib import Path
from typing import Final, Protocol

import structlog

from hardware.simulator.listener import Listener

log = structlog.get_logger(__name__)

POLL_S: Final = 0.02
READ_BYTES: Final = 4096
MAX_UNREAD_BYTES: Final = 65_536
SPEEDS: Final = {
    termios.B9600: 9600,
    termios.B19200: 19_200,
    termios.B38400: 38_400,
    termios.B57600: 57_600,
    termios.B115200: 115_200,
}


class Peer(Protocol):
    """A port's reports: `connected` when the other side opens it, and every piece that comes."""

    def connected(self) -> None: ...

    def disconnected(self) -> None: ...

    def feed(self, data: bytes) -> None: ...


class Port(Protocol):
    @property
    def url(self) -> str:
        """The name that a program opens: a path or `socket://host:port`."""

    async def plug(self, peer: Peer) -> None: ...

    async def unplug(self) -> None: ...

    def write(self, data: bytes) -> None:
        """Bytes that nobody is there to take are lost, as on a serial line."""

    def manners(self) -> tuple[int, bool] | None:
        """Speed and hardware flow control as the other side has set them; `None` where a line has none."""


class PtyPort:
    """A pseudo-terminal; `link` is a symbolic link to it, made anew on every plug as udev would.

    Opening and closing is seen by polling: who closes and opens again within `POLL_S` may pass for one connection.
    """

    def __init__(self, link: Path) -> None:
        self.link = link
        self._master = -1
        self._watch: asyncio.Task[None] | None = None
        self._opened = False

    @property
    def url(self) -> str:
        return str(self.link)

    async def plug(self, peer: Peer) -> None:
        """Raises OSError when the link cannot be made."""
        if self._master >= 0:
            return
        self._master, slave = os.openpty()
        tty.setraw(slave)
        name = os.ttyname(slave)
        os.close(slave)
        os.set_blocking(self._master, False)
        fresh = self.link.with_name(self.link.name + ".new")
        with contextlib.suppress(FileNotFoundError):
            fresh.unlink()
        fresh.symlink_to(name)
        fresh.replace(self.link)
        self._watch = asyncio.create_task(self._watch_master(peer))

    async def unplug(self) -> None:
        """The other side gets an end of file or EIO, and the link is gone."""
        if self._master < 0:
            return
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        with contextlib.suppress(FileNotFoundError):
            self.link.unlink()
        os.close(self._master)
        self._master, self._opened = -1, False

    def write(self, data: bytes) -> None:
        if self._master < 0 or not self._opened:
            return
        try:
            written = os.write(self._master, data)
        except BlockingIOError:
            written = 0
        except OSError as error:
            log.debug("serial_line_closed", reason=str(error))
            return
        if written < len(data):
            log.warning("serial_line_full", lost_bytes=len(data) - written)

    def manners(self) -> tuple[int, bool] | None:
        if self._master < 0:
            return None
        flags = termios.tcgetattr(self._master)
        return SPEEDS.get(flags[4], 0), bool(flags[2] & termios.CRTSCTS)

    async def _watch_master(self, peer: Peer) -> None:
        """Follow the other side's opening and closing: the kernel says it as a hang-up of the master."""
        poll = select.poll()
        poll.register(self._master, select.POLLIN | select.POLLHUP)
        while True:
            state = dict(poll.poll(0)).get(self._master, 0)
            opened = not state & select.POLLHUP
            if opened != self._opened:
                self._opened = opened
                (peer.connected if opened else peer.disconnected)()
            if state & select.POLLIN:
                peer.feed(self._read())
                await asyncio.sleep(0)
            else:
                await self._readable()

    def _read(self) -> bytes:
        try:
            return os.read(self._master, READ_BYTES)
        except (BlockingIOError, OSError):
            return b""

    async def _readable(self) -> None:
        if not self._opened:
            await asyncio.sleep(POLL_S)
            return
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_reader(self._master, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(self._master)


class TcpPort:
    """A TCP port, as of a serial device server. A new connection replaces the old one."""

    def __init__(self, host: str, port: int) -> None:
        self._listener = Listener(host, port, self._serve)
        self._peer: Peer | None = None
        self._writer: asyncio.StreamWriter | None = None

    @property
    def url(self) -> str:
        return f"socket://{self._listener.host}:{self._listener.port}"

    async def plug(self, peer: Peer) -> None:
        """Raises OSError when the port is taken."""
        self._peer = peer
        await self._listener.start()

    async def unplug(self) -> None:
        await self._listener.stop()

    def write(self, data: bytes) -> None:
        if self._writer is None:
            return
        if self._writer.transport.get_write_buffer_size() > MAX_UNREAD_BYTES:
            log.warning("serial_line_full", lost_bytes=len(data))
            return
        self._writer.write(data)

    def manners(self) -> tuple[int, bool] | None:
        return None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._peer is None:
            return
        if self._writer is not None:
            self._writer.transport.abort()
        self._writer = writer
        self._peer.connected()
        try:
            while (data := await reader.read(READ_BYTES)) and self._writer is writer:
                self._peer.feed(data)
        except ConnectionError as error:
            log.debug("serial_peer_lost", reason=str(error))
        finally:
            if self._writer is writer:
                self._writer = None
                self._peer.disconnected()
