"""Alarms: what is wrong becomes one row with a life of its own, and no flood drowns those who watch."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.domain.alarms import keeping
from bridge.domain.alarms.book import MOST, Book, Condition, advance, rows
from bridge.domain.alarms.commands import AcknowledgeAlarms, ShelveAlarm, UnshelveAlarm
from bridge.domain.alarms.counts import counts, unacknowledged
from bridge.domain.alarms.events import PartsLookedAt
from bridge.domain.alarms.figures import figures
from bridge.domain.alarms.kinds import KINDS, RESPOND_WITHIN_S, AlarmKind, Priority, kind_of_part
from bridge.domain.alarms.prompts import ALARMS_COUNT
from bridge.domain.alarms.reasons import AlarmReason
from bridge.domain.alarms.records import ALARMS, Alarm, AlarmState
from bridge.domain.callout.policy import CalloutPolicy
from bridge.domain.callout.records import AnswerLevel
from bridge.domain.conference.commands import OpenConference
from bridge.domain.conference.records import PARTICIPANTS, Role, SeatState
from bridge.domain.joint.alarmed import Facts, conditions
from bridge.domain.kernel import phrases
from bridge.domain.kernel.ids import AlarmId, ChannelId, Issi
from bridge.domain.kernel.journal import Audit, Note
from bridge.domain.kernel.reasons import WELL, GeneralReason, Reason
from bridge.domain.kernel.replies import Refused
from bridge.domain.radio.events import TerminalChanged, TerminalState
from bridge.domain.recording.effects import StartRecording
from bridge.domain.shortdata.events import StatusReceived
from tests.harness.story import CONFERENCE, MIX, TERMINAL, Story

DOWN = GeneralReason.DEVICE_FAILED(device="trunk")


def minting() -> Callable[[], AlarmId]:
    numbers = itertools.count(1)
    return lambda: AlarmId(f"alm-{next(numbers)}")


def fault(key: str, kind: AlarmKind = AlarmKind.TRUNK, *behind: str) -> Condition:
    return Condition(key, kind, DOWN, key, behind)


class Watch:
    """Looks at what is there, at instants of its own."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.mint = minting()
        self.book = Book({})
        self.ended: list[Alarm] = []
        self.made = 0

    def look(self, *found: Condition, after_s: float = 0.0) -> list[Alarm]:
        """The rows at once, or `after_s` later with the same faults all the while."""
        for passed_s in dict.fromkeys((0.0, after_s)):
            self.now_s += passed_s
            self.book = advance(self.book, {one.key: one for one in found}, self.now_s, self.mint)
            self.ended += self.book.ended
        return rows(self.book.alarms.values())

    def acknowledged(self) -> None:
        seen = {key: replace(one, state=AlarmState.ACKNOWLEDGED) for key, one in self.book.alarms.items()}
        self.book = replace(self.book, alarms=seen)


# --- the table ---


def test_each_kind_has_its_row_and_is_over_no_sooner_than_it_began() -> None:
    assert set(KINDS) == set(AlarmKind)
    assert all(terms.off_s >= terms.on_s for terms in KINDS.values())
    assert set(RESPOND_WITHIN_S) == set(Priority)


@pytest.mark.parametrize(
    ("part", "code", "kind"),
    [
        ("trunk main", "trunk_unusable", AlarmKind.TRUNK),
        ("asterisk", "not_connected", AlarmKind.TELEPHONY),
        ("asterisk process", "asterisk_hangs", AlarmKind.ASTERISK_HANGS),
        ("spool disk", "disk_full", AlarmKind.DISK),
        ("spool disk", "disk_nearly_full", AlarmKind.DISK_LOW),
        ("engine", "engine_too_slow", AlarmKind.ENGINE_SLOW),
        ("engine", "events_went_wrong", AlarmKind.FAULT),
        ("callout", "targets_without_next_action", AlarmKind.CALLOUT_STANDS),
        ("callout", "callout_awaits_approval", AlarmKind.APPROVAL),
        ("callout", "callout_late", None),
        ("audio path pat-1", "device_failed", AlarmKind.AUDIO_PATH),
        ("part disks", "part_begun_again", AlarmKind.PART),
        ("something new", "device_failed", AlarmKind.PART),
    ],
)
def test_whatever_part_is_not_well_is_an_alarm_of_some_kind(part: str, code: str, kind: AlarmKind | None) -> None:
    assert kind_of_part(part, code) is kind


# --- delays ---


def test_a_trunk_that_is_away_for_a_moment_is_no_alarm() -> None:
    watch = Watch()
    assert watch.look(fault("trunk main"), after_s=9.9) == []
    assert watch.look(after_s=1.0) == []
    assert watch.look(fault("trunk main"), after_s=9.9) == []


def test_a_trunk_that_stays_away_is_an_alarm_since_it_went() -> None:
    watch = Watch()
    [alarm] = watch.look(fault("trunk main"), after_s=10.0)
    assert (alarm.state, alarm.priority, alarm.raised_at_s) == (AlarmState.NEW, Priority.IMPORTANT, 1000.0)


def test_one_that_is_back_for_a_moment_is_not_over() -> None:
    watch = Watch()
    watch.look(fault("trunk main"), after_s=10.0)
    [alarm] = watch.look(after_s=14.9)
    assert alarm.standing
    [alarm] = watch.look(fault("trunk main"))
    assert (alarm.standing, alarm.times) == (True, 1)


def test_one_that_is_over_stays_in_the_list_until_somebody_has_seen_it() -> None:
    watch = Watch()
    watch.look(fault("trunk main"), after_s=10.0)
    [alarm] = watch.look(after_s=15.0)
    assert (alarm.state, alarm.standing, alarm.cleared_at_s) == (AlarmState.RETURNED, False, 1010.0)
    assert watch.ended == []


def test_one_that_was_acknowledged_goes_when_it_is_over() -> None:
    watch = Watch()
    watch.look(fault("trunk main"), after_s=10.0)
    watch.acknowledged()
    assert watch.look(after_s=15.0) == []
    [ended] = watch.ended
    assert (ended.state, ended.ended_at_s) == (AlarmState.ENDED, watch.now_s)


def test_one_that_comes_again_unseen_is_the_same_row_and_new_again() -> None:
    watch = Watch()
    watch.look(fault("trunk main"), after_s=10.0)
    watch.look(after_s=15.0)
    [alarm] = watch.look(fault("trunk main"), after_s=10.0)
    assert (alarm.state, alarm.times, alarm.raised_at_s) == (AlarmState.NEW, 2, 1000.0)


def test_figures_that_move_are_not_told_at_each_look() -> None:
    watch = Watch()

    def hangs(still_s: int) -> Condition:
        return replace(fault("clock", AlarmKind.CLOCK), cause=Reason("clock_set", (("seconds", still_s),)))

    watch.look(hangs(1), after_s=5.0)
    assert watch.look(hangs(2))[0].cause.get("seconds") == 1
    assert watch.look(hangs(3), after_s=10.0)[0].cause.get("seconds") == 3


# --- cause hides effect ---


def lines(count: int) -> list[Condition]:
    return [fault(f"line {one}", AlarmKind.HOST_LINE, "trunk main") for one in range(count)]


def test_two_hundred_lines_lost_with_their_trunk_are_one_row_with_a_count() -> None:
    watch = Watch()
    [alarm] = watch.look(fault("trunk main"), *lines(200), after_s=10.0)
    assert (alarm.key, alarm.effects) == ("trunk main", 200)
    watch.look(after_s=15.0)
    assert [one.key for one in rows(watch.book.alarms.values())] == ["trunk main"]


def test_effects_that_were_alarms_before_their_cause_was_known_fold_behind_it_and_end_in_silence() -> None:
    watch = Watch()
    assert len(watch.look(*lines(3), after_s=3.0)) == 3
    [alarm] = watch.look(fault("trunk main"), *lines(3), after_s=10.0)
    assert (alarm.key, alarm.effects) == ("trunk main", 3)
    watch.look(fault("trunk main"), after_s=3.0)
    assert [one.key for one in rows(watch.book.alarms.values())] == ["trunk main"]
    assert len(watch.ended) == 3


def test_an_effect_that_outlives_its_cause_is_a_row_again() -> None:
    watch = Watch()
    watch.look(fault("trunk main"), *lines(1), after_s=10.0)
    watch.acknowledged()
    watch.look(*lines(1), after_s=15.0)
    assert [one.key for one in watch.look(*lines(1), after_s=0.5)] == ["line 0"]


def test_an_emergency_is_hidden_behind_nothing() -> None:
    watch = Watch()
    call = replace(fault("emergency call 1 2", AlarmKind.EMERGENCY_CALL), behind=("trunk main",))
    watch.look(fault("trunk main"), after_s=10.0)
    assert [one.kind for one in watch.look(fault("trunk main"), call)] == [AlarmKind.EMERGENCY_CALL, AlarmKind.TRUNK]


# --- no flood ---

_KEYS = st.sampled_from(["trunk a", "trunk b", "clock", "line 1", "line 2", "emergency call 1 1"])
_KINDS = {"trunk": AlarmKind.TRUNK, "clock": AlarmKind.CLOCK, "line": AlarmKind.HOST_LINE}
_LOOKS = st.lists(st.tuples(st.floats(0.1, 30.0), st.sets(_KEYS), st.booleans()), max_size=60)


@settings(max_examples=150, deadline=None)
@given(_LOOKS)
@pytest.mark.slow
def test_however_the_faults_flap_there_is_a_row_a_cause_and_no_alarm_more_often_than_its_delays_let(
    looks: list[tuple[float, set[str], bool]],
) -> None:
    watch = Watch()
    began_s = watch.now_s
    for after_s, keys, acknowledges in looks:
        found = [
            fault(
                key,
                _KINDS.get(key.split()[0], AlarmKind.EMERGENCY_CALL),
                *(("trunk a",) if key.startswith("line") else ()),
            )
            for key in keys
        ]
        shown = watch.look(*found, after_s=after_s)
        assert len({one.key for one in shown}) == len(shown) <= 6
        if acknowledges:
            watch.acknowledged()
    made = [*watch.ended, *watch.book.alarms.values()]
    for key in {one.key for one in made}:
        of = [one for one in made if one.key == key]
        terms = KINDS[of[0].kind]
        most = 1 + (watch.now_s - began_s) // (terms.on_s + terms.off_s)
        assert sum(one.times for one in of) <= most, key


def test_a_flood_has_a_bound_and_pushes_out_nothing_that_matters_more() -> None:
    watch = Watch()
    batteries = [fault(f"battery {one}", AlarmKind.TERMINAL_BATTERY) for one in range(MOST + 50)]
    assert len(watch.look(*batteries, after_s=30.0)) == MOST
    shown = watch.look(*batteries, fault("database", AlarmKind.DATABASE), after_s=2.0)
    assert (len(shown), shown[0].key) == (MOST, "database")


# --- those who watch ---


def parts(story: Story, /, after_s: float = 10.0, **faults: Reason) -> None:
    """The parts are so, and stay so for a while."""
    told = tuple(sorted({name.replace("_", " "): reason for name, reason in faults.items()}.items()))
    for passed_s in (0.0, after_s):
        story.passes(passed_s)
        story.happens(PartsLookedAt(story.now_s, told))


def shown(story: Story) -> list[Alarm]:
    return rows(story.node[ALARMS].values())


def test_an_alarm_is_acknowledged_with_a_reason_and_by_whom_and_when_is_kept() -> None:
    story = Story()
    parts(story, trunk_main=DOWN, trunk_other=WELL)
    [alarm] = shown(story)
    story.asks(AcknowledgeAlarms((alarm.id,), reason="felanmäld"))
    [alarm] = shown(story)
    assert alarm.state is AlarmState.ACKNOWLEDGED
    assert (alarm.acknowledged_by, alarm.acknowledged_at_s) == ("test", story.now_s)
    assert "alarm.acknowledge" in {one.action for one in story.audited if isinstance(one, Audit)}


def test_all_of_a_priority_are_acknowledged_at_once_and_no_other() -> None:
    story = Story()
    parts(story, trunk_main=DOWN, trunk_other=WELL, clock=DOWN, database=DOWN)
    assert [one.priority for one in shown(story)] == [Priority.CRITICAL, Priority.IMPORTANT, Priority.IMPORTANT]
    story.asks(AcknowledgeAlarms(priority=Priority.IMPORTANT, reason="alla"))
    assert [one.state for one in shown(story)] == [AlarmState.NEW, *[AlarmState.ACKNOWLEDGED] * 2]
    assert unacknowledged(story.node) == 1


def test_an_alarm_that_is_not_there_cannot_be_acknowledged() -> None:
    story = Story()
    reply = story.asks(AcknowledgeAlarms((AlarmId("alm-none"),)))
    assert reply == Refused("not_found", AlarmReason.NO_SUCH_ALARM())


@pytest.mark.parametrize(
    ("for_s", "why", "code"),
    [(3600.0, "", "invalid"), (8.01 * 3600, "väntar på delar", "invalid"), (10.0, "väntar", "invalid")],
)
def test_an_alarm_is_parked_for_eight_hours_at_most_and_never_without_a_reason(
    for_s: float, why: str, code: str
) -> None:
    story = Story()
    parts(story, clock=DOWN)
    [alarm] = shown(story)
    reply = story.asks(ShelveAlarm(alarm.id, for_s, why))
    assert isinstance(reply, Refused)
    assert reply.code == code
    assert shown(story) == [alarm]


def test_a_critical_alarm_is_never_parked() -> None:
    story = Story()
    parts(story, database=DOWN)
    [alarm] = shown(story)
    assert story.asks(ShelveAlarm(alarm.id, 3600.0, "tyst")) == Refused("not_allowed", AlarmReason.NEVER_SHELVED())


def test_a_parked_alarm_is_in_no_count_and_comes_back_when_its_time_is_over() -> None:
    story = Story()
    parts(story, clock=DOWN)
    [alarm] = shown(story)
    story.asks(ShelveAlarm(alarm.id, 3600.0, "tidservern byts"))
    assert counts(shown(story))[Priority.IMPORTANT].active == 0
    parts(story, 3590.0, clock=DOWN)
    assert shown(story)[0].state is AlarmState.SHELVED
    parts(story, 10.0, clock=DOWN)
    assert shown(story)[0].state is AlarmState.NEW


def test_a_parked_alarm_is_taken_back_before_its_time() -> None:
    story = Story()
    parts(story, clock=DOWN)
    [alarm] = shown(story)
    assert isinstance(story.asks(UnshelveAlarm(alarm.id)), Refused)
    story.asks(ShelveAlarm(alarm.id, 3600.0, "tidservern byts"))
    story.asks(UnshelveAlarm(alarm.id))
    assert shown(story)[0].state is AlarmState.NEW


def test_nothing_is_told_to_the_rules_while_nothing_changes() -> None:
    story = Story()
    well = Facts({"trunk main": WELL})
    assert not keeping.would_change(story.node, conditions(story.node, well, story.now_s), story.now_s)
    parts(story, trunk_main=DOWN)
    same = conditions(story.node, Facts({"trunk main": DOWN}), story.now_s)
    assert not keeping.would_change(story.node, same, story.now_s)
    none = conditions(story.node, well, story.now_s)
    assert keeping.would_change(story.node, none, story.now_s)


def test_alarms_outlive_a_restart_with_who_acknowledged_them() -> None:
    story = Story()
    parts(story, clock=DOWN, trunk_main=DOWN, trunk_other=WELL)
    story.asks(AcknowledgeAlarms((shown(story)[0].id,), reason="sedd"))
    before = shown(story)
    assert shown(story.restarted()) == before


# --- the figures ---


def came(key: str, at_s: float, priority: Priority = Priority.IMPORTANT, **more: float | int) -> Alarm:
    made = Alarm(AlarmId(f"alm-{key}-{at_s}"), key, AlarmKind.TRUNK, priority, DOWN, key, at_s, last_at_s=at_s)
    return replace(made, **more)  # type: ignore[arg-type]


def test_the_figures_tell_floods_shares_standing_alarms_and_the_noisiest() -> None:
    day_s = 86_400.0
    flood = [came(f"trunk {one}", day_s - 300.0 + one) for one in range(12)]
    often = came("clock", day_s - 7000.0, Priority.NOTICE, times=5, last_at_s=day_s - 5000.0)
    old = came("disk", -100.0, Priority.CRITICAL)
    found = figures([*flood, often, old], 0.0, day_s)
    assert (found.total, found.latest) == (17, 12)
    assert found.per_period == pytest.approx(17 / 144, abs=0.01)
    assert found.flood_percent == pytest.approx(100 / 144, abs=0.1)
    assert found.shares[Priority.NOTICE] == pytest.approx(100 * 5 / 17, abs=0.1)
    assert found.standing == 1
    assert (found.noisiest[0].key, found.noisiest[0].times) == ("clock", 5)
    assert len(found.noisiest) == 10


def test_the_figures_of_a_quiet_day_are_noughts() -> None:
    found = figures([], 0.0, 86_400.0)
    assert (found.total, found.per_period, found.flood_percent, found.noisiest) == (0, 0.0, 0.0, ())


# --- what the node itself shows ---


def kinds(story: Story, after_s: float = 30.0, **faults: Any) -> set[AlarmKind]:
    parts(story, after_s, **faults)
    return {one.kind for one in shown(story)}


def test_an_emergency_call_is_an_alarm_at_once_and_stays_however_short_it_was() -> None:
    story = Story()
    story.opens()
    story.patches()
    story.radio_user_talks(1234, emergency=True)
    [alarm] = shown(story)
    assert (alarm.kind, alarm.state, alarm.priority) == (AlarmKind.EMERGENCY_CALL, AlarmState.NEW, Priority.CRITICAL)
    assert alarm.cause.get("issi") == 1234
    story.radio_user_stops()
    parts(story, 10.0)
    assert shown(story)[0].state is AlarmState.RETURNED
    story.asks(AcknowledgeAlarms((alarm.id,), reason="112 larmat"))
    assert shown(story) == []
    told = [one.kind for one in story.notes if isinstance(one, Note) and "emergency" in one.kind.value]
    assert told == ["emergency", "emergency_acknowledged"], "the call and its taking over stand in the timeline"


def test_an_emergency_status_is_an_alarm_also_where_no_talkgroup_is_patched() -> None:
    story = Story()
    story.happens(StatusReceived(story.now_s, TERMINAL, Issi(4711), 0))
    [alarm] = shown(story)
    assert (alarm.kind, alarm.cause.get("issi")) == (AlarmKind.EMERGENCY_ALARM, 4711)
    story.happens(StatusReceived(story.now_s, TERMINAL, Issi(4711), 32_768))
    assert len(shown(story)) == 1


def test_an_emergency_in_an_exercise_is_real_and_the_exercises_other_alarms_are_not() -> None:
    story = Story()
    story.asks(OpenConference(CONFERENCE, MIX, "Övning", "+4685555555", recorded=False, exercise=True))
    story.patches()
    story.radio_user_talks(1234, emergency=True)
    assert [one.exercise for one in shown(story)] == [False]
    assert counts(shown(story))[Priority.CRITICAL].unacknowledged == 1


def test_a_host_whose_line_is_lost_is_an_alarm_and_its_trunk_explains_it() -> None:
    story = Story()
    story.opens()
    story.joins("in-1", role=Role.HOST)
    story.hangs_up("in-1", cause=41)
    assert [one.state for one in story.node[PARTICIPANTS].values()] == [SeatState.LOST]
    assert kinds(story, 3.0) == {AlarmKind.HOST_LINE}
    found = conditions(story.node, Facts({"trunk main": DOWN, "trunk other": WELL}), story.now_s)
    assert "trunk main" in next(one for one in found.values() if one.kind is AlarmKind.HOST_LINE).behind


def test_no_trunk_is_critical_and_one_of_several_is_not() -> None:
    assert kinds(Story(), trunk_main=DOWN, trunk_other=WELL) == {AlarmKind.TRUNK}
    assert kinds(Story(), trunk_main=DOWN, trunk_other=DOWN) == {AlarmKind.NO_TRUNK}
    assert kinds(Story(), trunk_main=DOWN) == {AlarmKind.NO_TRUNK}


def test_asterisk_that_is_lost_explains_its_trunks_and_its_manager() -> None:
    assert kinds(Story(), asterisk=DOWN, trunk_main=DOWN, asterisk_manager=DOWN) == {AlarmKind.TELEPHONY}


def test_a_terminal_matters_more_while_it_serves_a_meeting() -> None:
    away = {f"terminal {TERMINAL}".replace(" ", "_"): DOWN}
    story = Story()
    assert kinds(story, **dict[str, Any](away)) == {AlarmKind.SPARE_TERMINAL}
    story = Story()
    story.opens()
    story.patches()
    assert kinds(story, **dict[str, Any](away)) == {AlarmKind.TERMINAL}


@pytest.mark.parametrize(
    ("fault_of_terminal", "kind"),
    [
        ("release_unconfirmed", AlarmKind.ON_AIR),
        ("stuck_talker", AlarmKind.STUCK_TALKER),
        ("wrong_mode", AlarmKind.TERMINAL_MODE),
        ("weak_signal", AlarmKind.TERMINAL_SIGNAL),
        ("low_battery", AlarmKind.TERMINAL_BATTERY),
        ("many_errors", AlarmKind.TERMINAL_ERRORS),
        ("panel_used", AlarmKind.TERMINAL_TOUCHED),
    ],
)
def test_each_fault_of_a_terminal_is_an_alarm_of_its_kind(fault_of_terminal: str, kind: AlarmKind) -> None:
    story = Story()
    story.happens(TerminalChanged(story.now_s, TERMINAL, TerminalState.READY, alarms=(fault_of_terminal,)))
    assert kinds(story) == {kind}


def test_a_recording_that_must_run_and_has_failed_is_critical() -> None:
    story = Story()
    story.opens(recorded=True)
    story.joins("in-1")
    [start] = story.done(StartRecording)
    story.fails(start, retry=False)
    assert AlarmKind.RECORDING in kinds(story, 1.0)


def test_functions_that_no_number_reached_are_one_alarm_of_their_call_out() -> None:
    story = Story()
    story.opens()
    story.activates([("+46701740601",), ("+46701740602",), ("+46701740603",)], rounds=1)
    for number in ("+46701740601", "+46701740602"):
        story.call_ends(number, 1)
    assert kinds(story, 0.0) == {AlarmKind.UNREACHED}
    assert shown(story)[0].cause.get("count") == 2


def test_a_deadline_that_passed_without_the_quorum_is_critical() -> None:
    story = Story()
    story.opens()
    story.activates([("+46701740601",), ("+46701740602",)], level=AnswerLevel.DIRECT, rounds=10, round_pause_s=600.0)
    story.passes(story.policy[CalloutPolicy].direct_s + 1.0)
    assert AlarmKind.CALLOUT_LATE in kinds(story, 0.0)


def test_the_lease_of_a_patch_that_ends_in_five_minutes_is_an_alarm() -> None:
    story = Story()
    story.opens()
    story.patches(lease_s=600.0)
    assert kinds(story, 0.0) == set()
    story.passes(301.0)
    assert kinds(story, 0.0) == {AlarmKind.LEASE}


def test_contact_data_that_is_overdue_and_numbers_that_are_none_are_alarms() -> None:
    story = Story()
    story.happens(PartsLookedAt(story.now_s, (), 3, ("Kommunen TiB",)))
    assert {one.kind for one in shown(story)} == {AlarmKind.UNCONFIRMED, AlarmKind.NUMBER_WRONG}


def test_a_host_hears_by_key_how_many_alarms_nobody_has_acknowledged() -> None:
    story = Story()
    story.opens()
    story.joins("in-1", role=Role.HOST)
    host = ChannelId("in-1")
    parts(story, clock=DOWN, database=DOWN)
    story.forget_effects()
    story.keys(host, "*4")
    said = story.said_to(host)
    assert said[said.index(ALARMS_COUNT) - 1] == phrases.number(2)
    story.asks(AcknowledgeAlarms(tuple(one.id for one in shown(story))))
    story.forget_effects()
    story.keys(host, "*4")
    assert ALARMS_COUNT not in story.said_to(host)


def test_the_alarms_of_an_exercise_are_tagged_and_in_no_count() -> None:
    story = Story()
    story.asks(OpenConference(CONFERENCE, MIX, "Övning", "+4685555555", recorded=False, exercise=True))
    story.joins("in-1", role=Role.HOST)
    story.hangs_up("in-1", cause=41)
    assert kinds(story, 3.0) == {AlarmKind.HOST_LINE}
    assert [one.exercise for one in shown(story)] == [True]
    assert unacknowledged(story.node) == 0
