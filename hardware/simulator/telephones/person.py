"""A person with a telephone that is rung: a manner, lived through one call."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, assert_never

from hardware.simulator.telephones.ear import Heard
from hardware.simulator.telephones.line import Line
from hardware.simulator.telephones.manners import (
    Answers,
    Busy,
    Congested,
    Forwards,
    HangsUp,
    Manner,
    OutOfReach,
    Rejects,
    RingsOut,
    Screening,
    Voicemail,
)
from hardware.simulator.telephones.sound import beep, music
from hardware.simulator.telephones.voices import Voices

SPEAKS_AFTER_S: Final = 1.0
"""From *Du har ordet* to the first word."""
HEARS_OUT_S: Final = 3.0
"""From the beginning of *Talarlista …* being understood to its end: who asks meanwhile may not hear their answer."""
DONE_S: Final = 0.5
"""From the last word to `*5`."""
Pause = Callable[[float], Awaitable[None]]


class Person:
    """Lives one call. `live` ends with it; cancelled, it leaves the call as it is.

    Args:
        line: The call.
        voices: How it speaks.
        pause: Waits for seconds of the played time, which may go faster than the clock.
        other: The manner of another telephone, for a call that is forwarded.
        notes: Told what is understood, as it is.
    """

    def __init__(
        self,
        line: Line,
        voices: Voices,
        pause: Pause,
        other: Callable[[str], Manner | None],
        notes: Callable[[str], None],
    ) -> None:
        self._line = line
        self._voices = voices
        self._pause = pause
        self._other = other
        self._notes = notes
        self._speech: asyncio.Task[None] | None = None
        self._has_word = False
        self._keyed_s = float("inf")

    async def live(self, manner: Manner) -> None:
        """The whole call as its manner says, until somebody ends it."""
        life = asyncio.create_task(self._lives(manner))
        end = asyncio.create_task(self._line.ended.wait())
        try:
            await asyncio.wait([life, end], return_when=asyncio.FIRST_COMPLETED)
            if life.done():
                life.result()
            await end
        finally:
            tasks = [one for one in (life, end, self._speech) if one is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _lives(self, manner: Manner) -> None:
        match manner:
            case Answers():
                await self._answers(manner)
            case RingsOut():
                self._line.rings()
            case Busy():
                await self._refuses(manner.after_s, 486, rings=False)
            case Rejects():
                await self._refuses(manner.after_s, 603, rings=True)
            case OutOfReach():
                await self._refuses(manner.after_s, 480, rings=False)
            case Congested():
                await self._refuses(manner.after_s, 503, rings=False)
            case Forwards():
                await self._is_forwarded(manner)
            case Voicemail():
                await self._takes_a_message(manner)
            case Screening():
                await self._screens(manner)
            case HangsUp():
                await self._picks_up(manner.after_s)
                await self._pause(manner.leaves_after_s)
                self._line.hangs_up()
            case _:
                assert_never(manner)

    async def _picks_up(self, after_s: float) -> None:
        self._line.rings()
        await self._pause(after_s)
        self._line.answers()
        await self._line.up.wait()

    async def _refuses(self, after_s: float, status: int, *, rings: bool) -> None:
        if rings:
            self._line.rings()
        await self._pause(after_s)
        self._line.refuses(status)

    async def _is_forwarded(self, manner: Forwards) -> None:
        self._line.is_forwarded()
        await self._pause(manner.after_s)
        other = self._other(manner.to)
        if other is None:
            self._line.refuses(480)
        else:
            await self._lives(other)

    async def _takes_a_message(self, manner: Voicemail) -> None:
        greeting = await self._voices.speaks(manner.greeting, self._line.own, manner.voice)
        await self._picks_up(manner.after_s)
        await asyncio.sleep(self._line.sound.says(greeting + beep()))
        await asyncio.sleep(manner.listens_s)  # the machine's own limit, whatever the speed of the play
        self._line.hangs_up()

    async def _screens(self, manner: Screening) -> None:
        greeting = await self._voices.speaks(manner.greeting, self._line.own, "sv+f5")
        await self._picks_up(manner.after_s)
        await asyncio.sleep(self._line.sound.says(greeting))
        await self._pause(manner.thinks_s)
        if not manner.accepts:
            self._line.hangs_up()
            return
        await self._takes_part(
            Answers(
                number=manner.number,
                voice=manner.voice,
                key=manner.key,
                key_after_s=manner.key_after_s,
                says=manner.says,
            )
        )

    async def _answers(self, manner: Answers) -> None:
        self._line.sound.suppresses_silence = manner.suppresses_silence
        await self._picks_up(manner.after_s)
        await self._takes_part(manner)

    async def _takes_part(self, manner: Answers) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keys(manner))
            group.create_task(self._listens(manner))
            if manner.holds_after_s is not None:
                group.create_task(self._holds(manner.holds_after_s, manner.hold_s))
            if manner.leaves_after_s is not None:
                group.create_task(self._leaves(manner.leaves_after_s))

    async def takes_part(self) -> None:
        """In a meeting that this telephone has dialled into by itself: listen, and act on what is said."""
        await self._listens(Answers(number=self._line.own, key=""))

    async def _keys(self, manner: Answers) -> None:
        if manner.key:
            await self._pause(manner.key_after_s)
            self._keyed_s = asyncio.get_running_loop().time()
            self._line.sound.presses(manner.key)

    async def _leaves(self, after_s: float) -> None:
        await self._pause(after_s)
        self._line.hangs_up()

    async def _holds(self, after_s: float, hold_s: float) -> None:
        await self._pause(after_s)
        self._line.holds(True)
        self._line.sound.plays(music())
        await self._pause(hold_s)
        self._line.sound.plays(None)
        self._line.holds(False)

    async def _listens(self, manner: Answers) -> None:
        while True:
            heard = await self._line.ear.heard.get()
            self._notes(heard.phrase)
            await self._acts_on(heard, manner)

    async def _acts_on(self, heard: Heard, manner: Answers) -> None:
        match heard.phrase:
            case "callout/keys" if manner.key and heard.began_s > self._keyed_s + 1:
                await self._keys(manner)  # asked anew: the first key was not taken
            case "floor/mode-lecture" | "floor/mode-queue" if manner.asks_after_s is not None:
                await asyncio.sleep(HEARS_OUT_S)
                await self._pause(manner.asks_after_s)
                self._line.sound.presses("*5")
            case "floor/yours":
                self._has_word = True
                self.says(manner.says, manner.voice, then_gives_back=True)
            case "floor/taken":
                self._has_word = False
                self.hushes()
            case _:
                pass

    def says(self, text: str, voice: str = "", *, then_gives_back: bool = False) -> None:
        """Begin to say something, instead of what is being said."""
        self.hushes()
        self._speech = asyncio.create_task(self._speaks(text, voice, then_gives_back=then_gives_back))

    def hushes(self) -> None:
        if self._speech is not None:
            self._speech.cancel()
            self._speech = None
        self._line.sound.hushes()

    async def _speaks(self, text: str, voice: str, *, then_gives_back: bool) -> None:
        spoken = await self._voices.speaks(text, self._line.own, voice)
        if then_gives_back:
            await asyncio.sleep(SPEAKS_AFTER_S)
        await asyncio.sleep(self._line.sound.says(spoken))
        if then_gives_back and self._has_word:
            await asyncio.sleep(DONE_S)
            self._has_word = False
            self._line.sound.presses("*5")
