"""Our own transmission on one terminal, as its phases. No IO: words of the network and time in, facts and wishes out.

::

    Idle ──demand──▶ Asking ──own grant──▶ Sending
     ▲                 │ refused, failed, overdue │ ceased, withdrawn, released, over the limit
     └──── Releasing ◀─┴──────────────────────────┘   (straight to Idle where nothing is left to end)

Every phase but Idle has its end in time, `next_due_s`. Every demand gets one ending: granted, refused, or given up by
`cease`; queued may come before it.
"""

from dataclasses import replace

from bridge.domain.events import TransmitEnded, TransmitGranted, TransmitQueued, TransmitRefused
from bridge.domain.ids import Gssi, TerminalName
from bridge.rakel.call_book import CallBook
from bridge.rakel.call_values import (
    Asking,
    CallTimes,
    Dial,
    HangUp,
    Idle,
    LiveCall,
    Noted,
    Output,
    Phase,
    Press,
    Release,
    Releasing,
    Sending,
    Withdraw,
)
from bridge.rakel.pei.codes import LASTING_CAUSES, disconnect_cause


class Transmission:
    """What we want on the air, and how far it has come. `book` is shared with `call.GroupCalls`, which fills it."""

    def __init__(self, terminal: TerminalName, times: CallTimes, book: CallBook) -> None:
        self._terminal = terminal
        self._times = times
        self._book = book
        self._serial = 0
        self._given_up_at_s: float | None = None
        self.phase: Phase = Idle()

    # --- our side ---

    def demand(self, gssi: Gssi, at_s: float, *, preempt: bool) -> list[Output]:
        match self.phase:
            case Idle():
                return self._ask(gssi, at_s, preempt=preempt)
            case Asking(instance=int()) as asking if preempt and not asking.preempt:
                return self._press_harder(asking, at_s)
            case Releasing() as releasing:
                self.phase = replace(releasing, again=gssi, again_preempt=preempt)
                return []
            case Asking() | Sending():
                return []

    def cease(self, at_s: float) -> list[Output]:
        match self.phase:
            case Asking(serial=serial, instance=instance):
                return self._release(serial, instance, at_s, tell=False)
            case Sending(instance=instance):
                return self._release(self._serial, instance, at_s, tell=True, keyed=True)
            case Releasing() as releasing:
                self.phase = replace(releasing, again=None)
                return []
            case Idle():
                return []

    def ask_failed(
        self, serial: int, reason: str, at_s: float, *, retry: bool, in_doubt: bool, stale: bool
    ) -> list[Output]:
        """See `call.GroupCalls.ask_failed`."""
        match self.phase:
            case Asking(serial=open_serial, instance=instance) if open_serial == serial:
                if stale and instance is not None:
                    self._book.remember(replace(self._book.known(instance), connected=False))
                refused = self._refused(at_s, reason, retry=retry)
                if in_doubt:
                    return [*refused, *self._release(serial, instance, at_s, tell=False)]
                self.phase = Idle()
                return refused
            case Releasing(serial=open_serial, instance=None) if open_serial == serial and not in_doubt:
                return self._released(at_s)
            case _:
                return []

    def release_answered(self, at_s: float, *, done: bool) -> list[Output]:
        """The command of a `Release` or `HangUp` has ended. Refused while on the air, hanging up is the last means."""
        match self.phase:
            case Releasing(keyed=True, hung_up=False) as releasing if not done:
                self.phase = replace(releasing, due_s=at_s + self._times.release_s, hung_up=True)
                return [Noted("release_refused"), HangUp()]
            case Releasing():
                return self._released(at_s)
            case _:
                return []

    def lose(self, reason: str, at_s: float) -> list[Output]:
        """The terminal, or its network, is gone."""
        outputs: list[Output] = []
        phase, self.phase = self.phase, Idle()
        match phase:
            case Asking():
                outputs += self._refused(at_s, reason, retry=True)
            case Sending():
                outputs.append(TransmitEnded(at_s, self._terminal, lost=True, reason=reason))
            case Releasing(tell=True):
                outputs.append(TransmitEnded(at_s, self._terminal))
            case Releasing() | Idle():
                pass
        if isinstance(phase, Releasing) and phase.again is not None:
            outputs += self._refused(at_s, reason, retry=True)
        return outputs

    # --- time ---

    def next_due_s(self) -> float | None:
        return None if isinstance(self.phase, Idle) else self.phase.due_s

    def tick(self, at_s: float) -> list[Output]:
        phase = self.phase
        if isinstance(phase, Idle) or at_s < phase.due_s:
            return []
        match phase:
            case Asking(serial=serial, instance=instance, queued=queued):
                reason = "the network queued the demand for too long" if queued else "the network does not answer"
                refused = self._refused(at_s, reason, retry=True)
                return [*refused, *self._release(serial, instance, at_s, tell=False)]
            case Sending(instance=instance):
                ended = TransmitEnded(at_s, self._terminal, lost=True, reason="the transmission's minute is over")
                return [ended, *self._release(self._serial, instance, at_s, tell=False, keyed=True)]
            case Releasing(instance=None, hung_up=False):
                self.phase = replace(phase, due_s=at_s + self._times.release_s, hung_up=True)
                return [HangUp()]
            case Releasing():
                return [Noted("release_unconfirmed"), *self._released(at_s)]

    # --- the network's side ---

    def bind(self, instance: int, at_s: float) -> list[Output]:
        """A call has shown itself; if it is the one we dialled, our demand now has its instance."""
        known = self._book.known(instance)
        self._book.remember(known)
        match self.phase:
            case Asking(instance=None, gssi=gssi) as asking if known.gssi in (gssi, None) and not known.individual:
                self._book.remember(replace(known, gssi=gssi))
                self.phase = replace(asking, instance=instance)
            case Releasing(instance=None) as releasing if not known.individual:
                self.phase = replace(releasing, instance=instance, due_s=at_s + self._times.release_s)
                return [self._end(instance)]
            case _:
                pass
        return []

    def queued(self, instance: int, at_s: float) -> list[Output]:
        match self.phase:
            case Asking(instance=own, queued=False) as asking if own == instance:
                self.phase = replace(asking, queued=True, due_s=at_s + self._times.queued_s)
                return [TransmitQueued(at_s, self._terminal)]
            case _:
                return []

    def granted(self, instance: int, at_s: float) -> list[Output]:
        """`+CTXG` with TxGrant 0."""
        bound = self.bind(instance, at_s)
        match self.phase:
            case Asking(gssi=gssi, instance=own) if own == instance:
                self.phase = Sending(gssi, instance, at_s + self._times.transmit_limit_s)
                return [*bound, *self._book.stop_talk(at_s), TransmitGranted(at_s, self._terminal)]
            case Sending(instance=own) if own == instance:
                return bound
            case Releasing(instance=own) if own == instance:
                return bound or [Noted("late_grant"), Release(instance)]
            case _:
                return self._uncommanded(instance, at_s)

    def _uncommanded(self, instance: int, at_s: float) -> list[Output]:
        """Keyed, and not by an open demand of ours: a late answer to one given up, or a person at the terminal."""
        if self._given_up_at_s is not None and at_s - self._given_up_at_s <= self._times.late_grant_s:
            return [Noted("late_grant"), Release(instance)]
        return [Noted("uncommanded_transmission"), *self._book.start_talk(instance, self._book.own_issi, at_s)]

    def key_pressed_at_terminal(self) -> None:
        """The next grant is that person's, not a late one of ours."""
        self._given_up_at_s = None

    def not_granted(self, instance: int, at_s: float, *, may_request: bool) -> list[Output]:
        outputs = self.bind(instance, at_s)
        match self.phase:
            case Asking(instance=own) if own == instance:
                self.phase = Idle()
                return [*outputs, *self._refused(at_s, "the network did not grant it", retry=may_request)]
            case Sending(instance=own) if own == instance:
                return [*outputs, *self._taken(at_s, "withdrawn by the network")]
            case _:
                return outputs

    def another_talks(self, instance: int, at_s: float, *, same: bool) -> list[Output]:
        """If we were asking he won, unless it is the `same` who talked before; if we were sending, it was taken."""
        match self.phase:
            case Asking(serial=serial, instance=own) if own == instance and not same:
                refused = self._refused(at_s, "another got the channel", retry=False)
                return [*refused, *self._release(serial, instance, at_s, tell=False)]
            case Sending(instance=own) if own == instance:
                return self._taken(at_s, "another got the channel")
            case _:
                return []

    def ceased(self, instance: int, at_s: float) -> list[Output]:
        match self.phase:
            case Sending(instance=own) if own == instance:
                return self._taken(at_s, "ended by the network")
            case Releasing(instance=own) if own == instance:
                return self._released(at_s)
            case _:
                return []

    def interrupted(self, instance: int, at_s: float) -> list[Output]:
        """Ours is given up: what was not said is sent when the call is whole again."""
        if not (isinstance(self.phase, Sending) and self.phase.instance == instance):
            return []
        ended = TransmitEnded(at_s, self._terminal, lost=True, reason="interrupted by the network")
        return [ended, *self._release(self._serial, instance, at_s, tell=False, keyed=True)]

    def call_ended(self, instance: int, cause: int, at_s: float, *, known: bool) -> list[Output]:
        """`known` is whether the terminal had told of this call: an unknown one is the one we dialled."""
        reason = f"call released: {disconnect_cause(cause)}"
        match self.phase:
            case Asking(instance=own) if own == instance or (own is None and not known):
                self.phase = Idle()
                return self._refused(at_s, reason, retry=cause not in LASTING_CAUSES)
            case Sending(instance=own) if own == instance:
                return self._taken(at_s, reason)
            case Releasing(instance=own) if own == instance or (own is None and not known):
                return self._released(at_s)
            case _:
                return []

    # --- parts ---

    def _ask(self, gssi: Gssi, at_s: float, *, preempt: bool) -> list[Output]:
        live = self._book.up_on(gssi)
        if (barred := self._barred(live, at_s, preempt=preempt)) is not None:
            reason, retry = barred
            return self._refused(at_s, reason, retry=retry)
        self._serial += 1
        instance = live.instance if live is not None else None
        self.phase = Asking(self._serial, gssi, instance, at_s + self._times.grant_s, preempt=preempt)
        return [Dial(self._serial, gssi) if instance is None else Press(self._serial, instance, preempt)]

    def _barred(self, live: LiveCall | None, at_s: float, *, preempt: bool) -> tuple[str, bool] | None:
        """Why no demand is made now, and whether asking again can help."""
        if self._book.own_talk():
            return "somebody talks at the terminal itself", False
        if live is None:
            return None
        if preempt and self._in_emergency(live.instance):
            return "an emergency call is never pre-empted", False
        if live.interrupted is not None and at_s < live.interrupted.at_s + self._times.interrupted_s:
            return "the network interrupts the call", True
        if not live.may_request and not preempt:
            return "the network allows no demand while another talks", False
        return None

    def _in_emergency(self, instance: int) -> bool:
        talk = self._book.talk
        return self._book.known(instance).emergency or (talk is not None and talk.emergency)

    def _press_harder(self, asking: Asking, at_s: float) -> list[Output]:
        """An open demand becomes one that asks the talker to give way; the former one's end says nothing any more."""
        if asking.instance is None or self._in_emergency(asking.instance):
            return [Noted("not_preempted")]
        self._serial += 1
        self.phase = replace(asking, serial=self._serial, preempt=True, due_s=at_s + self._times.grant_s)
        return [Withdraw(asking.serial), Press(self._serial, asking.instance, preempt=True)]

    def _refused(self, at_s: float, reason: str, *, retry: bool) -> list[Output]:
        return [TransmitRefused(at_s, self._terminal, reason, retry)]

    def _taken(self, at_s: float, reason: str) -> list[Output]:
        self.phase = Idle()
        return [TransmitEnded(at_s, self._terminal, lost=True, reason=reason)]

    def _release(
        self, serial: int, instance: int | None, at_s: float, *, tell: bool, keyed: bool = False
    ) -> list[Output]:
        """Give up; where the instance is not known yet, wait for it and hang up if it never comes."""
        self._given_up_at_s = at_s
        self.phase = Releasing(serial, instance, at_s + self._times.release_s, tell, keyed)
        return [Withdraw(serial)] if instance is None else [Withdraw(serial), self._end(instance)]

    def _end(self, instance: int) -> Release | HangUp:
        """What ends a demand: in a call that is up letting go, in one still being set up hanging up."""
        return Release(instance) if self._book.known(instance).connected else HangUp()

    def _released(self, at_s: float) -> list[Output]:
        phase, self.phase = self.phase, Idle()
        if not isinstance(phase, Releasing):
            return []
        ended: list[Output] = [TransmitEnded(at_s, self._terminal)] if phase.tell else []
        if phase.again is None:
            return ended
        return [*ended, *self._ask(phase.again, at_s, preempt=phase.again_preempt)]
