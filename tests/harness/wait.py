"""Wait strategies: a test waits for a thing to be so, never for time to pass.

A deadline counts the time in which the machine ran: what it provably stood still (`tests.harness.pauses`) is added.
"""

import asyncio
import inspect
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar, overload

T = TypeVar("T")

POLL_S = 0.05
"""Most predicates ask the controller, which is under test."""


def _never(since_s: float, until_s: float) -> float:
    return 0.0


@dataclass
class Machine:
    """What is known of the machine's own pauses; nothing, where no witness beats."""

    stood_still_s: Callable[[float, float], float] = _never
    """Between two instants of CLOCK_MONOTONIC."""


MACHINE = Machine()


class Waited(AssertionError):
    """What was waited for did not come. The text says what, how long, and what was seen last."""


class Unheard(Waited):
    """A telephone did not hear what it should. Sound is lost where any program on its way lacks time."""


@overload
async def until(
    predicate: Callable[[], Coroutine[Any, Any, T]],
    within_s: float,
    *,
    what: str = ...,
    every_s: float = ...,
    seen: Callable[[], object] | None = ...,
    fault: type[Waited] = ...,
) -> T: ...
@overload
async def until(
    predicate: Callable[[], T],
    within_s: float,
    *,
    what: str = ...,
    every_s: float = ...,
    seen: Callable[[], object] | None = ...,
    fault: type[Waited] = ...,
) -> T: ...
async def until(
    predicate: Callable[[], Any],
    within_s: float,
    *,
    what: str = "",
    every_s: float = POLL_S,
    seen: Callable[[], object] | None = None,
    fault: type[Waited] = Waited,
) -> Any:
    """Wait until `predicate()` (plain or async) is true and give its value.

    An `AssertionError`, `LookupError` or `OSError` inside the predicate counts as "not yet" and is shown in the end.

    Raises:
        Waited: it was not so within `within_s`, and what the machine stood still meanwhile; as the given `fault`.
    """
    began_s = time.monotonic()
    last: object = None
    while True:
        try:
            value = predicate()
            last = value = await value if inspect.isawaitable(value) else value
            if value:
                return value
        except (AssertionError, LookupError, OSError) as error:
            last = error
        now_s = time.monotonic()
        if now_s - began_s >= within_s and now_s - began_s >= within_s + MACHINE.stood_still_s(began_s, now_s):
            shown = seen() if seen is not None else last
            raise fault(f"not within {within_s:g} s: {what or _text_of(predicate)}; last seen: {shown!r}")
        await asyncio.sleep(every_s)


async def never(predicate: Callable[[], Any], for_s: float, *, what: str = "", every_s: float = POLL_S) -> None:
    """Watch for `for_s` that it does not come.

    Raises:
        Waited: it came.
    """
    try:
        value = await until(predicate, for_s, every_s=every_s)
    except Waited:
        return
    raise Waited(f"it came, and should not: {what or _text_of(predicate)}; seen: {value!r}")


def _text_of(predicate: Callable[[], object]) -> str:
    try:
        return " ".join(inspect.getsource(predicate).split())[:160]
    except (OSError, TypeError):
        return repr(predicate)
