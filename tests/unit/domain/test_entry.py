"""The way in: greeting, code, three tries, the door."""

import pytest

from bridge.domain.conference import prompts as conference_prompts
from bridge.domain.conference import rooms
from bridge.domain.conference.commands import EndConference, LockConference, OpenConference
from bridge.domain.conference.effects import LookUpCode
from bridge.domain.conference.events import CodeResolved
from bridge.domain.conference.passing import ENTRIES
from bridge.domain.conference.policy import ConferencePolicy, EntryPolicy
from bridge.domain.conference.records import CONFERENCES, PARTICIPANTS, Holder, RecordingState, Role, SeatState
from bridge.domain.conference.timers import ConferenceTimer
from bridge.domain.guessing.events import NumbersListed
from bridge.domain.guessing.records import GUESSES
from bridge.domain.joint.failures import LOOK_UP_TRIES
from bridge.domain.kernel.events import Fate
from bridge.domain.kernel.ids import ChannelId, ConferenceId, MixId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.timers import TimerKey
from bridge.domain.radio.timers import RadioTimer
from bridge.domain.recording.effects import StartRecording
from bridge.domain.recording.events import RecordingStarted
from bridge.domain.telephony.effects import Answer, HangUpLeg, JoinMix, Play, StopPlaying
from bridge.domain.telephony.events import CallArrived, MixJoined, PlaybackEnded
from tests.harness.story import CONFERENCE, MIX, TRUNK, Story

EMERGENCY = ConferenceId("cnf-00000000000000000000000002")


def test_a_caller_is_answered_greeted_and_let_in_with_the_right_code() -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1")
    assert Answer(line) in story.fresh
    assert story.said_to(line) == [conference_prompts.ENTRY_WELCOME]
    story.keys(line, "12345678#")
    assert [(look.channel, look.digits) for look in story.done(LookUpCode)] == [(line, "12345678")]
    story.code_is(line, CONFERENCE)
    assert story.said_to(line)[-1] == conference_prompts.ENTRY_JOINING
    assert story.done(JoinMix) == []
    story.prompt_ends(line)
    assert story.done(JoinMix) == [JoinMix(line, MIX, heard=True)]
    story.happens(MixJoined(story.now_s, line, MIX))
    assert story.who("in-1").state is SeatState.PRESENT


def test_a_key_breaks_off_the_greeting() -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1")
    story.keys(line, "1")
    assert len(story.done(StopPlaying)) == 1


def test_the_host_code_makes_a_host() -> None:
    story = Story()
    story.opens()
    story.joins("in-1", Role.HOST)
    assert story.who("in-1").role is Role.HOST
    assert conference_prompts.ENTRY_HOST in story.said_to("in-1")


@pytest.mark.parametrize("keyed", ["#", "123#", "1234567890123#", "12A45678#", "BCD1#", "*#"])
def test_an_impossible_code_costs_a_try_and_is_never_looked_up(keyed: str) -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1")
    story.keys(line, keyed)
    assert story.done(LookUpCode) == []
    assert story.said_to(line)[-1] == conference_prompts.ENTRY_WRONG
    assert story.node[ENTRIES][line].tries == 1


def test_star_begins_the_code_anew() -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1")
    story.keys(line, "999*12345678#")
    assert story.done(LookUpCode)[0].digits == "12345678"


def test_the_third_wrong_code_ends_in_a_polite_goodbye() -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1")
    for _ in range(3):
        assert story.done(HangUpLeg) == []
        story.keys(line, "00000000#")
        story.code_is(line, None)
    assert story.said_to(line)[-2:] == [conference_prompts.ENTRY_WRONG, conference_prompts.ENTRY_GOODBYE]
    story.prompt_ends(line)
    assert story.done(HangUpLeg) == [HangUpLeg(line)]


def test_a_code_without_square_counts_after_a_pause() -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1")
    story.keys(line, "12345678")
    story.passes(5)
    assert story.done(LookUpCode) == []
    story.passes(2)
    assert len(story.done(LookUpCode)) == 1


def test_a_silent_caller_is_asked_again_and_then_let_go() -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1")
    for _ in range(3):
        story.prompt_ends(line)
        story.passes(31)
    assert story.said_to(line)[-1] == conference_prompts.ENTRY_GOODBYE


def test_hanging_up_in_the_middle_of_a_code_leaves_nothing_behind() -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1")
    story.keys(line, "1234")
    story.hangs_up("in-1")
    story.code_is(line, CONFERENCE)
    story.passes(60)
    assert not story.node[ENTRIES]
    assert not story.node[PARTICIPANTS]
    assert not [key for key in story.timers if key.kind is not RadioTimer.RADIO_ONLY]


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
    story.asks(EndConference(CONFERENCE))
    story.code_is(line, CONFERENCE)
    assert story.said_to(line)[-1] == conference_prompts.ENTRY_WRONG


def test_a_locked_door_lets_only_hosts_in() -> None:
    story = Story()
    story.opens()
    story.happens(NumbersListed(story.now_s, frozenset({"+46701740605"})))
    story.asks(LockConference(CONFERENCE, locked=True))
    line = story.calls("in-1", caller="0701740605")
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE)
    assert story.said_to(line)[-1] == conference_prompts.ENTRY_LOCKED
    story.joins("in-2", Role.HOST)
    assert story.who("in-2").role is Role.HOST


def test_a_locked_door_tells_a_stranger_nothing_about_the_code() -> None:
    story = Story()
    story.opens()
    story.asks(LockConference(CONFERENCE, locked=True))
    for line, conference, caller in (("right", CONFERENCE, "+46701740601"), ("wrong", None, "+46701740602")):
        channel = story.calls(line, caller=caller)
        story.keys(channel, "12345678#")
        story.happens(CodeResolved(story.now_s, channel, conference))
    assert story.timers[TimerKey(ConferenceTimer.ENTRY_BRAKE, "right")] == story.now_s + 1
    story.passes(1)
    assert story.said_to("right") == story.said_to("wrong")
    assert story.said_to("right")[-1] == conference_prompts.ENTRY_WRONG


# --- the keys ---


def test_keys_during_the_greeting_count_once_each_however_fast_they_come() -> None:
    story = Story()
    line = story.calls("in-1")
    playback = story.done(Play)[-1].playback
    story.keys(line, "5774")
    story.happens(PlaybackEnded(story.now_s, playback, line))
    story.keys(line, "6016#")
    assert [look.digits for look in story.done(LookUpCode)] == ["57746016"]
    assert len(story.done(StopPlaying)) == 1


@pytest.mark.parametrize("keyed", ["57746016#", "99*57746016#", "57746016##7"])
def test_keys_while_the_answer_is_held_back_are_the_next_code(keyed: str) -> None:
    story = Story()
    line = story.calls("in-1")
    story.keys(line, "00000000#")
    story.happens(CodeResolved(story.now_s, line, None))
    story.keys(line, keyed)
    story.passes(1)
    assert [look.digits for look in story.done(LookUpCode)] == ["00000000", "57746016"]


def test_a_code_begun_while_the_answer_is_held_back_is_finished_afterwards() -> None:
    story = Story()
    line = story.calls("in-1")
    story.keys(line, "00000000#")
    story.happens(CodeResolved(story.now_s, line, None))
    story.keys(line, "5774")
    story.passes(1)
    story.keys(line, "6016")
    story.passes(story.policy[EntryPolicy].digit_pause_s)
    assert story.done(LookUpCode)[-1].digits == "57746016"


def test_everybody_is_told_at_the_door_that_it_is_recorded_also_who_comes_late() -> None:
    story = Story()
    story.opens(recorded=True)
    story.joins("in-1")
    story.happens(RecordingStarted(story.now_s, story.done(StartRecording)[0].recording))
    assert story.conference.recording.state is RecordingState.ON
    story.joins("in-2")
    assert conference_prompts.ENTRY_RECORDED in story.said_to("in-1")
    assert conference_prompts.ENTRY_RECORDED in story.said_to("in-2")


def rescued(story: Story, *lines: str) -> None:
    for line in lines:
        story.happens(CallArrived(story.now_s, ChannelId(line), "+4685555555", "x", TRUNK, rescued=True))


def test_the_emergency_rooms_code_opens_no_meeting_and_its_callers_stay_together() -> None:
    story = Story()
    story.opens()
    story.joins("in-1")
    rescued(story, "in-2", "in-3")
    joined = {join.channel: join.mix for join in story.done(JoinMix)}
    assert joined[ChannelId("in-2")] == joined[ChannelId("in-3")] != MIX
    [emergency] = [one for one in story.node[CONFERENCES].values() if one.emergency]
    assert (rooms.main(story.node, emergency.id).id, emergency.recording.wanted) == (joined[ChannelId("in-2")], True)


def test_rescued_callers_go_into_the_conference_marked_for_them_unless_it_is_locked() -> None:
    story = Story()
    story.opens()
    story.asks(OpenConference(EMERGENCY, MixId("mix-2"), "Reserv", "+4685555555", emergency=True))
    rescued(story, "in-2")
    assert story.who("in-2").conference == EMERGENCY
    story.asks(LockConference(EMERGENCY, True))
    rescued(story, "in-3")
    assert story.who("in-3").conference not in (EMERGENCY, CONFERENCE)


# --- nobody hears silence ---


def test_the_code_is_asked_for_again_while_nothing_is_keyed_and_that_costs_no_try() -> None:
    story = Story()
    line = story.calls("in-1")
    story.prompt_ends(line)
    for _ in range(5):
        story.passes(story.policy[EntryPolicy].remind_s + 0.1)
        assert story.said_to(line)[-1] == conference_prompts.ENTRY_CODE
        story.prompt_ends(line)
    assert story.node[ENTRIES][line].tries == 0
    story.passes(story.policy[EntryPolicy].patience_s)
    assert conference_prompts.ENTRY_WRONG in story.said_to(line)


def test_who_has_begun_to_key_is_not_talked_over() -> None:
    story = Story()
    line = story.calls("in-1")
    story.prompt_ends(line)
    story.keys(line, "1")
    story.passes(story.policy[EntryPolicy].digit_pause_s - 0.1)
    assert conference_prompts.ENTRY_CODE not in story.said_to(line)


def test_a_prompt_whose_end_is_never_reported_holds_nobody() -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1")
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE)
    story.passes(story.policy[EntryPolicy].prompt_longest_s + 1)
    assert story.done(JoinMix)


def test_who_is_not_in_the_mix_soon_is_asked_to_wait_put_there_again_and_at_last_told() -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1")
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE)
    story.prompt_ends(line)
    story.passes(story.policy[ConferencePolicy].join_s + 0.1)
    assert story.said_to(line)[-1] == conference_prompts.ENTRY_WAIT
    story.passes(60)
    assert story.said_to(line)[-1] == conference_prompts.ENTRY_FAULT
    assert len(story.done(JoinMix)) > 2


# --- a code that cannot be looked up ---


def test_a_right_code_is_no_wrong_one_because_the_database_is_away() -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1", caller="+46701740605")
    for _ in range(5):
        story.keys(line, "12345678#") if not story.done(LookUpCode) else story.passes(3.1)
        story.fails(story.done(LookUpCode)[-1], Fate.UNKNOWN, "the database does not answer")
        assert story.said_to("in-1")[-1] == conference_prompts.ENTRY_WAIT
    assert not story.node[GUESSES]
    story.passes(3.1)
    assert len(story.done(LookUpCode)) == 6
    story.code_is(line, CONFERENCE)
    assert story.who("in-1").conference == CONFERENCE


def test_a_caller_whose_code_nobody_can_look_up_for_a_minute_is_told_and_let_go() -> None:
    story = Story()
    line = story.calls("in-1")
    story.keys(line, "12345678#")
    for _ in range(LOOK_UP_TRIES):
        story.fails(story.done(LookUpCode)[-1], Fate.UNKNOWN)
        story.passes(3.1)
    assert story.said_to("in-1")[-1] == conference_prompts.ENTRY_FAULT
    story.prompt_ends(line)
    assert HangUpLeg(line) in story.fresh


def test_two_callers_of_two_conferences_go_into_two_mixes() -> None:

    story = Story()
    story.opens()
    other = ConferenceId("cnf-00000000000000000000000002")
    story.opens(conference=other, mix=MixId("mix-2"))
    story.joins("in-1")
    story.joins("in-2", conference=other)
    assert {join.mix for join in story.done(JoinMix)} == {MIX, "mix-2"}


# --- personal codes, withheld numbers, numbers that lead straight in ---


def test_a_personal_code_seats_the_caller_as_its_function() -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1")
    story.keys(line, "57746016#")
    holder = Holder("Tjänsteman i beredskap", "Länsstyrelsen")
    story.happens(CodeResolved(story.now_s, line, CONFERENCE, Role.HOST, holder))
    seat = story.who("in-1")
    assert (seat.name, seat.function) == ("Tjänsteman i beredskap", "Tjänsteman i beredskap")
    assert (seat.organisation, seat.role, seat.number) == ("Länsstyrelsen", Role.HOST, "+46701740605")


def test_those_who_withhold_their_number_are_told_apart_in_the_language_of_each_conference() -> None:
    story = Story()
    story.opens()
    english = ConferenceId("cnf-00000000000000000000000003")
    story.asks(OpenConference(english, MixId("mix-3"), "Drill", "+4685555555", language=Language.EN))
    for line, conference in (("in-1", CONFERENCE), ("in-2", CONFERENCE), ("in-3", english)):
        channel = story.calls(line, caller="")
        story.keys(channel, "12345678#")
        story.code_is(channel, conference)
    assert [story.who(line).name for line in ("in-1", "in-2", "in-3")] == [
        "Dolt nummer 1",
        "Dolt nummer 2",
        "Withheld number 1",
    ]
    assert story.who("in-1").number is None
    story.hangs_up("in-1")
    channel = story.calls("in-4", caller="")
    story.keys(channel, "12345678#")
    story.code_is(channel, CONFERENCE)
    assert story.who("in-4").name == "Dolt nummer 3"


def directly(story: Story, *, code: bool) -> ChannelId:
    """A call to a number that leads straight into a conference."""
    bound = OpenConference(CONFERENCE, MIX, "Övning", "+4685555556", direct_number="+4685555556", direct_code=code)
    story.asks(bound)
    line = ChannelId("in-1")
    story.happens(CallArrived(story.now_s, line, "085555556", "+46701740605", TRUNK))
    return line


def test_a_number_that_leads_straight_in_asks_for_no_code_where_none_is_wanted() -> None:
    story = Story()
    line = directly(story, code=False)
    assert story.done(LookUpCode) == []
    story.prompt_ends(line)
    assert story.done(JoinMix) == [JoinMix(line, MIX, heard=True)]
    assert story.who("in-1").role is Role.PARTICIPANT


def test_a_locked_conference_lets_nobody_straight_in() -> None:
    story = Story()
    story.opens()
    story.asks(EndConference(CONFERENCE))
    other = ConferenceId("cnf-00000000000000000000000004")
    story.asks(
        OpenConference(other, MixId("mix-4"), "Möte", "+4685555556", direct_number="+4685555556", direct_code=False)
    )
    story.asks(LockConference(other, locked=True))
    line = ChannelId("in-1")
    story.happens(CallArrived(story.now_s, line, "+4685555556", "+46701740605", TRUNK))
    assert story.said_to(line) == [conference_prompts.ENTRY_LOCKED]
    assert not story.node[PARTICIPANTS]


@pytest.mark.parametrize("is_its_own", [True, False])
def test_where_a_code_is_wanted_only_that_conferences_code_opens(is_its_own: bool) -> None:
    story = Story()
    line = directly(story, code=True)
    other = ConferenceId("cnf-00000000000000000000000004")
    story.opens(conference=other, mix=MixId("mix-4"))
    assert story.said_to(line) == [conference_prompts.ENTRY_WELCOME]
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE if is_its_own else other)
    assert bool(story.node[PARTICIPANTS]) is is_its_own
