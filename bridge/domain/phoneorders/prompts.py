"""The phrases of this room, by the names of their recordings."""

from typing import Final

from bridge.domain.kernel.phrases import Prompt

ORDER_LIST: Final = Prompt("order/list")
"""You may start a call-out: the number of its list is asked for."""
ORDER_NO_LIST: Final = Prompt("order/no-list")
"""No list has this number."""
ORDER_WAIT: Final = Prompt("order/wait")
ORDER_THE_LIST: Final = Prompt("order/the-list")
"""Before the name of a list."""
ORDER_FUNCTIONS: Final = Prompt("order/functions")
"""After a number: so many functions."""
ORDER_KIND: Final = Prompt("order/kind")
"""7 for live, 9 for an exercise."""
ORDER_LIVE: Final = Prompt("order/live")
"""A live call-out, in which all of them are called at once."""
ORDER_EXERCISE: Final = Prompt("order/exercise")
"""A call-out as an exercise, in which all of them are called at once."""
ORDER_CONFIRM: Final = Prompt("order/confirm")
"""The own code is asked for again; without it nothing is started."""
ORDER_STARTED: Final = Prompt("order/started")
ORDER_NOT_STARTED: Final = Prompt("order/not-started")
"""Nothing was started."""
ORDER_REFUSED: Final = Prompt("order/refused")
"""It cannot be carried out."""
ORDER_UNSURE: Final = Prompt("order/unsure")
"""Nobody knows whether it was started: look, or call again."""
