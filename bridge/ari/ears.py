"""One voice at a time at one ear: announcements and whispers take turns. Each lasts until its sound has ended.

An announcement is heard by its whole mix. So no whisper begins in a mix where one is said, or waits to be. The
announcement waits for the whispers that are being said there. It ends what is read out, and a vital one ends them all.

No clock lets one voice speak over another; the bounds are turns. A whisper that has waited for `WHISPER_WAITS_S` comes
before the next announcement. That one waits for a single whisper at each ear at most. The queues themselves are bounded
by `SpeechQueue`, whose overflow rule drops what matters least. A playback without an end is given up by its speaker.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from bridge.domain.kernel.ids import ChannelId, MixId

WHISPER_WAITS_S: Final = 30.0
"""Announcement after announcement keeps a whisper waiting for so long at most. Then it is next."""
LOOK_S: Final = 1.0
"""A listener may be moved to another mix meanwhile, and nothing tells of that here."""


class Ears:
    """The voices that speak now or are about to, by ear.

    Args:
        where: Channel → the mix that it hears; `None` outside every mix.
    """

    def __init__(self, where: Callable[[ChannelId], MixId | None]) -> None:
        self._where = where
        self._announced: Counter[MixId] = Counter()
        """Announcements that are said or wait."""
        self._turns: set[MixId] = set()
        """Here an announcement is said, or is the next."""
        self._whispered: dict[ChannelId, tuple[Callable[[], None], bool]] = {}
        """Channel → the way to end what is whispered there, and whether it is long."""
        self._overdue: dict[ChannelId, bool] = {}
        """Whispers that have waited long enough → whether the next announcement waits for them already."""
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

    def is_free(self, channel: ChannelId) -> bool:
        """Whether no announcement is said or waits at this ear."""
        mix = self._where(channel)
        return mix is None or not self._announced[mix]

    @asynccontextmanager
    async def announcing(self, mix: MixId) -> AsyncIterator[None]:
        """While an announcement is said, after the whispers whose turn it is have come to their end."""
        async with self._changed:
            self._turns.add(mix)
            self._overdue |= {one: True for one in self._overdue if self._where(one) == mix}
            self._changed.notify_all()
        try:
            async with self._changed:
                await self._until(lambda: not self._is_whispered_in(mix))
            yield
        finally:
            async with self._changed:
                self._turns.discard(mix)
                self._changed.notify_all()

    @asynccontextmanager
    async def whispering(
        self,
        channel: ChannelId,
        end: Callable[[], None],
        *,
        is_long: bool = False,
        within_s: float | None = None,
    ) -> AsyncIterator[bool]:
        """While a whisper is said, at the ear's next free moment.

        Args:
            channel: The one that hears it.
            end: Ends it. An announcement does that to a long one, and a vital one to all.
            is_long: It is read out.
            within_s: It is not said any more after this; `None`: it is said, and waits its turn.

        Yields:
            Whether it may be said.
        """
        try:
            yield await self._takes_turn(channel, (end, is_long), within_s)
        finally:
            async with self._changed:
                self._whispered.pop(channel, None)
                self._overdue.pop(channel, None)
                self._changed.notify_all()

    async def _takes_turn(
        self, channel: ChannelId, whisper: tuple[Callable[[], None], bool], within_s: float | None
    ) -> bool:
        async with self._changed:
            patience_s = WHISPER_WAITS_S if within_s is None else within_s
            if not await self._until(lambda: self.is_free(channel), patience_s):
                if within_s is not None:
                    return False
                self._overdue[channel] = False
                await self._until(lambda: self._overdue[channel] or self._where(channel) not in self._turns)
            self._whispered[channel] = whisper
            self._overdue.pop(channel, None)
        return True

    def _is_whispered_in(self, mix: MixId) -> bool:
        next_ones = [one for one, is_waited_for in self._overdue.items() if is_waited_for]
        return any(self._where(one) == mix for one in (*self._whispered, *next_ones))

    async def _until(self, free: Callable[[], bool], within_s: float | None = None) -> bool:
        """Wait, with the lock held whenever `free` is asked; whether it came in time."""
        try:
            async with asyncio.timeout(within_s):
                while not free():
                    with suppress(TimeoutError):
                        async with asyncio.timeout(LOOK_S):
                            await self._changed.wait()
        except TimeoutError:
            return free()
        return True
