"""A raw SIP answerer that notes when each INVITE was on the wire. It uses the kernel's own time stamps, whoever is
busy."""

import socket
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from hardware.simulator.telephones.message import Message

_SO_TIMESTAMPNS: Final = 35
_TIMESPEC: Final = struct.Struct("@ll")
_LARGEST: Final = 65_535
_BUSY: Final = 486
_KEPT: Final = ("via", "from", "to", "call-id", "cseq")


@dataclass(frozen=True, slots=True)
class Invite:
    """A call's first INVITE, and when the kernel had it (CLOCK_REALTIME)."""

    number: str
    at_s: float


@dataclass
class Answerer:
    """Everybody behind this trunk is busy. A repeated INVITE is no second one."""

    port: int
    _seen: dict[str, Invite] = field(default_factory=dict)

    @property
    def invites(self) -> list[Invite]:
        """In order of time."""
        return sorted(self._seen.copy().values(), key=lambda one: one.at_s)

    def answer(self, request: Message, at_s: float) -> list[Message]:
        if request.status or request.method == "ACK":
            return []
        if request.method != "INVITE":
            return [_response(request, 200)]
        self._seen.setdefault(request["call-id"], Invite(request.user, at_s))
        return [_response(request, 100), _response(request, _BUSY)]


def most_in_a_second(invites: Sequence[Invite]) -> int:
    """In any window of one second, its beginning counted and its end not."""
    return max((sum(first.at_s <= one.at_s < first.at_s + 1.0 for one in invites) for first in invites), default=0)


def per_second(invites: Sequence[Invite]) -> float:
    """From the first to the last."""
    return (len(invites) - 1) / (invites[-1].at_s - invites[0].at_s)


@contextmanager
def answerer(port: int) -> Iterator[Answerer]:
    """At this UDP port of the loopback address, until the block ends."""
    made = Answerer(port)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        link.bind(("127.0.0.1", port))
        link.settimeout(0.1)
        over = threading.Event()
        thread = threading.Thread(target=_serve, args=(link, made, over), name=f"answerer {port}")
        thread.start()
        try:
            yield made
        finally:
            over.set()
            thread.join()


def _serve(link: socket.socket, made: Answerer, over: threading.Event) -> None:
    while not over.is_set():
        try:
            octets, told, _, peer = link.recvmsg(_LARGEST, socket.CMSG_SPACE(_TIMESPEC.size))
        except TimeoutError:
            continue
        try:
            request = Message.parse(octets)
        except ValueError:  # a keep-alive
            continue
        for response in made.answer(request, _came_at_s(told)):
            link.sendto(response.render(), peer)


def _came_at_s(told: list[tuple[int, int, bytes]]) -> float:
    for _, kind, content in told:
        if kind == _SO_TIMESTAMPNS:
            seconds, nanoseconds = _TIMESPEC.unpack(content[: _TIMESPEC.size])
            return float(seconds) + float(nanoseconds) / 1e9
    return time.time()


def _response(request: Message, status: int) -> Message:
    tag = ";tag=busy" if status != 100 and ";tag=" not in request["to"] else ""
    headers = [(name, value + tag if name == "to" else value) for name, value in request.headers if name in _KEPT]
    return Message(f"SIP/2.0 {status} Whatever", headers)
