"""Orders by telephone: looks up the list that was keyed, and starts its call-out when the code was keyed again.

A call-out is started as by the console, by a principal that is the function. The id of the call is the key of the
call-out, so that one call starts one. Beside the engine.

An order that was confirmed before a restart is carried out once at the start, under the same key. One that is too old
is given up, and its function is told by SMS where that is set up.
"""

from dataclasses import replace
from typing import Final

import structlog

from bridge.domain.directory.records import ActivationList, Function
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.ids import ChannelId, OutboxId
from bridge.domain.kernel.principal import SYSTEM, AccessRole, Principal, PrincipalKind
from bridge.domain.outbox.commands import NewMessage, QueueMessage
from bridge.domain.outbox.records import Bearer
from bridge.domain.phoneorders.commands import DescribeOrder, GiveUpOrder, NoSuchList, OrderRefused, OrderStarted
from bridge.domain.phoneorders.passing import PHONE_ORDERS, OrderPhase, PhoneOrder
from bridge.domain.phoneorders.records import CONFIRMED_ORDERS, ConfirmedOrder
from bridge.ports import PortError
from bridge.service.callouts import ListCall, targets_of_list
from bridge.service.outbox import addresses
from bridge.service.refusal import Refusal
from bridge.service.service import Service
from bridge.service.use_case import Ports, ask
from bridge.words import word

log = structlog.get_logger(__name__)

LOOKED_AT: Final = 100
"""So many of the newest call-outs are looked at for the key of an order."""
LATE_S: Final = 600.0
"""A confirmed order that a restart finds later than this is not carried out: others will have acted."""


class PhoneOrders:
    """Keep `run` running beside the engine."""

    def __init__(self, service: Service, ports: Ports) -> None:
        self._service = service
        self._ports = ports

    async def run(self) -> None:
        """Heed what is ordered from now on, one order after the other, until cancelled."""
        number = self._ports.control.number()
        for confirmed in list(self._ports.control.node()[CONFIRMED_ORDERS].values()):
            await self.recover(confirmed)
        async for change in self._ports.control.changes(number):
            if change.kind == "phone_order":
                order = self._ports.control.node()[PHONE_ORDERS].get(ChannelId(change.subject))
                if order is not None and order.phase in (OrderPhase.READING, OrderPhase.STARTING):
                    await self.heed(order)

    async def recover(self, order: ConfirmedOrder) -> None:
        """One of before a restart. The key of its call-out is its call's, so that it starts nothing twice."""
        held = PhoneOrder(order.id, order.function_id, order.function, order.organisation, exercise=order.exercise)
        held = replace(held, phase=OrderPhase.STARTING, list_id=order.list_id, list_name=order.list_name)
        is_late = self._ports.clock.now_s() - order.confirmed_at_s > LATE_S
        try:
            kept = await self._ports.archive.activations(limit=LOOKED_AT)
            if any(one.key == f"phone-{order.id}" for one in kept):
                await self._settle(OrderStarted(order.id))
                return
            if not is_late and isinstance(await self._answer(held), OrderStarted):
                await self._settle(OrderStarted(order.id))
                return
        except (Refusal, PortError) as error:
            log.warning("phone_order_not_recovered", channel=order.id, reason=str(error))
        await self._settle(GiveUpOrder(order.id))
        await self._tell(order)

    async def _settle(self, command: OrderStarted | GiveUpOrder) -> None:
        try:
            await ask(self._ports, SYSTEM, command)
        except Refusal:
            log.info("phone_order_over", channel=command.channel)

    async def _tell(self, order: ConfirmedOrder) -> None:
        function = await self._ports.directory.get(Function, order.function_id)
        to = addresses(Bearer.SMS, function.numbers, None) if function is not None else ()
        if function is None or not to:
            log.error("phone_order_lost", function=order.function_id, list=order.list_name)
            return
        text = word(function.language, "message", "phone_order_lost", list=order.list_name)
        key = OutboxId(self._ports.ids.mint("outbox"))
        try:
            await ask(self._ports, SYSTEM, QueueMessage(NewMessage(key, Bearer.SMS, to[0], text)))
        except Refusal as refusal:
            log.error("phone_order_lost", function=order.function_id, reason=str(refusal.reason))

    async def heed(self, order: PhoneOrder) -> None:
        """Do the next step of one order. An order that cannot be carried out is told to the caller."""
        try:
            answer = await self._answer(order)
        except (Refusal, PortError) as error:
            log.warning("phone_order_failed", channel=order.channel, reason=str(error))
            answer = OrderRefused(order.channel)
        try:
            await ask(self._ports, SYSTEM, answer)
        except Refusal:
            log.info("phone_order_over", channel=order.channel)

    async def _answer(self, order: PhoneOrder) -> Command:
        function = await self._ports.directory.get(Function, order.function_id)
        if function is None or not function.phone_orders:
            log.warning("phone_order_not_allowed", function=order.function_id)
            return OrderRefused(order.channel)
        if order.phase is OrderPhase.READING:
            return await self._described(order)
        call = ListCall(
            order.list_id, key=f"phone-{order.channel}", join_open=True, exercise=order.exercise is not False
        )
        await self._service.callouts.start(_principal(order), call)
        return OrderStarted(order.channel)

    async def _described(self, order: PhoneOrder) -> Command:
        lists = await self._ports.directory.list(ActivationList)
        found = next((one for one in lists if one.phone_number == order.number), None)
        targets = await targets_of_list(self._ports, found) if found is not None else ()
        if found is None or not targets:
            return NoSuchList(order.channel)
        return DescribeOrder(order.channel, found.id, found.name, len(targets))


def _principal(order: PhoneOrder) -> Principal:
    return Principal(
        id=f"{PrincipalKind.PHONE_USER}:{order.function_id}",
        name=order.actor,
        kind=PrincipalKind.PHONE_USER,
        roles=frozenset({AccessRole.PHONE_ORDERS}),
    )
