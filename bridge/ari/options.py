"""Whether a trunk's other side is there: one OPTIONS (RFC 3261 §11), asked without Asterisk, before anything runs."""

import asyncio
import errno
import ipaddress
import secrets
import socket
import ssl
from typing import Final

from bridge.ari.config import SYSTEM_CA
from bridge.ari.reasons import AsteriskReason
from bridge.ari.settings import AsteriskSettings, TrunkSettings
from bridge.ports import PortError

WITHIN_S: Final = 3.0
_AGAIN_S: Final = (0.5, 1.0)
"""A datagram may be lost: it is sent again after these pauses."""
_LONGEST_ANSWER: Final = 65_536


async def ask_options(
    trunk: TrunkSettings, settings: AsteriskSettings, *, address: str = "", within_s: float = WITHIN_S
) -> str:
    """`200 OK`, or whatever it answers: a refusal comes from somebody who is there too.

    Args:
        trunk: The one whose other side is asked.
        settings: Our own.
        address: One of `trunk.dials`; the first where none is named.
        within_s: How long to wait.

    It is asked from our own SIP port where that is free, since a peer may know us by it.

    Raises:
        PortError: Nobody answers.
    """
    address = address or trunk.dial
    host, _, port = address.rpartition(":")
    peer = (host.strip("[]"), int(port))
    try:
        async with asyncio.timeout(within_s):
            if trunk.transport == "udp":
                return await _over_udp(peer, settings)
            tls = trunk.transport == "tls"
            context = await asyncio.to_thread(_tls, settings) if tls else None
            return await _over_stream(peer, context)
    except TimeoutError as error:
        reason = AsteriskReason.TRUNK_SILENT(dial=address, transport=trunk.transport, within_s=within_s)
        raise PortError(f"trunk {trunk.name}", reason, retry=True) from error
    except ssl.SSLCertVerificationError as error:
        reason = AsteriskReason.TRUNK_UNTRUSTED(dial=address, setting="[asterisk] tls_ca")
        raise PortError(f"trunk {trunk.name}", reason, retry=False, evidence=error.verify_message) from error
    except OSError as error:
        if error.errno == errno.EINVAL and ipaddress.ip_address(settings.sip_host).is_loopback:
            reason = AsteriskReason.TRUNK_BEHIND_LOOPBACK(
                dial=address, host=settings.sip_host, setting="[asterisk] sip_host"
            )
            raise PortError(f"trunk {trunk.name}", reason, retry=False) from error
        reason = AsteriskReason.TRUNK_UNREACHABLE(dial=address, transport=trunk.transport)
        raise PortError(f"trunk {trunk.name}", reason, retry=True, evidence=error.strerror or str(error)) from error


async def _over_udp(peer: tuple[str, int], settings: AsteriskSettings) -> str:
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[str] = loop.create_future()
    asking = _socket(peer, settings)
    try:
        await loop.run_in_executor(None, asking.connect, peer)  # a name is looked up
        transport, _ = await loop.create_datagram_endpoint(lambda: _Answers(answered), sock=asking)
    except OSError:
        asking.close()
        raise
    try:
        message = _message(peer, transport.get_extra_info("sockname"), "UDP")
        for pause_s in (*_AGAIN_S, None):
            transport.sendto(message)
            try:
                return await asyncio.wait_for(asyncio.shield(answered), pause_s)
            except TimeoutError:
                continue
    finally:
        transport.close()
        answered.cancel()
    raise TimeoutError


def _socket(peer: tuple[str, int], settings: AsteriskSettings) -> socket.socket:
    """Bound to our SIP port, or to any where that is in use."""
    host = settings.sip_host6 if ":" in peer[0] and settings.sip_host6 else settings.sip_host
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        made.bind((host, settings.sip_port))
    except OSError:
        made.bind((host, 0))
    made.setblocking(False)
    return made


class _Answers(asyncio.DatagramProtocol):
    def __init__(self, answered: asyncio.Future[str]) -> None:
        self._answered = answered

    def datagram_received(self, data: bytes, _addr: object) -> None:
        status = _status(data)
        if status and not self._answered.done():
            self._answered.set_result(status)

    def error_received(self, error: Exception) -> None:
        if not self._answered.done():
            self._answered.set_exception(error)


def _tls(settings: AsteriskSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(settings.tls_ca or SYSTEM_CA))
    if settings.tls_certificate is not None:
        context.load_cert_chain(settings.tls_certificate, settings.tls_key, password=lambda: b"")
    return context


async def _over_stream(peer: tuple[str, int], tls: ssl.SSLContext | None) -> str:
    reader, writer = await asyncio.open_connection(*peer, limit=_LONGEST_ANSWER, ssl=tls)
    try:
        writer.write(_message(peer, writer.get_extra_info("sockname"), "TCP" if tls is None else "TLS"))
        while not (status := _status(await reader.readline())):
            if reader.at_eof():
                raise ConnectionResetError(0, "it hangs up without an answer")
        return status
    finally:
        writer.close()


def _message(peer: tuple[str, int], ours: tuple[str, int], transport: str) -> bytes:
    here, there = (f"{f'[{one[0]}]' if ':' in one[0] else one[0]}:{one[1]}" for one in (ours[:2], peer))
    token = secrets.token_hex(8)
    lines = (
        f"OPTIONS sip:{there} SIP/2.0",
        f"Via: SIP/2.0/{transport} {here};branch=z9hG4bK{token};rport",
        "Max-Forwards: 70",
        f"From: <sip:samband@{here}>;tag={token}",
        f"To: <sip:{there}>",
        f"Call-ID: {token}",
        "CSeq: 1 OPTIONS",
        f"Contact: <sip:samband@{here};transport={transport.lower()}>",
        "Accept: application/sdp",
        "Content-Length: 0",
    )
    return "\r\n".join((*lines, "", "")).encode()


def _status(data: bytes) -> str:
    """`SIP/2.0 200 OK` → `200 OK`; nothing of anything else."""
    head, _, status = data.split(b"\r\n", 1)[0].partition(b" ")
    told = status.decode(errors="replace").strip()
    return "".join(one for one in told[:60] if one.isprintable()) if head == b"SIP/2.0" else ""
