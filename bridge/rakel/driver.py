"""One terminal, for as long as the program runs: opens its line, brings it up, keeps it, and opens it again.

::

    ABSENT ──line open──▶ INITIALISING ──▶ UNREGISTERED ◀──▶ READY
      ▲  ▲                    │  ▲               │             │
      │  └──── line lost ─────┼──┼───────────────┴─────────────┘
      │                       ▼  └── it was switched on anew, or fell silent
      └────── reopened ─── FAILED: it does not answer, or refuses what it must do

Whatever is on the air when the line or the network goes is told as ended at once; what the terminal really does is
seen to as soon as it listens again. Opening is tried for ever, the first time after `reopen_first_s`, doubled up to
`reopen_longest_s`: a person plugging a cable back in waits no longer than that.
"""

import asyncio
import contextlib
from dataclasses import replace
from itertools import cycle
from typing import Final

import structlog

from bridge.domain.events import TerminalChanged, TerminalState, TransmitRefused
from bridge.domain.ids import Gssi, MessageId
from bridge.ports import Clock, Emit, PortError
from bridge.rakel.calling import CallControl
from bridge.rakel.connection import Connection, LinkLost, open_connection
from bridge.rakel.initialise import TerminalUnusable, initialise
from bridge.rakel.messages import ShortDataDesk
from bridge.rakel.pei import commands
from bridge.rakel.pei.codes import RegistrationStatus
from bridge.rakel.pei.indications import (
    BatteryReport,
    Indication,
    RegistrationReport,
    ShortData,
    ShortDataSent,
    SignalReport,
    TalkgroupReport,
)
from bridge.rakel.pei.session import Outcome
from bridge.rakel.settings import TerminalSettings

_log = structlog.get_logger(__name__)

SELECT_TRIES: Final = 5
"""A terminal that is busy attaching says so (CME 42) for a few seconds."""
SELECT_PAUSE_S: Final = 1.0
UNREGISTERED_POLL_S: Final = 5.0
FAREWELL_S: Final = 2.0
"""A clean stop waits this long for the terminal to let go of the channel."""
_SELECTED: Final = 1


class TerminalDriver:
    """Runs one terminal. Every change of what is known of it is emitted as `TerminalChanged`.

    `calls` and `desk` are open for diagnostics; nobody else steps them.
    """

    def __init__(self, settings: TerminalSettings, clock: Clock, emit: Emit) -> None:
        self.settings = settings
        self.calls = CallControl(settings, clock, emit)
        self.desk = ShortDataDesk(settings, clock, emit)
        self._clock = clock
        self._emit = emit
        self._known = TerminalChanged(0.0, settings.terminal, TerminalState.ABSENT, "not opened yet")
        self._wanted = Gssi(settings.talkgroup) if settings.talkgroup is not None else None
        self._line: Connection | None = None
        self._left_behind: list[int] = []
        self._selecting = asyncio.Lock()
        self._bauds = cycle((settings.baud,) if settings.baud is not None else settings.model.bauds)
        self._baud = next(self._bauds)
        self._log = _log.bind(terminal=settings.name)

    @property
    def known(self) -> TerminalChanged:
        """What was last told of the terminal."""
        return self._known

    @property
    def line(self) -> Connection | None:
        """The open line, for diagnostics."""
        return self._line

    def health(self) -> str:
        """`"ok"`, or why not."""
        known = self._known
        return "ok" if known.state is TerminalState.READY else f"{known.state.value}: {known.reason}"

    # --- what the radio port asks ---

    async def select_talkgroup(self, gssi: Gssi) -> None:
        """Stand on a group, verified by read-back; remembered for every reconnect.

        Raises:
            PortError: not allowed here, no terminal, or the terminal does not take it.
        """
        if not self.settings.may_use(gssi):
            raise self._error(f"talkgroup {gssi} is not among its talkgroups in the settings", retry=False)
        self._wanted = gssi
        line = self._line
        if line is None or self._known.state is not TerminalState.READY:
            raise self._error(f"it is {self._known.state.value}: {self._known.reason}", retry=True)
        try:
            await self._select(line, gssi)
        except LinkLost as lost:
            raise self._error(str(lost), retry=True) from lost

    def demand_transmit(self, gssi: Gssi, *, preempt: bool = False) -> None:
        """Ask for the channel; granted, queued or refused is emitted. `preempt`: ask the one who talks to give way."""
        known = self._known
        if known.state is not TerminalState.READY:
            self._refuse(f"the terminal is {known.state.value}: {known.reason}")
        elif self._selecting.locked() or known.gssi != gssi:
            self._refuse(f"the terminal stands on talkgroup {known.gssi}, not on {gssi}")
        else:
            self.calls.demand(gssi, preempt=preempt)

    def cease_transmit(self) -> None:
        """End a transmission or give up a demand."""
        self.calls.cease()

    async def send_sds(self, message: MessageId, receiver: int, text: str, *, group: bool, first_part: int) -> None:
        """Send a text; how far it comes is emitted.

        Raises:
            PortError: no terminal, or it refuses: what it happened at has not been sent.
        """
        await self.desk.send_text(self._ready_line(), message, receiver, text, group=group, first_part=first_part)

    async def send_status(self, message: MessageId, receiver: int, status: int) -> None:
        """Send a status, as `send_sds`."""
        await self.desk.send_status(self._ready_line(), message, receiver, status)

    def _ready_line(self) -> Connection:
        if self._line is None or self._known.state is not TerminalState.READY:
            raise self._error(f"it is {self._known.state.value}: {self._known.reason}", retry=True)
        return self._line

    # --- the life of the line ---

    async def run(self) -> None:
        """Until cancelled; then the channel is let go of and the line closed."""
        failures = 0
        while True:
            try:
                await self._live()
            except LinkLost as lost:
                was_up = self._known.state in (TerminalState.READY, TerminalState.UNREGISTERED)
                failures = 0 if was_up else failures
                self._gone(TerminalState.ABSENT, str(lost))
            except TerminalUnusable as unusable:
                self._baud = next(self._bauds)
                self._gone(TerminalState.FAILED, str(unusable))
            wait_s = min(self.settings.reopen_longest_s, self.settings.reopen_first_s * 2 ** min(failures, 16))
            failures += 1
            await asyncio.sleep(wait_s)

    async def _live(self) -> None:
        """One open line, from opening to loss. Ends by an exception only."""
        line = await self._open()
        self._line = self.calls.line = line
        try:
            await self._serve(line)
        except asyncio.CancelledError:
            await self._farewell(line)
            self._gone(TerminalState.ABSENT, "stopped")
            raise
        finally:
            self._line = self.calls.line = None
            await line.close()

    async def _open(self) -> Connection:
        model = self.settings.model
        rtscts = model.rtscts if self.settings.rtscts is None else self.settings.rtscts
        return await open_connection(
            self.settings.serial,
            self._baud,
            rtscts=rtscts,
            name=self.settings.name,
            clock=self._clock,
            on_indication=self._hear,
            gap_s=model.gap_s,
        )

    async def _serve(self, line: Connection) -> None:
        """Bring the terminal up and look after it. Ends by an exception only."""
        while True:
            if self._known.state is not TerminalState.FAILED:
                self._become(TerminalState.INITIALISING, "being set up")
            who = await initialise(line, self.settings.model, self.settings.issi, self._left_behind)
            self._left_behind = []
            self.calls.is_own(who.issi)
            self.desk.own = who.issi
            model = " ".join(part for part in (who.maker, who.model) if part) or None
            self._known = replace(self._known, issi=who.issi, model=model, gssi=None)
            self._log.info("terminal_initialised", model=model, issi_pii=who.issi, baud=self._baud)
            await self._look_after(line)
            self._left_behind = self.calls.instances()
            self.calls.lose("the terminal was switched on anew")

    async def _look_after(self, line: Connection) -> None:
        """Polls, heartbeat, and the talkgroup, until the terminal must be set up anew."""
        poll_at_s = self._clock.now_s()
        while not line.restarted:
            if self._clock.now_s() >= poll_at_s:
                await self._poll(line)
                ready = self._known.state is TerminalState.READY
                poll_at_s = self._clock.now_s() + (self.settings.poll_s if ready else UNREGISTERED_POLL_S)
            line.wake.clear()
            if line.lost.done():
                raise LinkLost(line.lost.result())
            silent_until_s = line.heard_at_s + self.settings.heartbeat_s
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.01, min(poll_at_s, silent_until_s) - self._clock.now_s())):
                    await line.wake.wait()
            if self._clock.now_s() >= silent_until_s and not await self._alive(line):
                self._log.warning("terminal_lost_its_settings_or_is_silent")
                return

    async def _alive(self, line: Connection) -> bool:
        """Heartbeat: one `AT` may be lost, two are silence. An error is a terminal that has just been switched on."""
        for _ in range(2):
            answered = await line.command(commands.plain("attention"))
            if answered.outcome is not Outcome.TIMEOUT:
                return answered.ok
        return False

    async def _poll(self, line: Connection) -> None:
        """Registration, signal, talkgroup; then bring the terminal to the wanted group if it is elsewhere."""
        for name in ("signal", "battery", "talkgroup", "registration"):
            answered = await line.command(commands.plain(name))
            for said in answered.lines:
                if not isinstance(said, RegistrationReport):
                    self._hear(self._clock.now_s(), said)
            if name == "registration":
                report = next((one for one in answered.lines if isinstance(one, RegistrationReport)), None)
                await self._registered(line, report)

    async def _registered(self, line: Connection, report: RegistrationReport | None) -> None:
        why = _why_unregistered(report)
        if why is not None:
            self._unregister(why)
            return
        if self._wanted is not None and self._known.gssi != self._wanted:
            try:
                await self._select(line, self._wanted)
            except PortError as error:
                self._log.warning("talkgroup_not_selected", reason=error.message)
        self._become(TerminalState.READY, "")

    def _unregister(self, why: str) -> None:
        """The network has ended our calls. Where only an answer was lost, the terminal would stay keyed."""
        self.calls.end(why)
        self._become(TerminalState.UNREGISTERED, why)

    async def _farewell(self, line: Connection) -> None:
        """Let go of the channel while the terminal still listens."""
        with contextlib.suppress(LinkLost, TimeoutError):
            async with asyncio.timeout(FAREWELL_S):
                for instance in self.calls.instances():
                    await line.command(commands.cease(instance))
                await line.command(commands.plain("hang_up"))

    def _gone(self, state: TerminalState, reason: str) -> None:
        self._left_behind = self.calls.instances() or self._left_behind
        self.calls.lose(reason)
        self._known = replace(self._known, gssi=None, signal_dbm=None)
        self._become(state, reason)

    # --- talkgroup ---

    async def _select(self, line: Connection, gssi: Gssi) -> None:
        async with self._selecting:
            if self._known.gssi == gssi:
                return
            self.cease_transmit()
            reason = ""
            for attempt in range(SELECT_TRIES):
                if attempt:
                    await asyncio.sleep(max(SELECT_PAUSE_S, self.settings.model.reselect_s))
                answered = await line.command(commands.select_talkgroup(gssi))
                if not answered.ok and not answered.retry:
                    raise self._error(f"talkgroup {gssi} is refused: {answered.reason}", retry=False)
                for said in (await line.command(commands.plain("talkgroup"))).lines:
                    self._hear(self._clock.now_s(), said)
                if self._known.gssi == gssi:
                    return
                reason = answered.reason or f"it stands on {self._known.gssi}"
            raise self._error(f"talkgroup {gssi} could not be selected: {reason}", retry=True)

    # --- what the terminal says ---

    def _hear(self, at_s: float, said: Indication) -> None:
        match said:
            case TalkgroupReport(kind=kind, group=group):
                if kind in (0, _SELECTED):
                    self._on_group(Gssi(group.ssi) if group is not None and kind == _SELECTED else None)
            case SignalReport(signal_dbm=signal_dbm):
                self._tell(replace(self._known, signal_dbm=signal_dbm))
            case BatteryReport(percent=percent):
                self._tell(replace(self._known, battery_percent=percent))
            case RegistrationReport():
                self._network_changed(said)
            case ShortData() if self._line is not None:
                self.desk.received(self._line, said)
            case ShortDataSent():
                self.desk.sent(said)
            case _:
                self.calls.hear(said, at_s)

    def _on_group(self, gssi: Gssi | None) -> None:
        """Also by somebody turning the knob: what we had on the air there is over."""
        if gssi != self._known.gssi:
            self.cease_transmit()
            self._tell(replace(self._known, gssi=gssi))

    def _network_changed(self, report: RegistrationReport) -> None:
        """The terminal tells by itself. Lost counts at once; found is verified, with the group, by a poll."""
        why = _why_unregistered(report)
        if why is not None and self._known.state is TerminalState.READY:
            self._unregister(why)

    # --- telling ---

    def _become(self, state: TerminalState, reason: str) -> None:
        if state is not self._known.state:
            self._log.info("terminal_state", state=state.value, reason=reason)
        self._tell(replace(self._known, state=state, reason=reason))

    def _tell(self, known: TerminalChanged) -> None:
        if replace(known, at_s=self._known.at_s) != self._known or not self._known.at_s:
            self._known = replace(known, at_s=self._clock.now_s())
            self._emit(self._known)

    def _refuse(self, reason: str) -> None:
        self._emit(TransmitRefused(self._clock.now_s(), self.settings.terminal, reason, retry=True))

    def _error(self, message: str, *, retry: bool) -> PortError:
        return PortError(f"terminal {self.settings.name}", message, retry=retry)


def _why_unregistered(report: RegistrationReport | None) -> str | None:
    """`None` when registered."""
    if report is None:
        return "it does not tell whether it has a network"
    if report.status in (RegistrationStatus.HOME, RegistrationStatus.VISITED):
        return None
    return {
        RegistrationStatus.SEARCHING.value: "searching for a network",
        RegistrationStatus.NO_NETWORK.value: "no network in reach",
        RegistrationStatus.REJECTED.value: "the network rejects the terminal: check its subscription",
    }.get(report.status, f"registration status {report.status}")
