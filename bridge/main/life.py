"""How long a controller may take for each stretch of its life, and when it counts as hung.

Time is data here: the caller says how much has passed. A late look counts as one step only. A machine that was paused
as a whole then kills nobody when it goes on. Nor does an overloaded machine. The time for which a process waited for
a processor is the machine's, and another process would get none either.
"""

from enum import StrEnum
from typing import Final

from bridge.main.notify import ALIVE, IN_CONTROL, LOADED, READY, STARTS

STEP_S: Final = 0.5
"""So much of the time between two looks counts at most."""
STARVED: Final = 2 / 3
"""So much of any time may be waiting for a processor. One that computes for ever is lost on any machine."""
HUNG_S: Final = 3.0
"""No beat for so long: killed, since Asterisk believes in it and callers sit in silence. Twelve beats are missing then.
The reserve's start takes two seconds at most, so the node is under control again within 6 s."""
STILL_S: Final = 10.0
"""A process that loads says nothing. One that has used no processor time for so long does not load."""
LOAD_S: Final = 90.0
"""Loading takes 4 s of processor time. On a machine so busy that it takes longer than this, nothing works anyhow."""
START_S: Final = 10.0
"""From the lock to the API's first answer it is less than a second, and two on a busy machine. A start that takes five
times as long hangs, and another one may not. Silence alone proves nothing here: what was promised is read and compared
in one piece."""
START_LONGEST_S: Final = 80.0
"""Each start that was ended for its length gives the next one twice as long. A large journal to roll back is waited for
in the end. So is a database server that comes up at the same time."""


def own_s(counted_s: float, starved_s: float) -> float:
    """How much of a time (s) is a process's own doing, where it waited `starved_s` of it for a processor."""
    return counted_s - min(max(starved_s, 0.0), STARVED * counted_s)


class Stage(StrEnum):
    LOADING = "loading"
    WAITING = "waiting in reserve"
    STARTING = "starting"
    IN_CONTROL = "in control"


_ORDER: Final = list(Stage)
"""No stage comes again: what an older notification says is passed over."""
_STAGES: Final = {LOADED: Stage.WAITING, STARTS: Stage.STARTING, IN_CONTROL: Stage.IN_CONTROL}


class Life:
    """The state of one controller's process.

    Args:
        start_s: How long its start may take.
    """

    def __init__(self, start_s: float = START_S) -> None:
        self.stage = Stage.LOADING
        self.ready = False
        self._start_s = start_s
        self._stage_s = 0.0
        self._silent_s = 0.0
        self._still_s = 0.0
        self._ticks: int | None = None
        self._waited_s: float | None = None

    def heard(self, message: str) -> None:
        """A notification of it; lines that say nothing to us are passed over."""
        for line in message.splitlines():
            if line in _STAGES and _ORDER.index(_STAGES[line]) > _ORDER.index(self.stage):
                self._enter(_STAGES[line])
            if line == ALIVE:
                self._silent_s = 0.0
            if line == READY:
                self.ready = True

    def must_start(self, start_s: float) -> None:
        """The controller has ended: the one in reserve is to begin, and to be in control within `start_s`."""
        self._start_s = start_s
        if self.stage is Stage.WAITING:
            self._enter(Stage.STARTING)

    def passed(self, seconds: float, ticks: int | None, waited_s: float | None = None) -> None:
        """Time has passed since the last look.

        Args:
            ticks: The processor time the process has used so far.
            waited_s: The time for which it has waited for a processor so far; None where the kernel does not tell.
        """
        counted_s = min(seconds, STEP_S)
        starved_s = waited_s - self._waited_s if waited_s is not None and self._waited_s is not None else 0.0
        passed_s = own_s(counted_s, starved_s)
        self._waited_s = waited_s
        self._stage_s += passed_s
        self._silent_s += passed_s
        self._still_s = self._still_s + counted_s if ticks == self._ticks else 0.0
        self._ticks = ticks

    def fault(self) -> str:
        """Why it must be ended, or nothing."""
        if self.stage is Stage.LOADING:
            if self._still_s > STILL_S:
                return f"it has not loaded, and has used no processor time for {STILL_S:g} s"
            return f"it has not loaded within {LOAD_S:g} s" if self._stage_s > LOAD_S else ""
        if self.stage is Stage.STARTING:
            late = self._stage_s > self._start_s
            return f"it has not come into control within {self._start_s:g} s" if late else ""
        return f"it hangs: silent for {HUNG_S:g} s, {self.stage.value}" if self._silent_s > HUNG_S else ""

    def _enter(self, stage: Stage) -> None:
        self.stage = stage
        self._stage_s = self._silent_s = 0.0
