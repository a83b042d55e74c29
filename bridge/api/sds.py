"""Short data: whom a message is for, which terminals may send it, and how it is shown."""

from dataclasses import dataclass

from pydantic import Field

from bridge.api.order_words import read_order
from bridge.api.parts import Parts
from bridge.api.problems import Problem
from bridge.api.text import GSSI_MAX, Output, when
from bridge.domain.directory import Function, Talkgroup
from bridge.domain.ids import Gssi, TerminalName
from bridge.domain.model import Message, MessageDirection


class MessageOut(Output):
    """A text or a status by radio, with what is known of its delivery."""

    id: str
    """Made by us."""
    direction: str
    """`in` or `out`."""
    state: str
    """How far it has come, as the network says: never more than was told."""
    reason: str | None
    """Why it failed or waits, in words."""
    text: str | None
    """A text's characters; none for a status."""
    status: int | None
    """A pre-coded status, 0…65535; none for a text."""
    emergency: bool
    """An emergency alarm came in."""
    order: str | None = Field(
        description="What came in reads as an order by radio: `call_in`, `confirm`, `end` and others."
    )
    order_allowed: bool = Field(description="Its sender is of a function that may give orders.")
    sender: int | None
    """ISSI, or the GSSI of a group's message; none where nothing told."""
    sender_name: str | None
    """The function, the talkgroup or our own terminal of that identity, where it is known."""
    receiver: int | None
    """ISSI or GSSI."""
    receiver_name: str | None
    """Likewise, of the receiver."""
    group: bool
    """The receiver is a talkgroup."""
    terminal: str | None
    """The terminal it went or came by."""
    conference_id: str | None
    """Whose timeline it is in."""
    actor: str
    """Who sent it: the token's name."""
    parts: int
    """Into how many it was divided."""
    parts_sent: int
    """Given to the terminal."""
    parts_on_air: int
    """Taken by the network."""
    parts_delivered: int
    """Received, by the receiver's own report."""
    tries: int
    """How often it was tried."""
    created_at: str | None
    """When it was accepted or came in (RFC 3339, UTC)."""
    expires_at: str | None
    """It is not tried after this (RFC 3339, UTC)."""
    sent_at: str | None
    """When the terminal took it (RFC 3339, UTC)."""
    on_air_at: str | None
    """When the network took it (RFC 3339, UTC)."""
    delivered_at: str | None
    """When the receiver had it (RFC 3339, UTC)."""
    read_at: str | None
    """When it was read, where receivers are asked to tell (RFC 3339, UTC)."""
    ended_at: str | None
    """When nothing more could come of it (RFC 3339, UTC)."""


@dataclass(frozen=True, slots=True)
class Names:
    """Who is behind an identity."""

    radios: dict[int, str]
    groups: dict[int, str]
    orderers: frozenset[int] = frozenset()
    """Who may give orders by radio."""


async def names_of(parts: Parts) -> Names:
    own: dict[int, str] = {
        int(one.issi): one.name for one in parts.control.node().terminals.values() if one.issi is not None
    }
    functions = await parts.directory.list(Function)
    talkgroups = await parts.directory.list(Talkgroup)
    return Names(
        radios=own | {int(issi): one.name for one in functions for issi in one.issis},
        groups={int(one.gssi): one.name for one in talkgroups},
        orderers=frozenset(int(issi) for one in functions if one.radio_orders for issi in one.issis),
    )


def message_out(message: Message, names: Names) -> MessageOut:
    to = names.groups if message.group else names.radios
    came = message.direction is MessageDirection.IN and not message.group
    order = read_order(message.text) if came and message.text is not None else None
    return MessageOut(
        id=message.id,
        direction=message.direction,
        state=message.state,
        reason=message.reason,
        text=message.text,
        status=message.status,
        emergency=message.status == 0,
        order=order.verb if order is not None else None,
        order_allowed=order is not None and message.sender in names.orderers,
        sender=message.sender,
        sender_name=names.radios.get(message.sender) if message.sender is not None else None,
        receiver=message.receiver,
        receiver_name=to.get(message.receiver) if message.receiver is not None else None,
        group=message.group,
        terminal=message.terminal,
        conference_id=message.conference,
        actor=message.actor,
        parts=message.parts,
        parts_sent=message.parts_sent,
        parts_on_air=message.parts_on_air,
        parts_delivered=len(message.delivered),
        tries=message.tries,
        created_at=when(message.created_at_s),
        expires_at=when(message.expires_at_s),
        sent_at=when(message.sent_at_s),
        on_air_at=when(message.on_air_at_s),
        delivered_at=when(message.delivered_at_s),
        read_at=when(message.read_at_s),
        ended_at=when(message.ended_at_s),
    )


async def address(parts: Parts, to: int | str, group: bool | None) -> tuple[int, bool]:
    """The identity that is meant, and whether it is a talkgroup.

    Raises:
        Problem: No such function, or one without an ISSI; a group that the directory does not have.
    """
    if isinstance(to, str):
        function = await parts.directory.get(Function, to)
        if function is not None:
            return _first_issi(function, group), False
        if not (to.isascii() and to.isdigit() and 1 <= int(to) <= GSSI_MAX):
            raise Problem.invalid("to", f"there is no function {to}", "give an ISSI, a GSSI or a function's id")
    number = int(to)
    known = await parts.directory.get(Talkgroup, str(number)) is not None
    if group and not known:
        raise Problem.invalid("to", f"there is no talkgroup {number}", "add it under /api/v1/talkgroups first")
    return number, known if group is None else group


def _first_issi(function: Function, group: bool | None) -> int:
    if group:
        raise Problem.invalid("group", f"{function.id} is a function, not a talkgroup")
    if not function.issis:
        raise Problem.invalid("to", f"{function.name} has no ISSI", "add one to the function first")
    return function.issis[0]


async def terminals_for(parts: Parts, receiver: int, wanted: str | None, *, group: bool) -> tuple[TerminalName, ...]:
    """Which terminals may send it; none named in the answer: all.

    Raises:
        Problem: The wanted one is unknown or may not use the talkgroup, or none may.
    """
    known = parts.control.node().terminals
    if wanted is not None and wanted not in known:
        raise Problem.invalid("terminal", f"there is no terminal {wanted}", "see /api/v1/terminals")
    allowed = await _allowed(parts, Gssi(receiver)) if group else tuple(known)
    if wanted is not None:
        if wanted not in allowed:
            raise Problem.invalid("terminal", f"{wanted} may not use the talkgroup {receiver}")
        return (TerminalName(wanted),)
    if group and known and not allowed:
        raise Problem.invalid("to", f"no terminal may use the talkgroup {receiver}")
    return allowed if len(allowed) < len(known) else ()


async def _allowed(parts: Parts, gssi: Gssi) -> tuple[TerminalName, ...]:
    talkgroup = await parts.directory.get(Talkgroup, str(gssi))
    named = talkgroup.terminals if talkgroup is not None else ()
    return tuple(
        name for name in parts.control.node().terminals if (not named or name in named) and parts.may_use(name, gssi)
    )
