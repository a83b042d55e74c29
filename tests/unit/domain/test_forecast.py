"""The forecast of a running call-out: how many are called by when, and what is narrowest."""

import pytest

from bridge.domain.callout.commands import CancelActivation
from bridge.domain.callout.forecast import Forecast, Limit, forecast
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.callout.records import TARGETS, Attempt
from bridge.domain.kernel.policy import Policy
from tests.harness.reasons import english
from tests.harness.story import TRUNK, Story


def called_out(functions: int, calls_per_s: float = 0, channels: int = 100, **more: object) -> Story:
    trunks = (TrunkPolicy(name=TRUNK, calls_per_s=calls_per_s, channels=channels),)
    story = Story(Policy(CalloutPolicy(trunks=trunks)))
    story.opens()
    story.activates([(number(index),) for index in range(functions)], rounds=1, **more)
    return story


def number(index: int) -> str:
    return f"+46846500{index:03d}"


def told(story: Story) -> Forecast:
    calls = {one.id: one for one in story.records if isinstance(one, Attempt)}
    targets = list(story.node[TARGETS].values())
    return forecast(story.node, story.activation, targets, list(calls.values()), story.now_s)


def test_everybody_is_called_when_nothing_holds_the_call_out_up() -> None:
    found = told(called_out(5))
    assert (found.called, found.left, found.limit) == (5, 0, Limit.NOTHING)
    assert english(found.reason) == "every function has been called"


def test_at_one_call_a_second_sixty_more_are_called_in_a_minute_and_the_pace_is_narrowest() -> None:
    story = called_out(300, calls_per_s=1, channels=1000)
    found = told(story)
    assert found.called == 1
    assert found.points[0] == (60.0, pytest.approx(61, abs=1))
    assert found.all_called_at_s == pytest.approx(story.now_s + 299, abs=2)
    assert found.limit is Limit.PACE
    assert english(found.reason).startswith("the pace of 1")


def test_the_pace_and_the_free_channels_are_those_of_the_trunks_now() -> None:
    found = told(called_out(20, calls_per_s=2, channels=10))
    assert (found.calls_per_s, found.channels_free, found.trunks) == (2, 9, 1)
    assert told(called_out(1)).calls_per_s == 0.0, "no limit"


def test_the_forecast_comes_true() -> None:
    story = called_out(100, calls_per_s=2, channels=1000)
    promised = told(story).all_called_at_s
    assert promised is not None
    story.passes(promised - story.now_s + 0.5)
    assert told(story).left == 0
    early = called_out(100, calls_per_s=2, channels=1000)
    early.passes((told(early).all_called_at_s or 0.0) - early.now_s - 2.0)
    assert told(early).left > 0


def test_with_few_channels_the_channels_are_narrowest() -> None:
    found = told(called_out(20, channels=2))
    assert (found.limit, found.called) == (Limit.CHANNELS, 2)
    assert "raise channels" in english(found.reason)


def test_some_are_never_called_when_those_who_join_take_every_channel() -> None:
    story = called_out(20, channels=2)
    for index in range(2):
        line = story.answers(number(index))
        story.keys(line, "1")
    found = told(story)
    assert (found.all_called_at_s, found.points[-1][1], found.limit) == (None, 2, Limit.CHANNELS)


def test_short_calls_so_far_make_the_forecast_sooner() -> None:
    before = told(called_out(40, channels=2))
    story = called_out(40, channels=2)
    for index in range(6):
        story.passes(2)
        story.call_ends(number(index), 17)
    found = told(story)
    assert found.call_s < before.call_s
    assert found.points[1][1] > before.points[1][1]


def test_while_telephony_is_away_nobody_is_called() -> None:
    story = called_out(20, channels=2)
    story.telephony_goes_down()
    found = told(story)
    assert (found.limit, found.all_called_at_s) == (Limit.TELEPHONY, None)
    assert {called for _, called in found.points} == {2}


def test_a_trunk_that_refuses_calls_is_the_limit() -> None:
    story = called_out(20, channels=2)
    story.call_ends(number(0), 34)
    assert told(story).limit is Limit.CONGESTION


def test_nobody_is_left_in_a_call_out_that_was_cancelled() -> None:
    story = called_out(20, channels=2)
    story.asks(CancelActivation(story.activation.id))
    assert (told(story).left, told(story).limit) == (0, Limit.NOTHING)
