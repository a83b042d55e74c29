"""Wait strategies: a test waits for a thing to be so, never for time to pass."""

import asyncio
import inspect
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, overload

T = TypeVar("T")

POLL_S = 0.02


class Waited(AssertionError):
    """What was waited for did not come. The text says what, how long, and what was seen last."""


@overload
async def until(
    predicate: Callable[[], Coroutine[Any, Any, T]],
    within_s: float,
    *,
    what: str = ...,
    every_s: float = ...,
    seen: Callable[[], object] | None = ...,
) -> T: ...
@overload
async def until(
    predicate: Callable[[], T],
    within_s: float,
    *,
    what: str = ...,
    every_s: float = ...,
    seen: Callable[[], object] | None = ...,
) -> T: ...
async def until(
    predicate: Callable[[], Any],
    within_s: float,
    *,
    what: str = "",
    every_s: float = POLL_S,
    seen: Callable[[], object] | None = None,
) -> Any:
    """Wait until `predicate()` (plain or async) is true and give its value.

    An `AssertionError`, `LookupError` or `OSError` inside the predicate counts as "not yet" and is shown in the end.

    Raises:
        Waited: it was not so within `within_s`.
    """
    deadline_s = time.monotonic() + within_s
    last: object = None
    while True:
        try:
            value = predicate()
            last = value = await value if inspect.isawaitable(value) else value
            if value:
                return value
        except (AssertionError, LookupError, OSError) as error:
            last = error
        if time.monotonic() >= deadline_s:
            shown = seen() if seen is not None else last
            raise Waited(f"not within {within_s:g} s: {what or _text_of(predicate)}; last seen: {shown!r}")
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
