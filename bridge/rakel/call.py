"""Group calls on one terminal: who talks, and whether we may. No IO: indications and time in, facts and wishes out.

The phases of our own transmission::

    Idle ──demand──▶ Asking ──own +CTXG 0──▶ Sending
     ▲                 │ refused, failed, overdue │ ceased, withdrawn, released, over the limit
     └──── Releasing ◀─┴──────────────────────────┘   (straight to Idle where nothing is left to end)

Laws:

- `TransmitGranted` comes from one thing only: `+CTXG` with TxGrant 0 while a demand of ours is open, for its own call.
- Every demand gets one ending: granted, refused, or given up by `cease`. Queued may come before it.
- After `+CTCR` nothing talks and nothing is granted in that call. A talker out of coverage sends no end of his own, so
  that, and a watchdog, close him.
- Whatever is repeated changes nothing and says nothing new.
- A grant that comes after its demand was given up is ended again at once. A grant that we never asked for is a person
  at the terminal (its own microphone, its emergency button): shown as a talker with our own identity, never cut.
- The network identity in front of an SSI proves nothing; all matching is by SSI.
"""

from dataclasses import replace

from bridge.domain.events import (
    TransmitEnded,
    TransmitGranted,
    TransmitQueued,
    TransmitRefused,
)
from bridge.domain.ids import Gssi, Issi, TerminalName
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
    Talk,
    Withdraw,
)
from bridge.rakel.pei.codes import EMERGENCY_PRIORITY, LASTING_CAUSES, CallStatus, TxGrant, disconnect_cause
from bridge.rakel.pei.identity import Identity
from bridge.rakel.pei.indications import (
    CallConnected,
    CallReleased,
    IncomingCall,
    Indication,
    LocalCease,
    LocalDemand,
    OutgoingCall,
    TransmissionCeased,
    TransmissionContinues,
    TransmissionGrant,
    TransmissionInterrupted,
    TransmissionWait,
)


class GroupCalls:
    """The calls of one terminal. Each verb gives its outputs in order and never raises on what it is told."""

    def __init__(self, terminal: TerminalName, times: CallTimes | None = None) -> None:
        self._terminal = terminal
        self._times = times or CallTimes()
        self._book = CallBook(terminal)
        self._phase: Phase = Idle()
        self._serial = 0
        self._given_up_at_s: float | None = None
        self.own_issi: Issi | None = None
        """Set when the terminal has told who it is."""

    @property
    def phase(self) -> Phase:
        return self._phase

    @property
    def talk(self) -> Talk | None:
        return self._book.talk

    @property
    def calls(self) -> tuple[LiveCall, ...]:
        return tuple(self._book.calls.values())

    # --- our side ---

    def demand(self, gssi: Gssi, at_s: float) -> list[Output]:
        """We want to talk on `gssi`, which the terminal stands on."""
        match self._phase:
            case Idle():
                return self._ask(gssi, at_s)
            case Releasing() as releasing:
                self._phase = replace(releasing, again=gssi)
                return []
            case Asking() | Sending():
                return []

    def cease(self, at_s: float) -> list[Output]:
        """We give up a demand, or end our transmission."""
        match self._phase:
            case Asking(serial=serial, instance=instance):
                return self._release(serial, instance, at_s, tell=False)
            case Sending(instance=instance):
                return self._release(self._serial, instance, at_s, tell=True, keyed=True)
            case Releasing() as releasing:
                self._phase = replace(releasing, again=None)
                return []
            case Idle():
                return []

    def ask_failed(
        self, serial: int, reason: str, at_s: float, *, retry: bool, in_doubt: bool = False, stale: bool = False
    ) -> list[Output]:
        """The command of a demand was refused, or (`in_doubt`) not answered, so that it may still be granted.

        `stale`: refused as impossible in the terminal's present state, so the call we pressed in is not there.
        """
        match self._phase:
            case Asking(serial=open_serial, instance=instance) if open_serial == serial:
                if stale and instance is not None:
                    self._book.remember(replace(self._book.known(instance), connected=False))
                refused: list[Output] = [TransmitRefused(at_s, self._terminal, reason, retry)]
                if in_doubt:
                    return [*refused, *self._release(serial, instance, at_s, tell=False)]
                self._phase = Idle()
                return refused
            case Releasing(serial=open_serial, instance=None) if open_serial == serial and not in_doubt:
                return self._released(at_s)
            case _:
                return []

    def release_answered(self, at_s: float, *, done: bool) -> list[Output]:
        """The command of a `Release` or `HangUp` has ended. Refused while on the air, hanging up is the last means."""
        match self._phase:
            case Releasing(keyed=True, hung_up=False) as releasing if not done:
                self._phase = replace(releasing, due_s=at_s + self._times.release_s, hung_up=True)
                return [Noted("release_refused"), HangUp()]
            case Releasing():
                return self._released(at_s)
            case _:
                return []

    def lose(self, reason: str, at_s: float) -> list[Output]:
        """The terminal, or its network, is gone: no call is left."""
        self._book.calls.clear()
        outputs = self._book.stop_talk(at_s)
        phase, self._phase = self._phase, Idle()
        match phase:
            case Asking():
                outputs.append(TransmitRefused(at_s, self._terminal, reason, retry=True))
            case Sending():
                outputs.append(TransmitEnded(at_s, self._terminal, lost=True, reason=reason))
            case Releasing(tell=True):
                outputs.append(TransmitEnded(at_s, self._terminal))
            case Releasing() | Idle():
                pass
        if isinstance(phase, Releasing) and phase.again is not None:
            outputs.append(TransmitRefused(at_s, self._terminal, reason, retry=True))
        return outputs

    # --- time ---

    def next_due_s(self) -> float | None:
        """When `tick` has something to do."""
        due = [self._book.talk.heard_at_s + self._times.talk_watchdog_s] if self._book.talk is not None else []
        if not isinstance(self._phase, Idle):
            due.append(self._phase.due_s)
        return min(due, default=None)

    def tick(self, at_s: float) -> list[Output]:
        outputs: list[Output] = []
        if self._book.talk is not None and at_s >= self._book.talk.heard_at_s + self._times.talk_watchdog_s:
            outputs += [Noted("talk_watchdog"), *self._book.stop_talk(at_s)]
        if not isinstance(self._phase, Idle) and at_s >= self._phase.due_s:
            outputs += self._overdue(self._phase, at_s)
        return outputs

    def _overdue(self, phase: Asking | Sending | Releasing, at_s: float) -> list[Output]:
        match phase:
            case Asking(serial=serial, instance=instance, queued=queued):
                reason = "the network queued the demand for too long" if queued else "the network does not answer"
                refused = TransmitRefused(at_s, self._terminal, reason, retry=True)
                return [refused, *self._release(serial, instance, at_s, tell=False)]
            case Sending(instance=instance):
                ended = TransmitEnded(at_s, self._terminal, lost=True, reason="the transmission's minute is over")
                return [ended, *self._release(self._serial, instance, at_s, tell=False, keyed=True)]
            case Releasing(instance=None, hung_up=False):
                self._phase = replace(phase, due_s=at_s + self._times.release_s, hung_up=True)
                return [HangUp()]
            case Releasing():
                return [Noted("release_unconfirmed"), *self._released(at_s)]

    # --- the terminal's side ---

    def hear(self, indication: Indication, at_s: float) -> list[Output]:
        """The terminal says something; what is not about calls is left to others."""
        match indication:
            case IncomingCall():
                return self._incoming(indication, at_s)
            case OutgoingCall(instance=instance, status=status):
                return [*self._bind(instance, at_s), *(self._queue(at_s) if status == CallStatus.QUEUED else [])]
            case CallConnected(instance=instance):
                self._book.remember(replace(self._book.known(instance), connected=True))
                return self._bind(instance, at_s)
            case CallReleased(instance=instance, cause=cause):
                return self._call_ended(instance, cause, at_s)
            case TransmissionGrant():
                return self._grant(indication, at_s)
            case TransmissionInterrupted():
                return self._interrupted(indication, at_s)
            case TransmissionCeased(instance=instance, may_request=may_request):
                return self._ceased(instance, may_request, at_s)
            case TransmissionWait(instance=instance):
                return self._wait(instance, at_s)
            case TransmissionContinues(instance=instance, goes_on=goes_on):
                return self._continue(instance, at_s) if goes_on else []
            case LocalDemand():
                self._given_up_at_s = None
                return [Noted("local_demand")]
            case LocalCease(instance=instance):
                talk = self._book.talk
                own = talk is not None and (talk.instance, talk.issi) == (instance, self.own_issi)
                return [Noted("local_cease"), *(self._book.stop_talk(at_s) if own else [])]
            case _:
                return []

    def _incoming(self, heard: IncomingCall, at_s: float) -> list[Output]:
        known = self._book.known(heard.instance)
        gssi = Gssi(heard.called.ssi) if heard.called is not None and not heard.individual else known.gssi
        emergency = known.emergency if heard.priority is None else heard.priority >= EMERGENCY_PRIORITY
        self._book.remember(
            replace(
                known,
                gssi=gssi,
                caller=heard.calling or known.caller,
                emergency=emergency,
                individual=heard.individual,
            )
        )
        talk = self._book.talk
        if talk is not None and talk.instance == heard.instance and not known.talked:
            caller = _issi(heard.calling) or talk.issi
            return self._book.start_talk(heard.instance, caller, at_s)
        return []

    def _grant(self, heard: TransmissionGrant, at_s: float) -> list[Output]:
        known = self._book.known(heard.instance)
        self._book.remember(replace(known, may_request=heard.may_request, connected=True))
        if known.individual:
            return [Noted("individual_call")]
        match heard.grant:
            case TxGrant.GRANTED:
                return self._granted(heard.instance, at_s)
            case TxGrant.QUEUED:
                return [
                    *self._bind(heard.instance, at_s),
                    *(self._queue(at_s) if self._is_ours(heard.instance) else []),
                ]
            case TxGrant.NOT_GRANTED:
                return self._not_granted(heard, at_s)
            case TxGrant.GRANTED_TO_ANOTHER:
                return self._granted_to_another(heard.instance, heard.talker, at_s)

    def _granted(self, instance: int, at_s: float) -> list[Output]:
        bound = self._bind(instance, at_s)
        match self._phase:
            case Asking(gssi=gssi, instance=own) if own == instance:
                self._phase = Sending(gssi, instance, at_s + self._times.transmit_limit_s)
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
        return [Noted("uncommanded_transmission"), *self._book.start_talk(instance, self.own_issi, at_s)]

    def _not_granted(self, heard: TransmissionGrant, at_s: float) -> list[Output]:
        outputs = self._bind(heard.instance, at_s)
        match self._phase:
            case Asking(instance=own) if own == heard.instance:
                self._phase = Idle()
                refused = TransmitRefused(at_s, self._terminal, "the network did not grant it", heard.may_request)
                return [*outputs, refused]
            case Sending(instance=own) if own == heard.instance:
                self._phase = Idle()
                return [*outputs, TransmitEnded(at_s, self._terminal, lost=True, reason="withdrawn by the network")]
            case _:
                return outputs

    def _granted_to_another(self, instance: int, talker: Identity | None, at_s: float) -> list[Output]:
        """Another has the channel. If we were asking he won; if we were sending, it was taken from us."""
        outputs: list[Output] = []
        known = self._book.known(instance)
        before = self._book.talk.issi if self._book.talk is not None and self._book.talks_in(instance) else None
        same = self._book.talks_in(instance) and (talker is None or before == talker.ssi)
        issi = before if talker is None else _issi(talker)
        if issi is None and not known.talked:
            issi = _issi(known.caller)
        match self._phase:
            case Asking(serial=serial, instance=own) if own == instance and not same:
                outputs.append(TransmitRefused(at_s, self._terminal, "another got the channel", retry=False))
                outputs += self._release(serial, instance, at_s, tell=False)
            case Sending(instance=own) if own == instance:
                self._phase = Idle()
                outputs.append(TransmitEnded(at_s, self._terminal, lost=True, reason="another got the channel"))
            case _:
                pass
        return [*outputs, *self._book.start_talk(instance, issi, at_s)]

    def _interrupted(self, heard: TransmissionInterrupted, at_s: float) -> list[Output]:
        if heard.grant is TxGrant.GRANTED:  # not ours by the only law: a grant is `+CTXG`
            return [Noted("interrupt_with_grant")]
        as_grant = TransmissionGrant(heard.instance, heard.grant, heard.may_request, heard.talker)
        return self._grant(as_grant, at_s)

    def _ceased(self, instance: int, may_request: bool, at_s: float) -> list[Output]:
        if instance in self._book.calls:
            self._book.remember(replace(self._book.calls[instance], may_request=may_request, waiting=None))
        outputs = self._book.stop_talk(at_s) if self._book.talks_in(instance) else []
        match self._phase:
            case Sending(instance=own) if own == instance:
                self._phase = Idle()
                return [*outputs, TransmitEnded(at_s, self._terminal, lost=True, reason="ended by the network")]
            case Releasing(instance=own) if own == instance:
                return [*outputs, *self._released(at_s)]
            case _:
                return outputs

    def _wait(self, instance: int, at_s: float) -> list[Output]:
        """The network interrupts the call. Ours is given up: what was not said is sent when the call is whole again."""
        outputs: list[Output] = []
        talk = self._book.talk
        if talk is not None and talk.instance == instance:
            self._book.remember(replace(self._book.known(instance), waiting=talk.issi))
            outputs += self._book.stop_talk(at_s)
        if isinstance(self._phase, Sending) and self._phase.instance == instance:
            outputs.append(TransmitEnded(at_s, self._terminal, lost=True, reason="interrupted by the network"))
            outputs += self._release(self._serial, instance, at_s, tell=False, keyed=True)
        return outputs

    def _continue(self, instance: int, at_s: float) -> list[Output]:
        known = self._book.calls.get(instance)
        if known is None or known.waiting is None:
            return []
        self._book.remember(replace(known, waiting=None))
        return self._book.start_talk(instance, known.waiting, at_s)

    def _call_ended(self, instance: int, cause: int, at_s: float) -> list[Output]:
        known = self._book.calls.pop(instance, None)
        outputs = self._book.stop_talk(at_s) if self._book.talks_in(instance) else []
        reason = f"call released: {disconnect_cause(cause)}"
        match self._phase:
            case Asking(instance=own) if own == instance or (own is None and known is None):
                self._phase = Idle()
                retry = cause not in LASTING_CAUSES
                return [*outputs, TransmitRefused(at_s, self._terminal, reason, retry)]
            case Sending(instance=own) if own == instance:
                self._phase = Idle()
                return [*outputs, TransmitEnded(at_s, self._terminal, lost=True, reason=reason)]
            case Releasing(instance=own) if own == instance or (own is None and known is None):
                return [*outputs, *self._released(at_s)]
            case _:
                return outputs

    # --- parts ---

    def _ask(self, gssi: Gssi, at_s: float) -> list[Output]:
        up = (one for one in self._book.calls.values() if one.connected and not one.individual)
        live = next((one for one in up if one.gssi in (gssi, None)), None)
        if live is not None and not live.may_request:
            reason = "the network allows no demand while another talks"
            return [TransmitRefused(at_s, self._terminal, reason, retry=False)]
        if self._own_talk():
            return [TransmitRefused(at_s, self._terminal, "somebody talks at the terminal itself", retry=False)]
        self._serial += 1
        instance = live.instance if live is not None else None
        self._phase = Asking(self._serial, gssi, instance, at_s + self._times.grant_s)
        return [Dial(self._serial, gssi) if instance is None else Press(self._serial, instance)]

    def _bind(self, instance: int, at_s: float) -> list[Output]:
        """A call has shown itself; if it is the one we dialled, our demand now has its instance."""
        known = self._book.known(instance)
        self._book.remember(known)
        match self._phase:
            case Asking(instance=None, gssi=gssi) as asking if known.gssi in (gssi, None) and not known.individual:
                self._book.remember(replace(known, gssi=gssi))
                self._phase = replace(asking, instance=instance)
            case Releasing(instance=None) as releasing if not known.individual:
                self._phase = replace(releasing, instance=instance, due_s=at_s + self._times.release_s)
                return [self._end(instance)]
            case _:
                pass
        return []

    def _own_talk(self) -> bool:
        """Somebody at the terminal itself talks."""
        talk = self._book.talk
        return talk is not None and talk.issi is not None and talk.issi == self.own_issi

    def _is_ours(self, instance: int) -> bool:
        return isinstance(self._phase, Asking) and self._phase.instance == instance

    def _queue(self, at_s: float) -> list[Output]:
        if not isinstance(self._phase, Asking) or self._phase.queued:
            return []
        self._phase = replace(self._phase, queued=True, due_s=at_s + self._times.queued_s)
        return [TransmitQueued(at_s, self._terminal)]

    def _release(
        self, serial: int, instance: int | None, at_s: float, *, tell: bool, keyed: bool = False
    ) -> list[Output]:
        """Give up; where the instance is not known yet, wait for it and hang up if it never comes."""
        self._given_up_at_s = at_s
        self._phase = Releasing(serial, instance, at_s + self._times.release_s, tell, keyed)
        return [Withdraw(serial)] if instance is None else [Withdraw(serial), self._end(instance)]

    def _end(self, instance: int) -> Release | HangUp:
        """What ends a demand: in a call that is up letting go, in one still being set up hanging up."""
        return Release(instance) if self._book.known(instance).connected else HangUp()

    def _released(self, at_s: float) -> list[Output]:
        phase, self._phase = self._phase, Idle()
        if not isinstance(phase, Releasing):
            return []
        ended: list[Output] = [TransmitEnded(at_s, self._terminal)] if phase.tell else []
        return ended if phase.again is None else [*ended, *self._ask(phase.again, at_s)]


def _issi(identity: Identity | None) -> Issi | None:
    return Issi(identity.ssi) if identity is not None else None
