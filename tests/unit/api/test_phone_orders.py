"""Orders by telephone over the API and beside the engine: whose code it is, and what it starts."""

import httpx
import pytest

from bridge.domain.callout.records import ACTIVATIONS
from bridge.domain.conference.codes import ORDERS
from bridge.domain.directory.records import ActivationList, Function, Organisation
from bridge.domain.kernel.ids import ChannelId
from bridge.domain.phoneorders.commands import DescribeOrder, NoSuchList, OrderRefused, OrderStarted
from bridge.domain.phoneorders.passing import OrderPhase, PhoneOrder
from bridge.service import Service
from bridge.service.orders.telephone import PhoneOrders
from tests.unit.api.region import Region

LINE = ChannelId("leg-order")
NUMBER = "+46846500401"
CODE = "/directory/functions/tib/order-code"


@pytest.fixture
async def orders(region: Region) -> PhoneOrders:
    await region.has(
        Organisation("lst", "Länsstyrelsen"),
        Function("tib", "lst", "TiB", phone_orders=True),
        Function("jour", "lst", "Jour", numbers=(NUMBER,)),
        ActivationList("lista", "Inriktande", ("jour",), phone_number=12),
        ActivationList("tom", "Tom", (), phone_number=13),
    )
    return PhoneOrders(Service.on(region.ports()), region.ports())


def order(phase: OrderPhase, **more: object) -> PhoneOrder:
    return PhoneOrder(LINE, "tib", "TiB", "Länsstyrelsen", phase=phase, **more)  # type: ignore[arg-type]


async def answer(region: Region, orders: PhoneOrders, given: PhoneOrder) -> object:
    await orders.heed(given)
    return region.asked[-1][1]


async def test_the_code_is_shown_once_opens_no_meeting_and_is_taken_back(
    host: httpx.AsyncClient, region: Region, orders: PhoneOrders
) -> None:
    made = await host.post(CODE)
    assert made.status_code == 201
    owner = await region.codes.resolve(made.json()["code"])
    assert owner is not None
    assert (owner.conference, owner.function_id) == (ORDERS, "tib")
    assert (await host.delete(CODE)).status_code == 204
    assert await region.codes.resolve(made.json()["code"]) is None


async def test_a_function_without_the_permission_gets_no_code(
    host: httpx.AsyncClient, region: Region, orders: PhoneOrders
) -> None:
    refused = await host.post("/directory/functions/jour/order-code")
    assert (refused.status_code, refused.json()["reason"]) == (409, "no_phone_orders")
    assert (await host.post("/directory/functions/nobody/order-code")).status_code == 404


async def test_a_number_belongs_to_one_list(host: httpx.AsyncClient, orders: PhoneOrders) -> None:
    refused = await host.post("/activation-lists", json={"name": "Annan", "phone_number": 12})
    assert (refused.status_code, refused.json()["reason"]) == (409, "phone_number_taken")
    kept = await host.patch("/activation-lists/lista", json={"name": "Inriktande nivå"})
    assert kept.status_code == 200, "its own number is no other's"


@pytest.mark.parametrize("number", [99, 13], ids=["unknown", "empty"])
async def test_a_list_that_there_is_not_is_told(region: Region, orders: PhoneOrders, number: int) -> None:
    assert await answer(region, orders, order(OrderPhase.READING, number=number)) == NoSuchList(LINE)


async def test_a_list_is_described_by_its_name_and_size(region: Region, orders: PhoneOrders) -> None:
    described = DescribeOrder(LINE, "lista", "Inriktande", 1)
    assert await answer(region, orders, order(OrderPhase.READING, number=12)) == described


async def test_a_confirmed_order_starts_the_call_out_once_as_the_function(region: Region, orders: PhoneOrders) -> None:
    confirmed = order(OrderPhase.STARTING, list_id="lista", exercise=False)
    assert await answer(region, orders, confirmed) == OrderStarted(LINE)
    assert await answer(region, orders, confirmed) == OrderStarted(LINE)
    [started] = region.node()[ACTIVATIONS].values()
    assert (started.started_by, started.exercise) == ("Länsstyrelsen TiB (telephone)", False)


async def test_a_permission_that_is_taken_away_meanwhile_counts(
    host: httpx.AsyncClient, region: Region, orders: PhoneOrders
) -> None:
    await host.patch("/functions/tib", json={"phone_orders": False})
    confirmed = order(OrderPhase.STARTING, list_id="lista", exercise=False)
    assert await answer(region, orders, confirmed) == OrderRefused(LINE)
    assert not region.node()[ACTIVATIONS]
