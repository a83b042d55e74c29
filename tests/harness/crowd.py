"""A population behind a trunk, played in the test's own process. It keeps an exact record of every call it was rung
for.

    async with crowd(folder, world.trunk_port) as region:
        region.behaves("+46846500401", JOINS)
        region.behaves("+46846500402", 486, JOINS)      # busy at the first call, joins at the second

SIPp (`tests.harness.sipp`) plays greater crowds. This one tells when each call began and ended and what was heard in
it. It can do another thing at each call. A number nobody has told how to behave does not exist (404).
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from hardware.simulator.g711 import encode_alaw
from tests.harness.audio import Capture, Signal, voice
from tests.harness.rtp import EVENTS
from tests.harness.sipua import Endpoint

RING_S: Final = 0.3
KEY_S: Final = 0.5
SPEECH_S: Final = 120.0


@dataclass(frozen=True)
class Answers:
    """Rings for `ring_s`, answers, presses `keys` after `key_s` (a voicemail presses none), and may talk.

    `again_s`: presses once more after each such time, as one does who hears the question again.
    """

    keys: str = ""
    ring_s: float = RING_S
    key_s: float = KEY_S
    again_s: float | None = None
    talks: bool = False


@dataclass(frozen=True)
class Rings:
    """Rings until the caller gives up."""


JOINS: Final = Answers("1")
LATER: Final = Answers("2")
CANNOT: Final = Answers("3")
VOICEMAIL: Final = Answers()
RINGS: Final = Rings()
Behaviour = Answers | Rings | int
"""An integer is a SIP refusal, 4xx…6xx."""


@dataclass
class Rung:
    """One call that reached a number; times are CLOCK_MONOTONIC seconds, `None` while it has not come to that."""

    number: str
    line: int
    at_s: float
    answered_at_s: float | None = None
    ended_at_s: float | None = None
    status: int = 0

    def overlaps(self, other: "Rung") -> bool:
        """Whether both were alive at one time."""
        mine, theirs = self.ended_at_s or float("inf"), other.ended_at_s or float("inf")
        return self.at_s < theirs and other.at_s < mine


class Crowd:
    """The far end of a trunk at one UDP port."""

    def __init__(self, folder: Path) -> None:
        self.calls: list[Rung] = []
        self._folder = folder
        self._endpoint = Endpoint("127.0.0.1", folder, self._happened)
        self._behaviours: dict[str, list[Behaviour]] = {}
        self._times: defaultdict[str, int] = defaultdict(int)
        self._by_line: dict[int, tuple[Rung, Behaviour]] = {}

    async def start(self, port: int) -> None:
        await self._endpoint.start(port)

    async def stop(self) -> None:
        await self._endpoint.stop()
        await asyncio.sleep(0.02)  # the loop closes the socket at its next turn

    def behaves(self, number: str, *behaviours: Behaviour) -> None:
        """What it does at its first call, its second, …; the last is what it does from then on."""
        self._endpoint.numbers.add(number)
        self._behaviours[number] = list(behaviours)

    def rung(self, *numbers: str) -> list[Rung]:
        """The calls to any of these numbers, in order."""
        return [one for one in self.calls if one.number in numbers]

    def ringing(self) -> list[Rung]:
        return [one for one in self.calls if one.answered_at_s is None and one.ended_at_s is None]

    def heard(self, rung: Rung) -> Capture:
        """What came to the ear in that call."""
        return Capture.load(self._folder / str(rung.line))

    def hangs_up(self, rung: Rung) -> None:
        self._endpoint.lines[rung.line].hang_up()

    def all_fall(self) -> None:
        """The other side of every call is gone without a word: from now on there is none."""
        for rung, _ in self._by_line.values():
            if rung.ended_at_s is None:
                rung.ended_at_s = time.monotonic()
                self._endpoint.lines[rung.line].hang_up()

    def says(self, rung: Rung, signal: Signal, for_s: float = SPEECH_S) -> None:
        samples = (signal.lasting(for_s) * 32767).astype(np.int16)
        self._endpoint.lines[rung.line].stream.say(encode_alaw(samples), lambda _: None)

    def presses(self, rung: Rung, keys: str) -> None:
        for key in keys:
            self._endpoint.lines[rung.line].stream.press(EVENTS.index(key), 100, 100)

    def _happened(self, event: str, line: int, **data: Any) -> None:
        if event == "incoming":
            self._incoming(data["number"], line, data["at_s"])
        elif line in self._by_line and event == "up":
            rung, behaviour = self._by_line[line]
            rung.answered_at_s = data["at_s"]
            if isinstance(behaviour, Answers):
                self._in_call(rung, behaviour)
        elif line in self._by_line and event == "ended":
            rung, _ = self._by_line[line]
            rung.ended_at_s, rung.status = data["at_s"], data["status"]

    def _incoming(self, number: str, line: int, at_s: float) -> None:
        rung = Rung(number, line, at_s)
        self.calls.append(rung)
        behaviours = self._behaviours[number]
        behaviour = behaviours[min(self._times[number], len(behaviours) - 1)]
        self._times[number] += 1
        self._by_line[line] = rung, behaviour
        if isinstance(behaviour, int):
            self._soon(0.0, lambda: self._endpoint.lines[line].respond(behaviour))
        elif isinstance(behaviour, Answers):
            self._soon(behaviour.ring_s, lambda: self._answer(rung))

    def _answer(self, rung: Rung) -> None:
        if rung.ended_at_s is None:
            self._endpoint.lines[rung.line].respond(200)

    def _in_call(self, rung: Rung, behaviour: Answers) -> None:
        if behaviour.keys:
            self._soon(behaviour.key_s, lambda: self._press(rung, behaviour))
        if behaviour.talks:
            self.says(rung, voice(1000 + rung.line))

    def _press(self, rung: Rung, behaviour: Answers) -> None:
        if rung.ended_at_s is not None:
            return
        self.presses(rung, behaviour.keys)
        if behaviour.again_s is not None:
            self._soon(behaviour.again_s, lambda: self._press(rung, behaviour))

    @staticmethod
    def _soon(after_s: float, act: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(after_s, act)


@asynccontextmanager
async def crowd(folder: Path, port: int) -> AsyncIterator[Crowd]:
    """The far end of a trunk at 127.0.0.1:`port`."""
    region = Crowd(folder)
    await region.start(port)
    try:
        yield region
    finally:
        await region.stop()


def overlapping(calls: list[Rung]) -> list[tuple[Rung, Rung]]:
    """Pairs of these calls that were alive at one time."""
    return [(one, two) for at, one in enumerate(calls) for two in calls[at + 1 :] if one.overlaps(two)]


def busiest(calls: list[Rung]) -> int:
    """The greatest number of calls alive at one time."""
    now_s = time.monotonic()
    edges = sorted([(one.at_s, 1) for one in calls] + [(one.ended_at_s or now_s, -1) for one in calls])
    alive = most = 0
    for _, step in edges:
        alive += step
        most = max(most, alive)
    return most
