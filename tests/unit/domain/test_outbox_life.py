"""Whatever becomes of messages, and whenever the controller dies: none is handed over again once it may have left."""

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.kernel.events import EffectFailed, Fate
from bridge.domain.kernel.ids import OutboxId
from bridge.domain.kernel.policy import Policy
from bridge.domain.outbox.commands import NewMessage, QueueMessage, Receipt, TakeReceipt, WithdrawMessage
from bridge.domain.outbox.effects import SendMessage
from bridge.domain.outbox.events import MessageSent
from bridge.domain.outbox.policy import BearerPolicy, OutboxPolicy
from bridge.domain.outbox.records import OUTBOX, Bearer, OutboxState
from tests.harness.reasons import because
from tests.harness.story import TRUNK, Story

FIGURES = OutboxPolicy((BearerPolicy(Bearer.SMS, 2, 2), BearerPolicy(Bearer.MAIL, 0, 1)), tries=3, most_waiting=6)
AT_ONCE = {one.bearer: one.at_once for one in FIGURES.bearers}
TO = {Bearer.SMS: "+46701740605", Bearer.MAIL: "tib@example.se"}
LONGEST_S = FIGURES.receipt_s + FIGURES.expires_s
WHICH = st.integers(0, 5)


class ManyMessages(RuleBasedStateMachine):
    """Two bearers that take, refuse, fall silent and report, and a controller that dies."""

    @initialize()
    def evening(self) -> None:
        trunk = TrunkPolicy(name=TRUNK, calls_per_s=0, channels=100)
        self.story = Story(Policy(CalloutPolicy(trunks=(trunk,)), FIGURES))
        self.made = 0
        self.seen = 0
        self.handed: Counter[str] = Counter()
        self.may_have_left: set[str] = set()

    def look(self) -> None:
        orders = self.story.done(SendMessage)
        for order in orders[self.seen :]:
            assert order.message not in self.may_have_left, "it may have left already"
            self.handed[order.message] += 1
        self.seen = len(orders)

    def sending(self) -> list[OutboxId]:
        return sorted(key for key, one in self.story.node[OUTBOX].items() if one.state is OutboxState.SENDING)

    def fails(self, key: OutboxId, fate: Fate, *, retry: bool) -> None:
        order = [one for one in self.story.done(SendMessage) if one.message == key][-1]
        self.story.happens(EffectFailed(self.story.now_s, order, fate, because("as it happens"), retry))
        self.look()

    @rule(bearer=st.sampled_from(Bearer))
    def somebody_writes(self, bearer: Bearer) -> None:
        self.made += 1
        key = OutboxId(f"out-{self.made:026d}")
        self.story.asks(QueueMessage(NewMessage(key, bearer, TO[bearer], "Samling")))
        self.look()

    @precondition(lambda self: self.sending())
    @rule(which=WHICH)
    def one_is_taken(self, which: int) -> None:
        key = self.sending()[which % len(self.sending())]
        self.may_have_left.add(key)
        self.story.happens(MessageSent(self.story.now_s, key, "s1"))
        self.look()

    @precondition(lambda self: self.sending())
    @rule(which=WHICH, fate=st.sampled_from(Fate), retry=st.booleans())
    def one_fails(self, which: int, fate: Fate, retry: bool) -> None:
        key = self.sending()[which % len(self.sending())]
        if fate is Fate.UNKNOWN:
            self.may_have_left.add(key)
        self.fails(key, fate, retry=retry)

    @precondition(lambda self: self.story.node[OUTBOX])
    @rule(which=WHICH, what=st.sampled_from(Receipt))
    def a_receipt_comes(self, which: int, what: Receipt) -> None:
        known = sorted(self.story.node[OUTBOX])
        key = known[which % len(known)]
        if self.story.node[OUTBOX][key].state is not OutboxState.WAITING:
            self.may_have_left.add(key)
        self.story.asks(TakeReceipt(key, what))
        self.look()

    @precondition(lambda self: self.story.node[OUTBOX])
    @rule(which=WHICH)
    def one_is_withdrawn(self, which: int) -> None:
        known = sorted(self.story.node[OUTBOX])
        self.story.asks(WithdrawMessage(known[which % len(known)]))
        self.look()

    @rule(seconds=st.sampled_from([0.2, 1.0, 5.0, 130.0, 2000.0, 22_000.0]))
    def time_passes(self, seconds: float) -> None:
        self.story.passes(seconds)
        self.look()

    @rule()
    def the_controller_dies(self) -> None:
        self.may_have_left |= set(self.sending())
        self.story = self.story.restarted()
        self.seen = 0
        self.look()

    @invariant()
    def no_bearer_has_more_than_it_takes(self) -> None:
        for bearer, most in AT_ONCE.items():
            with_it = [one for one in self.sending() if self.story.node[OUTBOX][one].bearer is bearer]
            assert len(with_it) <= most

    @invariant()
    def the_queue_is_bounded_and_no_message_is_tried_for_ever(self) -> None:
        waiting = [one for one in self.story.node[OUTBOX].values() if one.state is OutboxState.WAITING]
        assert len(waiting) <= FIGURES.most_waiting + sum(AT_ONCE.values())
        assert all(times <= FIGURES.tries for times in self.handed.values())

    def teardown(self) -> None:
        """Once the bearers answer, nothing is awaited for ever."""
        while self.sending():
            self.one_is_taken(0)
            self.time_passes(1.0)
        self.time_passes(LONGEST_S)
        while self.sending():
            self.one_is_taken(0)
            self.time_passes(LONGEST_S)
        assert not self.story.node[OUTBOX]


TestManyMessages = ManyMessages.TestCase
TestManyMessages.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
