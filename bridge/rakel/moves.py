"""The moves that the phases of our own transmission are made of: ask, dial, bind to a call, release. No IO.

Which move answers what is in `transmission`.
"""

from dataclasses import replace
from typing import Final

from bridge.domain.kernel.ids import Gssi, TerminalName
from bridge.domain.kernel.reasons import Reason
from bridge.domain.radio.events import TransmitEnded, TransmitRefused
from bridge.rakel import releasing
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
    Withdraw,
)
from bridge.rakel.reasons import TerminalReason, TransmitReason

STUCK: Final = TerminalReason.STILL_TRANSMITS()


class Moves:
    """Holds the phase. `book` is shared with `group_calls.GroupCalls`, which fills it."""

    def __init__(self, terminal: TerminalName, times: CallTimes, book: CallBook) -> None:
        self._terminal = terminal
        self._times = times
        self._book = book
        self._serial = 0
        self._given_up_at_s: float | None = None
        self.phase: Phase = Idle()
        self.turned_away = False
        """The last demand was refused, and nothing has been granted or asked for since."""

    def bind(self, instance: int, at_s: float) -> list[Output]:
        """A call has shown itself; if it is the one we dialled, our demand now has its instance."""
        known = self._book.known(instance)
        self._book.remember(known)
        match self.phase:
            case Asking(gssi=gssi) as asking if known.gssi in (gssi, None) and self._may_become(asking, known):
                self._book.remember(replace(known, gssi=gssi))
                self.phase = replace(asking, instance=instance)
            case Releasing(instance=None) as phase if not known.individual:
                self.phase = replace(phase, instance=instance, due_s=at_s + self._times.release_s)
                return [self._end(instance)]
            case _:
                pass
        return []

    def _may_become(self, asking: Asking, known: LiveCall) -> bool:
        """Whether this is the call we dialled. Terminals were seen to report its progress under one instance and to
        connect it under another. So the latest is believed until it is connected."""
        if known.individual or asking.instance == known.instance:
            return False
        return asking.instance is None or (asking.dialled and not self._book.known(asking.instance).connected)

    def _go_on(self, then: releasing.Next, at_s: float) -> list[Output]:
        """The next phase of a release, or its end. While it is stuck no demand waits behind it."""
        phase, outputs = then
        if phase is None:
            return [*outputs, *self._released(at_s)]
        self.phase = phase
        if not phase.unconfirmed or phase.again is None:
            return outputs
        self.phase = replace(phase, again=None)
        return [*outputs, *self._refused(at_s, STUCK, retry=True)]

    def _end_late(self, instance: int, at_s: float) -> list[Output]:
        """On the air with nothing of ours to say."""
        if isinstance(self.phase, Idle):
            due_s = at_s + self._times.release_s
            self.phase = Releasing(self._serial, instance, due_s, tell=False, keyed=True, since_s=at_s)
        return [Noted("late_grant"), Release(instance)]

    def _ask(self, gssi: Gssi, at_s: float, *, preempt: bool) -> list[Output]:
        self.turned_away = False
        live = self._book.up_on(gssi)
        if (barred := self._barred(live, at_s, preempt=preempt)) is not None:
            reason, retry = barred
            return self._refused(at_s, reason, retry=retry)
        if live is None:
            return self._dial(gssi, at_s, preempt=preempt)
        self._serial += 1
        self.phase = Asking(self._serial, gssi, live.instance, at_s + self._times.grant_s, preempt=preempt)
        return [Press(self._serial, live.instance, preempt)]

    def _dial(self, gssi: Gssi, at_s: float, *, preempt: bool = False) -> list[Output]:
        self._serial += 1
        due_s = at_s + self._times.grant_s
        self.phase = Asking(self._serial, gssi, None, due_s, preempt=preempt, dialled=True)
        return [Dial(self._serial, gssi)]

    def _barred(self, live: LiveCall | None, at_s: float, *, preempt: bool) -> tuple[Reason, bool] | None:
        """Why no demand is made now, and whether asking again can help."""
        if self._book.own_talk():
            return TransmitReason.TALK_AT_TERMINAL(), False
        if live is None:
            return None
        if preempt and self._in_emergency(live.instance):
            return TransmitReason.EMERGENCY_NOT_PREEMPTED(), False
        if live.interrupted is not None and at_s < live.interrupted.at_s + self._times.interrupted_s:
            return TransmitReason.NETWORK_INTERRUPTS(), True
        if not live.may_request and not preempt:
            return TransmitReason.ANOTHER_TALKS(), False
        return None

    def _in_emergency(self, instance: int) -> bool:
        talk = self._book.talk
        return self._book.known(instance).emergency or (talk is not None and talk.emergency)

    def _press_harder(self, asking: Asking, at_s: float) -> list[Output]:
        """An open demand becomes a demand that asks the talker to give way. The end of the former one means nothing any
        more."""
        if asking.instance is None or self._in_emergency(asking.instance):
            return [Noted("not_preempted")]
        self._serial += 1
        self.phase = replace(asking, serial=self._serial, preempt=True, due_s=at_s + self._times.grant_s)
        return [Withdraw(asking.serial), Press(self._serial, asking.instance, preempt=True)]

    def _refused(self, at_s: float, reason: Reason, *, retry: bool) -> list[Output]:
        self.turned_away = True
        return [TransmitRefused(at_s, self._terminal, reason, retry)]

    def _taken(self, at_s: float, reason: Reason) -> list[Output]:
        self.phase = Idle()
        return [TransmitEnded(at_s, self._terminal, lost=True, reason=reason)]

    def _release(
        self, serial: int, instance: int | None, at_s: float, *, tell: bool, keyed: bool = False
    ) -> list[Output]:
        """Give up; where the instance is not known yet, wait for it and hang up if it never comes."""
        self._given_up_at_s = at_s
        self.phase = Releasing(serial, instance, at_s + self._times.release_s, tell, keyed, since_s=at_s)
        return [Withdraw(serial)] if instance is None else [Withdraw(serial), self._end(instance)]

    def _end(self, instance: int) -> Release | HangUp:
        """The end of a demand: a call that is up is released, one still being set up is hung up."""
        return Release(instance) if self._book.known(instance).connected else HangUp()

    def _released(self, at_s: float) -> list[Output]:
        phase, self.phase = self.phase, Idle()
        if not isinstance(phase, Releasing):
            return []
        ended: list[Output] = [Noted("release_confirmed")] if phase.unconfirmed else []
        ended += [TransmitEnded(at_s, self._terminal)] if phase.tell else []
        if phase.again is None:
            return ended
        return [*ended, *self._ask(phase.again, at_s, preempt=phase.again_preempt)]
