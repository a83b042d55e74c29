"""Talkgroups of one meeting hear each other while Asterisk is away: the worker mixes them itself. Pure.

It carries sound only between two paths that are both *away* from Asterisk. As soon as one is back, Asterisk's mix is
the only way again, so that nothing is ever heard twice.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from bridge.audio.frame import Samples

MOST_WAITING: Final = 5
"""Frames (100 ms) from one path to another; then the oldest is dropped, and counted."""


@dataclass(eq=False, slots=True)
class _Member:
    mix: str
    away: bool = False
    inbox: dict[str, deque[Samples]] = field(default_factory=dict)


class Relay:
    """All paths of one worker. Paths are named by their patch; those of no mix hear nobody."""

    def __init__(self) -> None:
        self._members: dict[str, _Member] = {}
        self.dropped = 0
        """Frames dropped by the overflow rule, ever."""

    def join(self, patch: str, mix: str) -> None:
        self._members[patch] = _Member(mix)

    def leave(self, patch: str) -> None:
        self._members.pop(patch, None)
        for member in self._members.values():
            member.inbox.pop(patch, None)

    def set_away(self, patch: str, *, away: bool) -> None:
        """Set whether Asterisk sends this path nothing. Frames that wait for a path that is back are forgotten."""
        member = self._members.get(patch)
        if member is not None and member.away is not away:
            member.away = away
            member.inbox.clear()

    def put(self, patch: str, frame: Samples) -> None:
        """Take a frame of this path that the meeting should hear."""
        sender = self._members.get(patch)
        if sender is None or not sender.away or not sender.mix:
            return
        for name, other in self._members.items():
            if name == patch or other.mix != sender.mix or not other.away:
                continue
            waiting = other.inbox.setdefault(patch, deque())
            waiting.append(frame)
            if len(waiting) > MOST_WAITING:
                waiting.popleft()
                self.dropped += 1

    def take(self, patch: str) -> Samples | None:
        """160 samples of all the others; nothing when none of them says anything."""
        member = self._members.get(patch)
        if member is None:
            return None
        frames = [waiting.popleft() for waiting in member.inbox.values() if waiting]
        if not frames:
            return None
        if len(frames) == 1:
            return frames[0]
        mixed: Samples = np.clip(np.sum(frames, axis=0, dtype=np.int32), -32768, 32767).astype(np.int16)
        return mixed
