"""An order by telephone that was confirmed: the record. A restart finds it, and it is carried out once or told of."""

from dataclasses import dataclass
from typing import Final

from bridge.domain.kernel.ids import ChannelId
from bridge.domain.kernel.records import Record
from bridge.domain.kernel.tables import Records


@dataclass(frozen=True, slots=True)
class ConfirmedOrder(Record):
    """Its code was keyed again. Whether its call-out runs is not known yet."""

    id: ChannelId
    """Of the call. The key of the call-out is made of it."""
    function_id: str
    function: str
    organisation: str
    list_id: str
    list_name: str
    exercise: bool
    confirmed_at_s: float
    ended_at_s: float | None = None
    """The call-out runs, or the order is refused or given up."""


CONFIRMED_ORDERS: Final = Records[ChannelId, ConfirmedOrder]("confirmed_orders", ConfirmedOrder, None)
"""Those that are not settled."""
