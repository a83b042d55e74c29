"""A small SIP user agent for instruments and fault cases; the acceptance proofs use phones that others wrote.

The subset of RFC 3261 is UDP and INVITE with one offer (A-law and telephone-event). It has 1xx and 2xx with ACK and
retransmissions (§13.2.2.4, §13.3.1.4, §17.1.1, §17.2.1). It has refusals 4xx…6xx, CANCEL (§9), BYE (§15), OPTIONS and
INFO. Re-INVITE and UPDATE are answered with the same description. Not there: TCP, registration, authentication, forking
beyond the first 2xx, route sets, PRACK, DNS.
"""

import asyncio
import itertools
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal

from hardware.simulator.telephones.message import Message, uri_of
from tests.harness.rough_line import RoughLine, Roughness
from tests.harness.rtp import Pacer, Stream

T1_S: Final = 0.5
T2_S: Final = 4.0
GIVE_UP_S: Final = 32.0
REASONS: Final = {
    100: "Trying", 180: "Ringing", 200: "OK", 404: "Not Found", 408: "Request Timeout", 480: "Temporarily Unavailable",
    481: "Call Does Not Exist", 486: "Busy Here", 487: "Request Terminated", 500: "Server Error",
    503: "Service Unavailable", 603: "Decline",
}  # fmt: skip

Report = Callable[..., None]


class Line:
    """One call, either way."""

    def __init__(self, number: int, endpoint: "Endpoint", own: str, peer: tuple[str, int], stem: Path) -> None:
        self.number = number
        self.state: Literal["calling", "ringing", "up", "ended"] = "calling"
        self.endpoint = endpoint
        self.own = own
        self.peer = peer
        self.call_id = secrets.token_hex(12)
        self.tag = secrets.token_hex(6)
        self.local = self.remote = self.target = ""
        self.invite = Message("")
        self.stream = Stream(
            endpoint.host,
            stem,
            lambda digit: endpoint.report("key", self.number, digit=digit),
            lambda at_s: endpoint.report("key_over", self.number, at_s=at_s),
        )
        self.rough: RoughLine | None = None
        if endpoint.roughness is not None:
            self.rough = RoughLine(endpoint.host, (endpoint.host, self.stream.port), endpoint.roughness)
        self._sequence = 0
        self._direction, self._version = "sendrecv", 1
        self._answer = Message("")
        self._heard_of = self._given_up = self._cancelled = False
        self._again: asyncio.Task[None] | None = None

    # as the caller

    def call(self, uri: str) -> None:
        self.target, self.remote = uri, f"<{uri}>"
        self.local = f"<sip:{self.own}@{self.endpoint.host}>;tag={self.tag}"
        self.invite = self._request("INVITE", body=self._description())
        self._send_until_heard(self.invite, GIVE_UP_S)

    def offers(self, direction: str) -> None:
        """A re-INVITE of one who called: `sendonly` or `inactive` is hold, `sendrecv` is back (RFC 3264 §8.4)."""
        self._direction, self._version = direction, self._version + 1
        self.invite = self._request("INVITE", body=self._description())
        self._send_until_heard(self.invite, GIVE_UP_S)

    def answered(self, response: Message) -> None:
        """A response to a request of ours."""
        if response.method in ("BYE", "CANCEL") and response.status >= 200:
            self._stop_repeating()
        if response.method != "INVITE" or response["cseq"] != self.invite["cseq"]:
            return
        if not self._cancelled or response.status >= 200:
            self._stop_repeating()
        if response.status < 200:
            self._heard_of = True
            if self._given_up and not self._cancelled:
                self._cancel()
            if response.status >= 180 and self.state == "calling":
                self.endpoint.report("ringing", self.number, at_s=time.monotonic())
        elif response.status < 300:
            self.remote, self.target = response["to"], uri_of(response["contact"]) or self.target
            self.endpoint.send(self._request("ACK", sequence=self._sequence), self.peer)
            if self.state == "calling":
                self._up(response)
        else:
            ack = self._request("ACK", sequence=self._sequence, via=self.invite["via"], to=response["to"])
            ack.start = f"ACK {self.invite.start.split()[1]} SIP/2.0"
            self.endpoint.send(ack, self.peer)
            self.end(response.status, " ".join(response.start.split()[2:]))

    # as the called

    def rung(self, invite: Message) -> None:
        self.invite, self.call_id, self.state = invite, invite["call-id"], "ringing"
        self.local, self.remote = f"{invite['to']};tag={self.tag}", invite["from"]
        self.target = uri_of(invite["contact"])
        self.respond(180)
        peer = uri_of(invite["from"])
        self.endpoint.report("incoming", self.number, number=self.own, peer=peer, at_s=time.monotonic())

    def respond(self, status: int) -> None:
        """Answer the INVITE; a final answer is sent until it is acknowledged."""
        self._answer = self.endpoint.response(
            self.invite, status, self.local, self._description() if status == 200 else ""
        )
        if status < 200:
            self.endpoint.send(self._answer, self.peer)
        else:
            self._send_until_heard(self._answer, GIVE_UP_S)
        if status >= 300:
            self.end(status, REASONS.get(status, ""))

    def asked(self, request: Message) -> None:
        """A request of the other end's within this call."""
        match request.method:
            case "INVITE" if request["cseq"] == self.invite["cseq"]:
                self.endpoint.send(self._answer, self.peer)
            case "INVITE" | "UPDATE":
                self._sends_to(request.media)
                answer = self.endpoint.response(request, 200, self.local, self._description())
                self.endpoint.send(answer, self.peer)
            case "ACK":
                self._stop_repeating()
                if self.state == "ringing":
                    self._up(self.invite)
            case "CANCEL":
                self.endpoint.send(self.endpoint.response(request, 200, self.local), self.peer)
                if self.state == "ringing":
                    self.respond(487)
            case "BYE":
                self.endpoint.send(self.endpoint.response(request, 200, self.local), self.peer)
                self.end(0, "")
            case _:
                self.endpoint.send(self.endpoint.response(request, 200, self.local), self.peer)

    # both

    def hang_up(self) -> None:
        if self.state == "up":
            self._send_until_heard(self._request("BYE"), GIVE_UP_S)
            self.end(0, "")
        elif self.state == "ringing":
            self.respond(480)
        elif self.state == "calling":
            self._given_up = True
            if self._heard_of:
                self._cancel()

    def _cancel(self) -> None:
        """Only after a provisional answer (§9.1)."""
        self._cancelled = True
        cancel = self._request("CANCEL", sequence=self._sequence, via=self.invite["via"])
        self._send_until_heard(cancel, GIVE_UP_S)

    def end(self, status: int, reason: str) -> None:
        if self.state != "ended":
            self.state = "ended"
            self.endpoint.silence(self)
            self.endpoint.report("ended", self.number, at_s=time.monotonic(), status=status, reason=reason)

    def close(self) -> None:
        self.hang_up()
        self._stop_repeating()
        self.endpoint.silence(self)

    def _up(self, description: Message) -> None:
        self.state = "up"
        self._sends_to(description.media)
        self.endpoint.voice(self)
        self.endpoint.report("up", self.number, at_s=time.monotonic())

    def _sends_to(self, media: tuple[str, int] | None) -> None:
        """Where the other end wants audio; nothing said of it is as before."""
        if media is None:
            return
        if self.rough is None:
            self.stream.peer = media
        else:
            self.stream.peer, self.rough.system = self.rough.near, media

    def _request(self, method: str, *, sequence: int = 0, via: str = "", to: str = "", body: str = "") -> Message:
        if not sequence:
            self._sequence += 1
        host, port = self.endpoint.host, self.endpoint.port
        headers = [
            ("via", via or f"SIP/2.0/UDP {host}:{port};rport;branch=z9hG4bK{secrets.token_hex(8)}"),
            ("max-forwards", "70"),
            ("from", self.local),
            ("to", to or self.remote),
            ("call-id", self.call_id),
            ("cseq", f"{sequence or self._sequence} {method}"),
            ("contact", f"<sip:{self.own}@{host}:{port}>"),
        ]
        if body:
            headers.append(("content-type", "application/sdp"))
        return Message(f"{method} {self.target} SIP/2.0", headers, body)

    def _description(self) -> str:
        host = self.endpoint.host
        port = self.stream.port if self.rough is None else self.rough.port
        return (
            f"v=0\r\no=- {self.number} {self._version} IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
            f"a=fmtp:101 0-16\r\na=ptime:20\r\na={self._direction}\r\n"
        )

    def _send_until_heard(self, message: Message, give_up_s: float) -> None:
        self._stop_repeating()
        self.endpoint.send(message, self.peer)
        self._again = asyncio.create_task(self._repeat(message, give_up_s))

    async def _repeat(self, message: Message, give_up_s: float) -> None:
        pause_s, deadline_s = T1_S, time.monotonic() + give_up_s
        while time.monotonic() < deadline_s:
            await asyncio.sleep(pause_s)
            self.endpoint.send(message, self.peer)
            pause_s = min(2 * pause_s, T2_S)
        self.end(408, "no answer")

    def _stop_repeating(self) -> None:
        if self._again is not None and self._again is not asyncio.current_task():
            self._again.cancel()


class Endpoint(asyncio.DatagramProtocol):
    """One UDP port with any number of calls.

    Args:
        host: Address to bind.
        folder: Where what is heard is written.
        roughness: What stands between its calls and the other end, nothing when `None`.
        report: Called with ("incoming" | "ringing" | "up" | "ended" | "key" | "key_over", line number, data…).
    """

    def __init__(self, host: str, folder: Path, report: Report, roughness: Roughness | None = None) -> None:
        self.host = host
        self.roughness = roughness
        self.port = 0
        self.report = report
        self.numbers: set[str] = set()
        self.lines: dict[int, Line] = {}
        self._folder = folder
        self._counter = itertools.count(1)
        self._by_call: dict[str, Line] = {}
        self._pacer = Pacer()
        self._transport: Any = None

    async def start(self, port: int) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, (self.host, port))
        self.port = self._transport.get_extra_info("sockname")[1]
        self._pacer.start()

    async def stop(self) -> None:
        for line in self.lines.values():
            line.close()
        await asyncio.sleep(0.02)  # the BYEs are on the wire before the socket goes
        self._pacer.stop()
        self._transport.close()

    def call(self, own: str, uri: str) -> Line:
        host, _, port = uri.partition("@")[2].partition(":")
        line = self._line(own, (host, int(port or 5060)))
        self._by_call[line.call_id] = line
        line.call(uri)
        return line

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        try:
            message = Message.parse(data)
        except ValueError:
            return  # keep-alives and noise
        line = self._by_call.get(message["call-id"])
        if message.status:
            if line is not None:
                line.answered(message)
        elif line is not None:
            line.asked(message)
        else:
            self._unknown(message, addr)

    def _unknown(self, request: Message, addr: tuple[str, int]) -> None:
        if request.method == "OPTIONS":
            self.send(self.response(request, 200, request["to"]), addr)
        elif request.method == "INVITE" and request.user in self.numbers:
            line = self._line(request.user, addr)
            self._by_call[request["call-id"]] = line
            line.rung(request)
        elif request.method != "ACK":
            status = 404 if request.method == "INVITE" else 481
            self.send(self.response(request, status, f"{request['to']};tag=none"), addr)

    def response(self, request: Message, status: int, to: str, body: str = "") -> Message:
        kept = [(name, value) for name, value in request.headers if name in ("via", "from", "call-id", "cseq")]
        headers = [*kept, ("to", to), ("contact", f"<sip:{request.user}@{self.host}:{self.port}>")]
        if body:
            headers.append(("content-type", "application/sdp"))
        return Message(f"SIP/2.0 {status} {REASONS.get(status, 'Refused')}", headers, body)

    def send(self, message: Message, addr: tuple[str, int]) -> None:
        if not self._transport.is_closing():
            self._transport.sendto(message.render(), addr)

    def voice(self, line: Line) -> None:
        line.stream.open(asyncio.get_running_loop())
        if line.rough is not None:
            line.rough.open(asyncio.get_running_loop())
        self._pacer.streams = (*self._pacer.streams, line.stream)

    def silence(self, line: Line) -> None:
        self._pacer.streams = tuple(stream for stream in self._pacer.streams if stream is not line.stream)
        if line.stream.socket.fileno() >= 0:
            line.stream.close(asyncio.get_running_loop())
            if line.rough is not None:
                line.rough.close(asyncio.get_running_loop())

    def _line(self, own: str, peer: tuple[str, int]) -> Line:
        number = next(self._counter)
        self.lines[number] = line = Line(number, self, own, peer, self._folder / str(number))
        return line
