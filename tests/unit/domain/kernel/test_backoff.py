"""What failed is tried again after a pause that grows, never shrinks, and never passes its longest."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.kernel.backoff import Backoff

PAUSES_S = st.floats(min_value=1e-6, max_value=1e6)
BACKOFFS = st.builds(Backoff, PAUSES_S, PAUSES_S, st.floats(min_value=1.0, max_value=1e6, exclude_min=True))
COUNTS = st.one_of(st.integers(min_value=-5, max_value=2000), st.integers(max_value=10**400))


def test_the_pause_doubles_up_to_the_longest() -> None:
    backoff = Backoff(0.5, 5.0)
    assert [backoff.after(failures) for failures in range(7)] == [0.0, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


def test_the_pause_grows_by_the_factor_that_is_set() -> None:
    assert [Backoff(1.0, 100.0, factor=3.0).after(failures) for failures in (1, 2, 3)] == [1.0, 3.0, 9.0]


def test_a_device_that_has_been_away_for_years_is_still_tried_after_the_longest_pause() -> None:
    assert Backoff(0.1, 5.0).after(10**400) == 5.0


@given(BACKOFFS, COUNTS)
def test_every_pause_lies_between_nothing_and_the_longest(backoff: Backoff, failures: int) -> None:
    pause_s = backoff.after(failures)
    assert 0.0 <= pause_s <= backoff.longest_s
    assert (pause_s > 0) == (failures > 0)


@given(BACKOFFS, COUNTS, COUNTS)
def test_more_failures_never_give_a_shorter_pause(backoff: Backoff, one: int, other: int) -> None:
    fewer, more = sorted((one, other))
    assert backoff.after(fewer) <= backoff.after(more)


@pytest.mark.parametrize("name", ["first_s", "longest_s", "factor"])
@pytest.mark.parametrize("value", [-1.0, 0.0, math.inf, math.nan])
def test_a_figure_that_gives_no_pause_is_refused_by_its_name(name: str, value: float) -> None:
    figures = {"first_s": 1.0, "longest_s": 5.0, "factor": 2.0, name: value}
    with pytest.raises(ValueError, match=name):
        Backoff(**figures)


def test_a_factor_under_which_nothing_grows_is_refused() -> None:
    with pytest.raises(ValueError, match="factor is above 1"):
        Backoff(1.0, 5.0, factor=1.0)
