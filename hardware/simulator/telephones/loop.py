"""A call of the system to its own number. It comes back, as an operator's exchange would bring it.

Every message goes back to where it came from, under the Call-ID of the other half. Without that the system would take
its own INVITE for a loop (RFC 3261 §8.2.2.2). The sound goes from one half to the other by itself.
"""

import re
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from hardware.simulator.telephones.line import Address
from hardware.simulator.telephones.manners import e164
from hardware.simulator.telephones.message import Message, uri_of

_BACK: Final = "-back"
_MOST: Final = 100
"""Calls that are remembered; the oldest goes."""


class Loop:
    """
    Args:
        send: Puts a message on the wire.
        here: Our own address.
    """

    def __init__(self, send: Callable[[Message, Address], None], here: Callable[[], Address]) -> None:
        self._send = send
        self._here = here
        self._calls: OrderedDict[str, None] = OrderedDict()

    def is_of_the_caller(self, invite: Message) -> bool:
        """Whether the number that is called is the one that calls."""
        try:
            caller = e164(uri_of(invite["from"]).partition(":")[2].partition("@")[0])
            return caller == e164(invite.user)
        except ValueError:
            return False

    def knows(self, message: Message) -> bool:
        return message["call-id"].removesuffix(_BACK) in self._calls

    def carries(self, message: Message, addr: Address) -> None:
        """Send it to the other half."""
        call_id = message["call-id"]
        if call_id.endswith(_BACK):
            other = call_id.removesuffix(_BACK)
        else:
            other = call_id + _BACK
            self._calls[call_id] = None
            while len(self._calls) > _MOST:
                self._calls.popitem(last=False)
        host, port = self._here()
        headers = [(name, value) for name, value in message.headers if name not in ("call-id", "content-length")]
        headers = [(name, f"<sip:loop@{host}:{port}>" if name == "contact" else value) for name, value in headers]
        start = message.start
        vias = [at for at, (name, _) in enumerate(headers) if name == "via"]
        if message.status:
            del headers[vias[0]]
        else:
            branch = re.sub(r"[^A-Za-z0-9]", "", headers[vias[0]][1].rpartition("branch=")[2])
            headers.insert(vias[0], ("via", f"SIP/2.0/UDP {host}:{port};rport;branch=z9hG4bK{branch}loop"))
            method, _, version = start.split()
            start = f"{method} sip:{message.user or 'loop'}@{addr[0]}:{addr[1]} {version}"
        self._send(Message(start, [*headers, ("call-id", other)], message.body), addr)
