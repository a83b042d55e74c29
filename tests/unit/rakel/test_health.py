"""Alarms as the keeper sees them: raised when something is wrong, cleared when it is right again, no flicker."""

import pytest

from bridge.rakel.health import HOLD_S, UNREGISTERED_S, Alarm, AlarmLimits, Health

LIMITS = AlarmLimits(
    weak_signal_dbm=-93, low_battery_percent=20, errors_per_minute=10, unknown_lines_per_minute=20, restarts_per_hour=3
)


@pytest.fixture
def health() -> Health:
    return Health(LIMITS)


def test_a_terminal_of_which_nothing_is_known_has_no_alarm(health: Health) -> None:
    assert health.alarms(0) == ()


def test_a_weak_signal_is_told_and_a_signal_at_the_bound_does_not_flicker(health: Health) -> None:
    seen = []
    for dbm in (-93, -94, -92, -94, -90, -89, -92):
        health.signal(dbm)
        seen.append(health.alarms(0))
    weak = ("weak_signal",)
    assert seen == [(), weak, weak, weak, weak, (), ()]


def test_an_unknown_signal_is_no_weak_one(health: Health) -> None:
    health.signal(-110)
    health.signal(None)
    assert health.alarms(0) == ()


def test_a_low_battery_is_told_until_it_is_well_charged(health: Health) -> None:
    health.battery(19)
    assert health.alarms(0) == ("low_battery",)
    health.battery(22)
    assert health.alarms(0) == ("low_battery",)
    health.battery(25)
    assert health.alarms(0) == ()


def test_a_tunnel_is_no_alarm_and_a_lost_network_is(health: Health) -> None:
    health.registered(0, found=False)
    assert health.alarms(UNREGISTERED_S - 1) == ()
    health.registered(UNREGISTERED_S, found=False)
    assert health.alarms(UNREGISTERED_S) == ("not_registered",)
    health.registered(60, found=True)
    assert health.alarms(60) == ()


def test_a_terminal_that_is_silent_is_that_and_nothing_else(health: Health) -> None:
    health.signal(-110)
    health.battery(1)
    health.registered(0, found=False)
    health.answers(does=False)
    assert health.alarms(1000) == ("silent_terminal",)
    health.answers(does=True)
    assert health.alarms(1000) == ()


@pytest.mark.parametrize(
    ("alarm", "limit", "window_s"),
    [(Alarm.MANY_ERRORS, 10, 60), (Alarm.MANY_UNKNOWN_LINES, 20, 60), (Alarm.REPEATED_RESTARTS, 3, 3600)],
)
def test_many_within_a_time_is_an_alarm_until_there_are_half_as_many(
    health: Health, alarm: Alarm, limit: int, window_s: float
) -> None:
    step_s = window_s / limit / 2
    for at in range(limit - 1):
        health.happened(alarm, at * step_s)
    assert health.alarms(limit * step_s) == ()
    health.happened(alarm, limit * step_s)
    assert health.alarms(limit * step_s) == (alarm.value,)
    half_gone_s = window_s + (limit - limit // 2 - 1) * step_s
    assert health.alarms(half_gone_s - step_s - 0.001) == (alarm.value,)
    assert health.alarms(half_gone_s + step_s) == ()


def test_as_many_but_slowly_is_no_alarm(health: Health) -> None:
    for at in range(100):
        health.happened(Alarm.MANY_ERRORS, at * 10.0)
        assert health.alarms(at * 10.0) == ()


@pytest.mark.parametrize("alarm", [Alarm.STUCK_TALKER, Alarm.RELEASE_UNCONFIRMED])
def test_what_must_not_happen_at_all_stands_for_a_while(health: Health, alarm: Alarm) -> None:
    health.happened(alarm, 0)
    assert health.alarms(1) == (alarm.value,)
    health.happened(alarm, HOLD_S / 2)
    assert health.alarms(HOLD_S + 1) == (alarm.value,)
    assert health.alarms(HOLD_S * 1.5) == ()


def test_a_flood_is_bounded(health: Health) -> None:
    health.happened(Alarm.MANY_ERRORS, 0, count=10**9)
    assert health.alarms(1) == ("many_errors",)
    assert health.alarms(61) == ()


def test_the_names_are_fixed() -> None:
    assert [alarm.value for alarm in Alarm] == [
        "weak_signal",
        "low_battery",
        "not_registered",
        "silent_terminal",
        "many_errors",
        "many_unknown_lines",
        "repeated_restarts",
        "stuck_talker",
        "release_unconfirmed",
        "wrong_mode",
        "panel_used",
        "individual_call",
    ]


def test_an_alarm_says_when(health: Health) -> None:
    health.signal(-110)
    assert health.raised(1000) == (("weak_signal", 1000),)
    assert health.raised(1200) == (("weak_signal", 1000),), "since then"
    health.happened(Alarm.RELEASE_UNCONFIRMED, 1300)
    health.happened(Alarm.RELEASE_UNCONFIRMED, 1400)
    assert health.raised(1500) == (("weak_signal", 1000), ("release_unconfirmed", 1400)), "when it last happened"
    for at_s in (1600, 1700, 1800):
        health.happened(Alarm.REPEATED_RESTARTS, at_s)
    assert health.raised(1900)[1] == ("repeated_restarts", 1800)
