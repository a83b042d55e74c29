"""The way in: greeting, code, three tries, the door."""

import pytest

from bridge.domain import commands as c
from bridge.domain import effects as do
from bridge.domain import events as e
from bridge.domain import prompts
from bridge.domain.failures import LOOK_UP_TRIES
from bridge.domain.ids import ChannelId, ConferenceId, MixId
from bridge.domain.model import ParticipantState, RecordingState, Role
from tests.harness.story import CONFERENCE, MIX, TRUNK, Story

EMERGENCY = ConferenceId("cnf-00000000000000000000000002")


def test_a_caller_is_answered_greeted_and_let_in_with_the_right_code() -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1")
    assert do.Answer(line) in story.fresh
    assert story.said_to(line) == [prompts.ENTRY_WELCOME]
    story.keys(line, "12345678#")
    assert [(look.channel, look.digits) for look in story.done(do.LookUpCode)] == [(line, "12345678")]
    story.code_is(line, CONFERENCE)
    assert story.said_to(line)[-1] == prompts.ENTRY_JOINING
    assert story.done(do.JoinMix) == []
    story.prompt_ends(line)
    assert story.done(do.JoinMix) == [do.JoinMix(line, MIX, heard=True)]
    story.happens(e.MixJoined(story.now_s, line, MIX))
    assert story.who("in-1").state is ParticipantState.PRESENT


def test_a_key_breaks_off_the_greeting() -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1")
    story.keys(line, "1")
    assert len(story.done(do.StopPlaying)) == 1


def test_the_host_code_makes_a_host() -> None:
    story = Story()
    story.opens()
    story.joins("in-1", Role.HOST)
    assert story.who("in-1").role is Role.HOST
    assert prompts.ENTRY_HOST in story.said_to("in-1")


@pytest.mark.parametrize("keyed", ["#", "123#", "1234567890123#", "12A45678#", "BCD1#", "*#"])
def test_an_impossible_code_costs_a_try_and_is_never_looked_up(keyed: str) -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1")
    story.keys(line, keyed)
    assert story.done(do.LookUpCode) == []
    assert story.said_to(line)[-1] == prompts.ENTRY_WRONG
    assert story.node.entries[line].tries == 1


def test_star_begins_the_code_anew() -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1")
    story.keys(line, "999*12345678#")
    assert story.done(do.LookUpCode)[0].digits == "12345678"


def test_the_third_wrong_code_ends_in_a_polite_goodbye() -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1")
    for _ in range(3):
        assert story.done(do.HangUpLeg) == []
        story.keys(line, "00000000#")
        story.code_is(line, None)
    assert story.said_to(line)[-2:] == [prompts.ENTRY_WRONG, prompts.ENTRY_GOODBYE]
    story.prompt_ends(line)
    assert story.done(do.HangUpLeg) == [do.HangUpLeg(line)]


def test_a_code_without_square_counts_after_a_pause() -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1")
    story.keys(line, "12345678")
    story.passes(5)
    assert story.done(do.LookUpCode) == []
    story.passes(2)
    assert len(story.done(do.LookUpCode)) == 1


def test_a_silent_caller_is_asked_again_and_then_let_go() -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1")
    for _ in range(3):
        story.prompt_ends(line)
        story.passes(31)
    assert story.said_to(line)[-1] == prompts.ENTRY_GOODBYE


def test_hanging_up_in_the_middle_of_a_code_leaves_nothing_behind() -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1")
    story.keys(line, "1234")
    story.hangs_up("in-1")
    story.code_is(line, CONFERENCE)
    story.passes(60)
    assert not story.node.entries
    assert not story.node.participants
    assert not [key for key in story.timers if key.kind is not e.TimerKind.RADIO_ONLY]


def test_the_digits_are_in_no_repr() -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1")
    story.keys(line, "87654321#")
    assert "87654321" not in repr(story.effects)
    assert "87654321" not in repr(story.node)


def test_an_ended_conferences_code_is_as_wrong_as_any() -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1")
    story.keys(line, "12345678#")
    story.asks(c.EndConference(CONFERENCE))
    story.code_is(line, CONFERENCE)
    assert story.said_to(line)[-1] == prompts.ENTRY_WRONG


def test_a_locked_door_lets_only_hosts_in() -> None:
    story = Story()
    story.opens()
    story.asks(c.LockConference(CONFERENCE, locked=True))
    line = story.calls("in-1")
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE)
    assert story.said_to(line)[-1] == prompts.ENTRY_LOCKED
    story.joins("in-2", Role.HOST)
    assert story.who("in-2").role is Role.HOST


def test_everybody_is_told_at_the_door_that_it_is_recorded_also_who_comes_late() -> None:
    story = Story()
    story.opens(recorded=True)
    story.joins("in-1")
    story.happens(e.RecordingStarted(story.now_s, story.done(do.StartRecording)[0].recording))
    assert story.conference.recording.state is RecordingState.ON
    story.joins("in-2")
    assert prompts.ENTRY_RECORDED in story.said_to("in-1")
    assert prompts.ENTRY_RECORDED in story.said_to("in-2")


def test_many_wrong_codes_slow_a_caller_down_but_never_shut_him_out() -> None:
    story = Story()
    story.opens()
    for attempt in range(5):
        line = story.calls(f"in-{attempt}", caller="+46701740699")
        for _ in range(3):
            story.keys(line, "00000000#")
            story.code_is(line, None)
            story.passes(11)
    line = story.calls("in-9", caller="+46701740699")
    story.forget_effects()
    story.keys(line, "00000000#")
    story.code_is(line, None)
    for _ in range(2):
        assert story.said_to(line)[-1] == prompts.ENTRY_WAIT, "the answer is held back, in words and not in silence"
        story.prompt_ends(line)
    story.passes(11)
    assert story.said_to(line)[-1] == prompts.ENTRY_WRONG
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE)
    story.prompt_ends(line)
    assert do.JoinMix(line, MIX, heard=True) in story.fresh


def rescued(story: Story, *lines: str) -> None:
    for line in lines:
        story.happens(e.CallArrived(story.now_s, ChannelId(line), "+4685555555", "x", TRUNK, rescued=True))


def test_the_emergency_rooms_code_opens_no_meeting_and_its_callers_stay_together() -> None:
    story = Story()
    story.opens()
    story.joins("in-1")
    rescued(story, "in-2", "in-3")
    assert story.said_to("in-2")[0] == prompts.ENTRY_RESCUED
    for line in ("in-2", "in-3"):
        story.prompt_ends(ChannelId(line))
    joined = {join.channel: join.mix for join in story.done(do.JoinMix)}
    assert joined[ChannelId("in-2")] == joined[ChannelId("in-3")] != MIX
    [room] = [one for one in story.node.conferences.values() if one.emergency]
    assert (room.mix, room.recording.wanted) == (joined[ChannelId("in-2")], True)


def test_rescued_callers_go_into_the_conference_marked_for_them_unless_it_is_locked() -> None:
    story = Story()
    story.opens()
    story.asks(c.OpenConference(EMERGENCY, MixId("mix-2"), "Reserv", "+4685555555", emergency=True))
    rescued(story, "in-2")
    assert story.who("in-2").conference == EMERGENCY
    story.asks(c.LockConference(EMERGENCY, True))
    rescued(story, "in-3")
    assert story.who("in-3").conference not in (EMERGENCY, CONFERENCE)


# --- nobody hears silence ---


def test_the_code_is_asked_for_again_while_nothing_is_keyed_and_that_costs_no_try() -> None:
    story = Story()
    line = story.calls("in-1")
    story.prompt_ends(line)
    for _ in range(5):
        story.passes(story.policy.entry.remind_s + 0.1)
        assert story.said_to(line)[-1] == prompts.ENTRY_CODE
        story.prompt_ends(line)
    assert story.node.entries[line].tries == 0
    story.passes(story.policy.entry.patience_s)
    assert prompts.ENTRY_WRONG in story.said_to(line)


def test_who_has_begun_to_key_is_not_talked_over() -> None:
    story = Story()
    line = story.calls("in-1")
    story.prompt_ends(line)
    story.keys(line, "1")
    story.passes(story.policy.entry.digit_pause_s - 0.1)
    assert prompts.ENTRY_CODE not in story.said_to(line)


def test_a_prompt_whose_end_is_never_reported_holds_nobody() -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1")
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE)
    story.passes(story.policy.entry.prompt_longest_s + 1)
    assert story.done(do.JoinMix)


def test_who_is_not_in_the_mix_soon_is_asked_to_wait_put_there_again_and_at_last_told() -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1")
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE)
    story.prompt_ends(line)
    story.passes(story.policy.meeting.join_s + 0.1)
    assert story.said_to(line)[-1] == prompts.ENTRY_WAIT
    story.passes(60)
    assert story.said_to(line)[-1] == prompts.ENTRY_FAULT
    assert len(story.done(do.JoinMix)) > 2


# --- a code that cannot be looked up ---


def test_a_right_code_is_no_wrong_one_because_the_database_is_away() -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1", caller="+46701740605")
    for _ in range(5):
        story.keys(line, "12345678#") if not story.done(do.LookUpCode) else story.passes(3.1)
        story.fails(story.done(do.LookUpCode)[-1], e.Fate.UNKNOWN, "the database does not answer")
        assert story.said_to("in-1")[-1] == prompts.ENTRY_WAIT
    assert not story.node.wrong_codes
    story.passes(3.1)
    assert len(story.done(do.LookUpCode)) == 6
    story.code_is(line, CONFERENCE)
    assert story.who("in-1").conference == CONFERENCE


def test_a_caller_whose_code_nobody_can_look_up_for_a_minute_is_told_and_let_go() -> None:
    story = Story()
    line = story.calls("in-1")
    story.keys(line, "12345678#")
    for _ in range(LOOK_UP_TRIES):
        story.fails(story.done(do.LookUpCode)[-1], e.Fate.UNKNOWN)
        story.passes(3.1)
    assert story.said_to("in-1")[-1] == prompts.ENTRY_FAULT
    story.prompt_ends(line)
    assert do.HangUpLeg(line) in story.fresh


# --- what must not grow ---


def test_a_wrong_code_is_forgotten_after_its_window() -> None:
    story = Story()
    for index in range(50):
        line = story.calls(f"in-{index}", caller=f"+4670174{index:04d}")
        story.keys(line, "11112222#")
        story.code_is(line, None)
        story.hangs_up(line)
    assert len(story.node.wrong_codes) == 50
    story.passes(story.policy.entry.brake_window_s + 1)
    line = story.calls("in-last", caller="+46701749999")
    story.keys(line, "11112222#")
    story.code_is(line, None)
    assert list(story.node.wrong_codes) == ["+46701749999"]


def test_two_callers_of_two_conferences_go_into_two_mixes() -> None:
    from bridge.domain.ids import ConferenceId, MixId

    story = Story()
    story.opens()
    other = ConferenceId("cnf-00000000000000000000000002")
    story.opens(conference=other, mix=MixId("mix-2"))
    story.joins("in-1")
    story.joins("in-2", conference=other)
    assert {join.mix for join in story.done(do.JoinMix)} == {MIX, "mix-2"}
