"""A raw SIP and RTP telephone. Every packet is built and read here, so that a test can send any broken form of one.

SIP goes over UDP, TCP or TLS (RFC 3261, RFC 4028). Sound is A-law (RFC 3551). Keys are RFC 4733 packets, INFO or
tones. Encryption is SDES (RFC 4568) with AES_CM_128_HMAC_SHA1_80 (RFC 3711). It calls and is called, one call at a
time.
"""

import asyncio
import base64
import contextlib
import re
import secrets
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from hardware.simulator.telephones.message import Message, uri_of
from tests.harness import wait
from tests.harness.rtp import EVENTS

ALAW_PT: Final = 8
EVENT_PT: Final = 101
FRAME: Final = 160
SILENCE: Final = b"\xd5" * FRAME
_TAG_BYTES: Final = 10


class Srtp:
    """One direction of SRTP, AES_CM_128_HMAC_SHA1_80; `inline` is the key of an `a=crypto` line."""

    def __init__(self, inline: str) -> None:
        raw = base64.b64decode(inline)
        key, salt = raw[:16], raw[16:30]
        self._key = _derived(key, salt, 0, 16)
        self._mac = _derived(key, salt, 1, 20)
        self._salt = int.from_bytes(_derived(key, salt, 2, 14)) << 16

    def protect(self, packet: bytes) -> bytes:
        done = packet[:12] + self._crypt(packet)
        return done + self._tag(done)

    def open(self, packet: bytes) -> bytes:
        """Raises ValueError when it was not made with this key."""
        told, tag = packet[:-_TAG_BYTES], packet[-_TAG_BYTES:]
        if self._tag(told) != tag:
            raise ValueError("not our peer's packet")
        return told[:12] + self._crypt(told)

    def _crypt(self, packet: bytes) -> bytes:
        sequence, ssrc = struct.unpack(">xxHxxxxI", packet[:12])
        counter = self._salt ^ (ssrc << 64) ^ (sequence << 16)
        return _aes_counter(self._key, counter.to_bytes(16), packet[12:])

    def _tag(self, told: bytes) -> bytes:
        made = hmac.HMAC(self._mac, hashes.SHA1())  # noqa: S303  # the standard's
        made.update(told + bytes(4))  # the roll-over counter: no test sends 65 536 packets
        return made.finalize()[:_TAG_BYTES]


def _derived(key: bytes, salt: bytes, label: int, length: int) -> bytes:
    counter = (int.from_bytes(salt) ^ (label << 48)) << 16
    return _aes_counter(key, counter.to_bytes(16), bytes(length))


def _aes_counter(key: bytes, counter: bytes, data: bytes) -> bytes:
    return Cipher(algorithms.AES(key), modes.CTR(counter)).encryptor().update(data)


class RawPhone:
    """Start it with `raw_phone`."""

    def __init__(self, host: str, transport: str, number: str) -> None:
        self.host, self.transport, self.number = host, transport, number
        self.port = 0
        self.peer: tuple[str, int] = ("", 0)
        self.got: list[Message] = []
        """All that came, in order."""
        self.heard: list[bytes] = []
        """Payloads of the sound that came, decrypted where it is encrypted."""
        self.refused = 0
        """Packets of sound that were not encrypted as agreed."""
        self.answers = True
        """Whether SIP is answered at all."""
        self.talks = True
        """Whether silence is sent as packets while nothing else is."""
        self.answer_with: Sequence[tuple[int, tuple[tuple[str, str], ...]]] = ((180, ()), (200, ()))
        """How an INVITE to it is answered, in order."""
        self.refuses: dict[str, int] = {}
        """Method → the status that it is answered with instead of 200."""
        self.formats = "8 101"
        self.direction = "sendrecv"
        self.srtp_key = ""
        self.ended = False
        self._family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._rtp = socket.socket(self._family, socket.SOCK_DGRAM)
        self._rtp.bind((host, 0))
        self._rtp.setblocking(False)
        self._media: tuple[str, int] | None = None
        self._sequence, self._stamp, self._ssrc = 100, 16000, secrets.randbits(32)
        self._ours: Srtp | None = None
        self._theirs: Srtp | None = None
        self._call_id, self._tag, self._cseq = "", secrets.token_hex(6), 0
        self._local = self._remote = self._target = ""
        self._write: Any = None
        self._queued: list[list[bytes]] = []
        self._is_up = asyncio.Event()
        self._said = asyncio.Event()

    # --- SIP ---

    async def calls(self, number: str, *, late_offer: bool = False, headers: Sequence[tuple[str, str]] = ()) -> Message:
        """Call and wait for the final answer; an answered call is acknowledged."""
        self._call_id, self._cseq = secrets.token_hex(12), 0
        where = f"{_bracketed(self.peer[0])}:{self.peer[1]}"
        self._target = f"sip:{number}@{where}" + ("" if self.transport == "udp" else f";transport={self.transport}")
        self._local, self._remote = f"<sip:{self.number}@{_bracketed(self.host)}>;tag={self._tag}", f"<{self._target}>"
        self.ask("INVITE", body="" if late_offer else self.description(), headers=headers)
        final = await wait.until(lambda: self._final("INVITE"), 15, what="a final answer", seen=lambda: self.got)
        assert final is not None
        self._remote = final["to"]
        if final.status >= 300:
            return final
        self._target = uri_of(final["contact"])
        self._agree(final.body)
        self.ask("ACK", body=self.description() if late_offer else "")
        self._is_up.set()
        return final

    def ask(self, method: str, *, body: str = "", headers: Sequence[tuple[str, str]] = ()) -> None:
        """Send one request of this call."""
        if method != "ACK":
            self._cseq += 1
        named = {name for name, _ in headers}
        told = [
            ("via", f"SIP/2.0/{self.transport.upper()} {self._here()};rport;branch=z9hG4bK{secrets.token_hex(8)}"),
            ("max-forwards", "70"),
            ("from", self._local),
            ("to", self._remote),
            ("call-id", self._call_id),
            ("cseq", f"{self._cseq} {method}"),
            ("contact", self._contact()),
            *headers,
        ]
        if body and "content-type" not in named:
            told.append(("content-type", "application/sdp"))
        self._write(Message(f"{method} {self._target} SIP/2.0", told, body).render())

    async def is_called(self, *, within_s: float = 10) -> Message:
        """The INVITE that came to it; waits until it is answered and acknowledged where it is answered by 200."""
        invite = await wait.until(lambda: self._asked("INVITE"), within_s, what="an INVITE", seen=lambda: self.got)
        assert invite is not None
        if self.answer_with[-1][0] == 200:
            async with asyncio.timeout(within_s):
                await self._is_up.wait()
        return invite

    def hang_up(self) -> None:
        if self._is_up.is_set() and not self.ended:
            self.ask("BYE")

    def info(self, key: str, *, lasted_ms: int = 160) -> None:
        """A key by SIP INFO, in the form that most telephones send."""
        body = f"Signal={key}\r\nDuration={lasted_ms}\r\n"
        self.ask("INFO", body=body, headers=[("content-type", "application/dtmf-relay")])

    def asked(self, method: str) -> list[Message]:
        """The requests of a method that came."""
        return [one for one in self.got if not one.status and one.method == method]

    def reply_to(self, host: str, port: int) -> None:
        """Where its SIP goes from now on, over UDP."""
        self.peer = (host, port)

    def _asked(self, method: str) -> Message | None:
        return next(iter(self.asked(method)), None)

    def _final(self, method: str) -> Message | None:
        mine = (
            one
            for one in self.got
            if one.status >= 200 and one["cseq"] == f"{self._cseq} {method}" and one["call-id"] == self._call_id
        )
        return next(mine, None)

    def take(self, data: bytes) -> None:
        """One SIP message from the wire."""
        try:
            message = Message.parse(data)
        except ValueError:
            return
        self.got.append(message)
        if message.status or not self.answers:
            return
        if message.method == "ACK":
            if message.body:
                self._agree(message.body)
            self._is_up.set()
        elif message.method == "INVITE" and not self._is_up.is_set():
            self._is_rung(message)
        elif message.method in self.refuses:
            self._answer(message, self.refuses[message.method])
        else:
            if message.method == "BYE":
                self.ended = True
            described = message.method == "INVITE" or (message.method == "UPDATE" and message.body)
            self._answer(message, 200, self.description() if described else "")

    def _is_rung(self, invite: Message) -> None:
        if self._call_id == invite["call-id"]:
            return
        self._call_id = invite["call-id"]
        self._local, self._remote = f"{invite['to']};tag={self._tag}", invite["from"]
        self._target = uri_of(invite["contact"])
        if invite.body:
            self._agree(invite.body)
        for status, headers in self.answer_with:
            described = status in (183, 200)
            self._answer(invite, status, self.description() if described else "", headers)

    def _answer(self, request: Message, status: int, body: str = "", headers: Sequence[tuple[str, str]] = ()) -> None:
        kept = [(name, value) for name, value in request.headers if name in ("via", "from", "call-id", "cseq")]
        to = request["to"] if "tag=" in request["to"] else f"{request['to']};tag={self._tag}"
        told = [*kept, ("to", to), *(headers or [("contact", self._contact())])]
        if body:
            told.append(("content-type", "application/sdp"))
        self._write(Message(f"SIP/2.0 {status} Said", told, body).render())

    def _here(self) -> str:
        return f"{_bracketed(self.host)}:{self.port}"

    def _contact(self) -> str:
        return f"<sip:{self.number}@{self._here()}{'' if self.transport == 'udp' else f';transport={self.transport}'}>"

    # --- the description of the sound ---

    def description(self) -> str:
        """The SDP of this telephone as it is set now."""
        family = "IP6" if self._family == socket.AF_INET6 else "IP4"
        profile = "RTP/SAVP" if self.srtp_key else "RTP/AVP"
        names = {"8": "PCMA/8000", "9": "G722/8000", "101": "telephone-event/8000", "102": "telephone-event/16000"}
        maps = [f"a=rtpmap:{one} {names[one]}" for one in self.formats.split()]
        crypto = [f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{self.srtp_key}"] if self.srtp_key else []
        lines = [
            *("v=0", f"o=- 1 {self._cseq + 1} IN {family} {self.host}", "s=-", f"c=IN {family} {self.host}", "t=0 0"),
            f"m=audio {self._rtp.getsockname()[1]} {profile} {self.formats}",
            *maps,
            *crypto,
            f"a={self.direction}",
        ]
        return "".join(f"{line}\r\n" for line in lines)

    def _agree(self, body: str) -> None:
        address = re.search(r"^c=IN IP[46] (\S+)", body, re.MULTILINE)
        audio = re.search(r"^m=audio (\d+)", body, re.MULTILINE)
        if address and audio and int(audio[1]):
            self._media = (address[1], int(audio[1]))
        crypto = re.search(r"^a=crypto:\d+ AES_CM_128_HMAC_SHA1_80 inline:([^|\s]+)", body, re.MULTILINE)
        if crypto and self.srtp_key:
            self._ours, self._theirs = Srtp(self.srtp_key), Srtp(crypto[1])

    # --- RTP ---

    def packet(self, payload: bytes, kind: int, *, stamp: int | None = None, marker: bool = False) -> bytes:
        """One packet of the stream, the next in sequence."""
        self._sequence = (self._sequence + 1) & 0xFFFF
        head = struct.pack(
            ">BBHII",
            0x80,
            kind | (0x80 if marker else 0),
            self._sequence,
            self._stamp if stamp is None else stamp,
            self._ssrc,
        )
        return head + payload

    def sends(self, packet: bytes) -> None:
        """Put one packet on the wire now."""
        assert self._media is not None
        with contextlib.suppress(OSError):
            self._rtp.sendto(packet if self._ours is None else self._ours.protect(packet), self._media)

    async def says(self, alaw: bytes) -> None:
        """Send sound at its pace."""
        self._queued.extend([alaw[at : at + FRAME].ljust(FRAME, SILENCE[:1])] for at in range(0, len(alaw), FRAME))
        self._said.clear()
        await self._said.wait()

    def event(self, key: str, steps: int, *, end: bool) -> bytes:
        """The payload of a telephone-event that has lasted so many packets of 20 ms."""
        return struct.pack(">BBH", EVENTS.index(key), (0x80 if end else 0) | 10, steps * FRAME)

    async def presses(
        self,
        key: str,
        *,
        steps: int = 5,
        ends: int = 3,
        end_after_s: float = 0.0,
        between_ends_s: float = 0.0,
        restamped: bool = False,
        restamped_ends: bool = False,
        sound_goes_on: bool = False,
    ) -> None:
        """One key as RFC 4733 packets, in any broken form.

        Args:
            key: Which.
            steps: So many packets of 20 ms.
            ends: So many packets with the end bit; 0 leaves it without an end.
            end_after_s: They come so late, and sound goes on meanwhile.
            between_ends_s: The pause after each.
            restamped: Every packet has a new time stamp, as if it were a key of its own.
            restamped_ends: Those with the end bit have.
            sound_goes_on: Packets of sound come among those of the key.
        """
        began = self._stamp
        self.talks = sound_goes_on
        for step in range(1, steps + 1):
            stamp = self._stamp if restamped else began
            self.sends(self.packet(self.event(key, step, end=False), EVENT_PT, stamp=stamp, marker=step == 1))
            await asyncio.sleep(0.02)
        if end_after_s:
            self.talks = True
            await asyncio.sleep(end_after_s)
        for number in range(ends):
            stamp = self._stamp + number if restamped or restamped_ends else began
            self.sends(self.packet(self.event(key, steps, end=True), EVENT_PT, stamp=stamp))
            await asyncio.sleep(between_ends_s)
        self.talks = True

    async def beats(self) -> None:
        """A packet each 20 ms: what is queued, else silence while it `talks`."""
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        while True:
            due_s += 0.02
            await asyncio.sleep(max(0.0, due_s - loop.time()))
            self._stamp += FRAME
            if self._media is None:
                continue
            if self._queued:
                for payload in self._queued.pop(0):
                    self.sends(self.packet(payload, ALAW_PT))
                if not self._queued:
                    self._said.set()
            elif self.talks:
                self.sends(self.packet(SILENCE, ALAW_PT))

    def hears(self) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionError):
            while True:
                packet = self._rtp.recv(2048)
                try:
                    opened = packet if self._theirs is None else self._theirs.open(packet)
                except ValueError:
                    self.refused += 1
                    continue
                if opened[1] & 0x7F == ALAW_PT:
                    self.heard.append(opened[12:])

    def close(self) -> None:
        self._rtp.close()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, phone: RawPhone) -> None:
        self._phone = phone

    def datagram_received(self, data: bytes, _addr: object) -> None:
        self._phone.take(data)


@asynccontextmanager
async def raw_phone(
    peer: tuple[str, int],
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    transport: str = "udp",
    number: str = "+46701740605",
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[RawPhone]:
    """A telephone that talks to the SIP peer, and listens where it may be called.

    Args:
        peer: Where its calls go. Over TCP and TLS it connects at once.
        host, port: Its own address. Over TCP and TLS the port is the connection's.
        transport: udp, tcp or tls.
        number: Its own.
        tls: How to trust the peer's certificate.
    """
    phone = RawPhone(host, transport, number)
    phone.peer = peer
    loop = asyncio.get_running_loop()
    tasks = [asyncio.create_task(phone.beats())]
    loop.add_reader(phone._rtp, phone.hears)
    closing: Any
    if transport == "udp":
        closing, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(phone), (host, port))
        phone.port = closing.get_extra_info("sockname")[1]
        phone._write = lambda data: None if closing.is_closing() else closing.sendto(data, phone.peer)
    else:
        reader, closing = await asyncio.open_connection(*peer, ssl=tls)
        phone.port = closing.get_extra_info("sockname")[1]
        phone._write = closing.write
        tasks.append(asyncio.create_task(read_stream(reader, phone)))
    try:
        yield phone
    finally:
        phone.hang_up()
        await asyncio.sleep(0.05)  # the BYE is on the wire before the socket goes
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        loop.remove_reader(phone._rtp)
        closing.close()
        phone.close()


async def read_stream(reader: asyncio.StreamReader, phone: RawPhone) -> None:
    """Take messages off a stream, by their content-length (RFC 3261 §18.3)."""
    while True:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        head = head.lstrip(b"\r\n")
        if not head:
            continue
        length = re.search(rb"^content-length:\s*(\d+)|^l:\s*(\d+)", head, re.MULTILINE | re.IGNORECASE)
        body = await reader.readexactly(int(length[1] or length[2])) if length else b""
        phone.take(head + body)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
