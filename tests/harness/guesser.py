"""Telephones that guess codes as fast as the program's own rule lets them, on a clock that jumps."""

import itertools
import random
from collections.abc import Callable
from typing import Final

from bridge.domain.conference.codes import pattern_of
from bridge.domain.conference.effects import LookUpCode
from bridge.domain.conference.events import CodeResolved
from bridge.domain.kernel.ids import ChannelId, TrunkName
from bridge.domain.telephony.events import CallArrived
from tests.harness.story import TRUNK, Story

HOUR_S: Final = 3600.0
YEAR_H: Final = 8766.0
OPEN_CODES: Final = 20
OTHER_TRUNK: Final = TrunkName("reserve")
Forge = Callable[[], str]


def anew() -> Forge:
    """Another number for each call."""
    numbers = itertools.count()
    return lambda: f"+4670{next(numbers) % 10_000_000:07d}"


class Attack:
    """Telephones that key wrong codes as fast as they are let. Each hangs up after the look-up, and redials at once."""

    def __init__(self, story: Story, lines: int, forge: Forge, trunks: tuple[TrunkName, ...] = (TRUNK,)) -> None:
        self.story = story
        self.forge = forge
        self.trunks = itertools.cycle(trunks)
        self.made = 0
        self._calls = itertools.count()
        for _ in range(lines):
            self._dial()
        self._answer()

    def goes_on(self, for_s: float) -> int:
        """The guesses that came through in this time."""
        before, until_s = self.made, self.story.now_s + for_s
        while self.story.timers and min(self.story.timers.values()) <= until_s:
            self.story.passes(min(self.story.timers.values()) - self.story.now_s)
            self._answer()
        self.story.passes(until_s - self.story.now_s)
        return self.made - before

    def _dial(self) -> None:
        channel = ChannelId(f"guess-{next(self._calls)}")
        self.story.happens(CallArrived(self.story.now_s, channel, "+4685555555", self.forge(), next(self.trunks)))
        self.story.keys(channel, "57746016#")

    def _answer(self) -> None:
        while looked_up := [one for one in self.story.done(LookUpCode) if one.channel.startswith("guess-")]:
            self.story.forget_effects()
            for look in looked_up:
                self.made += 1
                self.story.happens(CodeResolved(self.story.now_s, look.channel, None))
                self.story.hangs_up(look.channel)
                self._dial()


def mean_years(guesses_per_h: float) -> float:
    """Until the first hit on any of the open codes, if no guess is made twice in vain."""
    drawn = random.Random(1)
    sample = 20_000
    plain = sum(pattern_of(f"{drawn.randrange(10**8):08d}") is None for _ in range(sample)) / sample
    return 10**8 * plain / OPEN_CODES / guesses_per_h / YEAR_H
