"""One call of a simulated telephone, either way: the part of RFC 3261 that telephones on one machine need.

UDP; INVITE with one offer (A-law and telephone-event), 180 and 181, 2xx with ACK and retransmissions (§13, §17).
Refusals are 4xx…6xx with a Q.850 cause (RFC 3326). It has CANCEL (§9), BYE (§15), re-INVITE both ways (hold), UPDATE,
INFO, OPTIONS. Not there: TCP, authentication, forking, route sets, PRACK.
"""

import asyncio
import re
import secrets
from collections.abc import Callable
from typing import Final, Literal, Protocol

from hardware.simulator.telephones.ear import Ear, Language
from hardware.simulator.telephones.message import Message, uri_of
from hardware.simulator.telephones.sound import ALAW, Beat, Ports, Sound

T1_S: Final = 0.5
T2_S: Final = 4.0
GIVE_UP_S: Final = 32.0
REASONS: Final = {
    100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 200: "OK", 404: "Not Found",
    408: "Request Timeout", 480: "Temporarily Unavailable", 481: "Call Does Not Exist", 486: "Busy Here",
    487: "Request Terminated", 488: "Not Acceptable Here", 491: "Request Pending", 503: "Service Unavailable",
    603: "Decline",
}  # fmt: skip
CAUSES: Final = {404: 1, 480: 20, 486: 17, 488: 88, 503: 34, 603: 21}
"""SIP answer → Q.850 cause."""
State = Literal["calling", "ringing", "up", "ended"]
Address = tuple[str, int]


class Switch(Protocol):
    """A line's needs from its exchange."""

    host: str
    port: int
    beat: Beat
    ports: Ports
    language: Language

    def send(self, message: Message, to: Address) -> None: ...


class Line:
    """One call. `changed` is called whenever its state has changed. Raises OSError when no port is free for audio."""

    def __init__(self, switch: Switch, own: str, peer: Address, changed: Callable[["Line"], None]) -> None:
        self.own = own
        self.peer = peer
        self.state: State = "calling"
        self.status = 0
        """The SIP answer that ended it, 0 when it was a BYE."""
        self.call_id = secrets.token_hex(12)
        self.ear = Ear(switch.language)
        self.sound = Sound(switch.ports.opens(), self.ear)
        self.ended = asyncio.Event()
        self.up = asyncio.Event()
        self.held = False
        """Whether this end has put the call on hold."""
        self._switch = switch
        self._changed = changed
        self._tag = secrets.token_hex(6)
        self._local = self._remote = self._target = ""
        self._invite = Message("")
        self._answer = Message("")
        self._rung_as = ""
        """CSeq of the INVITE that rang, so that its repetition is told from a new one."""
        self._sequence = self._version = 0
        self._heard_of = self._given_up = False
        self._again: asyncio.Task[None] | None = None

    # as the caller

    def calls(self, uri: str) -> None:
        self._target, self._remote = uri, f"<{uri}>"
        self._local = f"<sip:{self.own}@{self._switch.host}>;tag={self._tag}"
        self._invite = self._request("INVITE", body=self._description())
        self._send_until_heard(self._invite)

    def answered(self, response: Message) -> None:
        """A response to a request of ours."""
        if response.status >= 200 and response.method in ("BYE", "CANCEL"):
            self._stop_repeating()
        if response.method != "INVITE" or response["cseq"].split()[0] != str(self._sequence):
            return
        self._stop_repeating()
        if response.status < 200:
            self._heard_of = True
            if self._given_up:
                self._cancels()
        elif response.status < 300:
            self._accepted(response)
        else:
            self._refused(response)

    def _accepted(self, response: Message) -> None:
        self._remote, self._target = response["to"], uri_of(response["contact"]) or self._target
        self._switch.send(self._request("ACK", sequence=self._sequence), self.peer)
        self._sends_to(response)
        if self.state == "calling":
            self._is_up()
            if self._given_up:
                self.hangs_up()

    def _refused(self, response: Message) -> None:
        ack = self._request("ACK", sequence=self._sequence, via=self._invite["via"], to=response["to"])
        ack.start = f"ACK {self._invite.start.split()[1]} SIP/2.0"
        self._switch.send(ack, self.peer)
        if self.state == "calling":  # a refused re-INVITE leaves the call as it was (§14.1)
            self._ends(response.status)

    # as the called

    def is_rung(self, invite: Message) -> None:
        self._invite, self.call_id, self.state = invite, invite["call-id"], "ringing"
        self._rung_as = invite["cseq"]
        self._local, self._remote = f"{invite['to']};tag={self._tag}", invite["from"]
        self._target = uri_of(invite["contact"])
        self._changed(self)

    def rings(self) -> None:
        self._responds(180)

    def is_forwarded(self) -> None:
        self._responds(181)

    def answers(self) -> None:
        """Take the call; one that offers no A-law is refused."""
        if self.state == "ringing":
            acceptable = not self._invite.body or str(ALAW) in _payload_types(self._invite.body)
            self._responds(200 if acceptable else 488)

    def refuses(self, status: int) -> None:
        if self.state == "ringing":
            self._responds(status)

    def _responds(self, status: int) -> None:
        """Answer the INVITE; a final answer is sent until it is acknowledged."""
        if status == 200:
            self.sound.event_type = _event_type(self._invite.body)
        body = self._description() if status == 200 else ""
        self._answer = response_to(self._switch, self._invite, status, self._local, body)
        if status < 200:
            self._switch.send(self._answer, self.peer)
        else:
            self._send_until_heard(self._answer)
        if status >= 300:
            self._ends(status)

    def is_asked(self, request: Message) -> None:
        """A request of the other end's within this call."""
        match request.method:
            case "INVITE" if request["cseq"] == self._rung_as:
                self._switch.send(self._answer, self.peer)
            case "INVITE" | "UPDATE" if self.state == "up":
                self._sends_to(request)
                body = self._description() if request.body or request.method == "INVITE" else ""
                self._switch.send(response_to(self._switch, request, 200, self._local, body), self.peer)
            case "ACK":
                self._stop_repeating()
                if self.state == "ringing":
                    self._sends_to(self._invite)
                    self._sends_to(request)
                    self._is_up()
            case "CANCEL":
                self._switch.send(response_to(self._switch, request, 200, self._local), self.peer)
                self.refuses(487)
            case "BYE":
                self._switch.send(response_to(self._switch, request, 200, self._local), self.peer)
                self._stop_repeating()
                self._ends(0)
            case _:
                status = 200 if self.state != "ended" else 481
                self._switch.send(response_to(self._switch, request, status, self._local), self.peer)

    # both

    def holds(self, held: bool) -> None:
        """Put the call on hold, or take it back: a re-INVITE that says `sendonly` or `sendrecv`."""
        if self.state == "up":
            self.held = held
            self._invite = self._request("INVITE", body=self._description())
            self._send_until_heard(self._invite)
            self._changed(self)

    def hangs_up(self) -> None:
        if self.state == "up":
            self._send_until_heard(self._request("BYE"))
            self._ends(0)
        elif self.state == "ringing":
            self.refuses(480)
        elif self.state == "calling":
            self._given_up = True
            if self._heard_of:
                self._cancels()

    def closes(self) -> None:
        """Hang up and wait for nobody."""
        self.hangs_up()
        self._stop_repeating()
        self._switch.beat.closes(self.sound)

    def _cancels(self) -> None:
        """Only after a provisional answer (§9.1)."""
        cancel = self._request("CANCEL", sequence=self._sequence, via=self._invite["via"])
        self._switch.send(cancel, self.peer)

    def _is_up(self) -> None:
        self.state = "up"
        self._switch.beat.opens(self.sound)
        self.up.set()
        self._changed(self)

    def _ends(self, status: int) -> None:
        if self.state != "ended":
            self.state, self.status = "ended", status
            self._switch.beat.closes(self.sound)
            self.ended.set()
            self._changed(self)

    def _sends_to(self, message: Message) -> None:
        """Where the other end wants audio; nothing said of it is as before."""
        if message.media is not None:
            self.sound.peer = message.media

    def _request(self, method: str, *, sequence: int = 0, via: str = "", to: str = "", body: str = "") -> Message:
        if not sequence:
            self._sequence += 1
        host, port = self._switch.host, self._switch.port
        headers = [
            ("via", via or f"SIP/2.0/UDP {host}:{port};rport;branch=z9hG4bK{secrets.token_hex(8)}"),
            ("max-forwards", "70"),
            ("from", self._local),
            ("to", to or self._remote),
            ("call-id", self.call_id),
            ("cseq", f"{sequence or self._sequence} {method}"),
            ("contact", f"<sip:{self.own}@{host}:{port}>"),
        ]
        if body:
            headers.append(("content-type", "application/sdp"))
        return Message(f"{method} {self._target} SIP/2.0", headers, body)

    def _description(self) -> str:
        self._version += 1
        host, event = self._switch.host, self.sound.event_type
        return (
            f"v=0\r\no=- {self.sound.port} {self._version} IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
            f"m=audio {self.sound.port} RTP/AVP {ALAW} {event}\r\na=rtpmap:{ALAW} PCMA/8000\r\n"
            f"a=rtpmap:{event} telephone-event/8000\r\na=fmtp:{event} 0-15\r\na=ptime:20\r\n"
            f"a={'sendonly' if self.held else 'sendrecv'}\r\n"
        )

    def _send_until_heard(self, message: Message) -> None:
        self._stop_repeating()
        self._switch.send(message, self.peer)
        self._again = asyncio.create_task(self._repeats(message))

    async def _repeats(self, message: Message) -> None:
        """By timer A or G until the other end answers; one that never does has lost its line."""
        loop = asyncio.get_running_loop()
        pause_s, deadline_s = T1_S, loop.time() + GIVE_UP_S
        while loop.time() < deadline_s:
            await asyncio.sleep(pause_s)
            self._switch.send(message, self.peer)
            pause_s = min(2 * pause_s, T2_S)
        self._ends(408)

    def _stop_repeating(self) -> None:
        if self._again is not None and self._again is not asyncio.current_task():
            self._again.cancel()


def response_to(switch: Switch, request: Message, status: int, to: str, body: str = "") -> Message:
    """An answer to a request, with the Q.850 cause of a refusal."""
    kept = [(name, value) for name, value in request.headers if name in ("via", "from", "call-id", "cseq")]
    user = f"{request.user}@" if request.user else ""  # a Contact with @ and no user is no address
    headers = [*kept, ("to", to), ("contact", f"<sip:{user}{switch.host}:{switch.port}>")]
    if status in CAUSES:
        headers.append(("reason", f"Q.850;cause={CAUSES[status]}"))
    if body:
        headers.append(("content-type", "application/sdp"))
    return Message(f"SIP/2.0 {status} {REASONS.get(status, 'Refused')}", headers, body)


def _payload_types(body: str) -> list[str]:
    audio = re.search(r"^m=audio \d+ \S+ ([\d ]+)", body, re.MULTILINE)
    return audio.group(1).split() if audio else []


def _event_type(body: str) -> int:
    """The payload type that the other end has given telephone events."""
    found = re.search(r"^a=rtpmap:(\d+) telephone-event/8000", body, re.MULTILINE | re.IGNORECASE)
    return int(found.group(1)) if found else 101
