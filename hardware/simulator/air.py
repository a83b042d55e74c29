"""The air: every transmission of every talkgroup, to the sample; and the log of events."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from hardware.simulator.signals import RATE_HZ, Samples, silence

ON_TIME_S: Final = 0.020
"""Audio that comes by so much after its turn is on time: one frame is what a radio holds ready."""

MAX_SAMPLES: Final = 3600 * RATE_HZ
MAX_EVENTS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Lateness:
    """A radio's treatment of audio that does not come in its turn."""

    hole_s: float = 0.060
    """Audio later than this leaves a hole on the air. Less is the jitter of its way here, and is glued on."""
    buffer_s: float | None = None
    """So much may wait for its turn. Audio beyond it, as after a pause, is thrown away; `None`: all waits."""


PATIENT: Final = Lateness()


@dataclass(slots=True)
class Transmission:
    """One talker's time on the floor of a talkgroup. Times are seconds of CLOCK_MONOTONIC."""

    gssi: int
    issi: int
    start_s: float
    """When the floor was granted."""
    end_s: float | None = None
    reason: str = ""
    """Why it ended: released, tot, guard, preempted, lost, registration_lost, power, hung_up."""
    first_sample_s: float | None = None
    samples: int = 0
    glued_frames: int = 0
    """Frames that came later than `ON_TIME_S`, and stand on the air as if they had not."""
    late_frames: int = 0
    """Frames that came later than a radio bridges over: each has left a hole."""
    lost_frames: int = 0
    """Frames thrown away: more came at once than the radio holds ready."""
    _frames: list[Samples] = field(default_factory=list)

    @property
    def _cursor_s(self) -> float:
        return (self.first_sample_s or 0.0) + self.samples / RATE_HZ

    def add(self, frame: Samples, at_s: float, lateness: Lateness = PATIENT) -> bool:
        """Put a frame behind the last one; what comes too late leaves a hole, which becomes silence of that length.

        Returns:
            Whether the frame goes on the air: false when there is no room for it to wait.
        """
        if self.first_sample_s is None:
            self.first_sample_s = at_s
        late_s = at_s - self._cursor_s
        if lateness.buffer_s is not None and -late_s > lateness.buffer_s:
            self.lost_frames += 1
            return False
        if late_s > lateness.hole_s:
            self.late_frames += 1
            self._append(silence(round(late_s * RATE_HZ)))
        elif late_s > ON_TIME_S:
            self.glued_frames += 1
        self._append(frame)
        return True

    def _append(self, frame: Samples) -> None:
        self._frames.append(frame)
        self.samples += len(frame)

    def audio(self) -> Samples:
        return np.concatenate(self._frames) if self._frames else silence(0)

    def as_dict(self) -> dict[str, Any]:
        return {
            "gssi": self.gssi,
            "issi": self.issi,
            "start_s": self.start_s,
            "end_s": self.end_s,
            "reason": self.reason,
            "first_sample_s": self.first_sample_s,
            "samples": self.samples,
            "glued_frames": self.glued_frames,
            "late_frames": self.late_frames,
            "lost_frames": self.lost_frames,
        }


class AirLog:
    """All transmissions. Holds the last hour of speech of each talkgroup; the oldest transmissions go first."""

    def __init__(self) -> None:
        self._by_group: dict[int, deque[Transmission]] = {}

    def begin(self, gssi: int, issi: int, at_s: float) -> Transmission:
        kept = self._by_group.setdefault(gssi, deque())
        while sum(old.samples for old in kept) > MAX_SAMPLES:
            kept.popleft()
        transmission = Transmission(gssi, issi, at_s)
        kept.append(transmission)
        return transmission

    def transmissions(self, gssi: int) -> list[Transmission]:
        return list(self._by_group.get(gssi, ()))

    def render(self, gssi: int, since_s: float | None = None) -> tuple[float, Samples]:
        """The talkgroup as one track, silent where nobody spoke.

        Returns:
            The time of its first sample (`since_s`, or the first sample ever) and the samples up to the last one.
        """
        spoken = [t for t in self._by_group.get(gssi, ()) if t.first_sample_s is not None]
        begins = [t.first_sample_s for t in spoken if t.first_sample_s is not None]
        start_s = since_s if since_s is not None else min(begins, default=0.0)
        pieces = [(round((first - start_s) * RATE_HZ), t.audio()) for first, t in zip(begins, spoken, strict=True)]
        length = max((at + len(audio) for at, audio in pieces), default=0)
        track = silence(max(length, 0))
        for at, audio in pieces:
            wanted = audio[max(-at, 0) :]
            track[max(at, 0) : max(at, 0) + len(wanted)] = wanted
        return start_s, track

    def clear(self) -> None:
        """Forget what is over; a transmission under way stays."""
        for gssi, kept in self._by_group.items():
            self._by_group[gssi] = deque(t for t in kept if t.end_s is None)


@dataclass(frozen=True, slots=True)
class Happening:
    """An entry of the log: `number` counts up by one."""

    number: int
    at_s: float
    kind: str
    facts: dict[str, Any]

    def fits(self, kind: str, match: dict[str, Any]) -> bool:
        return self.kind == kind and all(self.facts.get(name) == value for name, value in match.items())

    def as_dict(self) -> dict[str, Any]:
        return {"number": self.number, "at_s": self.at_s, "kind": self.kind, **self.facts}


class EventLog:
    """The events, in order; the last `MAX_EVENTS` are kept. Readers wait for the events they look for."""

    def __init__(self) -> None:
        self._events: deque[Happening] = deque(maxlen=MAX_EVENTS)
        self._waiting: set[asyncio.Event] = set()
        self.number = 0

    def add(self, kind: str, **facts: object) -> None:
        self.number += 1
        at_s = asyncio.get_running_loop().time()
        self._events.append(Happening(self.number, at_s, kind, dict(facts)))
        for waiting in self._waiting:
            waiting.set()

    async def wait_for(self, kind: str, match: dict[str, Any], since: int, timeout_s: float) -> Happening:
        """The first entry after number `since` that fits.

        Raises:
            TimeoutError: None came.
        """
        waiting = asyncio.Event()
        self._waiting.add(waiting)
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    for event in self._events:
                        if event.number > since and event.fits(kind, match):
                            return event
                    waiting.clear()
                    await waiting.wait()
        finally:
            self._waiting.discard(waiting)
