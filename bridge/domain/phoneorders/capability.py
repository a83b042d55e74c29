"""Orders by telephone, as the step sees them. The code that begins one comes to `joint`, as every code."""

from typing import Final

from bridge.domain.kernel.capability import Capability, carries_out
from bridge.domain.phoneorders import ordering, prompts
from bridge.domain.phoneorders.commands import DescribeOrder, GiveUpOrder, NoSuchList, OrderRefused, OrderStarted
from bridge.domain.phoneorders.records import CONFIRMED_ORDERS

PHONE_ORDERS_ROOM: Final = Capability(
    "phoneorders",
    records=(CONFIRMED_ORDERS,),
    commands=(
        carries_out(DescribeOrder, ordering.describe),
        carries_out(NoSuchList, ordering.no_such_list),
        carries_out(OrderStarted, ordering.started),
        carries_out(OrderRefused, ordering.refused),
        carries_out(GiveUpOrder, ordering.given_up),
    ),
    prompts=prompts,
    keep=ordering.keep,
)
