"""Texts and statuses by radio (SDS): whom they are for, which terminals may send them, what came of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bridge.domain.access.permissions import Act, reach_of
from bridge.domain.directory.records import Function, Talkgroup
from bridge.domain.kernel.ids import ConferenceId, Gssi, MessageId, TerminalName
from bridge.domain.kernel.principal import Principal
from bridge.domain.radio.policy import RadioPolicy
from bridge.domain.radio.records import TERMINALS
from bridge.domain.shortdata.commands import SendSds, SendStatus
from bridge.domain.shortdata.records import MESSAGES, Message, MessageDirection, MessageState
from bridge.service.lookups import names_of_radios
from bridge.service.orders.grammar import Order, read_order
from bridge.service.reasons import ReceiverReason, UnknownReason
from bridge.service.refusal import Refusal
from bridge.service.use_case import Ports, UseCases, use_case

SUBSCRIBER_MAX: Final = 16_777_215
"""Short subscriber identities have 24 bits (ETSI EN 300 392-1)."""


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A text or a status that is to be sent."""

    to: int | str
    """An ISSI, a GSSI, or a function's id."""
    text: str | None = None
    status: int = 0
    """Where there is no text."""
    group: bool | None = None
    """True: a number is a GSSI; `None`: it is one where the directory has it."""
    terminal: str | None = None
    conference: ConferenceId | None = None


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message with the names behind its identities."""

    message: Message
    sender_name: str | None
    receiver_name: str | None
    order: Order | None
    """The order by radio that an incoming text reads as."""
    order_allowed: bool
    """Its sender is of a function that may give orders."""


class ShortData(UseCases):
    @use_case(Act.MESSAGE_READ, sifts=True)
    async def find(
        self,
        principal: Principal,
        *,
        direction: MessageDirection | None = None,
        state: MessageState | None = None,
        conference: ConferenceId | None = None,
        identity: int | None = None,
        limit: int = 100,
    ) -> Sequence[ShownMessage]:
        """Newest first."""
        found = await self._ports.archive.messages(
            direction=direction,
            conference=conference,
            identity=identity,
            state=state,
            reach=reach_of(principal, Act.MESSAGE_READ),
            limit=limit,
        )
        return await self._shown(found)

    @use_case(Act.MESSAGE_READ, sifts=True)
    async def read(self, principal: Principal, message: MessageId) -> ShownMessage:
        """One message."""
        found = await self._read(message)
        if found.message.conference is not None and found.message.actor != principal.name:
            await self._must_see(principal, Act.MESSAGE_READ, found.message.conference)
        return found

    @use_case(Act.MESSAGE_SEND)
    async def send(self, principal: Principal, new: NewMessage) -> ShownMessage:
        """Keep it and queue it; it is sent as soon as a terminal is ready and has no call.

        Raises:
            Refusal: Its receiver, its terminal or its conference is not there, or the engine refused.
        """
        if new.conference is not None:
            await self._must_see(principal, Act.MESSAGE_SEND, new.conference)
        receiver, group = await self._address(new.to, new.group)
        terminals = await self._terminals_for(receiver, new.terminal, group=group)
        message = MessageId(self._ports.ids.mint("sds"))
        command: SendSds | SendStatus
        if new.text is not None:
            command = SendSds(message, receiver, new.text, group, terminals, new.conference)
        else:
            command = SendStatus(message, receiver, new.status, group, terminals, new.conference)
        await self._ask(principal, command)
        return await self._read(message)

    # --- inside ---

    async def _read(self, message: MessageId) -> ShownMessage:
        found = self._ports.control.node()[MESSAGES].get(message) or await self._ports.archive.message(message)
        if found is None:
            raise Refusal.not_found(UnknownReason.MESSAGE, message)
        return (await self._shown([found]))[0]

    async def _shown(self, messages: Sequence[Message]) -> list[ShownMessage]:
        names = await names_of(self._ports)
        return [shown_message(one, names) for one in messages]

    async def _address(self, to: int | str, group: bool | None) -> tuple[int, bool]:
        """The identity that is meant, and whether it is a talkgroup."""
        if isinstance(to, str):
            function = await self._ports.directory.get(Function, to)
            if function is not None:
                return _first_issi(function, group), False
            if not (to.isascii() and to.isdigit() and 1 <= int(to) <= SUBSCRIBER_MAX):
                raise Refusal.unknown(UnknownReason.RECEIVER, to, "to")
        number = int(to)
        known = await self._ports.directory.get(Talkgroup, str(number)) is not None
        if group and not known:
            raise Refusal.unknown(UnknownReason.TALKGROUP, number, "to")
        return number, known if group is None else group

    async def _terminals_for(self, receiver: int, wanted: str | None, *, group: bool) -> tuple[TerminalName, ...]:
        """The terminals that may send it; none named in the answer: all."""
        known = self._ports.control.node()[TERMINALS]
        if wanted is not None and wanted not in known:
            raise Refusal.unknown(UnknownReason.TERMINAL, wanted, "terminal")
        allowed = await self._allowed(Gssi(receiver)) if group else tuple(known)
        if wanted is not None:
            if wanted not in allowed:
                reason = ReceiverReason.TERMINAL_NOT_ON_TALKGROUP(terminal=wanted, gssi=receiver)
                raise Refusal("invalid", reason, field="terminal")
            return (TerminalName(wanted),)
        if group and known and not allowed:
            raise Refusal("invalid", ReceiverReason.NO_TERMINAL_ON_TALKGROUP(gssi=receiver), field="to")
        return allowed if len(allowed) < len(known) else ()

    async def _allowed(self, gssi: Gssi) -> tuple[TerminalName, ...]:
        """By the directory's entry and by the terminals' own settings."""
        talkgroup = await self._ports.directory.get(Talkgroup, str(gssi))
        named = talkgroup.terminals if talkgroup is not None else ()
        node = self._ports.control.node()
        barred = {one.name for one in node.policy[RadioPolicy].terminals if not one.may_use(gssi)}
        return tuple(name for name in node[TERMINALS] if (not named or name in named) and name not in barred)


def _first_issi(function: Function, group: bool | None) -> int:
    if group:
        raise Refusal("invalid", ReceiverReason.FUNCTION_IS_NO_TALKGROUP(key=function.id), field="group")
    if not function.issis:
        raise Refusal("invalid", ReceiverReason.FUNCTION_WITHOUT_ISSI(name=function.name), field="to")
    return function.issis[0]


# --- who is behind an identity ---


@dataclass(frozen=True, slots=True)
class Names:
    """The names behind the identities of the radio network."""

    radios: dict[int, str]
    groups: dict[int, str]
    orderers: frozenset[int] = frozenset()
    """The radios that may give orders."""


async def names_of(ports: Ports) -> Names:
    """As the directory and the terminals say now."""
    own: dict[int, str] = {
        int(one.issi): one.name for one in ports.control.node()[TERMINALS].values() if one.issi is not None
    }
    functions = await ports.directory.list(Function)
    talkgroups = await ports.directory.list(Talkgroup)
    return Names(
        radios=own | {int(issi): name for issi, name in names_of_radios(functions).items()},
        groups={int(one.gssi): one.name for one in talkgroups},
        orderers=frozenset(int(issi) for one in functions if one.radio_orders for issi in one.issis),
    )


def shown_message(message: Message, names: Names) -> ShownMessage:
    """The message with its names."""
    to = names.groups if message.group else names.radios
    came = message.direction is MessageDirection.IN and not message.group
    order = read_order(message.text) if came and message.text is not None else None
    return ShownMessage(
        message=message,
        sender_name=names.radios.get(message.sender) if message.sender is not None else None,
        receiver_name=to.get(message.receiver) if message.receiver is not None else None,
        order=order,
        order_allowed=order is not None and message.sender in names.orderers,
    )
