"""Carries the wishes of `group_calls.GroupCalls` to the line, and their outcome back; its facts go out as events."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import Final

import structlog

from bridge.domain.kernel.ids import Gssi, Issi
from bridge.domain.kernel.reasons import Reason
from bridge.ports import Clock, Emit
from bridge.rakel import call_values as call
from bridge.rakel.connection import Connection
from bridge.rakel.group_calls import GroupCalls
from bridge.rakel.pei import commands
from bridge.rakel.pei.codes import (
    CME_BUSY_SIGNALLING,
    CME_OUT_OF_SERVICE,
    CME_STATE,
    CME_TRANSMIT_INHIBITED,
    TxDemandPriority,
)
from bridge.rakel.pei.commands import Command
from bridge.rakel.pei.indications import Indication
from bridge.rakel.pei.session import Answered, Outcome, Token
from bridge.rakel.reasons import CommandReason, LineReason
from bridge.rakel.settings import TerminalSettings

_log = structlog.get_logger(__name__)

_PRESSED_IN_VAIN: Final = (CME_TRANSMIT_INHIBITED, CME_BUSY_SIGNALLING)
"""A press refused so fails for a reason that dialling shares; refused otherwise, the call is not what we think."""


class CallControl:
    """The calls of one terminal, on whatever line it has now.

    Attributes:
        line: The line to send on; set by the driver, `None` while there is none.
        counters: Events out of the ordinary, by name; `on_noted` is called with each.
    """

    def __init__(
        self, settings: TerminalSettings, clock: Clock, emit: Emit, on_noted: Callable[[str], None] | None = None
    ) -> None:
        self.line: Connection | None = None
        self.counters: Counter[str] = Counter()
        self._priority = settings.priority
        self._parameters = settings.group_call
        self._on_noted = on_noted
        self._clock = clock
        self._emit = emit
        self._calls = GroupCalls(settings.terminal, settings.call_times, settings.emergency_from)
        self._outputs: deque[call.Output] = deque()
        self._carrying_out = False
        self._asks: dict[int, tuple[Token, ...]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._log = _log.bind(terminal=settings.name)

    @property
    def phase(self) -> call.Phase:
        return self._calls.phase

    @property
    def on_air_in(self) -> int | None:
        """The call in which the terminal transmits for us, or has not confirmed that it no longer does."""
        match self._calls.phase:
            case call.Sending(instance=instance) | call.Releasing(keyed=True, instance=instance):
                return instance
            case _:
                return None

    @property
    def unconfirmed(self) -> bool:
        """The end of a transmission is not confirmed, after all that could be tried."""
        phase = self._calls.phase
        return isinstance(phase, call.Releasing) and phase.unconfirmed

    def instances(self) -> list[int]:
        """The call instances the terminal has told of."""
        return sorted(one.instance for one in self._calls.calls)

    def is_own(self, issi: Issi | None) -> None:
        """The terminal has told who it is."""
        self._calls.own_issi = issi

    def demand(self, gssi: Gssi, *, preempt: bool = False) -> None:
        self._carry_out(self._calls.ours.demand(gssi, self._clock.now_s(), preempt=preempt))

    def cease(self) -> None:
        self._carry_out(self._calls.ours.cease(self._clock.now_s()))

    def lose(self, reason: Reason) -> None:
        """No call is left: the line, the network or the terminal's memory is gone."""
        self._carry_out(self._calls.lose(reason, self._clock.now_s()))

    def end(self, reason: Reason) -> None:
        """As `lose`, for a terminal that still listens: what it does of ours after all is ended."""
        self._carry_out(self._calls.end(reason, self._clock.now_s()))

    def resume_release(self, instance: int) -> None:
        """The terminal may still transmit in this call of a former life of the line."""
        self._calls.ours.resume_release(instance, self._clock.now_s())
        self._set_timer()

    def without_network(self) -> None:
        """The terminal says that it has no network to transmit in: what it did not confirm is over."""
        self._carry_out(self._calls.ours.proved(self._clock.now_s()))

    def prove_off_air(self) -> None:
        """Ask at once whether a call that was left on the air is still there after the hang-up."""
        on_air_in = self.on_air_in
        if self.unconfirmed and on_air_in is not None:
            self._let_go(commands.cease(on_air_in))

    def hear(self, said: Indication, at_s: float) -> None:
        self._carry_out(self._calls.hear(said, at_s))

    def _carry_out(self, outputs: Iterable[call.Output]) -> None:
        """In order, also when carrying one out causes more."""
        self._outputs.extend(outputs)
        if self._carrying_out:
            return
        self._carrying_out = True
        try:
            while self._outputs:
                self._carry_out_one(self._outputs.popleft())
        finally:
            self._carrying_out = False
        self._set_timer()

    def _carry_out_one(self, output: call.Output) -> None:
        match output:
            case call.Dial(serial=serial, gssi=gssi):
                self._ask(serial, commands.group_call_parameters(self._parameters), commands.dial(gssi))
            case call.Press(serial=serial, instance=instance, preempt=preempt):
                priority = TxDemandPriority.PRE_EMPTIVE if preempt else self._priority
                self._ask(serial, commands.demand(instance, priority))
            case call.Withdraw(serial=serial):
                for token in self._asks.pop(serial, ()):
                    if self.line is not None:
                        self.line.cancel(token)
            case call.Release(instance=instance):
                self._let_go(commands.cease(instance))
            case call.HangUp():
                self._let_go(commands.plain("hang_up"))
            case call.Noted(what=what):
                self.counters[what] += 1
                self._log.info("call_noted", what=what)
                if self._on_noted is not None:
                    self._on_noted(what)
            case _:
                self._emit(output)

    def _ask(self, serial: int, *parts: Command) -> None:
        """Send what makes up a demand; the last command's end is the demand's."""
        line = self.line
        if line is None:
            self._carry_out(self._calls.ours.ask_failed(serial, LineReason.NONE(), self._clock.now_s(), retry=True))
            return
        leading = tuple(line.send(part, self._log_refused) for part in parts[:-1])
        last = line.send(parts[-1], lambda answered: self._asked(serial, answered))
        self._asks = {serial: (*leading, last)}

    def _asked(self, serial: int, answered: Answered) -> None:
        if answered.ok:
            return
        error = answered.error
        failed = self._calls.ours.ask_failed(
            serial,
            answered.reason or CommandReason.ERROR(),
            self._clock.now_s(),
            retry=answered.retry,
            in_doubt=answered.outcome is Outcome.TIMEOUT,
            stale=answered.outcome is Outcome.ERROR and (error is None or error.code not in _PRESSED_IN_VAIN),
        )
        self._carry_out(failed)

    def _let_go(self, command: Command) -> None:
        if self.line is not None:
            self.line.send(command, self._released)

    def _released(self, answered: Answered) -> None:
        self._log_refused(answered)
        gone = answered.error is not None and answered.error.code in (CME_STATE, CME_OUT_OF_SERVICE)
        self._carry_out(self._calls.ours.release_answered(self._clock.now_s(), done=answered.ok, gone=gone))

    def _log_refused(self, answered: Answered) -> None:
        if not answered.ok:
            self._log.info("command_not_taken", command=answered.command.row.name, reason=str(answered.reason))

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due_s = self._calls.next_due_s()
        if due_s is not None:
            delay_s = max(0.0, due_s - self._clock.now_s())
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._carry_out(self._calls.tick(self._clock.now_s()))
