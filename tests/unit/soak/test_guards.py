"""Each guard is switched off in a short run, and the run's own judgement must notice."""

from dataclasses import replace

import pytest
import structlog

from bridge.domain.kernel.policy import Policy
from bridge.domain.radio.policy import RadioPolicy
from bridge.media.settings import MediaSettings
from tests.harness.transmissions import LONGEST_S, longest_s, too_long
from tests.soak.__main__ import faults_of_the_day, faults_of_the_hour
from tests.soak.day import DayOfTraffic, HourOfDay, day_of_traffic
from tests.soak.guards import NEVER_S, Guards
from tests.soak.hour import UNLEVELLED, HourOfTalk, hour_of_talk

pytestmark = pytest.mark.slow

NO_CUT = Policy(replace(RadioPolicy(), cut_s=NEVER_S, warn_s=NEVER_S - 1))
NO_LIMIT = MediaSettings.model_construct(
    **{**MediaSettings(auto_level=False).model_dump(), "max_transmission_s": NEVER_S}
)
TOT_S = 61.0
"""The simulated radio's own time-out, so much behind the last guard of ours that it can be told from it."""


def talk(guards: Guards) -> HourOfTalk:
    """Somebody who does not stop before the minute."""
    return hour_of_talk(80.0, seed=7, guards=guards, exact=False)


def day(guards: Guards) -> DayOfTraffic:
    return day_of_traffic(1, seed=3, terminals=1, hour_s=900.0, quiet_s=240.0, guards=guards)


def test_with_every_guard_nothing_is_wrong() -> None:
    assert faults_of_the_hour(talk(UNLEVELLED)) == []


def test_without_the_cut_the_workers_limit_holds_the_minute_and_is_noticed() -> None:
    found = talk(replace(UNLEVELLED, policy=NO_CUT))
    assert LONGEST_S < longest_s(found.ended) < 60
    assert {one.by for one in found.ended} == {"released"}
    assert found.cuts_by_the_worker > 0
    assert len(faults_of_the_hour(found)) >= 2


def test_without_the_workers_limit_too_the_terminals_driver_holds_the_minute_and_is_noticed() -> None:
    found = talk(Guards(policy=NO_CUT, media=NO_LIMIT, tot_s=TOT_S))
    assert longest_s(found.ended) == pytest.approx(60, abs=0.2)
    assert {one.by for one in found.ended} == {"released"}
    assert faults_of_the_hour(found)


def test_without_any_limit_of_ours_the_radio_ends_it_and_that_is_a_fault() -> None:
    found = talk(Guards(policy=NO_CUT, media=NO_LIMIT, transmit_limit_s=NEVER_S, tot_s=TOT_S))
    assert "tot" in {one.by for one in found.ended}
    assert too_long(found.ended)
    assert faults_of_the_hour(found)


def test_a_day_without_any_limit_of_ours_does_not_pass() -> None:
    """The radio's own time-out keeps each below a minute: it is by who ended it that this is seen."""
    found = day(Guards(policy=NO_CUT, media=NO_LIMIT, transmit_limit_s=NEVER_S, tot_s=58.0))
    assert longest_s(found.ended) <= LONGEST_S
    assert any("ended by the radio" in fault for fault in faults_of_the_day(found))


def test_without_room_for_what_is_held_the_loss_is_noticed() -> None:
    found = talk(replace(UNLEVELLED, media=MediaSettings(auto_level=False, hold_bound_s=5.0),
                         policy=Policy(replace(RadioPolicy(), pause_s=8.0))))  # fmt: skip
    assert found.compared.lost_ms > 0
    assert any("lost" in fault for fault in faults_of_the_hour(found))


def test_without_the_pre_roll_the_first_syllable_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.audio.hold.VoiceHold._take_preroll", lambda hold: hold._preroll.clear())
    found = talk(UNLEVELLED)
    assert found.compared.start_ms > 0
    assert any("lost" in fault for fault in faults_of_the_hour(found))


def test_with_the_level_as_it_comes_no_word_is_lost_either() -> None:
    assert faults_of_the_hour(hour_of_talk(80.0, seed=7, guards=Guards(), exact=False)) == []


def test_a_level_that_clips_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "bridge.audio.autolevel.AutoLevel.process", lambda auto, wave, voiced: (wave * 60).clip(-0.2, 0.2)
    )
    found = hour_of_talk(10.0, seed=7, guards=Guards(), exact=False)
    assert any("lost" in fault for fault in faults_of_the_hour(found))


def test_what_ends_a_day_early_leaves_its_errors_in_it() -> None:
    def told(hour: HourOfDay) -> bool:
        structlog.get_logger().error("a queue overflowed", hour=hour.hour)
        return False

    found = day_of_traffic(3, seed=3, terminals=1, hour_s=300.0, quiet_s=120.0, told=told)
    assert len(found.hours) == 1
    assert any("overflowed" in error for error in found.errors)
    assert any("overflowed" in fault for fault in faults_of_the_day(found))
