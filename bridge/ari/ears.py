"""One voice at a time at one ear: announcements first, and a whisper waits for them.

A whisper holds back while an announcement plays in its listener's mix, or waits to. An announcement ends what is read
out there. It waits a moment for short whispers, so that nobody loses the end of one. Both waits are bounded.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from bridge.domain.kernel.ids import ChannelId, MixId

ANNOUNCEMENT_WAITS_S: Final = 4.0
"""Longer than most whispers; a longer one is talked over."""
WHISPER_WAITS_S: Final = 30.0
"""A whisper that must be heard is said after this, whatever else is said."""


class Ears:
    """The voices that speak now or are about to, by ear.

    Args:
        where: Channel → the mix that it hears; `None` outside every mix.
    """

    def __init__(self, where: Callable[[ChannelId], MixId | None]) -> None:
        self._where = where
        self._announced: Counter[MixId] = Counter()
        self._whispered: dict[ChannelId, tuple[Callable[[], None], bool]] = {}
        """Channel → the way to end what is whispered there, and whether it is long."""
        self._changed = asyncio.Condition()

    def expect(self, mix: MixId, more: int = 1, *, at_once: bool = False) -> None:
        """Announcements are on their way: no whisper begins in the mix from now on, and long ones end.

        Args:
            mix: Where they will be said.
            more: How many more than before; fewer than none when others are dropped for this one.
            at_once: Short whispers end as well.
        """
        self._announced[mix] += more
        for channel, (end, is_long) in self._whispered.items():
            if (is_long or at_once) and self._where(channel) == mix:
                end()

    async def said(self, mix: MixId, count: int = 1) -> None:
        """So many announcements are over, or will never be said."""
        async with self._changed:
            self._announced[mix] -= count
            self._announced = +self._announced
            self._changed.notify_all()

    async def before_announcing(self, mix: MixId) -> None:
        """Let the whispers that are being said in the mix come to their end."""
        await self._until(lambda: not any(self._where(one) == mix for one in self._whispered), ANNOUNCEMENT_WAITS_S)

    async def is_free(self, channel: ChannelId, within_s: float = WHISPER_WAITS_S) -> bool:
        """Wait for the end of the announcements at this ear; whether it came in time."""
        return await self._until(lambda: not self._announced[mix] if (mix := self._where(channel)) else True, within_s)

    @asynccontextmanager
    async def whispering(
        self, channel: ChannelId, end: Callable[[], None], *, is_long: bool = False
    ) -> AsyncIterator[None]:
        """While a whisper is said. `end` ends it: an announcement does that to a long one, and a vital one to all."""
        self._whispered[channel] = end, is_long
        try:
            yield
        finally:
            async with self._changed:
                self._whispered.pop(channel, None)
                self._changed.notify_all()

    async def _until(self, free: Callable[[], bool], within_s: float) -> bool:
        if free():
            return True
        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait_for(free), within_s)
            except TimeoutError:
                return False
        return True
