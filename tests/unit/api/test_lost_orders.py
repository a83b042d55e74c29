"""The controller dies between the second code of an order by telephone and its call-out."""

import pytest

from bridge.domain.callout.records import ACTIVATIONS
from bridge.domain.directory.records import ActivationList, Function, Organisation
from bridge.domain.kernel.ids import ChannelId
from bridge.domain.outbox.policy import BearerPolicy, OutboxPolicy
from bridge.domain.outbox.records import Bearer
from bridge.domain.phoneorders.records import CONFIRMED_ORDERS, ConfirmedOrder
from bridge.service import Service
from bridge.service.orders.telephone import LATE_S, PhoneOrders
from tests.unit.api.region import Region

LINE = ChannelId("in-1")
MOBILE = "+46701740605"


@pytest.fixture
async def found(region: Region) -> Region:
    """What a restart finds."""
    region.sending = OutboxPolicy((BearerPolicy(Bearer.SMS, 0, 4),))
    await region.has(
        Organisation("lst", "Länsstyrelsen"),
        Function("tib", "lst", "TiB", (MOBILE,), phone_orders=True),
        ActivationList("list-1", "Inriktande", ("tib",)),
    )
    order = ConfirmedOrder(LINE, "tib", "TiB", "Länsstyrelsen", "list-1", "Inriktande", False, region.clock.now_s())
    await region.store.commit([order])
    await region.restart()
    return region


async def recovered(region: Region) -> None:
    orders = PhoneOrders(Service.on(region.ports()), region.ports())
    for order in list(region.node()[CONFIRMED_ORDERS].values()):
        await orders.recover(order)


async def test_it_is_carried_out_once_however_often_it_is_found(found: Region) -> None:
    [order] = found.node()[CONFIRMED_ORDERS].values()
    await recovered(found)
    assert [(one.key, one.list_id, one.exercise) for one in found.node()[ACTIVATIONS].values()] == [
        (f"phone-{LINE}", "list-1", False)
    ]
    assert not found.node()[CONFIRMED_ORDERS]
    await PhoneOrders(Service.on(found.ports()), found.ports()).recover(order)
    assert len(found.node()[ACTIVATIONS]) == 1


async def test_one_that_is_too_old_is_not_carried_out_and_its_orderer_is_told(found: Region) -> None:
    found.clock.time_s += LATE_S + 1
    await recovered(found)
    assert not found.node()[ACTIVATIONS]
    assert not found.node()[CONFIRMED_ORDERS]
    assert [one.action for one in await found.audited("phone_order.")] == ["phone_order.lost"]
    [message] = await found.archive.outbox(bearer=Bearer.SMS)
    assert (message.to, "Inriktande" in message.text) == (MOBILE, True)
