"""Before anything runs, the keeper is told whether the trunk's other side is there."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest

from bridge.ari.options import ask_options
from bridge.ari.settings import AsteriskSettings, TrunkSettings
from bridge.ports import PortError
from tests.harness.certificates import Certificate, make_certificate
from tests.harness.ports import free_port


class Peer(asyncio.DatagramProtocol):
    """A telephone exchange that answers with one status, once it has heard the question so often."""

    def __init__(self, status: str, *, deaf_to: int = 0) -> None:
        self.status, self.deaf_to = status, deaf_to
        self.asked: list[list[str]] = []
        self.from_ports: list[int] = []
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        lines = data.decode().split("\r\n")
        self.asked.append(lines)
        self.from_ports.append(addr[1])
        if self.transport is not None and len(self.asked) > self.deaf_to:
            answer = [f"SIP/2.0 {self.status}", *(one for one in lines if one.startswith(("Via", "From", "Call-ID")))]
            self.transport.sendto("\r\n".join([*answer, "", ""]).encode(), addr)


@asynccontextmanager
async def peer(status: str = "200 OK", *, deaf_to: int = 0) -> AsyncIterator[tuple[Peer, TrunkSettings]]:
    port, made = free_port(socket.SOCK_DGRAM), Peer(status, deaf_to=deaf_to)
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: made, local_addr=("127.0.0.1", port)
    )
    try:
        yield made, TrunkSettings(name="telia", dial=f"127.0.0.1:{port}")
    finally:
        transport.close()


def ours() -> AsteriskSettings:
    return AsteriskSettings(sip_port=free_port(socket.SOCK_DGRAM, socket.SOCK_STREAM))


async def test_a_trunk_that_answers_is_there_and_was_asked_from_our_sip_port() -> None:
    settings = ours()
    async with peer() as (other, trunk):
        assert await ask_options(trunk, settings) == "200 OK"
    assert other.from_ports == [settings.sip_port]
    assert other.asked[0][0] == f"OPTIONS sip:{trunk.dial} SIP/2.0"
    assert "CSeq: 1 OPTIONS" in other.asked[0]


async def test_a_refusal_comes_from_somebody_who_is_there() -> None:
    async with peer("403 Forbidden") as (_, trunk):
        assert await ask_options(trunk, ours()) == "403 Forbidden"


async def test_a_datagram_that_is_lost_is_sent_again() -> None:
    async with peer(deaf_to=1) as (other, trunk):
        assert await ask_options(trunk, ours()) == "200 OK"
    assert len(other.asked) == 2


async def test_our_sip_port_in_use_is_no_hindrance() -> None:
    settings = ours()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asterisk:
        asterisk.bind(("127.0.0.1", settings.sip_port))
        async with peer() as (_, trunk):
            assert await ask_options(trunk, settings) == "200 OK"


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_trunk_where_nobody_is_is_told_with_its_address(transport: str) -> None:
    trunk = TrunkSettings.model_validate(
        {"name": "telia", "dial": f"127.0.0.1:{free_port(socket.SOCK_DGRAM, socket.SOCK_STREAM)}"}
        | {"transport": transport}
    )
    with pytest.raises(PortError, match=rf"trunk telia: {trunk.dial} \({transport}\) cannot be reached.*check dial"):
        await ask_options(trunk, ours())


async def test_a_trunk_that_says_nothing_is_told() -> None:
    async with peer(deaf_to=1000) as (_, trunk):
        with pytest.raises(PortError, match=r"gives no answer to OPTIONS within 0\.3 s"):
            await ask_options(trunk, ours(), within_s=0.3)


async def test_over_tcp() -> None:
    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    port = free_port()
    async with await asyncio.start_server(answers, "127.0.0.1", port):
        trunk = TrunkSettings(dial=f"127.0.0.1:{port}", transport="tcp")
        assert await ask_options(trunk, ours()) == "200 OK"


@asynccontextmanager
async def over_tls(folder: Path) -> AsyncIterator[tuple[TrunkSettings, Certificate, list[bytes]]]:
    """A trunk that answers over TLS, its certificate, and what it was asked."""
    made, asked, port = make_certificate(folder), [], free_port()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.file, made.key)

    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answers, "127.0.0.1", port, ssl=context):
        yield TrunkSettings(name="telia", dial=f"127.0.0.1:{port}", transport="tls"), made, asked


async def test_over_tls(tmp_path: Path) -> None:
    async with over_tls(tmp_path) as (trunk, made, asked):
        settings = AsteriskSettings(tls_ca=made.file, tls_certificate=made.file, tls_key=made.key)
        assert await ask_options(trunk, settings) == "200 OK"
    assert b"Via: SIP/2.0/TLS 127.0.0.1" in asked[0]


async def test_a_certificate_from_nobody_we_trust_is_told_with_the_setting(tmp_path: Path) -> None:
    ours_alone = make_certificate(tmp_path / "ours")
    async with over_tls(tmp_path / "theirs") as (trunk, _, _):
        with pytest.raises(PortError, match=rf"{trunk.dial} has a certificate that is not trusted: set .* tls_ca"):
            await ask_options(trunk, AsteriskSettings(tls_ca=ours_alone.file))


async def test_each_address_of_an_operator_can_be_asked() -> None:
    async with peer("200 OK") as (_, first), peer("403 Forbidden") as (_, second):
        trunk = TrunkSettings(dial=first.dial, then_dial=(second.dial,))
        assert [await ask_options(trunk, ours(), address=one) for one in trunk.dials] == ["200 OK", "403 Forbidden"]


async def test_a_trunk_elsewhere_is_not_reached_from_loopback_and_the_setting_is_named() -> None:
    trunk = TrunkSettings(name="telia", dial="192.0.2.7:5060")
    with pytest.raises(PortError, match=r"from 127\.0\.0\.1, which is this machine alone: set \[asterisk\] sip_host"):
        await ask_options(trunk, ours())
