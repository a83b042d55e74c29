"""A controller and its reserve, forked from a process that has loaded everything (`bridge.main.fork_server`).

A new version is loaded by a fork server of its own, beside the one at work. It looks at the node, stands in reserve,
and takes over (`upgrade`). Each step may fail, and the old version stays in control then.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, Final

import structlog

from bridge.domain.kernel.language import Language
from bridge.main import begun as first
from bridge.main.begun import Begun
from bridge.main.child import Program, holds, last_lines
from bridge.main.controllers import Controllers, Make
from bridge.main.forks import SPEAKS, STANDBY, TRIAL, Forked, Forks, Hands
from bridge.main.gentle import GENTLY
from bridge.main.notify import Listener
from bridge.main.reasons import UpgradeReason
from bridge.main.release import Code, Release, release
from bridge.main.verdict import WHAT, verdict_of
from bridge.ports import PortError

log = structlog.get_logger(__name__)

TOLD: Final = 4
"""Lines that are told with a refusal: the end of a traceback."""
TRIAL_S: Final = 180.0
"""Prompts are spoken in it, and a schema is brought up."""


class Step(StrEnum):
    """How far an upgrade has come."""

    LOADING = "loading"
    TRYING = "trying"
    IN_RESERVE = "in_reserve"
    IN_CONTROL = "in_control"


@dataclass(frozen=True, slots=True)
class Upgraded:
    """The result of an upgrade.

    Attributes:
        before: The release that was in control, and the one that is now.
        process: Of the controller now.
        asterisk: Files of Asterisk's configuration that differ in the new version. Asterisk itself goes on with the
            old ones.
    """

    before: Release
    now: Release
    process: int
    asterisk: tuple[str, ...]


class Refusal(Exception):
    """The new version itself says, in words, why it cannot take over."""


class Pair:
    """Start `keep()` as a task.

    Args:
        listener: Where the controllers tell how they are.
        descriptors: The listening sockets of the API, which are the caller's.
        log_file: Where the controllers print; none: where the caller does.
        run: The folder of what need not outlive a restart.
        with_simulator: They use the simulated terminal, and seed the example region.
        begun: A fork server of this code that loads already.
    """

    def __init__(
        self,
        listener: Listener,
        descriptors: Sequence[int],
        log_file: Path | None,
        run: Path,
        *,
        with_simulator: bool = False,
        begun: Begun | None = None,
    ) -> None:
        self._hands = Hands({"NOTIFY_SOCKET": str(listener.path)}, descriptors)
        self._log_file = log_file
        self._loading_log = run / "upgrade.log"
        self._with_simulator = with_simulator
        self._group: asyncio.TaskGroup | None = None
        self._serving: asyncio.Task[None] | None = None
        self._upgrading = False
        self.code = Code.here()
        """The code that controllers are made of."""
        self.release = release()
        forks = Forks(partial(self._server, self.code, self._log_file), begun)
        self._forks = forks
        self.controllers = Controllers(self._make(forks), listener)

    async def keep(self) -> None:
        """Until cancelled; then stop both.

        Raises:
            PortError: The very first one did not load, or did not come into control. The evidence is what it said last.
            OSError: It could not be started.
        """
        async with asyncio.TaskGroup() as self._group:
            self._serving = self._group.create_task(self._forks.keep())
            self._group.create_task(self.controllers.keep())

    async def upgrade(self, code: Code, language: Language, tell: Callable[[Step], None]) -> Upgraded:
        """Put a new version in control.

        Args:
            code: Where it is installed.
            language: In which the new version tells why not.
            tell: Told of each step.

        Raises:
            PortError: It did not take over; the old version is in control.
            Refusal: As this, in the words of the new version.
        """
        if self._upgrading or self._group is None:
            raise PortError(WHAT, UpgradeReason.UNDER_WAY(), retry=True)
        self._upgrading = True
        forks = Forks(partial(self._server, code, self._loading_log))
        keeping = asyncio.create_task(forks.keep())
        try:
            log.info("upgrade_begins", root=code.root, python=code.python)
            tell(Step.LOADING)
            await self._loaded(forks, keeping)
            tell(Step.TRYING)
            verdict = await self._tried(forks, language)
            process = await self.controllers.renew(self._make(forks), lambda: tell(Step.IN_RESERVE))
            before, self.release = self.release, Release.of(verdict)
            self._forks, self.code = forks, code
            if self._serving is not None:
                self._serving.cancel()
            self._serving = self._group.create_task(_outcome(keeping))
            done = Upgraded(before, self.release, process, tuple(map(str, verdict.get("asterisk", ()))))
            log.info("upgraded", **asdict(done))
            tell(Step.IN_CONTROL)
        except (PortError, Refusal) as error:
            log.error("upgrade_refused", reason=str(error))
            raise
        else:
            return done
        finally:
            self._upgrading = False
            if self._forks is not forks:
                keeping.cancel()
                await asyncio.gather(keeping, return_exceptions=True)

    async def _loaded(self, forks: Forks, keeping: "asyncio.Task[None]") -> None:
        await holds(lambda: forks.loaded or keeping.done())
        if not forks.loaded:
            said = last_lines(self._loading_log, TOLD)
            raise PortError(WHAT, UpgradeReason.NOT_LOADED(), retry=False, evidence=said)
        if forks.speaks != SPEAKS:
            raise PortError(WHAT, UpgradeReason.NEEDS_A_RESTART(), retry=False)

    async def _tried(self, forks: Forks, language: Language) -> dict[str, Any]:
        words = [*self._words(), f"{TRIAL}={language.value}"]
        self._loading_log.unlink(missing_ok=True)
        trial = Forked(forks, words, self._loading_log, self._hands)
        with suppress(OSError, TimeoutError):
            await trial.start()
            try:
                async with asyncio.timeout(TRIAL_S):
                    await holds(lambda: not trial.running)
            finally:
                await trial.stop()
        printed = last_lines(self._loading_log, 100)
        verdict = verdict_of(printed)
        if "refused" in verdict:
            raise Refusal(str(verdict["refused"]))
        if not verdict:
            said = "\n".join(printed.splitlines()[-TOLD:])
            raise PortError(WHAT, UpgradeReason.NOT_TRIED(), retry=False, evidence=said)
        return verdict

    def _make(self, forks: Forks) -> Make:
        return Make(partial(self._controller, forks), lambda: forks.loaded)

    def _server(self, code: Code, first_log: Path | None, again: bool) -> Program:
        gently = again or first_log == self._loading_log  # a controller is at work already
        command = [code.python, "-m", first.FORK_SERVER, *([GENTLY] if gently else [])]
        environment = {**first.ENVIRONMENT, **code.environment()}
        log_file = self._log_file if again else first_log
        if not again and gently:
            self._loading_log.unlink(missing_ok=True)
        return Program("fork server", command, log_file, environment)

    def _words(self) -> list[str]:
        return ["--supervised", *(["--with-simulator"] if self._with_simulator else [])]

    def _controller(self, forks: Forks, reserve: bool) -> Forked:
        return Forked(forks, [*self._words(), *([STANDBY] if reserve else [])], self._log_file, self._hands)


async def _outcome(task: "asyncio.Task[None]") -> None:
    await task


async def until(stop: asyncio.Event, work: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Do all the work side by side until asked to stop, or until one of it fails."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one) for one in work]
        await stop.wait()
        for task in tasks:
            task.cancel()
