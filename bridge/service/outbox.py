"""Messages by SMS and e-mail: sent, followed, sent again; a gateway's receipts, and the answers that come by it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from bridge.domain.access.permissions import Act, reach_of
from bridge.domain.callout.written import read_written
from bridge.domain.callout.written_answers import Written, WrittenAnswer
from bridge.domain.directory.records import Function
from bridge.domain.joint.commands import TakeAnswer
from bridge.domain.kernel.ids import ActivationId, OutboxId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.order import oldest_first
from bridge.domain.kernel.principal import Principal
from bridge.domain.kernel.rate import Rate, Rates
from bridge.domain.kernel.reasons import Unusable
from bridge.domain.kernel.replies import Done
from bridge.domain.outbox.addresses import mail_address
from bridge.domain.outbox.commands import (
    NewMessage,
    QueueMessage,
    Receipt,
    TakePartReceipt,
    TakeReceipt,
    WithdrawMessage,
)
from bridge.domain.outbox.records import OUTBOX, Bearer, OutboxMessage, OutboxState
from bridge.domain.telephony.numbers import parse_number, takes_sms
from bridge.service.reasons import MessageReason, UnknownReason
from bridge.service.refusal import Refusal
from bridge.service.use_case import Ports, UseCases, use_case
from bridge.words import word

log = structlog.get_logger(__name__)

CONFIRMED: Final = Rate(window_s=3600.0, limit=3)
"""So many answers of one number are confirmed by SMS in an hour. Two machines must not write to each other."""
MOST_CONFIRMED: Final = 1024
MOST_OF_ONE: Final = 1000
"""Messages of one call-out that are shown."""
_AGAIN: Final = frozenset({OutboxState.UNCERTAIN, OutboxState.FAILED, OutboxState.WITHDRAWN})
"""Those of which a person may decide that they are sent again."""


@dataclass(frozen=True, slots=True)
class FreeMessage:
    """A message that is to be sent, outside every call-out."""

    bearer: Bearer
    to: str
    """A function's id, a telephone number, or an e-mail address."""
    text: str
    heading: str = ""
    language: Language = Language.SV


class Outbox(UseCases):
    def __init__(self, ports: Ports) -> None:
        super().__init__(ports)
        self._confirmed: Rates[str] = Rates(MOST_CONFIRMED)

    @use_case(Act.MESSAGE_READ, sifts=True)
    async def find(
        self,
        principal: Principal,
        *,
        bearer: Bearer | None = None,
        state: OutboxState | None = None,
        activation: ActivationId | None = None,
        limit: int = 100,
    ) -> Sequence[OutboxMessage]:
        """Newest first."""
        reach = reach_of(principal, Act.MESSAGE_READ)
        return await self._ports.archive.outbox(
            bearer=bearer, state=state, activation=activation, reach=reach, limit=limit
        )

    @use_case(Act.MESSAGE_READ, sifts=True)
    async def read(self, principal: Principal, message: OutboxId) -> OutboxMessage:
        """One message."""
        return await self._theirs(principal, Act.MESSAGE_READ, message)

    @use_case(Act.MESSAGE_SEND)
    async def send(self, principal: Principal, new: FreeMessage) -> OutboxMessage:
        """Take it on. It is kept when this returns, and sent as soon as its bearer has room.

        Raises:
            Refusal: Nobody can be reached so, or the outbox refuses.
        """
        to = await address_of(self._ports, new.bearer, new.to)
        key = OutboxId(self._ports.ids.mint("outbox"))
        message = NewMessage(key, new.bearer, to, new.text, new.heading, new.language)
        await self._ask(principal, QueueMessage(message))
        return await self._read(key)

    @use_case(Act.MESSAGE_SEND)
    async def again(self, principal: Principal, message: OutboxId) -> OutboxMessage:
        """Send one again that failed, was withdrawn, or of which nobody knows. It is a new message that says so.

        Raises:
            Refusal: `conflict`: it was sent, or may be any moment.
        """
        known = await self._theirs(principal, Act.MESSAGE_SEND, message)
        if known.state not in _AGAIN:
            raise Refusal("conflict", MessageReason.NOT_AGAIN(state=known.state.value))
        key = OutboxId(self._ports.ids.mint("outbox"))
        new = NewMessage(
            id=key,
            bearer=known.bearer,
            to=known.to,
            text=known.text,
            heading=known.heading,
            language=known.language,
            mailing=known.mailing,
            mailing_on=known.mailing_on,
            function_id=known.function_id,
            links=known.links,
            calendar=known.calendar,
            calendar_method=known.calendar_method,
            package=known.package,
            attached=known.attached,
        )
        await self._ask(principal, QueueMessage(new, again_of=known.id))
        return await self._read(key)

    @use_case(Act.MESSAGE_SEND)
    async def withdraw(self, principal: Principal, message: OutboxId) -> OutboxMessage:
        """Do not send one that still waits."""
        await self._theirs(principal, Act.MESSAGE_SEND, message)
        await self._ask(principal, WithdrawMessage(message))
        return await self._read(message)

    @use_case(Act.MESSAGE_REPORT)
    async def receipt(self, principal: Principal, message: OutboxId, receipt: Receipt, provider_id: str | None) -> bool:
        """A gateway tells what became of a message. One that awaits nothing is counted in the log, and changes
        nothing."""
        reply = await self._ports.control.ask(principal, TakeReceipt(message, receipt, provider_id))
        if isinstance(reply, Done):
            return True
        log.warning("receipt_of_no_message", message=message, receipt=receipt.value)
        return False

    @use_case(Act.MESSAGE_REPORT)
    async def part_receipt(self, principal: Principal, by: str, name: str, receipt: Receipt) -> bool:
        """A bearer tells what became of a part, by its own name for it. It is kept when this returns.

        Returns:
            Whether a message awaits it.
        """
        return bool(await self._ask(principal, TakePartReceipt(by, name, receipt)))

    @use_case(Act.MESSAGE_REPORT)
    async def answer(self, principal: Principal, sender: str, text: str) -> bool:
        """An SMS has come in. An answer to a call-out counts as the key does, and is confirmed by SMS. Anything else is
        told in the log, without its text. A function that was asked, and wrote something else, hears how to answer.

        Returns:
            Whether it was an answer.
        """
        asked = self._asked_at(sender)
        written = read_written(text)
        if asked is None:
            log.warning("sms_of_nobody_asked", number=sender, characters=len(text))
            return False
        if written is None:
            log.warning("sms_not_understood", number=sender, characters=len(text))
            await self._confirm(principal, asked, word(asked.language, "message", "answer_unclear"))
            return False
        reply = await self._ports.control.ask(principal, TakeAnswer(sender, written))
        if not isinstance(reply, Done):
            return False
        await self._confirm(principal, asked, confirmation(written, asked.language))
        return True

    # --- inside ---

    def _asked_at(self, number: str) -> OutboxMessage | None:
        """The newest SMS of a call-out to that number."""
        found = [
            one
            for one in self._ports.control.node()[OUTBOX].values()
            if one.to == number and one.bearer is Bearer.SMS and one.activation is not None and one.held
        ]
        return max(found, key=lambda one: (one.created_at_s, one.id), default=None)

    async def _confirm(self, principal: Principal, asked: OutboxMessage, text: str) -> None:
        """The answer is kept, whether it can be confirmed or not."""
        now_s = self._ports.clock.now_s()
        if self._confirmed.of(asked.to, CONFIRMED).is_full(now_s):
            return
        self._confirmed = self._confirmed.happened(asked.to, now_s, CONFIRMED)
        key = OutboxId(self._ports.ids.mint("outbox"))
        reply = await self._ports.control.ask(
            principal, QueueMessage(NewMessage(key, Bearer.SMS, asked.to, text, language=asked.language))
        )
        if not isinstance(reply, Done):
            log.warning("answer_not_confirmed", number=asked.to, reason=str(reply.reason))

    async def _read(self, message: OutboxId) -> OutboxMessage:
        found = self._ports.control.node()[OUTBOX].get(message) or await self._ports.archive.outbox_message(message)
        if found is None:
            raise Refusal.not_found(UnknownReason.MESSAGE, message)
        return found

    async def _theirs(self, principal: Principal, act: Act, message: OutboxId) -> OutboxMessage:
        """One that they ordered, or of a call-out that they see.

        Raises:
            Refusal: `not_found`.
        """
        found = await self._read(message)
        if reach_of(principal, act) is None or found.actor == principal.name:
            return found
        if found.activation is None:
            raise Refusal.not_found(UnknownReason.MESSAGE, message)
        await self._must_see_call_out(principal, act, found.activation)
        return found


async def address_of(ports: Ports, bearer: Bearer, to: str) -> str:
    """Of a function of the directory by its id, or what was typed.

    Raises:
        Refusal: `invalid`: nobody can be reached so.
    """
    function = await ports.directory.get(Function, to)
    if function is not None:
        found = addresses(bearer, function.numbers, function.email)
        if not found:
            raise Refusal("invalid", MessageReason.NO_ADDRESS(name=function.name, bearer=bearer.value), field="to")
        return found[0]
    if bearer is Bearer.MAIL:
        if (address := mail_address(to)) is None:
            raise Refusal("invalid", MessageReason.NO_MAIL_ADDRESS(), field="to")
        return address
    try:
        return parse_number(to)
    except Unusable as error:
        raise Refusal("invalid", error.reason, field="to") from error


def addresses(bearer: Bearer, numbers: Iterable[str], email: str | None) -> tuple[str, ...]:
    """Where a function is reached by a bearer: its mobile telephones, or its e-mail."""
    if bearer is Bearer.SMS:
        return tuple(dict.fromkeys(one for one in numbers if takes_sms(one)))
    address = mail_address(email or "")
    return () if address is None else (address,)


async def messages_of(ports: Ports, activation: ActivationId) -> Sequence[OutboxMessage]:
    """Of one call-out, the oldest first: the archive holds all, the node the newest state."""
    kept = await ports.archive.outbox(activation=activation, limit=MOST_OF_ONE)
    found = {one.id: one for one in kept}
    live = ports.control.node()[OUTBOX].values()
    found.update({one.id: one for one in live if one.activation == activation})
    return oldest_first(found.values(), lambda one: one.created_at_s)


def confirmation(written: Written, language: Language) -> str:
    """The receipt for an answer, in words."""
    match written.answer:
        case WrittenAnswer.COMES:
            return word(language, "message", "answer_comes")
        case WrittenAnswer.LATER if written.minutes is not None:
            return word(language, "message", "answer_later_in", minutes=written.minutes)
        case WrittenAnswer.LATER:
            return word(language, "message", "answer_later")
        case WrittenAnswer.CANNOT | WrittenAnswer.DEPUTY:
            return word(language, "message", "answer_cannot")
