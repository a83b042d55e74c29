"""The controllers: one at work and one in reserve, seen through every way in which one can end.

The reserve has loaded everything and waits for the controller's lock, which dies with its holder. The listening sockets
are the supervisor's, and pass from one to the next. The reserve asks nobody and waits for nobody, so it is in control
within a second. Both are forked from a process that has loaded everything (`bridge.main.fork_server`). So another
reserve is there as soon as one is at work. To load it anew would take most of the time that a meeting can wait.

A new version takes over in the same way (`renew`). One of it stands in reserve before the one at work is ended. Until
it has proved itself the former make is at hand, and follows it if it ends.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import structlog

from bridge.domain.kernel.reasons import Reason
from bridge.main.child import Rest, holds, last_lines
from bridge.main.life import START_LONGEST_S, START_S, Life, Stage
from bridge.main.notify import Listener
from bridge.main.processes import ticks_of, waited_s
from bridge.main.reasons import RunReason, UpgradeReason
from bridge.ports import PortError

log = structlog.get_logger(__name__)

LOOK_S: Final = 0.1
TOLD: Final = 1
"""Lines of a log that are told with a refusal."""
PROVED_S: Final = 60.0
"""A new version has so long until its API listens and Asterisk is there. That is not waited for above 20 s."""


class Process(Protocol):
    """One process of a controller, which is started once."""

    @property
    def log_file(self) -> Path | None: ...

    async def start(self) -> None:
        """Raises OSError when it cannot be made."""

    @property
    def running(self) -> bool: ...
    @property
    def pid(self) -> int | None: ...
    @property
    def exit_code(self) -> int | None: ...
    @property
    def lived_s(self) -> float: ...
    def kill(self) -> None: ...
    async def stop(self) -> None: ...


@dataclass
class _One:
    """A controller's process and what is known of it."""

    child: Process
    life: Life
    make: "Make"
    condemned: bool = False
    retired: bool = False
    """A new version follows it: its end is wanted."""


@dataclass(frozen=True, slots=True)
class Make:
    """How controllers of one version are made.

    Attributes:
        process: Gives the process of a controller, or of one in reserve.
        loaded: Whether one can be made now.
    """

    process: Callable[[bool], Process]
    loaded: Callable[[], bool] = lambda: True


class Controllers:
    """Start `keep()` as a task.

    Args:
        make: How they are made.
        listener: Where they tell how they are.
    """

    def __init__(self, make: Make, listener: Listener) -> None:
        self._make = make
        self._former: Make | None = None
        self._listener = listener
        self._controller: _One | None = None
        self._reserve: _One | None = None
        self._turn = asyncio.Lock()
        self._rest = Rest()
        self._not_before_s = 0.0
        self._start_s = START_S
        self._looked_at_s = time.monotonic()
        self.ready = asyncio.Event()
        """The first one is in control, and Asterisk is there or has had its time."""

    @property
    def told(self) -> str:
        """For the keeper: how far the controller is, and whether a reserve stands ready."""
        stage = Stage.LOADING if self._controller is None else self._controller.life.stage
        if stage is not Stage.IN_CONTROL:
            return stage.value
        ready = self._reserve is not None and self._reserve.life.stage is Stage.WAITING
        return f"{stage.value}, {'with' if ready else 'without'} a reserve"

    async def keep(self) -> None:
        """Until cancelled; then stop both.

        Raises:
            PortError: The very first one did not come into control; the evidence is what it said last.
        """
        try:
            while True:
                async with self._turn:
                    await self._look()
                await asyncio.sleep(LOOK_S)
        finally:
            for one in self._all():
                await one.child.stop()

    async def renew(self, make: Make, stands_ready: Callable[[], None]) -> int:
        """Let a controller of another make take over from the one at work. All that follow are made in that way.

        Args:
            make: How they are made from now on.
            stands_ready: Called when the new one waits for the one at work to end.

        Returns:
            The process id of the new controller, which is in control.

        Raises:
            PortError: It did not come into control. A controller of the former make is in control.
        """
        fresh = await self._instead_of_the_reserve(make)
        await holds(lambda: fresh.life.stage is not Stage.LOADING or not fresh.child.running)
        if not fresh.child.running:
            self._goes_back()
            raise _refused(UpgradeReason.NO_RESERVE(), fresh)
        stands_ready()
        async with self._turn:
            working = self._controller
            if working is not None and working is not fresh and fresh.child.running:
                working.retired = True
                log.info("controller_retired", pid=working.child.pid, follower=fresh.child.pid)
                await working.child.stop()
        await self._proved(fresh)
        return fresh.child.pid or 0

    async def _instead_of_the_reserve(self, make: Make) -> _One:
        """One of the new make, in the place of the reserve. Two in reserve would both wait for the lock, and the wrong
        one could have it."""
        async with self._turn:
            now = self._controller
            if not self.ready.is_set() or now is None or now.life.stage is not Stage.IN_CONTROL:
                raise PortError("the controller", UpgradeReason.NOBODY_IN_CONTROL(), retry=True)
            if self._reserve is not None:
                await self._reserve.child.stop()
                self._reserve = None
            fresh = _One(make.process(True), Life(self._start_s), make)
            try:
                await fresh.child.start()
            except OSError as error:
                raise _refused(UpgradeReason.NO_RESERVE(), fresh, str(error)) from error
            self._former, self._make, self._reserve = self._make, make, fresh
        return fresh

    async def _proved(self, fresh: _One) -> None:
        """Wait until it is ready. If it ends before that, or takes too long, wait until one of the former make is in
        control."""
        try:
            async with asyncio.timeout(PROVED_S):
                await holds(lambda: fresh.life.ready or not fresh.child.running)
        except TimeoutError:
            fresh.child.kill()
        if fresh.child.running and fresh.life.ready:
            self._former = None
            return
        self._goes_back()
        refused = _refused(UpgradeReason.NOT_TAKEN_OVER(), fresh)
        await holds(lambda: (now := self._controller) is not None and now is not fresh and now.life.ready)
        raise refused

    def _all(self) -> list[_One]:
        return [one for one in (self._reserve, self._controller) if one is not None]

    async def _look(self) -> None:
        self._listen()
        now_s = time.monotonic()
        passed_s, self._looked_at_s = now_s - self._looked_at_s, now_s
        for one in self._all():
            if one.child.running:
                self._judge(one, passed_s)
        if self._controller is None or not self._controller.child.running:
            await self._replace(self._controller)
        elif self._reserve is not None and not self._reserve.child.running:
            self._note_end(self._reserve, "another is loaded")
            self._reserve = None
        elif self._reserve is None and self._former is None and self._controller.life.stage is Stage.IN_CONTROL:
            self._reserve = await self._started(reserve=True)

    def _listen(self) -> None:
        for told in self._listener.messages():
            for one in self._all():
                if one.child.pid == told.pid:
                    was = one.life.stage
                    one.life.heard(told.message)
                    if one.life.stage is not was:
                        log.info("controller", pid=told.pid, now=one.life.stage.value)
        if self._controller is not None and self._controller.life.ready:
            self.ready.set()
        if self._controller is not None and self._controller.life.stage is Stage.IN_CONTROL:
            self._start_s = START_S

    def _judge(self, one: _One, passed_s: float) -> None:
        pid = one.child.pid or 0
        one.life.passed(passed_s, ticks_of(pid), waited_s(pid))
        fault = one.life.fault()
        if fault and not one.condemned:
            one.condemned = True
            log.error("controller_killed", pid=one.child.pid, reason=fault)
            if one.life.stage is Stage.STARTING:
                self._start_s = min(START_LONGEST_S, 2 * self._start_s)
        if one.condemned:
            one.child.kill()

    async def _replace(self, ended: _One | None) -> None:
        if ended is not None:
            if not self.ready.is_set():
                said = last_lines(ended.child.log_file)
                raise PortError("the controller", RunReason.CONTROLLER_NOT_STARTED(), retry=False, evidence=said)
            self._controller = None
            if not ended.retired:
                self._note_end(ended, "the reserve takes over" if self._reserve is not None else "started anew")
            if ended.make is self._make:
                self._goes_back()
        if self._reserve is not None:
            self._controller, self._reserve = self._reserve, None
            self._controller.life.must_start(self._start_s)
        else:
            self._controller = await self._started(reserve=False)

    def _goes_back(self) -> None:
        """The new make has not proved itself: the former one is used again."""
        if self._former is not None:
            self._make, self._former = self._former, None
            self._not_before_s = 0.0

    async def _started(self, *, reserve: bool) -> _One | None:
        """A new one. None where none can be made now, or those before died so fast that the next has to wait."""
        if time.monotonic() < self._not_before_s or not self._make.loaded():
            return None
        one = _One(self._make.process(reserve), Life(self._start_s), self._make)
        try:
            await one.child.start()
        except OSError as error:
            self._not_before_s = time.monotonic() + self._rest.after(0.0)
            log.error("controller_not_started", reason=str(error))
            return None
        return one

    def _note_end(self, one: _One, then: str) -> None:
        pause_s = self._rest.after(one.child.lived_s)
        self._not_before_s = time.monotonic() + pause_s
        log.error(
            "controller_ended",
            pid=one.child.pid,
            stage=one.life.stage.value,
            exit_code=one.child.exit_code,
            action=then,
            next_start_in_s=pause_s,
            log=str(one.child.log_file or ""),
        )


def _refused(reason: Reason, fresh: _One, said: str = "") -> PortError:
    return PortError("the controller", reason, retry=False, evidence=said or last_lines(fresh.child.log_file, TOLD))
