"""Group calls on one terminal: who talks, and whether we may. No IO: indications and time in, facts and wishes out.

This is the terminal's side. The `CallBook` keeps what the terminal reports. `transmission.Transmission`, where the
phases stand, draws the consequences for our own transmission. Laws:

- `TransmitGranted` comes from one thing only. That is `+CTXG` with TxGrant 0 while a demand of ours is open, for its
  own call.
- Every demand gets one ending: granted, refused, or given up by `cease`. Queued may come before it.
- After `+CTCR` nobody talks and nothing is granted in that call. A talker out of coverage sends no end, so `+CTCR`, or
  a watchdog, closes the talk.
- A repeated indication changes nothing and gives nothing new.
- A grant that comes after its demand was given up is ended again at once. A grant that we never asked for means a
  person at the terminal (its own microphone, its emergency button). It is shown as a talker with our own identity, and
  never cut.
- A demand that pre-empts asks the talker to give way. In an emergency call none is made.
- While the network interrupts a call (`+CTXW`) nobody talks in it; `+CTXN` brings the talker back, a grant another.
- The network identity in front of an SSI proves nothing; all matching is by SSI.
"""

from dataclasses import replace

from bridge.domain.kernel.ids import Gssi, Issi, TerminalName
from bridge.domain.kernel.reasons import Reason
from bridge.domain.radio.events import ChannelFree, RadioTalkStopped
from bridge.rakel.call_book import CallBook
from bridge.rakel.call_values import CallTimes, Idle, Interrupted, LiveCall, Noted, Output, Phase, Sending, Talk
from bridge.rakel.pei.codes import EMERGENCY_PRIORITY, CallStatus, TxGrant
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
from bridge.rakel.transmission import Transmission


class GroupCalls:
    """The calls of one terminal. Each verb gives its outputs in order and never raises, whatever its input.

    Attributes:
        ours: Our own demand and transmission, which is asked directly.
    """

    def __init__(
        self, terminal: TerminalName, times: CallTimes | None = None, emergency_from: int = EMERGENCY_PRIORITY
    ) -> None:
        self._terminal = terminal
        self._emergency_from = emergency_from
        self._times = times or CallTimes()
        self._book = CallBook(terminal)
        self.ours = Transmission(terminal, self._times, self._book)

    @property
    def own_issi(self) -> Issi | None:
        """Set when the terminal has told who it is."""
        return self._book.own_issi

    @own_issi.setter
    def own_issi(self, issi: Issi | None) -> None:
        self._book.own_issi = issi

    @property
    def phase(self) -> Phase:
        return self.ours.phase

    @property
    def talk(self) -> Talk | None:
        return self._book.talk

    @property
    def calls(self) -> tuple[LiveCall, ...]:
        return tuple(self._book.calls.values())

    # --- both sides ---

    def end(self, reason: Reason, at_s: float) -> list[Output]:
        """The network is gone, or the terminal must not be used; it still listens, so that ours can be ended."""
        outputs = [*self._book.stop_talk(at_s), *self.ours.end(reason, at_s)]
        self._book.calls.clear()
        return outputs

    def lose(self, reason: Reason, at_s: float) -> list[Output]:
        """The terminal, or its network, is gone: no call is left."""
        self._book.calls.clear()
        return [*self._book.stop_talk(at_s), *self.ours.lose(reason, at_s)]

    # --- time ---

    def next_due_s(self) -> float | None:
        """When `tick` has something to do."""
        talk = self._book.talk
        silent = talk.heard_at_s + self._times.talk_watchdog_s if talk is not None else None
        return min((due for due in (silent, self.ours.next_due_s()) if due is not None), default=None)

    def tick(self, at_s: float) -> list[Output]:
        outputs: list[Output] = []
        if self._book.talk is not None and at_s >= self._book.talk.heard_at_s + self._times.talk_watchdog_s:
            outputs += [Noted("talk_watchdog"), *self._book.stop_talk(at_s)]
        return [*outputs, *self.ours.tick(at_s)]

    # --- the terminal's side ---

    def hear(self, indication: Indication, at_s: float) -> list[Output]:
        """The terminal says something; what is not about calls is left to others."""
        turned_away = self.ours.turned_away
        outputs = self._hear(indication, at_s)
        over = isinstance(indication, CallReleased) or (
            isinstance(indication, TransmissionCeased) and indication.may_request
        )
        told = any(isinstance(one, RadioTalkStopped) for one in outputs)
        if told or not (turned_away and over and isinstance(self.phase, Idle) and self._book.talk is None):
            return outputs
        self.ours.turned_away = False
        return [*outputs, ChannelFree(at_s, self._terminal)]

    def _hear(self, indication: Indication, at_s: float) -> list[Output]:
        match indication:
            case IncomingCall():
                return self._incoming(indication, at_s)
            case OutgoingCall(instance=instance, status=status):
                return [*self.ours.bind(instance, at_s), *self._progress(instance, status, at_s)]
            case CallConnected(instance=instance):
                self._book.remember(replace(self._book.known(instance), connected=True))
                return self.ours.bind(instance, at_s)
            case CallReleased(instance=instance, cause=cause):
                known = self._book.calls.pop(instance, None) is not None
                outputs = self._book.stop_talk(at_s) if self._book.talks_in(instance) else []
                return [*outputs, *self.ours.call_ended(instance, cause, at_s, known=known)]
            case LocalDemand():
                self.ours.key_pressed_at_terminal()
                return [Noted("local_demand")]
            case LocalCease(instance=instance):
                own = self._book.talks_in(instance) and self._book.own_talk()
                return [Noted("local_cease"), *(self._book.stop_talk(at_s) if own else [])]
            case _:
                return self._hear_of_transmission(indication, at_s)

    def _hear_of_transmission(self, indication: Indication, at_s: float) -> list[Output]:
        match indication:
            case TransmissionGrant():
                return self._grant(indication, at_s)
            case TransmissionInterrupted():
                return self._withdrawn(indication, at_s)
            case TransmissionCeased(instance=instance, may_request=may_request):
                return self._ceased(instance, may_request, at_s)
            case TransmissionWait(instance=instance):
                return self._wait(instance, at_s)
            case TransmissionContinues(instance=instance, goes_on=goes_on):
                return self._continue(instance, at_s) if goes_on else []
            case _:
                return []

    def _incoming(self, heard: IncomingCall, at_s: float) -> list[Output]:
        known = self._book.known(heard.instance)
        gssi = Gssi(heard.called.ssi) if heard.called is not None and not heard.individual else known.gssi
        emergency = known.emergency if heard.priority is None else heard.priority >= self._emergency_from
        caller = heard.calling or known.caller
        self._book.remember(replace(known, gssi=gssi, caller=caller, emergency=emergency, individual=heard.individual))
        outputs: list[Output] = []
        talk = self._book.talk
        if (
            talk is not None
            and talk.instance == heard.instance
            and (not known.talked or talk.emergency is not emergency)
        ):
            named = None if known.talked else _issi(heard.calling)  # the caller is the talker only at first
            outputs += self._book.start_talk(heard.instance, named or talk.issi, at_s)
        return [*outputs, *self._progress(heard.instance, heard.status, at_s)]

    def _progress(self, instance: int, status: int, at_s: float) -> list[Output]:
        match status:
            case CallStatus.QUEUED:
                return self.ours.queued(instance, at_s)
            case CallStatus.CONTINUE:
                return self._continue(instance, at_s)
            case CallStatus.HANG_TIME_EXPIRED:
                return self._hang_time_expired(instance, at_s)
            case _:
                return []

    def _hang_time_expired(self, instance: int, at_s: float) -> list[Output]:
        """Nobody talks, and the call is over but for its release: the next demand sets up a new one."""
        if self._sends_in(instance):
            return [Noted("hang_time_expired_while_sending")]
        self._book.remember(replace(self._book.known(instance), connected=False))
        return self._book.stop_talk(at_s) if self._book.talks_in(instance) else []

    def _grant(self, heard: TransmissionGrant, at_s: float) -> list[Output]:
        known = self._book.known(heard.instance)
        self._book.remember(replace(known, may_request=heard.may_request, connected=True, interrupted=None))
        if known.individual:
            return [Noted("individual_call")]
        match heard.grant:
            case TxGrant.GRANTED:
                return self.ours.granted(heard.instance, at_s)
            case TxGrant.QUEUED:
                return [*self.ours.bind(heard.instance, at_s), *self.ours.queued(heard.instance, at_s)]
            case TxGrant.NOT_GRANTED:
                return self.ours.not_granted(heard.instance, at_s, may_request=heard.may_request)
            case TxGrant.GRANTED_TO_ANOTHER:
                return self._granted_to_another(heard.instance, heard.talker, at_s)

    def _granted_to_another(self, instance: int, talker: Identity | None, at_s: float) -> list[Output]:
        known = self._book.known(instance)
        before = self._book.talk.issi if self._book.talk is not None and self._book.talks_in(instance) else None
        same = self._book.talks_in(instance) and (talker is None or before == talker.ssi)
        issi = before if talker is None else _issi(talker)
        if issi is None and not known.talked:
            issi = _issi(known.caller)
        outputs = self.ours.another_talks(instance, at_s, same=same)
        return [*outputs, *self._book.start_talk(instance, issi, at_s)]

    def _withdrawn(self, heard: TransmissionInterrupted, at_s: float) -> list[Output]:
        if heard.grant is TxGrant.GRANTED:  # not ours by the only law: a grant is `+CTXG`
            return [Noted("interrupt_with_grant")]
        as_grant = TransmissionGrant(heard.instance, heard.grant, heard.may_request, heard.talker)
        return self._grant(as_grant, at_s)

    def _ceased(self, instance: int, may_request: bool, at_s: float) -> list[Output]:
        if instance in self._book.calls:
            known = self._book.calls[instance]
            self._book.remember(replace(known, may_request=may_request, interrupted=None))
        outputs = self._book.stop_talk(at_s) if self._book.talks_in(instance) else []
        return [*outputs, *self.ours.ceased(instance, at_s)]

    def _wait(self, instance: int, at_s: float) -> list[Output]:
        known = self._book.known(instance)
        talk = self._book.talk if self._book.talks_in(instance) else None
        ours = self._sends_in(instance)
        if known.interrupted is None or talk is not None or ours:
            held = Interrupted(at_s, talk is not None, talk.issi if talk is not None else None, ours)
            self._book.remember(replace(known, interrupted=held))
        outputs = self._book.stop_talk(at_s) if talk is not None else []
        return [*outputs, *self.ours.interrupted(instance, at_s)]

    def _continue(self, instance: int, at_s: float) -> list[Output]:
        """The talker from before the interruption goes on, unless the interruption was too long for that."""
        known = self._book.calls.get(instance)
        if known is None or known.interrupted is None:
            return []
        held = known.interrupted
        self._book.remember(replace(known, interrupted=None))
        if at_s - held.at_s >= self._times.talk_watchdog_s:
            return []
        if held.ours:
            return self.ours.goes_on(instance, at_s)
        return self._book.start_talk(instance, held.issi, at_s) if held.talked else []

    def _sends_in(self, instance: int) -> bool:
        return isinstance(self.phase, Sending) and self.phase.instance == instance


def _issi(identity: Identity | None) -> Issi | None:
    return Issi(identity.ssi) if identity is not None else None
