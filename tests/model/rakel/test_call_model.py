"""Whatever a terminal says, in whatever order, and whatever we ask: the laws of `bridge.rakel.group_calls` hold."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bridge.domain.kernel.ids import Gssi, Issi, TerminalName
from bridge.domain.radio.events import (
    RadioTalkStarted,
    RadioTalkStopped,
    TransmitEnded,
    TransmitGranted,
    TransmitQueued,
    TransmitRefused,
)
from bridge.rakel.call_book import MAX_CALLS
from bridge.rakel.call_values import (
    Asking,
    CallTimes,
    Dial,
    HangUp,
    Idle,
    Output,
    Press,
    Release,
    Releasing,
    Sending,
    Withdraw,
)
from bridge.rakel.group_calls import GroupCalls
from bridge.rakel.pei.codes import TxGrant
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
from tests.harness.reasons import because

INSTANCES = st.integers(0, 3)
PEOPLE = st.none() | st.builds(Identity, st.sampled_from([1000, 2001, 2002]))
GROUPS = st.none() | st.builds(Identity, st.sampled_from([1, 2]))
GRANTS = st.sampled_from(TxGrant)
SAID: st.SearchStrategy[Indication] = st.one_of(
    st.builds(
        IncomingCall, INSTANCES, st.just(0), st.just(0), PEOPLE, st.sampled_from([0, 1]), GROUPS, st.integers(0, 15)
    ),
    st.builds(OutgoingCall, INSTANCES, st.integers(0, 4)),
    st.builds(CallConnected, INSTANCES),
    st.builds(CallReleased, INSTANCES, st.integers(0, 40)),
    st.builds(TransmissionGrant, INSTANCES, GRANTS, st.booleans(), PEOPLE),
    st.builds(TransmissionGrant, INSTANCES, GRANTS),
    st.builds(TransmissionCeased, INSTANCES, st.booleans()),
    st.builds(TransmissionInterrupted, INSTANCES, GRANTS, st.booleans(), PEOPLE),
    st.builds(TransmissionWait, INSTANCES),
    st.builds(TransmissionContinues, INSTANCES, st.booleans()),
    st.builds(LocalDemand, INSTANCES),
    st.builds(LocalCease, INSTANCES),
)


class CallLaws(RuleBasedStateMachine):
    """Keeps its own account of what was asked and told, and compares."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = GroupCalls(TerminalName("rakel-1"), CallTimes())
        self.calls.own_issi = Issi(1000)
        self.now_s = 0.0
        self.demand_open = False
        self.on_air = False
        self.talking = False
        self.last_serial = 0

    # --- what can happen ---

    @rule(said=SAID)
    def the_terminal_says(self, said: Indication) -> None:
        outputs = self.calls.hear(said, self._now())
        granted = [output for output in outputs if isinstance(output, TransmitGranted)]
        if granted:
            assert isinstance(said, TransmissionGrant)
            assert said.grant is TxGrant.GRANTED
        self._take(outputs)
        if isinstance(said, CallReleased):
            assert self.calls.talk is None or self.calls.talk.instance != said.instance
            phase = self.calls.phase
            assert not (isinstance(phase, Sending) and phase.instance == said.instance)

    @rule(said=SAID)
    def the_terminal_repeats_itself(self, said: Indication) -> None:
        self._take(self.calls.hear(said, self._now()))
        before = (self.calls.phase, self.calls.calls)
        if isinstance(before[0], Idle | Sending) and not isinstance(said, TransmissionContinues | IncomingCall):
            outputs = self.calls.hear(said, self.now_s)
            facts = [o for o in outputs if isinstance(o, TransmitGranted | TransmitRefused | TransmitEnded)]
            assert facts == []
            self._take(outputs)

    @rule(gssi=st.sampled_from([1, 2]))
    def we_ask(self, gssi: int) -> None:
        before = self.calls.phase
        outputs = self.calls.ours.demand(Gssi(gssi), self._now())
        if isinstance(before, Idle | Releasing):
            self.demand_open = True
        else:
            assert outputs == [], "asking again changes nothing"
        self._take(outputs)

    @rule(gssi=st.sampled_from([1, 2]))
    def we_ask_with_pre_emption(self, gssi: int) -> None:
        before = self.calls.phase
        outputs = self.calls.ours.demand(Gssi(gssi), self._now(), preempt=True)
        if isinstance(before, Idle | Releasing):
            self.demand_open = True
        for press in (output for output in outputs if isinstance(output, Press)):
            live = next(one for one in self.calls.calls if one.instance == press.instance)
            assert not live.emergency, "an emergency call is pre-empted"
        self._take(outputs)

    @rule()
    def we_cease(self) -> None:
        self._take(self.calls.ours.cease(self._now()))
        self.demand_open = False
        assert self.calls.ours.cease(self.now_s) == [], "ceasing again changes nothing"

    @rule(retry=st.booleans(), how=st.sampled_from(["refused", "in_doubt", "stale"]))
    def our_command_fails(self, retry: bool, how: str) -> None:
        now_s, in_doubt, stale = self._now(), how == "in_doubt", how == "stale"
        failed = self.calls.ours.ask_failed(
            self.last_serial, because(how), now_s, retry=retry, in_doubt=in_doubt, stale=stale
        )
        self._take(failed)

    @rule(done=st.booleans(), gone=st.booleans())
    @precondition(lambda self: isinstance(self.calls.phase, Releasing))
    def our_release_is_answered(self, done: bool, gone: bool) -> None:
        before = self.calls.phase
        self._take(self.calls.ours.release_answered(self._now(), done=done, gone=gone and not done))
        if isinstance(before, Releasing) and before.keyed and done:
            assert isinstance(self.calls.phase, Releasing), "OK alone is no proof that we are off the air"

    @rule()
    def the_network_goes(self) -> None:
        keyed = isinstance(self.calls.phase, Sending)
        self._take(self.calls.end(because("no network"), self._now()))
        assert not keyed or isinstance(self.calls.phase, Releasing), "what was on the air is ended until it is sure"

    @rule(seconds=st.floats(0, 100))
    def time_passes(self, seconds: float) -> None:
        self.now_s += seconds
        self._take(self.calls.tick(self.now_s))
        due_s = self.calls.next_due_s()
        assert due_s is None or due_s > self.now_s, "nothing overdue is left"

    @rule()
    def the_line_is_lost(self) -> None:
        self._take(self.calls.lose(because("unplugged"), self._now()))
        assert (self.calls.phase, self.calls.talk, self.calls.calls) == (Idle(), None, ())

    @rule()
    def after_long_silence_nothing_hangs(self) -> None:
        for _ in range(8):
            self.now_s += 200
            self._take(self.calls.tick(self.now_s))
        assert (self.calls.phase, self.calls.talk) == (Idle(), None)

    # --- the account ---

    def _now(self) -> float:
        self.now_s += 0.01
        return self.now_s

    def _take(self, outputs: list[Output]) -> None:
        for output in outputs:
            match output:
                case TransmitGranted():
                    assert self.demand_open, "granted without our demand"
                    assert not self.on_air
                    self.demand_open, self.on_air = False, True
                case TransmitQueued():
                    assert self.demand_open
                case TransmitRefused():
                    assert self.demand_open, "refused what was not asked"
                    self.demand_open = False
                case TransmitEnded():
                    assert self.on_air, because("ended what was not on the air")
                    self.on_air = False
                case RadioTalkStarted():
                    self.talking = True
                case RadioTalkStopped():
                    assert self.talking
                    self.talking = False
                case Dial(serial=serial) | Press(serial=serial):
                    assert serial > self.last_serial, "every demand has its own number"
                    assert not self.on_air
                    self.last_serial = serial
                case Withdraw() | Release() | HangUp():
                    pass
                case _:
                    pass

    @invariant()
    def the_account_is_the_machines(self) -> None:
        phase = self.calls.phase
        assert self.talking is (self.calls.talk is not None)
        if isinstance(phase, Sending):
            assert self.on_air
        assert not (isinstance(phase, Idle | Asking) and self.on_air), "on the air with nobody answering for it"
        waiting = isinstance(phase, Asking) or (isinstance(phase, Releasing) and phase.again is not None)
        assert waiting is self.demand_open, "every open demand has an end to come, and no other"

    @invariant()
    def we_and_another_never_talk_at_once(self) -> None:
        phase, talk = self.calls.phase, self.calls.talk
        assert not (isinstance(phase, Sending) and talk is not None and talk.instance == phase.instance)

    @invariant()
    def memory_is_bounded(self) -> None:
        assert len(self.calls.calls) <= MAX_CALLS


TestCallLaws = CallLaws.TestCase
TestCallLaws.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
