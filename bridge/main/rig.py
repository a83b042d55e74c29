"""A node is a list of parts. Each is made from those before it and works as long as the controller lives. It is stopped
before those that it was made from."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar, cast

from bridge.ports import Health

T = TypeVar("T")
Work = Coroutine[Any, Any, None]
HEAD_START_S: Final = 0.03
"""A part that was asked to end has so long before the one before it is asked too. All of it together must be well below
the time in which a controller has to be gone."""


class Rig:
    """The parts that are made, by their type."""

    def __init__(self, *given: object) -> None:
        self._made: dict[type, object] = {type(one): one for one in given}
        self.shown: list[Health] = []
        """The parts that say how they are, in the order they were made."""

    def add(self, one: object) -> None:
        """Keep a part for those that are made after it.

        Raises:
            ValueError: There is one of this type.
        """
        if type(one) in self._made:
            raise ValueError(f"there are two parts of type {type(one).__name__}")
        self._made[type(one)] = one

    def __getitem__(self, kind: type[T]) -> T:
        return cast(T, self._made[kind])


@dataclass(frozen=True)
class Part:
    """One entry of the list.

    Attributes:
        name: For logs and for `/readyz`.
        make: Makes the part from those before it. A part that is only work, or only a step of the start, makes `None`.
        work: Runs until it is cancelled. Its failure ends the controller, unless the part is `aside`.
        ends: Called when the controller is asked to end, before the work is cancelled.
        close: Gives back what the part holds, after all work has ended.
        aside: Meetings go on without it: after a failure its work is begun again.
        shown: It says how it is (`bridge.ports.Health`), for `/readyz`.
    """

    name: str
    make: Callable[[Rig], Awaitable[Any]] | None = None
    work: Callable[[Rig], Work] | None = None
    ends: Callable[[Rig], None] | None = None
    close: Callable[[Rig], Awaitable[None]] | None = None
    aside: bool = False
    shown: bool = False


@asynccontextmanager
async def made(parts: Sequence[Part], rig: Rig) -> AsyncIterator[Rig]:
    """Make every part in order; close them in the opposite order."""
    async with AsyncExitStack() as closing:
        for part in parts:
            if part.make is not None:
                one = await part.make(rig)
                if one is not None:
                    rig.add(one)
                if part.shown:
                    rig.shown.append(one)
            if part.close is not None:
                closing.push_async_callback(part.close, rig)
        yield rig


async def worked(
    parts: Sequence[Part],
    rig: Rig,
    until: Callable[[], Awaitable[object]],
    around: Callable[[Part, Callable[[], Work]], Work],
) -> None:
    """Let every part work until `until` has come; then stop them, the last one first.

    Args:
        parts: Those with work are started in their order.
        rig: All parts, made.
        until: Returns when the parts shall stop.
        around: The consequence of a part's failure.
    """
    gc.freeze()  # modules and parts stay for good, and a collection that walks them stops the loop for 100 ms and more
    async with asyncio.TaskGroup() as tasks:
        running = [
            (part, tasks.create_task(around(part, partial(part.work, rig)), name=part.name))
            for part in parts
            if part.work is not None
        ]
        await until()
        for part, task in reversed(running):
            if part.ends is not None:
                part.ends(rig)
            task.cancel()
            await asyncio.wait([task], timeout=HEAD_START_S)
