"""Argon2id of passwords (RFC 9106). Each takes 46 MiB and some tens of milliseconds, in a thread.

Two are computed at a time, and 16 wait; further ones are turned away. So guessing takes neither loop nor memory.
"""

import asyncio
from collections.abc import Callable, Collection
from functools import cache
from pathlib import Path
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bridge.domain.access.passwords import normal
from bridge.ports import TooBusy

AT_ONCE: Final = 2
MOST_WAITING: Final = 16
MEMORY_KIB: Final = 47_104
PASSES: Final = 2
R = TypeVar("R")


class ArgonPasswords:
    """`bridge.ports.Passwords`."""

    def __init__(self, memory_kib: int = MEMORY_KIB) -> None:
        self._hasher = PasswordHasher(time_cost=PASSES, memory_cost=memory_kib, parallelism=1)
        self._places = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._of_nobody: str | None = None

    async def hashed(self, password: str) -> str:
        return await self._computed(lambda: self._hasher.hash(normal(password)))

    async def fits(self, hashed: str | None, password: str) -> bool:
        def looked() -> bool:
            if self._of_nobody is None:
                self._of_nobody = self._hasher.hash("nobody has this password")
            try:
                self._hasher.verify(hashed or self._of_nobody, normal(password))
            except (VerificationError, InvalidHashError):
                return False
            return hashed is not None

        return await self._computed(looked)

    def common(self) -> Collection[str]:
        return common_words()

    async def _computed(self, work: Callable[[], R]) -> R:
        if self._waiting >= MOST_WAITING:
            raise TooBusy
        self._waiting += 1
        try:
            async with self._places:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1


@cache
def common_words() -> frozenset[str]:
    """Passwords that many use, and the words that they are made of."""
    lines = (Path(__file__).parent / "common.txt").read_text(encoding="utf-8").split()
    return frozenset(one.casefold() for one in lines)
