"""Serial lines that are no plain device: an RFC 2217 server, pyserial's own kinds, and their loss."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from bridge.domain.kernel.ids import Gssi, TerminalName
from bridge.domain.radio.events import TerminalState, TransmitEnded, TransmitGranted
from bridge.rakel import port as ports
from bridge.rakel.connection import LinkLost, open_connection
from bridge.rakel.port import ThreadedTransport, carry, open_port
from bridge.rakel.radio import RakelRadio
from tests.unit.rakel.peer import GROUP, Peer, RealClock, Told, terminal_settings

serial: Any = import_module("serial")
rfc2217: Any = import_module("serial.rfc2217")
NAME = TerminalName("rakel-1")
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:serial.rfc2217"),
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),  # it closes no socket whose peer has gone
]


class ServersPort(serial.Serial):  # type: ignore[misc]
    """The server's own port; a pty has no modem lines, so they are held here."""

    cts = dsr = True
    ri = cd = False

    def _update_rts_state(self) -> None:
        pass

    def _update_dtr_state(self) -> None:
        pass


class SerialServer:
    """A serial server as on a wall: RFC 2217 by pyserial's own server side, before the terminal's real pty.

    Attributes:
        port: The serial port at the server, whose speed and flow control the client sets.
    """

    def __init__(self, path: Path) -> None:
        self.port = ServersPort(str(path), 300, timeout=0)
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []

    async def start(self, at: int = 0) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", at)
        return f"rfc2217://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """As its mains plug is pulled."""
        for writer in self._writers:
            writer.transport.abort()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        if self.port.is_open:
            asyncio.get_running_loop().remove_reader(self.port.fileno())
        self.port.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        manager = rfc2217.PortManager(self.port, writer)
        loop = asyncio.get_running_loop()
        loop.add_reader(self.port.fileno(), lambda: writer.write(b"".join(manager.escape(self.port.read(4096)))))
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(4096):
                self.port.write(b"".join(manager.filter(data)))
        with contextlib.suppress(serial.SerialException, ValueError):
            loop.remove_reader(self.port.fileno())
        writer.close()


@pytest.fixture
async def peer(tmp_path: Path) -> AsyncIterator[Peer]:
    peer = Peer(tmp_path / "terminal")
    peer.plug_in()
    yield peer
    peer.unplug()


@pytest.fixture
async def server(peer: Peer) -> AsyncIterator[SerialServer]:
    server = SerialServer(peer.path)
    yield server
    await server.stop()


class Heard(asyncio.Protocol):
    def __init__(self) -> None:
        self.transport: asyncio.BaseTransport | None = None
        self.data = bytearray()
        self.more = asyncio.Event()
        self.lost: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.more.set()

    def data_received(self, data: bytes) -> None:
        self.data += data
        self.more.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set_result(exc)

    async def until(self, data: bytes) -> None:
        async with asyncio.timeout(10):
            while data not in self.data:
                self.more.clear()
                await self.more.wait()


async def test_a_terminal_behind_an_rfc_2217_server_is_used_and_its_speed_is_set(
    server: SerialServer, peer: Peer
) -> None:
    told = Told()
    url = await server.start()
    radio = RakelRadio([terminal_settings(url, baud=19200)], RealClock(), told.emit)
    running = asyncio.create_task(radio.run())
    await told.state(TerminalState.READY)
    assert server.port.baudrate == 19200
    await radio.demand_transmit(NAME, Gssi(GROUP))
    await peer.gets(f"ATD{GROUP}")
    peer.says("+CTCC: 1,1,1,0,0,1,1", "+CTXG: 1,0,0,0")
    await told.next(TransmitGranted)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert peer.received[-2:] == ["AT+CUTXC=1", "ATH"], "a clean stop lets go of the channel"
    await told.state(TerminalState.ABSENT)


async def test_a_serial_server_that_goes_while_we_talk_ends_the_transmission_and_is_found_again(
    server: SerialServer, peer: Peer
) -> None:
    told = Told()
    url = await server.start()
    radio = RakelRadio([terminal_settings(url)], RealClock(), told.emit)
    running = asyncio.create_task(radio.run())
    await told.state(TerminalState.READY)
    await radio.demand_transmit(NAME, Gssi(GROUP))
    await peer.gets(f"ATD{GROUP}")
    peer.says("+CTCC: 1,1,1,0,0,1,1", "+CTXG: 1,0,0,0")
    await told.next(TransmitGranted)
    await server.stop()
    assert (await told.next(TransmitEnded)).lost
    await told.state(TerminalState.ABSENT)
    again = SerialServer(peer.path)
    await again.start(int(url.rpartition(":")[2]))
    await told.state(TerminalState.READY)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await again.stop()


async def test_a_server_that_speaks_no_rfc_2217_is_refused_with_its_words() -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    plain = await asyncio.start_server(mute, "127.0.0.1", 0)
    url = f"rfc2217://127.0.0.1:{plain.sockets[0].getsockname()[1]}?timeout=0.3"
    with pytest.raises(LinkLost, match="does not seem to support RFC2217"):
        await open_connection(
            url, 9600, rtscts=False, name="x", clock=RealClock(), on_indication=lambda at_s, said: None
        )
    plain.close()
    await plain.wait_closed()


@pytest.mark.parametrize("kind", ["socket", "rfc2217"])
async def test_a_server_that_is_not_there_says_so_and_stops_nobody_meanwhile(kind: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"{kind}://127.0.0.1:{taken.getsockname()[1]}"
        opening = asyncio.create_task(open_port(url, 9600, rtscts=False))
        await asyncio.sleep(0)
        assert not opening.done(), "it is opened beside the event loop, not in it"
        with pytest.raises(OSError, match="refused"):
            await opening


async def test_a_port_that_opens_after_we_gave_up_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    go, closed = threading.Event(), threading.Event()

    class Slow:
        def close(self) -> None:
            closed.set()

    def slow(url: str, **options: object) -> Slow:
        go.wait(10)
        return Slow()

    monkeypatch.setattr(serial, "serial_for_url", slow)
    opening = asyncio.create_task(open_port("/dev/slow", 9600, rtscts=False))
    await asyncio.sleep(0)
    opening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await opening
    go.set()
    assert await asyncio.to_thread(closed.wait, 10)


async def test_bytes_go_out_and_come_back_by_threads_and_closing_is_told() -> None:
    heard = Heard()
    carry(await open_port("loop://", 9600, rtscts=False), "loop://", heard)
    await heard.more.wait()
    assert isinstance(heard.transport, ThreadedTransport)
    heard.transport.write(b"AT\r")
    await heard.until(b"AT\r")
    heard.transport.close()
    assert await asyncio.wait_for(heard.lost, 10) is None
    heard.transport.write(b"dropped")
    assert heard.transport.is_closing()


async def test_a_device_that_no_search_finds_says_so() -> None:
    with pytest.raises(OSError, match="no ports found matching"):
        await open_port("hwgrep://no-such-adapter-here", 9600, rtscts=False)


class Stuck:
    """A port whose other end takes and gives nothing, or far too much."""

    def __init__(self, unread: int = 0) -> None:
        self.unread = unread
        self.closed = threading.Event()

    @property
    def in_waiting(self) -> int:
        return self.unread

    def read(self, size: int) -> bytes:
        if not self.unread:
            self.closed.wait(0.05)
        return b"x" * min(size, self.unread)

    def write(self, data: bytes) -> None:
        self.closed.wait(10)
        raise serial.SerialException("closed")

    def close(self) -> None:
        self.closed.set()


async def test_a_server_that_takes_nothing_loses_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "JOIN_S", 0.1)
    heard = Heard()
    transport = ThreadedTransport(asyncio.get_running_loop(), heard, Stuck())
    await heard.more.wait()
    for _ in range(ports.MAX_WRITES + 2):
        transport.write(b"AT\r")
    assert str(await asyncio.wait_for(heard.lost, 10)) == "the other end takes nothing"


async def test_a_terminal_that_floods_loses_the_line_and_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = threading.Semaphore(0)
    heard = Heard()
    transport = ThreadedTransport(asyncio.get_running_loop(), heard, Stuck(ports.MAX_UNREAD_BYTES + 1))
    monkeypatch.setattr(transport, "_received", lambda data: taken.release())  # the loop takes nothing off
    error = await asyncio.wait_for(heard.lost, 10)
    assert "not read for too long" in str(error)
