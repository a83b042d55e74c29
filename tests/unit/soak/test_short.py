"""The long runs in short: minutes of talk, and an hour of traffic pressed together; and the measures themselves."""

import numpy as np

from bridge.domain.model import PatchState
from tests.soak.__main__ import faults_of_the_day, faults_of_the_hour
from tests.soak.day import day_of_traffic
from tests.soak.hour import hour_of_talk
from tests.soak.speech import compare, talk


def test_talk_without_a_stop_goes_out_whole_in_transmissions_below_a_minute() -> None:
    hour = hour_of_talk(200.0, seed=7)
    assert faults_of_the_hour(hour) == []
    assert hour.state is PatchState.IDLE
    assert 57.0 <= hour.longest_transmission_s <= 60.0
    assert hour.wasted_frames == 0


def test_traffic_with_losses_and_restarts_comes_to_rest() -> None:
    day = day_of_traffic(1, seed=3, terminals=1, hour_s=900.0, quiet_s=240.0)
    assert faults_of_the_day(day) == []
    (hour,) = day.hours
    assert hour.transmissions > 10
    assert hour.by_users > 5


def test_what_is_aired_as_it_was_said_compares_as_whole() -> None:
    said = talk(5, seed=1)
    assert compare(said, said).nothing_lost


def test_a_lost_syllable_a_doubled_one_and_a_foreign_sound_are_found() -> None:
    said = talk(5, seed=1)
    loud = int(np.argmax(np.abs(said.astype(np.int32)))) // 160 * 160
    assert compare(said, np.delete(said, slice(loud, loud + 160))).lost_ms == 20
    assert compare(said, np.concatenate([said, said[loud : loud + 160]])).disordered_ms == 20
    assert compare(said, np.concatenate([said, np.full(160, 999, dtype=np.int16)])).foreign_ms == 20
