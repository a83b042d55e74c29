"""The far end of the trunk. It is every simulated telephone at one SIP port, and the way to telephones that are real.

A telephone of one's own goes before a simulated one. One that registers here takes its number's calls. A program that
listens at the address `own` takes all of them; the trunk would dial there without a simulator. A call of the system to
its own number comes back to it.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import structlog

from bridge.domain.kernel.reasons import Unusable
from hardware.simulator.air import EventLog
from hardware.simulator.reasons import TelephoneReason
from hardware.simulator.telephones.ear import Language
from hardware.simulator.telephones.line import GIVE_UP_S, Address, Line, response_to
from hardware.simulator.telephones.loop import Loop
from hardware.simulator.telephones.manners import Manner, e164
from hardware.simulator.telephones.message import Message, uri_of
from hardware.simulator.telephones.person import Person
from hardware.simulator.telephones.sound import Beat, Ports
from hardware.simulator.telephones.voices import Voices

log = structlog.get_logger(__name__)

REGISTERED_S: Final = 3600
"""Longest registration of a telephone of one's own."""
MOST_CALLS: Final = 1000
"""More at a time are answered with 503."""
_CARRIED: Final = 2000
"""Calls to real telephones that are remembered, the oldest goes."""


@dataclass(frozen=True, slots=True)
class Registered:
    address: Address
    until_s: float


class Exchange(asyncio.DatagramProtocol):
    """One UDP port with all telephones behind it.

    Args:
        host: Address to listen on.
        system: Where calls into the system go: Samband's SIP port.
        telephones: Manner by number.
        voices: How people speak.
        language: The phrases that they understand.
        own: Where a telephone of one's own may listen; `None`: nowhere.
        audio: First and last port of the calls' audio; 0 leaves the choice to the kernel.
    """

    def __init__(
        self,
        host: str,
        system: Address,
        telephones: Mapping[str, Manner],
        voices: Voices,
        language: Language,
        own: Address | None = None,
        audio: tuple[int, int] = (0, 0),
    ) -> None:
        self.host = host
        self.port = 0
        self.beat = Beat()
        self.ports = Ports(host, *audio)
        self.language = language
        self.voices = voices
        self.events = EventLog()
        self.manners: dict[str, Manner] = dict(telephones)
        self.speed = 1.0
        """How much faster than the clock people wait."""
        self._system = system
        self._own = own
        self._registered: dict[str, Registered] = {}
        self._lines: dict[str, Line] = {}
        self._people: dict[str, Person] = {}
        self._lives: dict[str, asyncio.Task[None]] = {}
        self._carried: dict[str, tuple[Address, Address]] = {}
        self._loop = Loop(self.send, lambda: (self.host, self.port))
        self._carried_order: deque[str] = deque()
        self._transport: Any = None

    async def start(self, port: int = 0, bound: socket.socket | None = None) -> None:
        """Listen at a port, or at a socket that is bound already. Raises OSError when the port is taken."""
        loop = asyncio.get_running_loop()
        if bound is None:
            self._transport, _ = await loop.create_datagram_endpoint(lambda: self, (self.host, port))
        else:
            self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=bound)
        self.port = self._transport.get_extra_info("sockname")[1]

    async def stop(self) -> None:
        """Hang up everything and give the port back."""
        lives = list(self._lives.values())
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)
        for line in list(self._lines.values()):
            line.closes()
        await asyncio.sleep(0)  # the last messages are in the socket before it goes
        self._transport.close()

    async def pause(self, seconds: float) -> None:
        """Wait as people do, by the speed of the play."""
        await asyncio.sleep(seconds / self.speed)

    # calls

    def line_of(self, number: str) -> Line:
        """The call that a telephone has now.

        Raises:
            Unusable: It has none.
        """
        wanted = e164(number)
        for line in reversed(list(self._lines.values())):
            if line.own == wanted and line.state != "ended":
                return line
        raise Unusable(TelephoneReason.NO_CALL(number=wanted))

    def person_of(self, number: str) -> Person:
        return self._people[self.line_of(number).call_id]

    def lines(self) -> list[Line]:
        return [line for line in self._lines.values() if line.state != "ended"]

    def calls(self, number: str, to: str) -> Line:
        """Have a telephone call the system."""
        line = self._line(e164(number), self._system)
        self._begins(line, lambda person: person.takes_part())
        line.calls(f"sip:{to}@{self._system[0]}:{self._system[1]}")
        return line

    def _line(self, own: str, peer: Address) -> Line:
        return Line(self, own, peer, self._changed)

    def _begins(self, line: Line, life: Callable[[Person], Any]) -> None:
        notes = partial(self._has_heard, line)
        person = Person(line, self.voices, self.pause, self._manner_of, notes)
        self._lines[line.call_id], self._people[line.call_id] = line, person
        task = asyncio.create_task(life(person))
        self._lives[line.call_id] = task
        task.add_done_callback(lambda done: self._lived(line, done))

    def _has_heard(self, line: Line, phrase: str) -> None:
        self.events.add("heard", telephone=line.own, phrase=phrase)

    def _lived(self, line: Line, life: "asyncio.Task[None]") -> None:
        self._lives.pop(line.call_id, None)
        if not life.cancelled() and (error := life.exception()) is not None:
            log.error("telephone_failed", number=line.own, exc_info=error)
            line.hangs_up()

    def _changed(self, line: Line) -> None:
        self.events.add("call", telephone=line.own, state=line.state, held=line.held, status=line.status)
        if line.state == "ended":
            if (life := self._lives.get(line.call_id)) is not None and life is not asyncio.current_task():
                life.cancel()
            asyncio.get_running_loop().call_later(GIVE_UP_S, self._forgets, line.call_id)

    def _forgets(self, call_id: str) -> None:
        self._lines.pop(call_id, None)
        self._people.pop(call_id, None)

    def _manner_of(self, number: str) -> Manner | None:
        return self.manners.get(e164(number))

    # what comes in

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        try:
            message = Message.parse(data)
        except ValueError:
            return  # keep-alives and noise
        if (ends := self._carried.get(message["call-id"])) is not None:
            self._carries(data, message, addr, *ends)
            return
        if self._loop.knows(message):
            self._loop.carries(message, addr)
            return
        line = self._lines.get(message["call-id"])
        if message.status:
            if line is not None:
                line.answered(message)
        elif line is not None:
            line.is_asked(message)
        else:
            self._is_asked(data, message, addr)

    def _is_asked(self, data: bytes, request: Message, addr: Address) -> None:
        """A request outside every call."""
        match request.method:
            case "OPTIONS":
                self._answer(request, 200, addr)
            case "REGISTER":
                self._registers(request, addr)
            case "INVITE":
                self._is_invited(data, request, addr)
            case "ACK":
                pass
            case _:
                self._answer(request, 481, addr)

    def _is_invited(self, data: bytes, invite: Message, addr: Address) -> None:
        try:
            number = e164(invite.user)
        except ValueError:
            number = ""
        own = self._own_telephone(number)
        if own is not None:
            self._carried[invite["call-id"]] = addr, own
            self._carried_order.append(invite["call-id"])
            if len(self._carried_order) > _CARRIED:
                self._carried.pop(self._carried_order.popleft(), None)
            self._carries(data, invite, addr, addr, own)
        elif (manner := self.manners.get(number)) is None:
            if addr == self._system and self._loop.is_of_the_caller(invite):
                self._loop.carries(invite, addr)
            else:
                self._answer(invite, 404, addr)
        elif len(self.lines()) >= MOST_CALLS:
            self._answer(invite, 503, addr)
        else:
            self._rings(invite, number, addr, manner)

    def _rings(self, invite: Message, number: str, addr: Address, manner: Manner) -> None:
        try:
            line = self._line(number, addr)
        except OSError as error:
            log.error("telephone_has_no_port", number=number, reason=str(error))
            self._answer(invite, 503, addr)
            return
        line.is_rung(invite)
        self._begins(line, lambda person: person.live(manner))

    def _answer(self, request: Message, status: int, addr: Address) -> None:
        self.send(response_to(self, request, status, f"{request['to']};tag=samband"), addr)

    def send(self, message: Message, to: Address) -> None:
        if not self._transport.is_closing():
            self._transport.sendto(message.render(), to)

    # telephones of one's own

    def _registers(self, request: Message, addr: Address) -> None:
        """RFC 3261 §10, without passwords: only this machine reaches the port."""
        try:
            number = e164(uri_of(request["to"]).partition(":")[2].partition("@")[0])
        except ValueError:
            self._answer(request, 404, addr)
            return
        asked = request["expires"] or request["contact"].rpartition("expires=")[2].split(";")[0]
        lasts_s = min(int(asked), REGISTERED_S) if asked.isdigit() else REGISTERED_S
        if lasts_s:
            self._registered[number] = Registered(addr, asyncio.get_running_loop().time() + lasts_s)
        else:
            self._registered.pop(number, None)
        self.events.add("registered", telephone=number, lasts_s=lasts_s)
        answer = response_to(self, request, 200, f"{request['to']};tag=samband")
        answer.headers = [one for one in answer.headers if one[0] != "contact"]
        answer.headers += (
            [("contact", f"{request['contact'].split(';expires')[0]};expires={lasts_s}")] if lasts_s else []
        )
        self.send(answer, addr)

    def _own_telephone(self, number: str) -> Address | None:
        registered = self._registered.get(number)
        if registered is not None and registered.until_s > asyncio.get_running_loop().time():
            return registered.address
        return self._own if self._own is not None and _is_taken(self._own) else None

    def _carries(self, data: bytes, message: Message, addr: Address, system: Address, own: Address) -> None:
        """Hand the packet on as it is, but for the address a request is meant for."""
        to = system if addr == own else own
        if not message.status and to == own:
            first, _, rest = data.partition(b"\r\n")
            data = first.replace(f"@{self.host}:{self.port}".encode(), f"@{own[0]}:{own[1]}".encode()) + b"\r\n" + rest
        if not self._transport.is_closing():
            self._transport.sendto(data, to)


def _is_taken(address: Address) -> bool:
    """Whether a program listens at this UDP port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(address)
        except OSError:
            return True
    return False
