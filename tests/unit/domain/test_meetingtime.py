"""The time of a meeting: everybody is told how much is left, and nothing ends it by itself. `#8` gives it more."""

from dataclasses import replace

import pytest

from bridge.domain.conference import prompts as conference_prompts
from bridge.domain.conference.commands import EndConference, OpenConference, SetRole
from bridge.domain.conference.reasons import ConferenceReason
from bridge.domain.conference.records import ConferenceState, Role
from bridge.domain.decisions import prompts as decision_prompts
from bridge.domain.decisions.records import DECISIONS
from bridge.domain.joint import conduct
from bridge.domain.joint.ending import END_CONFIRM_S
from bridge.domain.kernel import phrases
from bridge.domain.kernel.ids import ChannelId, ConferenceId, MixId
from bridge.domain.kernel.journal import Audit, Note
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.kernel.timers import TimerKey
from bridge.domain.meetingtime import keeping, prompts
from bridge.domain.meetingtime.commands import ExtendMeeting, SetEnd
from bridge.domain.meetingtime.notes import MeetingTimeNote
from bridge.domain.meetingtime.timers import MeetingTimer
from bridge.domain.telephony.effects import Announce, HangUpLeg
from bridge.domain.telephony.events import LiveChannel
from tests.harness.story import CONFERENCE, MIX, Story

HOST, ANNA = ChannelId("host"), ChannelId("anna")
MINUTE_S, HOUR_S = 60.0, 3600.0
OPENING = OpenConference(CONFERENCE, MIX, "Lägesmöte", "+4685555555", recorded=False)
TEN_LEFT = (prompts.TIME_HAS, phrases.number(10), prompts.TIME_MINUTES, prompts.TIME_LEFT)
TWO_LEFT = (prompts.TIME_HAS, phrases.number(2), prompts.TIME_MINUTES, prompts.TIME_LEFT)
OUT = (prompts.TIME_OUT,)


def meeting(*, ends_in_s: float | None = None) -> Story:
    """A host and Anna are in a meeting, which may be meant to end in a while."""
    story = Story()
    ends_at_s = story.now_s + ends_in_s if ends_in_s is not None else None
    assert story.asks(replace(OPENING, ends_at_s=ends_at_s)) == Done(CONFERENCE)
    story.joins(HOST, Role.HOST)
    story.joins(ANNA)
    story.forget_effects()
    return story


def announced(story: Story) -> list[tuple[Prompt, ...]]:
    return [tuple(one.prompts) for one in story.done(Announce)]


def left_s(story: Story) -> float | None:
    return keeping.left_s(story.conference, story.now_s)


def noted(story: Story) -> list[MeetingTimeNote]:
    return [one.kind for one in story.notes if isinstance(one, Note) and isinstance(one.kind, MeetingTimeNote)]


def audited(story: Story) -> list[tuple[str, str]]:
    return [(one.actor, one.action) for one in story.audited if isinstance(one, Audit)]


# --- told ---


def test_everybody_hears_ten_and_two_minutes_before_and_at_the_end_and_nobody_is_hung_up() -> None:
    story = meeting(ends_in_s=HOUR_S)
    story.passes(HOUR_S - 600 - 1)
    assert announced(story) == []
    story.passes(1)
    assert announced(story) == [TEN_LEFT]
    story.passes(480)
    assert announced(story) == [TEN_LEFT, TWO_LEFT]
    story.passes(120)
    assert announced(story) == [TEN_LEFT, TWO_LEFT, OUT]
    story.passes(24 * HOUR_S)
    assert announced(story) == [TEN_LEFT, TWO_LEFT, OUT]
    assert story.conference.state is ConferenceState.ACTIVE
    assert story.done(HangUpLeg) == []
    assert noted(story) == [MeetingTimeNote.TIME_LEFT, MeetingTimeNote.TIME_LEFT, MeetingTimeNote.TIME_OUT]


def test_a_meeting_without_an_end_is_told_nothing() -> None:
    story = meeting()
    story.passes(24 * HOUR_S)
    assert announced(story) == []


def test_a_short_meeting_is_told_only_what_is_still_ahead() -> None:
    story = meeting(ends_in_s=5 * MINUTE_S)
    story.passes(5 * MINUTE_S)
    assert announced(story) == [TWO_LEFT, OUT]


def test_an_empty_meeting_is_told_nothing_and_stays_open() -> None:
    story = meeting(ends_in_s=HOUR_S)
    for line in (ANNA, HOST):
        story.hangs_up(line)
    story.passes(2 * HOUR_S)
    assert announced(story) == []
    assert story.conference.state is ConferenceState.OPEN


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (1, (prompts.TIME_ONE_MINUTE,)),
        (59, (phrases.number(59), prompts.TIME_MINUTES)),
        (60, (prompts.TIME_ONE_HOUR,)),
        (61, (prompts.TIME_ONE_HOUR, prompts.TIME_ONE_MINUTE)),
        (150, (phrases.number(2), prompts.TIME_HOURS, phrases.number(30), prompts.TIME_MINUTES)),
    ],
)
def test_the_time_is_said_in_hours_and_minutes(minutes: int, words: tuple[Prompt, ...]) -> None:
    story = meeting(ends_in_s=minutes * MINUTE_S)
    assert keeping.state(story.conference, story.now_s) == (prompts.TIME_HAS, *words, prompts.TIME_LEFT)


def test_of_a_begun_minute_the_whole_one_is_said() -> None:
    story = meeting(ends_in_s=89 * MINUTE_S + 30)
    assert phrases.number(30) in keeping.state(story.conference, story.now_s)


# --- set and extended ---


def test_an_end_in_the_past_is_refused_also_at_the_opening() -> None:
    story = meeting()
    refused = Refused("invalid", ConferenceReason.ENDS_IN_THE_PAST(), "ends_at")
    assert story.asks(SetEnd(CONFERENCE, story.now_s)) == refused
    other = replace(OPENING, conference=ConferenceId("cnf-other"), mix=MixId("mix-other"), ends_at_s=story.now_s - 1)
    assert story.asks(other) == refused


def test_the_hosts_hear_a_new_end_and_the_meeting_goes_on_undisturbed() -> None:
    story = meeting()
    ends_at_s = story.now_s + HOUR_S
    assert story.asks(SetEnd(CONFERENCE, ends_at_s)) == Done(CONFERENCE)
    assert story.conference.ends_at_s == ends_at_s
    assert story.said_to(HOST) == [prompts.TIME_CHANGED, prompts.TIME_HAS, prompts.TIME_ONE_HOUR, prompts.TIME_LEFT]
    assert (story.said_to(ANNA), announced(story)) == ([], [])
    assert ("test", "conference.set_end") in audited(story)
    story.passes(HOUR_S - 600)
    assert announced(story) == [TEN_LEFT]


def test_an_end_that_is_taken_away_is_told_no_more() -> None:
    story = meeting(ends_in_s=HOUR_S)
    assert story.asks(SetEnd(CONFERENCE, None)) == Done(CONFERENCE)
    assert story.said_to(HOST) == [prompts.TIME_NO_END]
    story.passes(2 * HOUR_S)
    assert announced(story) == []


def test_to_set_the_same_end_again_changes_and_says_nothing() -> None:
    story = meeting(ends_in_s=HOUR_S)
    assert story.asks(SetEnd(CONFERENCE, story.conference.ends_at_s)) == Done(CONFERENCE)
    assert story.said_to(HOST) == []


def test_more_time_counts_from_the_end_and_after_it_from_now() -> None:
    story = meeting(ends_in_s=HOUR_S)
    story.asks(ExtendMeeting(CONFERENCE, 1800))
    assert left_s(story) == HOUR_S + 1800
    story.passes(2 * HOUR_S)
    story.asks(ExtendMeeting(CONFERENCE, 1800))
    assert left_s(story) == 1800
    without = meeting()
    without.asks(ExtendMeeting(CONFERENCE, 1800))
    assert left_s(without) == 1800


def test_those_who_were_told_how_little_was_left_are_told_that_there_is_more() -> None:
    story = meeting(ends_in_s=HOUR_S)
    story.passes(HOUR_S - 120)
    story.forget_effects()
    story.asks(ExtendMeeting(CONFERENCE, 1800))
    more = (prompts.TIME_EXTENDED, prompts.TIME_HAS, phrases.number(32), prompts.TIME_MINUTES, prompts.TIME_LEFT)
    assert announced(story) == [more]
    assert story.said_to(HOST) == [], "the host hears the meeting"
    story.passes(1800)
    assert announced(story) == [more, TEN_LEFT, TWO_LEFT]


def test_an_ended_meeting_has_no_time_any_more() -> None:
    story = meeting(ends_in_s=HOUR_S)
    story.asks(EndConference(CONFERENCE))
    assert TimerKey(MeetingTimer.MEETING_TIME, CONFERENCE) not in story.timers
    assert isinstance(story.asks(ExtendMeeting(CONFERENCE, 60)), Refused)


def test_the_clock_of_a_meeting_that_nobody_was_in_ends_with_it() -> None:
    story = Story()
    story.asks(replace(OPENING, ends_at_s=story.now_s + HOUR_S))
    story.asks(EndConference(CONFERENCE))
    assert not [one for one in story.timers if one.kind is MeetingTimer.MEETING_TIME]


# --- a restart ---


def restarted(story: Story) -> Story:
    fresh = story.restarted()
    live = [LiveChannel(one, True, MIX) for one in (HOST, ANNA)]
    fresh.telephony_comes_up(*live, mixes=(MIX,))
    fresh.forget_effects()
    return fresh


def test_a_restart_forgets_neither_the_end_nor_the_words_before_it() -> None:
    story = meeting(ends_in_s=HOUR_S)
    story.passes(1800)
    fresh = restarted(story)
    fresh.passes(1200)
    assert announced(fresh) == [TEN_LEFT]


def test_a_word_that_was_due_while_the_program_was_down_is_said_after_it() -> None:
    story = meeting(ends_in_s=HOUR_S)
    story.passes(HOUR_S - 130)
    story.now_s += 20  # nobody was there to be told that two minutes are left
    fresh = restarted(story)
    fresh.passes(keeping.RESUME_S)
    assert announced(fresh) == [TWO_LEFT]
    fresh.passes(120)
    assert announced(fresh) == [TWO_LEFT, OUT]


# --- by key ---


def test_the_key_asks_how_the_meeting_shall_go_on() -> None:
    story = meeting(ends_in_s=HOUR_S)
    story.keys(HOST, "#8")
    one_hour = [prompts.TIME_HAS, prompts.TIME_ONE_HOUR, prompts.TIME_LEFT]
    assert story.said_to(HOST) == [*one_hour, prompts.TIME_KEY_EXTEND, prompts.TIME_KEY_END]
    assert announced(story) == []
    story.passes(conduct.ANSWER_S)
    story.keys(HOST, "1")
    assert left_s(story) == HOUR_S - conduct.ANSWER_S, "the question is over"


def test_one_gives_half_an_hour_more_and_the_host_hears_it_in_a_whisper() -> None:
    story = meeting(ends_in_s=HOUR_S)
    story.keys(HOST, "#8")
    story.forget_effects()
    story.keys(HOST, "1")
    assert left_s(story) == HOUR_S + 1800
    assert story.said_to(HOST)[0] == prompts.TIME_EXTENDED
    assert (story.said_to(ANNA), announced(story)) == ([], [])
    host = f"host {story.who(HOST).id}"
    assert (host, "conference.extend") in audited(story)


def test_without_an_end_one_gives_the_meeting_half_an_hour() -> None:
    story = meeting()
    story.keys(HOST, "#8")
    assert story.said_to(HOST)[:2] == [prompts.TIME_NO_END, prompts.TIME_KEY_SET]
    story.keys(HOST, "1")
    assert left_s(story) == 1800


def test_nine_ends_the_meeting_for_all_when_it_is_keyed_once_more() -> None:
    story = meeting()
    story.keys(HOST, "#89")
    assert story.said_to(HOST)[-1] == prompts.TIME_END_SURE
    assert story.conference.state is ConferenceState.ACTIVE
    story.keys(HOST, "9")
    assert story.conference.state is ConferenceState.ENDED
    assert announced(story) == [(conference_prompts.MEETING_ENDED,)]
    host = f"host {story.who(HOST).id}"
    assert (host, "conference.end") in audited(story)
    story.passes(10)
    assert {one.channel for one in story.done(HangUpLeg)} == {HOST, ANNA}


def test_without_the_second_nine_the_meeting_goes_on_and_the_host_is_told_so() -> None:
    story = meeting()
    story.keys(HOST, "#89")
    story.passes(END_CONFIRM_S)
    assert story.said_to(HOST)[-1] == prompts.TIME_GOES_ON
    story.keys(HOST, "9")
    assert story.conference.state is ConferenceState.ACTIVE


def test_the_latest_decision_is_offered_and_read_back_where_there_is_one() -> None:
    story = meeting()
    story.keys(HOST, "#8")
    assert decision_prompts.DECISION_KEY_READ_BACK not in story.said_to(HOST)
    story.keys(HOST, "2")
    assert announced(story) == []
    story.passes(conduct.ANSWER_S)
    story.keys(HOST, "#5")
    story.passes(20)
    story.keys(HOST, "#5")
    story.forget_effects()
    story.keys(HOST, "#8")
    assert decision_prompts.DECISION_KEY_READ_BACK in story.said_to(HOST)
    story.keys(HOST, "2")
    assert announced(story)[0][:2] == (decision_prompts.DECISION, phrases.number(1))
    (made,) = story.node[DECISIONS].values()
    assert ("decision.read_back", (("by", "key"), ("name", HOST), ("decision", made.id))) in [
        (one.action, one.detail) for one in story.audited if isinstance(one, Audit)
    ]


def test_a_co_host_has_the_key_and_a_participant_hears_that_it_is_not_theirs() -> None:
    story = meeting()
    story.keys(ANNA, "#8")
    assert story.said_to(ANNA) == [conference_prompts.KEY_OF_ANOTHER_ROLE]
    story.asks(SetRole(CONFERENCE, story.who(ANNA).id, Role.COHOST))
    story.keys(ANNA, "#81")
    assert left_s(story) == 1800


def test_one_who_leads_no_more_when_they_answer_ends_nothing() -> None:
    story = meeting()
    story.keys(HOST, "#89")
    story.asks(SetRole(CONFERENCE, story.who(HOST).id, Role.PARTICIPANT))
    story.keys(HOST, "9")
    assert story.conference.state is ConferenceState.ACTIVE
    assert story.said_to(HOST)[-1] == conference_prompts.NOT_NOW
