"""Numbers are tried one at a time, in office hours. Two failures prove a number wrong."""

import pytest

from bridge.domain.directory.numbertests import DAY_S, NumberTest, Outcome, next_due, standings
from bridge.domain.directory.policy import DirectoryPolicy

POLICY = DirectoryPolicy(test_days=30)
NOW_S = 400 * DAY_S
ONE, TWO = "+46701740605", "+46701740606"
TUESDAY_AT_TEN = (1, 10)


def tried(days_ago: float, outcome: Outcome, number: str = ONE) -> NumberTest:
    return NumberTest(number, NOW_S - days_ago * DAY_S, outcome)


def due(*tests: NumberTest, local: tuple[int, int] = TUESDAY_AT_TEN, policy: DirectoryPolicy = POLICY) -> str | None:
    return next_due(standings({ONE: "tib", TWO: "ck"}, tests, policy), NOW_S, local, policy)


def test_a_number_that_was_never_tried_comes_before_one_that_was() -> None:
    assert due(tried(40, Outcome.ARRIVED)) == TWO
    assert due(tried(40, Outcome.ARRIVED), tried(50, Outcome.ARRIVED, TWO)) == TWO


def test_each_number_is_tried_again_after_its_days_and_no_sooner() -> None:
    both = (tried(29, Outcome.ARRIVED), tried(29.5, Outcome.ARRIVED, TWO))
    assert due(*both) is None
    assert due(tried(29, Outcome.ARRIVED), tried(31, Outcome.ARRIVED, TWO)) == TWO


@pytest.mark.parametrize("local", [(5, 10), (6, 10), (1, 8), (1, 15), (1, 3)])
def test_nobody_is_disturbed_outside_office_hours(local: tuple[int, int]) -> None:
    assert due(local=local) is None


def test_it_is_off_where_the_settings_say_nothing() -> None:
    assert due(policy=DirectoryPolicy()) is None


def test_one_is_tried_at_a_time_with_a_pause_between() -> None:
    assert due(tried(0.01, Outcome.UNDER_WAY)) is None
    assert due(tried(100 / DAY_S, Outcome.ARRIVED)) is None
    assert due(tried(400 / DAY_S, Outcome.ARRIVED)) == TWO
    assert due(tried(0.5, Outcome.UNDER_WAY)) == TWO, "a receipt that does not come holds nobody up"


def test_a_number_that_failed_is_tried_the_day_after_and_a_second_failure_proves_it_wrong() -> None:
    once = standings({ONE: "tib"}, [tried(1.1, Outcome.FAILED), tried(30, Outcome.ARRIVED)], POLICY)[0]
    assert (once.failures, once.is_wrong, once.due_at_s <= NOW_S) == (1, False, True)
    twice = standings({ONE: "tib"}, [tried(1.1, Outcome.FAILED), tried(2.2, Outcome.FAILED)], POLICY)[0]
    assert (twice.failures, twice.is_wrong, twice.due_at_s <= NOW_S) == (2, True, False)


def test_a_refusal_for_good_proves_a_number_wrong_and_an_arrival_proves_it_right_again() -> None:
    assert standings({ONE: "tib"}, [tried(1, Outcome.REFUSED)], POLICY)[0].is_wrong
    mended = standings({ONE: "tib"}, [tried(1, Outcome.ARRIVED), tried(2, Outcome.REFUSED)], POLICY)[0]
    assert (mended.is_wrong, mended.failures, mended.arrived_at_s) == (False, 0, NOW_S - DAY_S)


def test_a_bearer_that_is_down_proves_nothing_of_a_number() -> None:
    tests = [tried(1, Outcome.UNKNOWN), tried(2, Outcome.UNKNOWN), tried(3, Outcome.UNKNOWN)]
    assert standings({ONE: "tib"}, tests, POLICY)[0].failures == 0
