"""Orders by telephone under way, which a restart may lose. From the second code on they are records too."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bridge.domain.kernel.ids import ChannelId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.tables import Table


class OrderPhase(StrEnum):
    CHOOSING = "choosing"
    """The number of a list is asked for."""
    READING = "reading"
    """The list is looked up."""
    KIND = "kind"
    """Live or exercise is asked for."""
    CONFIRMING = "confirming"
    """The code is asked for again."""
    STARTING = "starting"
    """It was keyed: the call-out is being started."""


@dataclass(frozen=True, slots=True)
class PhoneOrder:
    """An order of one caller, as far as it is known."""

    channel: ChannelId
    function_id: str
    """The owner of the code, by id."""
    function: str
    organisation: str
    phase: OrderPhase = OrderPhase.CHOOSING
    number: int = 0
    """Of the list, as it was keyed."""
    list_id: str = ""
    list_name: str = ""
    functions: int = 0
    """So many would be called."""
    exercise: bool | None = None
    language: Language | None = None
    """Of the function; `None`: it is not known, and the caller hears the house's."""

    @property
    def actor(self) -> str:
        """As the audit log shows them."""
        return f"{self.organisation} {self.function} (telephone)".strip()


PHONE_ORDERS: Final = Table[ChannelId, PhoneOrder]("phone_orders")
ORDERS_ENDED: Final = Table[ChannelId, bool]("orders_ended")
"""Confirmed orders that ended while nobody was on their line, and whether each was started. A caller hears it, should
their line be found after a restart."""
MOST_ENDED: Final = 50
"""So many are known; the oldest goes."""
