"""How often something happened lately: the same answers as a list that forgets nothing, in bounded memory."""

from collections import deque
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bridge.domain.kernel.rate import Rate, Rates

WINDOW_S = 10.0
STEPS_S = st.sampled_from([0.0, 0.5, 1.0, 4.0, 9.5, 10.0, 25.0])


@given(
    st.integers(min_value=1, max_value=6),
    st.lists(st.tuples(STEPS_S, st.integers(min_value=0, max_value=9)), max_size=30),
    STEPS_S,
)
def test_a_rate_answers_as_a_list_of_everything_that_happened(
    limit: int, happenings: list[tuple[float, int]], later_s: float
) -> None:
    rate, everything, now_s = Rate(WINDOW_S, limit), list[float](), 1000.0
    for step_s, times in happenings:
        now_s += step_s
        rate = rate.happened(now_s, times)
        everything += [now_s] * times
        assert len(rate.times_s) <= limit
    now_s += later_s
    within = [at_s for at_s in everything if now_s - WINDOW_S < at_s <= now_s]
    assert rate.count(now_s) == min(limit, len(within))
    assert rate.is_full(now_s) == (len(within) >= limit)
    assert rate.wait_s(now_s) == (within[-limit] + WINDOW_S - now_s if len(within) >= limit else 0.0)


@given(st.integers(min_value=1, max_value=4), st.lists(STEPS_S, min_size=4, max_size=20))
def test_whoever_waits_as_long_as_told_is_let_on(limit: int, steps_s: list[float]) -> None:
    rate, now_s = Rate(WINDOW_S, limit), 0.0
    for step_s in steps_s:
        now_s += step_s
        if rate.is_full(now_s):
            wait_s = rate.wait_s(now_s)
            assert 0 < wait_s <= WINDOW_S
            assert not rate.is_full(now_s + wait_s)
        else:
            rate = rate.happened(now_s)


def test_a_flood_takes_no_more_memory_than_the_limit() -> None:
    assert len(Rate(WINDOW_S, 5).happened(0.0, 10**9).times_s) == 5


def test_a_clock_that_is_set_back_frees_nobody() -> None:
    rate = Rate(WINDOW_S, 2).happened(100.0).happened(40.0)
    assert rate.is_full(40.0)
    assert rate.is_full(105.0)
    assert rate.last_s == 100.0


def test_a_limit_or_room_for_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="limit is at least 1"):
        Rate(WINDOW_S, 0)
    with pytest.raises(ValueError, match="at least 1 key"):
        Rates[str](0)


class Flood(RuleBasedStateMachine):
    """Callers come and go, more of them than are remembered."""

    MOST = 4
    FRESH = Rate(WINDOW_S, 3)

    def __init__(self) -> None:
        super().__init__()
        self.rates: Rates[int] = Rates(self.MOST)
        self.now_s = 0.0
        self.last_s: dict[int, float] = {}
        self.order: deque[int] = deque()

    @rule(caller=st.integers(min_value=0, max_value=9), step_s=STEPS_S)
    def happens(self, caller: int, step_s: float) -> None:
        self.now_s += step_s
        before = self.rates.of(caller, self.FRESH)
        self.rates = self.rates.happened(caller, self.now_s, self.FRESH)
        assert self.rates.of(caller, self.FRESH) == before.happened(self.now_s)
        if caller in self.order:
            self.order.remove(caller)
        self.order.append(caller)
        self.last_s[caller] = self.now_s

    @invariant()
    def no_more_are_remembered_than_there_is_room_for(self) -> None:
        assert len(self.rates) <= self.MOST

    @invariant()
    def the_latest_within_the_window_are_remembered_and_no_others(self) -> None:
        lately = [one for one in self.order if self.last_s[one] > self.now_s - WINDOW_S]
        assert list(self.rates) == lately[-self.MOST :]

    @invariant()
    def they_stand_in_the_order_of_their_last_time(self) -> None:
        last = [self.last_s[one] for one in self.rates]
        assert all(earlier <= later for earlier, later in pairwise(last))


TestFlood = Flood.TestCase
TestFlood.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
