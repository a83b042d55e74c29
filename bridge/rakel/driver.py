"""One terminal's driver, for as long as the program runs. It opens the line, brings it up, keeps it, and opens it
again.

::

    ABSENT ──line open──▶ INITIALISING ──▶ UNREGISTERED ◀──▶ READY ◀──▶ BLOCKED
      ▲  ▲                    │  ▲               │             │           │
      │  └──── line lost ─────┼──┼───────────────┴─────────────┴───────────┘
      │                       ▼  └── it was switched on anew, or fell silent
      └────── reopened ─── FAILED: it does not answer, or refuses what it must do

A BLOCKED terminal answers and must not be used. Either it left trunked mode and is ordered back (`mode`). Or it has not
confirmed that it no longer transmits (`releasing`). Each poll reads the mode and the routing too, so that a silent
change is found.

The line's speed and flow control are those of the settings. Where they leave a choice, each is tried until `AT` is
answered. The pair that worked is tried first the next time.

A transmission during which the line or the network goes is reported as ended at once. The terminal's real state is set
right as soon as it listens again. Opening is tried for ever, the first time after `reopen_first_s`, doubled up to
`reopen_longest_s`. A person who plugs a cable back in waits no longer than that.
"""

import asyncio
import contextlib
from typing import Final

import structlog

from bridge.domain.kernel.backoff import Backoff
from bridge.domain.kernel.ids import Gssi, MessageId
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.domain.radio.events import TerminalChanged, TerminalState, TransmitRefused
from bridge.ports import Clock, Emit, PortError
from bridge.rakel.call_control import CallControl
from bridge.rakel.connection import Connection, LinkLost
from bridge.rakel.groups import GroupReader
from bridge.rakel.initialise import TerminalUnusable, initialise
from bridge.rakel.messages import ShortDataDesk
from bridge.rakel.mode import ModeGuard
from bridge.rakel.moves import STUCK
from bridge.rakel.pei import commands
from bridge.rakel.pei.codes import RegistrationStatus
from bridge.rakel.pei.indications import (
    BatteryReport,
    DirectModeGateway,
    IncomingCall,
    Indication,
    ModeReport,
    RegistrationReport,
    RouteReport,
    ShortData,
    ShortDataSent,
    SignalReport,
    TalkgroupReport,
)
from bridge.rakel.pei.session import Outcome
from bridge.rakel.port import has_speed
from bridge.rakel.reasons import NetworkReason, SelectReason, TerminalReason, TransmitReason
from bridge.rakel.settings import TerminalSettings
from bridge.rakel.speeds import SpeedFinder, open_line
from bridge.rakel.standing import Standing
from bridge.rakel.terminal_state import Known

_log = structlog.get_logger(__name__)

UNREGISTERED_POLL_S: Final = 2.0
"""Looked for a network so often: a moment without one must not bring the spare in (`radio.takeover_s`)."""
FAREWELL_S: Final = 2.0
"""A clean stop waits this long for the terminal to let go of the channel."""


class TerminalDriver:
    """Runs one terminal. Every change of what is known of it is emitted as `TerminalChanged`.

    `calls`, `desk` and `groups` are open for diagnostics; nobody else steps them.
    """

    def __init__(self, settings: TerminalSettings, clock: Clock, emit: Emit) -> None:
        self.settings = settings
        self._known = Known(settings, clock, emit)
        self.calls = CallControl(settings, clock, emit, self._noted)
        self.mode = ModeGuard(settings.model.mode, self._known, self.calls, self._look_now)
        self.standing = Standing(settings, self._known, self.cease_transmit, self._look_now)
        self.desk = ShortDataDesk(settings, clock, emit)
        self.groups = GroupReader(settings.model.group_page)
        self._clock = clock
        self._emit = emit
        self._line: Connection | None = None
        self._left_behind: list[int] = []
        self._left_on_air: int | None = None
        self._poll_now = False
        self._speeds = SpeedFinder(settings.speeds)
        self._log = _log.bind(terminal=settings.name)

    @property
    def known(self) -> TerminalChanged:
        """The terminal's state as last reported."""
        return self._known.now

    @property
    def line(self) -> Connection | None:
        """The open line, for diagnostics."""
        return self._line

    def health(self) -> Reason:
        """`WELL`, or why not. Alarms follow it: they do not stop the terminal."""
        return WELL if self.known.state is TerminalState.READY else self._not_ready()

    def _not_ready(self) -> Reason:
        return TerminalReason.NOT_READY(state=self.known.state.value, cause=self.known.reason)

    def failed(self, reason: Reason) -> None:
        """`run` has ended by a fault of ours: told like any other failure, so that nobody takes it for well."""
        self._gone(TerminalState.FAILED, reason)

    # --- what the radio port asks ---

    async def select_talkgroup(self, gssi: Gssi) -> None:
        """Stand on a group, verified by read-back; remembered for every reconnect.

        Raises:
            PortError: not allowed here, no terminal, or the terminal does not take it.
        """
        if not self.settings.may_use(gssi):
            raise self._error(SelectReason.NOT_IN_SETTINGS(gssi=gssi), retry=False)
        self.standing.wanted = gssi
        try:
            await self.standing.select(self._ready_line(), gssi)
        except LinkLost as lost:
            raise self._error(lost.reason, retry=True) from lost

    def demand_transmit(self, gssi: Gssi, *, preempt: bool = False) -> None:
        """Ask for the channel; granted, queued or refused is emitted. `preempt`: ask the one who talks to give way."""
        known = self.known
        if known.state is not TerminalState.READY:
            why = self._not_ready()
        elif self.standing.changes or known.gssi != gssi:
            why = _elsewhere(known.gssi, gssi)
        else:
            self.calls.demand(gssi, preempt=preempt)
            return
        self._emit(TransmitRefused(self._clock.now_s(), self.settings.terminal, why, retry=True))

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
        if self._line is None or self.known.state is not TerminalState.READY:
            raise self._error(self._not_ready(), retry=True)
        return self._line

    # --- the life of the line ---

    async def run(self) -> None:
        """Until cancelled; then the channel is let go of and the line closed."""
        backoff, failures = Backoff(self.settings.reopen_first_s, self.settings.reopen_longest_s), 0
        while True:
            try:
                await self._live()
            except LinkLost as lost:
                failures = 0 if self._known.up else failures
                self._gone(TerminalState.ABSENT, lost.reason)
            except TerminalUnusable as unusable:
                self._gone(TerminalState.FAILED, unusable.reason)
            failures += 1
            await asyncio.sleep(backoff.after(failures))

    async def _live(self) -> None:
        """One open line, from opening to loss. Ends by an exception only."""
        line, speed = await open_line(
            self.settings,
            self._speeds,
            self._clock,
            self._hear,
            lambda one: self._set_up(TerminalReason.TRYING_SPEED(speed=str(one))),
        )
        self._known.tell(line=str(speed) if has_speed(self.settings.serial) else "")
        self._line = self.calls.line = line
        try:
            await self._serve(line)
        except asyncio.CancelledError:
            await _farewell(line, self.calls.instances())
            self._gone(TerminalState.ABSENT, TerminalReason.STOPPED(), expected=True)
            raise
        finally:
            self._line = self.calls.line = None
            await line.close()

    async def _serve(self, line: Connection) -> None:
        """Bring the terminal up and look after it. Ends by an exception only."""
        while True:
            self._set_up(TerminalReason.BEING_SET_UP())
            self._begin_anew()
            who = await initialise(line, self.settings, self._left_behind)
            self._left_behind = []
            self.calls.prove_off_air()
            self.calls.is_own(who.issi)
            self.desk.own = who.issi
            model = " ".join(part for part in (who.maker, who.model) if part) or None
            self._known.tell(issi=who.issi, model=model, gssi=None)
            self._known.line_begun(line.counters)
            self._log.info("terminal_initialised", model=model, issi_pii=who.issi, line=self.known.line)
            await self._look_after(line)
            self._leave_behind()
            self.calls.lose(TerminalReason.SWITCHED_ON_ANEW())

    def _begin_anew(self) -> None:
        """Begin anew: earlier reports count no more, and a transmission on the air must be proved to be over."""
        self._poll_now = False
        self.mode.begin()
        if self._left_on_air is not None:
            self.calls.resume_release(self._left_on_air)
            self._left_on_air = None

    def _leave_behind(self) -> None:
        """Keep what the next life must end."""
        self._left_behind = self.calls.instances() or self._left_behind
        on_air_in = self.calls.on_air_in
        self._left_on_air = self._left_on_air if on_air_in is None else on_air_in

    def _set_up(self, reason: Reason) -> None:
        """A terminal that failed stays failed until it is up: trying again is no news."""
        if self.known.state is not TerminalState.FAILED:
            self._known.become(TerminalState.INITIALISING, reason)

    async def _look_after(self, line: Connection) -> None:
        """Polls, heartbeat, the talkgroup and the group lists, until the terminal must be set up anew."""
        poll_at_s = groups_at_s = self._clock.now_s()
        while not line.restarted:
            if self._poll_now or self._clock.now_s() >= poll_at_s:
                self._poll_now = False
                await self._poll(line)
                ready = self.known.state is TerminalState.READY
                poll_s = self.settings.poll_s if ready else min(self.settings.poll_s, UNREGISTERED_POLL_S)
                poll_at_s = self._clock.now_s() + poll_s
            groups_at_s = await self._read_groups(line, groups_at_s)
            line.wake.clear()
            if self._poll_now:
                continue
            if line.lost.done():
                raise LinkLost(line.lost.result())
            silent_until_s = line.heard_at_s + self.settings.heartbeat_s
            due_s = min(poll_at_s, silent_until_s, groups_at_s)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.01, due_s - self._clock.now_s())):
                    await line.wake.wait()
            if self._clock.now_s() >= silent_until_s and not await _alive(line):
                self._log.warning("terminal_lost_its_settings_or_is_silent")
                return

    async def _read_groups(self, line: Connection, due_s: float) -> float:
        """One page of the group lists, if it is time. Gives when the next is due."""
        now_s = self._clock.now_s()
        if not self.settings.groups_s or self.known.state is not TerminalState.READY:
            return now_s + UNREGISTERED_POLL_S
        if now_s < due_s:
            return due_s
        if not await self.groups.next_page(line):
            return self._clock.now_s()
        self._known.tell(talkgroups=tuple(self.groups.found.items()))
        return self._clock.now_s() + self.settings.groups_s

    async def _poll(self, line: Connection) -> None:
        """Mode, routing, signal, talkgroup, registration; then bring it to the wanted group if it is elsewhere."""
        for name in ("mode", "routes", "signal", "battery", "talkgroup", "registration"):
            if name == "routes" and not self.mode.tells_routes:
                continue
            answered = await line.command(commands.plain(name))
            for said in answered.lines:
                if not isinstance(said, RegistrationReport):
                    self._hear(self._clock.now_s(), said)
            if name == "routes":
                self.mode.routes_are(answered, line)
            if name == "registration":
                report = next((one for one in answered.lines if isinstance(one, RegistrationReport)), None)
                await self._registered(line, report)
        self._known.line_counted(line.counters)

    async def _registered(self, line: Connection, report: RegistrationReport | None) -> None:
        why = _why_unregistered(report)
        if why is not None and report is not None and not self.mode.wrong:
            self.calls.without_network()
        unfit = self.mode.wrong or (STUCK if self.calls.unconfirmed and why is None else None)
        if unfit is not None:
            if self.calls.unconfirmed and self.known.state is not TerminalState.BLOCKED:
                self._known.noted("release_unconfirmed")
            self._known.become(TerminalState.BLOCKED, unfit)
            return
        if why is not None:
            self._unregister(why)
            return
        if self.standing.wanted is not None and self.standing.is_elsewhere:
            try:
                await self.standing.select(line, self.standing.wanted)
            except PortError as error:
                self._log.warning("talkgroup_not_selected", reason=error.message)
        self._known.become(TerminalState.READY, None)

    def _unregister(self, why: Reason) -> None:
        self.calls.end(why)
        self._known.become(TerminalState.UNREGISTERED, why)

    def _gone(self, state: TerminalState, reason: Reason, *, expected: bool = False) -> None:
        self._leave_behind()
        self.calls.lose(reason)
        self._known.become(state, reason, expected=expected, gssi=None, signal_dbm=None)

    # --- what the terminal says ---

    def _hear(self, at_s: float, said: Indication) -> None:
        match said:
            case TalkgroupReport():
                self.standing.heard(said)
            case SignalReport(signal_dbm=signal_dbm):
                self._known.tell(signal_dbm=signal_dbm)
            case BatteryReport(percent=percent):
                self._known.tell(battery_percent=percent)
            case RegistrationReport():
                self._network_changed(said)
            case ModeReport(mode=mode):
                self._in_mode(mode)
            case DirectModeGateway():
                self._look_now()  # nothing speaks of direct mode to a terminal that is not in it
            case RouteReport():
                pass
            case ShortData() if self._line is not None:
                self.desk.received(self._line, said)
            case ShortDataSent():
                self.desk.sent(said)
            case _:
                if isinstance(said, IncomingCall) and said.individual:
                    self._known.noted("individual_call_rings")
                self.calls.hear(said, at_s)

    def _in_mode(self, mode: int) -> None:
        """Not heeded while it is being set up, which sets the mode."""
        if self._known.up and self._line is not None and not self.mode.is_in(mode, self._line):
            self._known.become(TerminalState.BLOCKED, self.mode.wrong, gssi=None)

    def _look_now(self) -> None:
        """Poll without waiting for its time."""
        self._poll_now = True
        if self._line is not None:
            self._line.wake.set()

    def _noted(self, what: str) -> None:
        self._known.noted(what)
        if what == "release_stuck" and self.known.state is TerminalState.READY:
            self._known.become(TerminalState.BLOCKED, STUCK)
        elif what in ("release_confirmed", "release_given_up"):
            self._look_now()

    def _network_changed(self, report: RegistrationReport) -> None:
        """The terminal tells by itself. Lost counts at once; found is verified, with the group, by a poll."""
        why = _why_unregistered(report)
        if why is not None and self.known.state is TerminalState.READY:
            self._unregister(why)

    # --- telling ---

    def _error(self, reason: Reason, *, retry: bool) -> PortError:
        return PortError(f"terminal {self.settings.name}", reason, retry=retry)


async def _alive(line: Connection) -> bool:
    """Heartbeat: one `AT` may be lost, two are silence. An error is a terminal that has just been switched on."""
    for _ in range(2):
        answered = await line.command(commands.plain("attention"))
        if answered.outcome is not Outcome.TIMEOUT:
            return answered.ok
    return False


async def _farewell(line: Connection, instances: list[int]) -> None:
    """Let go of the channel while the terminal still listens."""
    with contextlib.suppress(LinkLost, TimeoutError):
        async with asyncio.timeout(FAREWELL_S):
            for instance in instances:
                await line.command(commands.cease(instance))
            await line.command(commands.plain("hang_up"))


def _elsewhere(stands_on: Gssi | None, wanted: Gssi) -> Reason:
    if stands_on is None:
        return TransmitReason.STANDS_ON_NONE(wanted=wanted)
    return TransmitReason.STANDS_ELSEWHERE(gssi=stands_on, wanted=wanted)


def _why_unregistered(report: RegistrationReport | None) -> Reason | None:
    """`None` when registered."""
    if report is None:
        return NetworkReason.UNKNOWN()
    if report.status in (RegistrationStatus.HOME, RegistrationStatus.VISITED):
        return None
    known = {
        RegistrationStatus.SEARCHING.value: NetworkReason.SEARCHING,
        RegistrationStatus.NO_NETWORK.value: NetworkReason.NONE,
        RegistrationStatus.REJECTED.value: NetworkReason.REJECTED,
    }.get(report.status)
    return NetworkReason.STATUS(status=report.status) if known is None else known()
