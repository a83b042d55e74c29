"""An Asterisk that hangs is found, reported, and by policy ended. Its supervisor then starts it again.

The end of Asterisk is the end of every call, so it takes a proof. Asterisk answers neither on ARI nor on AMI, and has
used no processor time meanwhile. An Asterisk that is slow, overloaded or busy with itself is reported (`asterisk` in
`/readyz`); people judge it. One of its threads may wait for a processor meanwhile. Of that time up to two thirds do
not count (`life.STARVED`). It is the machine's doing, and another Asterisk would get none either. The controller
watches, since it is there under `samband run` and under systemd alike.
"""

import asyncio
import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Final, Protocol

import structlog

from bridge.ari.settings import AsteriskSettings
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.main.life import own_s
from bridge.main.processes import threads_waited_ns, ticks_of
from bridge.main.reasons import PartReason

log = structlog.get_logger(__name__)

LOOK_S: Final = 1.0
ANSWER_S: Final = 1.0
"""A healthy Asterisk answers in milliseconds, one with a hundred calls in tens of them."""
TELL_AFTER_S: Final = 3.0
"""A shorter stall passes without anybody's doing."""
LONGEST_LOOK_S: Final = LOOK_S + 3 * ANSWER_S
_NO_THREADS: Final[Mapping[int, int]] = MappingProxyType({})
_ASKED: Final = b"GET / HTTP/1.0\r\n\r\n"
"""Answered with 404, and logged nowhere."""


class Process(Protocol):
    """The process to watch: `bridge.ari.process.AsteriskProcess`."""

    def pid(self) -> int | None: ...


class Stillness:
    """For how long one process has given no sign of life at all, by its own doing. Time is data."""

    def __init__(self) -> None:
        self.still_s = 0.0
        self._pid: int | None = None
        self._ticks: int | None = None
        self._waited_ns: Mapping[int, int] = {}

    def stands(self, pid: int | None, ticks: int | None) -> bool:
        """Whether the same process has used no processor time since the last look."""
        return pid is not None and ticks is not None and (pid, ticks) == (self._pid, self._ticks)

    def look(
        self,
        passed_s: float,
        pid: int | None,
        ticks: int | None,
        *,
        answers: bool,
        waited_ns: Mapping[int, int] = _NO_THREADS,
    ) -> None:
        """One look. A sign of life, another process or none begins the count anew.

        Args:
            waited_ns: Thread → for how long it has waited for a processor so far, as `threads_waited_ns`.
        """
        lives = answers or not self.stands(pid, ticks)
        starved_s = max((now - self._waited_ns.get(one, now) for one, now in waited_ns.items()), default=0) / 1e9
        self.still_s = 0.0 if lives else self.still_s + own_s(passed_s, starved_s)
        self._pid, self._ticks, self._waited_ns = pid, ticks, waited_ns


class AsteriskWatch:
    """Start `run()` as a supervised task. Implements `bridge.ports.Health`.

    Args:
        process: The Asterisk of this state directory.
        settings: Its ports, and after how many seconds it is ended.
    """

    def __init__(self, process: Process, settings: AsteriskSettings) -> None:
        self._process = process
        self._settings = settings
        self._stillness = Stillness()
        self._told = False

    def health(self) -> Mapping[str, Reason]:
        still_s, limit_s = self._stillness.still_s, self._settings.hung_restart_s
        if still_s < TELL_AFTER_S:
            return {"asterisk process": WELL}
        if limit_s == 0:
            return {"asterisk process": PartReason.ASTERISK_HANGS(still_s=round(still_s))}
        return {"asterisk process": PartReason.ASTERISK_HANGS_UNTIL(still_s=round(still_s), limit_s=limit_s)}

    async def run(self) -> None:
        """Look until cancelled."""
        loop = asyncio.get_running_loop()
        last_s = loop.time()
        while True:
            await asyncio.sleep(LOOK_S)
            now_s = loop.time()
            await self._look(now_s - last_s)
            last_s = now_s

    async def _look(self, passed_s: float) -> None:
        pid = self._process.pid()
        ticks = ticks_of(pid) if pid is not None else None
        answers = not self._stillness.stands(pid, ticks) or await self._answers()
        counted_s = min(passed_s, LONGEST_LOOK_S)  # a machine that was paused as a whole proves nothing
        waited_ns = await asyncio.to_thread(threads_waited_ns, pid) if pid is not None else {}
        self._stillness.look(counted_s, pid, ticks, answers=answers, waited_ns=waited_ns)
        still_s, limit_s = self._stillness.still_s, self._settings.hung_restart_s
        if still_s >= TELL_AFTER_S and not self._told:
            log.error("asterisk_hangs", pid=pid, still_s=round(still_s, 1), ended_after_s=limit_s or "never")
        self._told = still_s >= TELL_AFTER_S
        if pid is not None and 0 < limit_s <= still_s:
            self._end(pid)

    def _end(self, pid: int) -> None:
        log.error("asterisk_ended_by_policy", pid=pid, still_s=round(self._stillness.still_s, 1), calls="are lost")
        self._stillness = Stillness()
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)  # SIGTERM would wait for it to go on

    async def _answers(self) -> bool:
        """Whether ARI's door or AMI's gives any answer at all; a refusal is one."""
        return await _speaks(self._settings.ari_port, _ASKED) or await _speaks(self._settings.ami_port, b"")


async def _speaks(port: int, asked: bytes) -> bool:
    """AMI greets, HTTP answers. The kernel takes connections for a process that is stopped, so one byte must come."""
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(ANSWER_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(asked)
            return bool(await reader.read(1))
    except (OSError, TimeoutError):
        return False
    finally:
        if writer is not None:
            writer.close()
