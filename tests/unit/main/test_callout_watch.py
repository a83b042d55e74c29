"""The watchdog of call-outs alarms within five seconds, tells the engine, and people hear of it for a while."""

from dataclasses import replace

from bridge.domain.callout.commands import CancelActivation
from bridge.domain.callout.events import TargetsIdle
from bridge.domain.callout.passing import PUMP_AT_S
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.callout.reasons import CalloutReason
from bridge.domain.callout.records import AnswerLevel
from bridge.domain.kernel.events import Event
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.reasons import WELL
from bridge.main.callout_watch import ALARM_S, IDLE_S, LOOK_S, CalloutWatch
from tests.harness.story import TRUNK, Story


class Held:
    """A node that a test changes, and a clock that it moves."""

    def __init__(self, node: Node, now_s: float) -> None:
        self.held, self.time_s, self.told = node, now_s, list[Event]()

    def node(self) -> Node:
        return self.held

    def now_s(self) -> float:
        return self.time_s


def watch_of(held: Held) -> CalloutWatch:
    return CalloutWatch(held, held, held.told.append)  # type: ignore[arg-type]


def stuck() -> tuple[Story, Held]:
    """One is called, and the pump of the other is lost."""
    story = Story(Policy(CalloutPolicy(trunks=(TrunkPolicy(name=TRUNK, calls_per_s=1),))))
    story.opens()
    story.activates([("+46846500401",), ("+46846500402",)])
    return story, Held(replace(story.node, facts={**story.node.facts, PUMP_AT_S: None}), story.now_s)


def looks(watch: CalloutWatch, held: Held, for_s: float) -> None:
    for _ in range(round(for_s / LOOK_S)):
        watch.look()
        held.time_s += LOOK_S


def test_a_function_without_a_next_action_is_an_alarm_within_five_seconds() -> None:
    story, held = stuck()
    watch, began_s = watch_of(held), held.time_s
    looks(watch, held, IDLE_S)
    assert (held.told, watch.health()) == ([], {"callout": WELL})
    while not held.told:
        looks(watch, held, LOOK_S)
    assert held.time_s - began_s <= 5
    assert held.told == [TargetsIdle(held.time_s - LOOK_S, (story.target(1).id,))]
    (reason,) = watch.health().values()
    assert reason.get("count") == 1


def test_a_function_that_was_taken_up_in_time_is_no_alarm() -> None:
    _, held = stuck()
    watch, idle = watch_of(held), held.held
    for _ in range(5):
        held.held = idle
        looks(watch, held, IDLE_S - LOOK_S)
        held.held = replace(idle, facts={**idle.facts, PUMP_AT_S: held.time_s + 100})
        looks(watch, held, LOOK_S)
    assert held.told == []


def test_an_engine_that_hangs_is_told_again_and_not_at_every_look() -> None:
    _, held = stuck()
    looks(watch_of(held), held, 10 * IDLE_S)
    assert 8 <= len(held.told) <= 10


def test_the_alarm_ends_a_while_after_it_has_happened() -> None:
    _, held = stuck()
    watch = watch_of(held)
    looks(watch, held, 6)
    assert watch.health() != {"callout": WELL}
    held.held = replace(held.held, facts={**held.held.facts, PUMP_AT_S: held.time_s + 2 * ALARM_S})
    looks(watch, held, 1)
    held.time_s += ALARM_S
    assert watch.health() == {"callout": WELL}


def test_a_deadline_that_passes_is_an_alarm_until_the_quorum_is_there_or_the_call_out_is_over() -> None:
    story = Story(Policy(CalloutPolicy(trunks=(TrunkPolicy(name=TRUNK, calls_per_s=0),))))
    story.opens()
    story.activates([("+46846500401",), ("+46846500402",)], level=AnswerLevel.HOUR, rounds=10, round_pause_s=600.0)
    held = Held(story.node, story.now_s)
    watch = watch_of(held)
    assert watch.health() == {"callout": WELL}
    story.passes(3601)
    held.held = story.node
    assert watch.health() == {"callout": CalloutReason.LATE(list="Inriktande", came=0, needed=2)}
    story.asks(CancelActivation(story.activation.id))
    held.held = story.node
    assert watch.health() == {"callout": WELL}
