"""Never more INVITEs on the wire than the trunk allows, whatever the way there costs. The model has its own wire."""

import heapq
import math
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.domain.callout.pacing import Pace, bounds

RATES = st.sampled_from([0.25, 0.5, 1.0, 1.5, 2.0, 2.5, 5.0, 7.0, 10.0, 40.0])
LATE_S = st.sampled_from([0.0, 0.001, 0.004, 0.05, 0.3, 0.9, 1.0, 1.7])
"""What may lie between letting go and the wire, and between the wire and word of it."""


@dataclass
class Wire:
    """A trunk that always has work, on a clock of its own.

    Attributes:
        ways: For each call in turn, from its release to the wire, and from there to word of it. With it comes whether
            it is refused.
        restarts_s: When the controller is killed and another begins, with the calls of the first still on their way.
    """

    rate: float
    ways: list[tuple[float, float, bool]]
    restarts_s: list[float] = field(default_factory=list)
    invites_s: list[float] = field(default_factory=list)

    def runs(self, until_s: float) -> "Wire":
        now_s, number = 0.0, 0
        pace = Pace.begin(self.rate, now_s)
        words: list[tuple[float, str]] = []
        restarts = sorted(self.restarts_s)
        on_the_way_s = 0.0
        while now_s < until_s:
            ready_s = pace.ready_at_s()
            next_s = min(
                max(now_s, ready_s) if ready_s is not None else math.inf,
                words[0][0] if words else math.inf,
                restarts[0] if restarts else math.inf,
            )
            assert next_s < math.inf, "nobody can ever be called again"
            now_s = next_s
            if restarts and restarts[0] <= now_s:
                restarts.pop(0)
                now_s = max(now_s, on_the_way_s)
                pace, words = Pace.begin(self.rate, now_s), []
            elif words and words[0][0] <= now_s:
                at_s, call = heapq.heappop(words)
                pace = pace.on_wire(call, at_s)
            else:
                to_wire_s, to_word_s, refused = self.ways[number % len(self.ways)]
                call, number = str(number), number + 1
                pace = pace.let_go(call, now_s)
                if not refused:
                    self.invites_s.append(now_s + to_wire_s)
                    on_the_way_s = max(on_the_way_s, now_s + to_wire_s)
                heapq.heappush(words, (now_s + to_wire_s + to_word_s, call))
        return self

    def most_in(self, window_s: float) -> int:
        """Of INVITEs in any window of so many seconds, its beginning counted and its end not."""
        invites_s = sorted(self.invites_s)
        return max(
            (sum(first_s <= one < first_s + window_s - 1e-9 for one in invites_s) for first_s in invites_s), default=0
        )


@settings(deadline=None, max_examples=300)
@given(
    rate=RATES,
    ways=st.lists(st.tuples(LATE_S, LATE_S, st.booleans()), min_size=1, max_size=60),
    restarts_s=st.lists(st.floats(0.0, 12.0), max_size=3),
)
@pytest.mark.slow
def test_no_window_of_time_has_more_calls_than_the_trunk_allows(
    rate: float, ways: list[tuple[float, float, bool]], restarts_s: list[float]
) -> None:
    wire = Wire(rate, ways, restarts_s).runs(15.0)
    for bound in bounds(rate):
        assert wire.most_in(bound.window_s) <= bound.calls
    assert wire.most_in(1.0) <= math.ceil(rate)


@pytest.mark.parametrize("rate", [0.5, 1.0, 2.5, 5.0, 20.0, 40.0, 100.0])
def test_while_there_is_work_the_trunk_is_used(rate: float) -> None:
    seconds = max(20.0, 40.0 / rate)
    wire = Wire(rate, [(0.001, 0.001, False), (0.004, 0.002, False), (0.0, 0.012, False)]).runs(seconds)
    begun_s = min(wire.invites_s)
    used = len([one for one in wire.invites_s if one > begun_s]) / (max(wire.invites_s) - begun_s)
    assert used >= 0.98 * rate


@pytest.mark.parametrize("rate", [5.0, 40.0])
def test_a_call_that_was_refused_gives_its_place_back(rate: float) -> None:
    wire = Wire(rate, [(0.001, 0.001, True), (0.001, 0.001, False)]).runs(10.0)
    assert len(wire.invites_s) >= 0.45 * rate * 9


def test_a_trunk_without_a_limit_lets_everything_go() -> None:
    pace = Pace.begin(0, 100.0)
    for number in range(1000):
        assert (pace.ready_at_s() or -math.inf) <= 100.0
        pace = pace.let_go(str(number), 100.0)


def test_the_same_news_twice_gives_no_second_place() -> None:
    pace = Pace.begin(1, 0.0).let_go("a", 1.0).on_wire("a", 1.1)
    assert pace.on_wire("a", 5.0) == pace
    assert pace.on_wire("stranger", 5.0) == pace
    assert pace.ready_at_s() == pytest.approx(2.1)
