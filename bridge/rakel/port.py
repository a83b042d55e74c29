"""An opened serial URL. The port's file descriptor carries its bytes where it has one, otherwise two threads do.

Opening blocks (a server that does not answer, a name lookup). Every kind of URL is opened in a thread of its own. The
kinds are pyserial's. A refused kind is refused with the reason, before anything is opened.
"""

import asyncio
import contextlib
import queue
import threading
from typing import Any, Final
from urllib.parse import urlsplit

import serial
import serial_asyncio_fast

from bridge.domain.kernel.reasons import Reason, Unusable
from bridge.rakel.reasons import SettingReason

READ_S: Final = 0.2
"""A reader that has nothing to read looks up this often whether it shall end."""
READ_BYTES: Final = 4096
MAX_CHUNKS: Final = 64
"""Pieces read and not yet taken by the event loop; then reading waits."""
MAX_UNREAD_BYTES: Final = 65_536
"""So many bytes may gather in the port meanwhile; at 115 200 baud that is six seconds."""
MAX_WRITES: Final = 256
JOIN_S: Final = 1.0

_BY_DESCRIPTOR: Final = frozenset({"", "socket", "hwgrep"})
_BY_THREADS: Final = frozenset({"rfc2217", "loop"})
_DEVICES: Final = frozenset({"", "hwgrep"})
_NETWORK: Final = frozenset({"socket", "rfc2217"})
_REFUSED: Final = {
    "spy": SettingReason.LINE_SPIES(),
    "alt": SettingReason.LINE_BLOCKS(),
    "cp2110": SettingReason.LINE_WITHOUT_LIBRARY(),
}


def scheme(url: str) -> str:
    """The kind of a serial URL; empty for a path."""
    head, separator, _ = url.partition("://")
    return head.lower() if separator else ""


def why_refused(url: str) -> Reason | None:
    """Why this URL cannot be a terminal's serial line; `None` when it can."""
    kind = scheme(url)
    if kind in _REFUSED:
        return _REFUSED[kind]
    if kind not in _BY_DESCRIPTOR | _BY_THREADS:
        return SettingReason.NO_KIND_OF_LINE(kind=kind)
    if kind in _NETWORK:
        with contextlib.suppress(ValueError):
            parts = urlsplit(url)
            if parts.hostname and parts.port:
                return None
        return SettingReason.LINE_WITHOUT_PORT(kind=kind)
    return None


def has_speed(url: str) -> bool:
    """Whether we set the line's speed; behind `socket://` it is set at the server."""
    return scheme(url) not in ("socket", "loop")


def is_device(url: str) -> bool:
    """Whether it is a tty of this machine, which others can hold."""
    return scheme(url) in _DEVICES


async def open_port(url: str, baud: int, *, rtscts: bool) -> Any:
    """Open a port, 8N1, for us alone. Gives pyserial's port. Cancelled: a port that opens after all is closed.

    Raises:
        OSError, ValueError, TypeError: it cannot be opened; the text says why.
    """
    loop = asyncio.get_running_loop()
    opened: asyncio.Future[Any] = loop.create_future()

    def give(port: Any, error: BaseException | None) -> None:
        if opened.done():
            threading.Thread(target=_close, args=(port,), daemon=True).start()
        elif error is not None:
            opened.set_exception(error)
        else:
            opened.set_result(port)

    def work() -> None:
        port, failed = None, None
        try:
            port = _open(url, baud, rtscts=rtscts)
        except (OSError, ValueError, TypeError) as error:
            failed = error
        try:
            loop.call_soon_threadsafe(give, port, failed)
        except RuntimeError:  # the loop has ended meanwhile
            _close(port)

    threading.Thread(target=work, name=f"open {url}", daemon=True).start()
    try:
        return await opened
    except asyncio.CancelledError:
        if opened.done() and not opened.cancelled() and opened.exception() is None:
            give(opened.result(), None)  # it opened in the very moment in which we gave up
        raise


def _open(url: str, baud: int, *, rtscts: bool) -> Any:
    refused = why_refused(url)
    if refused is not None:
        raise Unusable(refused)
    options: dict[str, Any] = {"baudrate": baud}
    if is_device(url):
        options["exclusive"] = True
    if scheme(url) != "socket":
        options["rtscts"] = rtscts
    if scheme(url) in _BY_THREADS:
        options["timeout"] = READ_S
    return serial.serial_for_url(url, **options)  # type: ignore[no-untyped-call]


def _close(port: Any) -> None:
    if port is not None:
        with contextlib.suppress(OSError, TypeError, ValueError):
            port.close()


def carry(port: Any, url: str, protocol: asyncio.Protocol) -> None:
    """Carry the bytes of an opened port to and from `protocol`, beginning with its `connection_made`."""
    loop = asyncio.get_running_loop()
    if scheme(url) in _BY_THREADS:
        ThreadedTransport(loop, protocol, port)
    else:
        serial_asyncio_fast.SerialTransport(loop, protocol, port)


class ThreadedTransport(asyncio.Transport):
    """A port without a file descriptor of its own: one thread reads, one writes.

    Both ways are bounded. At most `MAX_CHUNKS` pieces read wait for the event loop, then reading waits. At most
    `MAX_WRITES` pieces wait to be written. Overflow loses the line, and `connection_lost` reports it: words with a gap
    in them are worse than none. It is `MAX_UNREAD_BYTES` gathered in the port, or a server that takes nothing. Closing
    never waits: a third thread closes the port, and `connection_lost` comes when it is closed.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, protocol: asyncio.Protocol, port: Any) -> None:
        super().__init__({"serial": port})
        self._loop = loop
        self._protocol = protocol
        self._port = port
        self._ended = threading.Event()
        self._room = threading.Semaphore(MAX_CHUNKS)
        self._writes: queue.Queue[bytes] = queue.Queue(MAX_WRITES)
        self._threads = [
            threading.Thread(target=self._guard, args=(part,), name=f"serial {part.__name__}", daemon=True)
            for part in (self._read, self._write)
        ]
        loop.call_soon(self._begin)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._ended.is_set():
            return
        try:
            self._writes.put_nowait(bytes(data))
        except queue.Full:
            self._end(OSError("the other end takes nothing"))

    def is_closing(self) -> bool:
        return self._ended.is_set()

    def close(self) -> None:
        self._end(None)

    def abort(self) -> None:
        self._end(None)

    def _begin(self) -> None:
        self._protocol.connection_made(self)
        for thread in self._threads:
            thread.start()

    def _end(self, error: Exception | None) -> None:
        if not self._ended.is_set():
            self._ended.set()
            threading.Thread(target=self._shut, args=(error,), name="serial close", daemon=True).start()

    # --- in the threads ---

    def _guard(self, part: Any) -> None:
        """A port that is closed or lost under a reader raises one of these. Any end of a thread ends the line."""
        failed: Exception | None = OSError("the thread that carries the line failed")
        try:
            part()
            failed = None
        except (OSError, ValueError, TypeError, AttributeError) as error:
            failed = error
        finally:
            self._tell(self._end, failed)

    def _read(self) -> None:
        while not self._ended.is_set():
            data = self._port.read(max(1, min(self._port.in_waiting, READ_BYTES)))
            if data and self._wait_for_room():
                self._tell(self._received, data)

    def _wait_for_room(self) -> bool:
        while not self._room.acquire(timeout=READ_S):
            if self._ended.is_set():
                return False
            if self._port.in_waiting > MAX_UNREAD_BYTES:
                raise OSError("what the terminal said was not read for too long")
        return True

    def _write(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(queue.Empty):
                self._port.write(self._writes.get(timeout=READ_S))

    def _shut(self, error: Exception | None) -> None:
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(JOIN_S)
        _close(self._port)
        self._tell(self._protocol.connection_lost, error)

    def _tell(self, act: Any, what: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(act, what)

    # --- back in the loop ---

    def _received(self, data: bytes) -> None:
        self._room.release()
        if not self._ended.is_set():
            self._protocol.data_received(data)
