"""Our own transmission on one terminal, as its phases. No IO: indications and time in, facts and wishes out.

::

    Idle ──demand──▶ Asking ──own grant──▶ Sending
     ▲                 │ refused, failed, overdue │ ceased, withdrawn, released, over the limit
     └──── Releasing ◀─┴──────────────────────────┘   (straight to Idle where nothing is left to end)

Every phase but Idle has its end in time, `next_due_s`; how a release becomes sure is in `releasing`. Every demand gets
one ending: granted, refused, or given up by `cease`; queued may come before it.
"""

from dataclasses import replace

from bridge.domain.kernel.ids import Gssi
from bridge.domain.kernel.reasons import Reason
from bridge.domain.radio.events import TransmitEnded, TransmitGranted, TransmitQueued
from bridge.rakel import releasing
from bridge.rakel.call_values import (
    STUCK_AFTER_TRIES,
    Asking,
    Idle,
    Noted,
    Output,
    Releasing,
    Sending,
)
from bridge.rakel.moves import STUCK, Moves
from bridge.rakel.pei.codes import LASTING_CAUSES
from bridge.rakel.reasons import TransmitReason


class Transmission(Moves):
    """Our wish to talk on the air, and its phase."""

    # --- our side ---

    def demand(self, gssi: Gssi, at_s: float, *, preempt: bool = False) -> list[Output]:
        """We want to talk on `gssi`, which the terminal stands on; `preempt`: also while another talks."""
        match self.phase:
            case Idle():
                return self._ask(gssi, at_s, preempt=preempt)
            case Asking(instance=int()) as asking if preempt and not asking.preempt:
                return self._press_harder(asking, at_s)
            case Releasing(unconfirmed=True):
                return self._refused(at_s, STUCK, retry=True)
            case Releasing() as phase:
                self.phase = replace(phase, again=gssi, again_preempt=preempt)
                return []
            case Asking() | Sending():
                return []

    def cease(self, at_s: float) -> list[Output]:
        """We give up a demand, or end our transmission."""
        match self.phase:
            case Asking(serial=serial, instance=instance):
                return self._release(serial, instance, at_s, tell=False)
            case Sending(instance=instance):
                return self._release(self._serial, instance, at_s, tell=True, keyed=True)
            case Releasing() as phase:
                self.phase = replace(phase, again=None)
                return []
            case Idle():
                return []

    def ask_failed(
        self, serial: int, reason: Reason, at_s: float, *, retry: bool, in_doubt: bool = False, stale: bool = False
    ) -> list[Output]:
        """The command of a demand was refused, or (`in_doubt`) not answered, so that it may still be granted.

        `stale`: the terminal refuses the press itself, so the call we pressed in is not there: one is dialled.
        """
        match self.phase:
            case Asking(serial=open_serial, instance=instance) as asking if open_serial == serial:
                if stale and instance is not None and not asking.dialled:
                    self._book.remember(replace(self._book.known(instance), connected=False))
                    if not self._book.talks_in(instance):
                        return self._dial(asking.gssi, at_s)
                refused = self._refused(at_s, reason, retry=retry)
                if in_doubt:
                    return [*refused, *self._release(serial, instance, at_s, tell=False)]
                self.phase = Idle()
                return refused
            case Releasing(serial=open_serial, instance=None) if open_serial == serial and not in_doubt:
                return self._released(at_s)
            case _:
                return []

    def release_answered(self, at_s: float, *, done: bool, gone: bool = False) -> list[Output]:
        """The command of a `Release` or `HangUp` has ended. `gone`: the terminal answered that there is no call."""
        if not isinstance(self.phase, Releasing):
            return []
        return self._go_on(releasing.answered(self.phase, at_s, self._times, done=done, gone=gone), at_s)

    def resume_release(self, instance: int, at_s: float) -> None:
        """The line went while this call was on the air. Bringing the terminal up hangs it up, and this waits for proof.
        Until then the terminal counts as stuck."""
        if isinstance(self.phase, Idle):
            self.phase = Releasing(
                self._serial,
                instance,
                at_s + self._times.end_again_s,
                tell=False,
                keyed=True,
                hung_up=True,
                since_s=at_s,
                tries=STUCK_AFTER_TRIES,
            )

    def proved(self, at_s: float) -> list[Output]:
        """Nothing of ours is on the air, whatever was not confirmed: the terminal has no network."""
        match self.phase:
            case Releasing(unconfirmed=True):
                return self._released(at_s)
            case _:
                return []

    def end(self, reason: Reason, at_s: float) -> list[Output]:
        """Nothing of ours may be on the air any more; the terminal still listens."""
        match self.phase:
            case Asking(serial=serial, instance=instance):
                refused = self._refused(at_s, reason, retry=True)
                return [*refused, *self._release(serial, instance, at_s, tell=False)]
            case Sending(instance=instance):
                ended = TransmitEnded(at_s, self._terminal, lost=True, reason=reason)
                return [ended, *self._release(self._serial, instance, at_s, tell=False, keyed=True)]
            case Releasing(again=int()) as phase:
                self.phase = replace(phase, again=None)
                return self._refused(at_s, reason, retry=True)
            case Releasing() | Idle():
                return []

    def lose(self, reason: Reason, at_s: float) -> list[Output]:
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
                late = TransmitReason.QUEUED_TOO_LONG if queued else TransmitReason.NETWORK_SILENT
                refused = self._refused(at_s, late(), retry=True)
                return [*refused, *self._release(serial, instance, at_s, tell=False)]
            case Sending(instance=instance):
                ended = TransmitEnded(at_s, self._terminal, lost=True, reason=TransmitReason.MINUTE_OVER())
                return [ended, *self._release(self._serial, instance, at_s, tell=False, keyed=True)]
            case Releasing():
                return self._go_on(releasing.overdue(phase, at_s, self._times), at_s)

    # --- the network's side ---

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
            case Releasing(instance=own) as phase if own == instance:
                self.phase, outputs = replace(phase, keyed=True, since_s=phase.since_s or at_s), bound
                return outputs or self._go_on(releasing.granted(phase, at_s, self._times), at_s)
            case _:
                return self._uncommanded(instance, at_s)

    def _uncommanded(self, instance: int, at_s: float) -> list[Output]:
        """Keyed, and not by an open demand of ours. It is a late answer to a demand given up, or a person at the
        terminal."""
        if self._given_up_at_s is not None and at_s - self._given_up_at_s <= self._times.late_grant_s:
            return self._end_late(instance, at_s)
        return [Noted("uncommanded_transmission"), *self._book.start_talk(instance, self._book.own_issi, at_s)]

    def goes_on(self, instance: int, at_s: float) -> list[Output]:
        """`+CTXN` for a call in which we were on the air when it was interrupted. The terminal transmits again, and is
        released at once. The channel is asked for anew for the unsent speech; only `+CTXG` grants."""
        match self.phase:
            case Releasing(instance=own) as phase if own == instance:
                return self._go_on(releasing.granted(phase, at_s, self._times), at_s)
            case Idle():
                return self._end_late(instance, at_s)
            case _:
                return []

    def key_pressed_at_terminal(self) -> None:
        """The next grant is that person's, not a late one of ours."""
        self._given_up_at_s = None

    def not_granted(self, instance: int, at_s: float, *, may_request: bool) -> list[Output]:
        outputs = self.bind(instance, at_s)
        match self.phase:
            case Asking(instance=own) if own == instance:
                self.phase = Idle()
                return [*outputs, *self._refused(at_s, TransmitReason.NOT_GRANTED(), retry=may_request)]
            case Sending(instance=own) if own == instance:
                return [*outputs, *self._taken(at_s, TransmitReason.WITHDRAWN())]
            case Releasing(instance=own, keyed=True) if own == instance:
                return [*outputs, *self._released(at_s)]
            case _:
                return outputs

    def another_talks(self, instance: int, at_s: float, *, same: bool) -> list[Output]:
        """If we were asking, that talker won, unless it is the `same` talker as before. If we were sending, the channel
        was taken."""
        match self.phase:
            case Asking(serial=serial, instance=own) if own == instance and not same:
                refused = self._refused(at_s, TransmitReason.ANOTHER_GOT_CHANNEL(), retry=False)
                return [*refused, *self._release(serial, instance, at_s, tell=False)]
            case Sending(instance=own) if own == instance:
                return self._taken(at_s, TransmitReason.ANOTHER_GOT_CHANNEL())
            case Releasing(instance=own, keyed=True) if own == instance:
                return self._released(at_s)
            case _:
                return []

    def ceased(self, instance: int, at_s: float) -> list[Output]:
        match self.phase:
            case Sending(instance=own) if own == instance:
                return self._taken(at_s, TransmitReason.ENDED_BY_NETWORK())
            case Releasing(instance=own) if own == instance:
                return self._released(at_s)
            case _:
                return []

    def interrupted(self, instance: int, at_s: float) -> list[Output]:
        """Ours is given up: what was not said is sent when the call is whole again."""
        if not (isinstance(self.phase, Sending) and self.phase.instance == instance):
            return []
        ended = TransmitEnded(at_s, self._terminal, lost=True, reason=TransmitReason.INTERRUPTED())
        return [ended, *self._release(self._serial, instance, at_s, tell=False, keyed=True)]

    def call_ended(self, instance: int, cause: int, at_s: float, *, known: bool) -> list[Output]:
        """`known` is whether the terminal had told of this call: an unknown one is the one we dialled."""
        reason = TransmitReason.CALL_RELEASED(cause=cause)
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
