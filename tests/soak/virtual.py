"""An event loop whose clock jumps to the next timer as soon as there is nothing else to do.

A program on it takes as long as its computing takes, whatever it waits for. It comes out the same each time. It is for
programs whose only partners run on the same loop. A socket that something outside answers would be overtaken by time.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

EPOCH_S = 1_800_000_000.0


class StandstillError(RuntimeError):
    """Nothing is ready and no timer runs: whatever is waited for will never come."""


class _JumpingSelector(selectors.SelectSelector):
    """Where a loop would sleep, its time jumps."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready:
            return ready
        if timeout is None:
            raise StandstillError
        self.now_s += max(timeout, 0.0)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """`time()` begins at 0."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now_s


class VirtualClock:
    """`bridge.ports.Clock` on the running loop."""

    def now_s(self) -> float:
        return EPOCH_S + asyncio.get_running_loop().time()


def run_virtually(main: Coroutine[Any, Any, T]) -> T:
    """Run to its end on a loop of its own; tasks that it leaves behind are cancelled."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
