"""The long runs in short: minutes of talk, and an hour of traffic pressed together; judged as they are."""

import pytest

from bridge.domain.radio.records import PatchState
from tests.harness.transmissions import LONGEST_S, longest_s
from tests.soak.__main__ import faults_of_the_day, faults_of_the_hour
from tests.soak.day import day_of_traffic
from tests.soak.hour import hour_of_talk

pytestmark = pytest.mark.slow  # minutes of sound, computed


def test_talk_without_a_stop_goes_out_whole_in_transmissions_below_a_minute() -> None:
    hour = hour_of_talk(200.0, seed=7)
    assert faults_of_the_hour(hour) == []
    assert hour.state is PatchState.IDLE
    assert {one.by for one in hour.ended} == {"released"}
    assert 57.0 <= longest_s(hour.ended) <= LONGEST_S
    assert hour.wasted_frames == 0


def test_traffic_with_losses_and_restarts_comes_to_rest() -> None:
    day = day_of_traffic(1, seed=3, terminals=1, hour_s=900.0, quiet_s=240.0)
    assert faults_of_the_day(day) == []
    (hour,) = day.hours
    assert hour.transmissions > 10
    assert hour.by_users > 5
