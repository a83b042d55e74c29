"""People on their way in, in the meeting and out of it, called out and rung back, step by step."""

from dataclasses import replace

import pytest

from bridge.domain.callout import prompts as callout_prompts
from bridge.domain.callout.commands import ApproveActivation, CallOut, CancelActivation, NewTarget, StartActivation
from bridge.domain.callout.passing import LOST, QUESTIONS
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.callout.pump import RING_GRACE_S
from bridge.domain.callout.questions import HANDED_OVER_S, REPEATS
from bridge.domain.callout.reasons import CalloutReason
from bridge.domain.callout.records import (
    ACTIVATIONS,
    TARGETS,
    Activation,
    ActivationState,
    Attempt,
    AttemptResult,
    AttemptState,
    Target,
    TargetState,
)
from bridge.domain.callout.timers import CalloutTimer
from bridge.domain.conference import prompts
from bridge.domain.conference.commands import EndConference, LockConference, OpenConference, RemoveParticipant
from bridge.domain.conference.effects import LookUpCode
from bridge.domain.conference.events import CodeResolved
from bridge.domain.conference.passing import ENTRIES, EntryPhase
from bridge.domain.conference.policy import ConferencePolicy
from bridge.domain.conference.reasons import ConferenceReason
from bridge.domain.conference.records import (
    CONFERENCES,
    PARTICIPANTS,
    ConferenceState,
    Leg,
    Role,
    Seat,
    SeatState,
)
from bridge.domain.conference.timers import ConferenceTimer
from bridge.domain.guessing.events import NumbersListed
from bridge.domain.guessing.policy import GuessingPolicy
from bridge.domain.kernel.events import Fate, TimerDue
from bridge.domain.kernel.ids import ActivationId, ChannelId, ConferenceId, MixId, PlaybackId, TargetId, TrunkName
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.phrases import LONGEST_SPOKEN, spoken, spoken_text
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.kernel.timers import TimerKey
from bridge.domain.radio.commands import RemovePatch
from bridge.domain.radio.effects import ClosePath
from bridge.domain.radio.events import TerminalState
from bridge.domain.telephony.effects import Answer, Dial, HangUpLeg, JoinMix, Play, SetHeard, StopPlaying
from bridge.domain.telephony.events import (
    CallArrived,
    LegAnswered,
    LegRinging,
    LiveChannel,
    MixJoined,
    MixLeft,
    PlaybackEnded,
)
from bridge.domain.telephony.timers import PromptTimer
from tests.harness.story import CONFERENCE, MIX, PATCH, RADIO_VOICE, TRUNK, Story

HOST, BO = "host", "bo"
A, B, C = "+4684650041", "+4684650042", "+4684650043"


def meeting() -> Story:
    story = Story()
    story.opens()
    story.joins(HOST, Role.HOST)
    story.joins(BO)
    story.forget_effects()
    return story


def at_the_door() -> tuple[Story, ChannelId]:
    """Somebody calls, and hears the greeting."""
    story = Story()
    story.opens()
    return story, story.calls("in-1", caller=A)


def audits(story: Story, action: str) -> list[dict[str, object]]:
    return [dict(one.detail) for one in story.audited if isinstance(one, Audit) and one.action == action]


def phase(story: Story, line: ChannelId) -> EntryPhase:
    return story.node[ENTRIES][line].phase


def attempts(story: Story) -> list[Attempt]:
    """As they were last kept, in the order of their making."""
    return list({one.id: one for one in story.records if isinstance(one, Attempt)}.values())


def targets(story: Story) -> list[Target]:
    return list({one.id: one for one in story.records if isinstance(one, Target)}.values())


# --- at the door ---


def test_a_caller_is_answered_and_greeted_and_their_patience_runs_from_the_end_of_the_greeting() -> None:
    story, line = at_the_door()
    assert story.done(Answer) == [Answer(line)]
    assert story.said_to(line) == [prompts.ENTRY_WELCOME]
    assert story.timers == {TimerKey(PromptTimer.PROMPT, line): story.now_s + 60}
    story.passes(10)
    story.prompt_ends(line)
    assert story.timers == {
        TimerKey(ConferenceTimer.ENTRY_DIGITS, line): story.now_s + 30,
        TimerKey(ConferenceTimer.ENTRY_REMIND, line): story.now_s + 3,
    }


def test_the_code_is_asked_for_again_in_silence_and_patience_does_not_begin_anew_by_that() -> None:
    story, line = at_the_door()
    story.prompt_ends(line)
    patience_ends_s = story.now_s + 30
    for times in range(1, 4):
        story.passes(3)
        assert story.said_to(line)[1:] == [prompts.ENTRY_CODE] * times
        story.prompt_ends(line)
        assert story.timers[TimerKey(ConferenceTimer.ENTRY_DIGITS, line)] == patience_ends_s
    story.passes(patience_ends_s - story.now_s)
    assert prompts.ENTRY_WRONG in story.said_to(line)
    assert story.node[ENTRIES][line].tries == 1
    story.prompt_ends(line)
    assert story.timers[TimerKey(ConferenceTimer.ENTRY_DIGITS, line)] == story.now_s + 30, "asked anew"


def test_a_key_stops_the_greeting_and_the_reminder_and_a_pause_after_it_is_the_end_of_the_code() -> None:
    story, line = at_the_door()
    greeting = story.done(Play)[-1].playback
    story.keys(line, "1")
    assert story.done(StopPlaying) == [StopPlaying(line, greeting)]
    story.keys(line, "2345")
    assert story.done(StopPlaying) == [StopPlaying(line, greeting)], "once"
    assert story.timers[TimerKey(ConferenceTimer.ENTRY_DIGITS, line)] == story.now_s + 6
    assert TimerKey(ConferenceTimer.ENTRY_REMIND, line) not in story.timers
    story.passes(6)
    assert story.done(LookUpCode) == [LookUpCode(line, "12345")]
    assert not [key for key in story.timers if key.subject == line and key.kind is ConferenceTimer.ENTRY_DIGITS]


def test_a_star_begins_the_code_anew() -> None:
    story, line = at_the_door()
    story.keys(line, "99*123456#")
    assert story.done(LookUpCode) == [LookUpCode(line, "123456")]


def test_keys_while_a_code_is_looked_up_or_the_last_words_are_said_are_not_heeded() -> None:
    story, line = at_the_door()
    story.keys(line, "12345678#99#")
    assert story.done(LookUpCode) == [LookUpCode(line, "12345678")]
    assert story.node[ENTRIES][line].digits == ""
    story.code_is(line, CONFERENCE)
    story.keys(line, "99#")
    story.code_is(line, None)
    assert phase(story, line) is EntryPhase.JOINING, "an answer that comes twice counts once"
    assert len(story.node[PARTICIPANTS]) == 1


def test_the_end_of_a_prompt_that_was_broken_off_is_not_the_end_of_the_next() -> None:
    story, line = at_the_door()
    greeting = story.done(Play)[-1].playback
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE)
    story.happens(PlaybackEnded(story.now_s, greeting, line))
    assert story.done(JoinMix) == []
    assert TimerKey(PromptTimer.PROMPT, line) in story.timers
    story.prompt_ends(line)
    assert [one.channel for one in story.done(JoinMix)] == [line]
    assert line not in story.node[ENTRIES]
    assert TimerKey(PromptTimer.PROMPT, line) not in story.timers


def test_a_caller_is_let_go_of_after_the_last_try_with_words() -> None:
    story, line = at_the_door()
    for tries in (1, 2, 3):
        story.keys(line, "00000000#")
        story.code_is(line, None)
        assert story.node[ENTRIES][line].tries == tries
    assert story.said_to(line)[-2:] == [prompts.ENTRY_WRONG, prompts.ENTRY_GOODBYE]
    assert story.done(HangUpLeg) == []
    story.prompt_ends(line)
    assert story.done(HangUpLeg) == [HangUpLeg(line)]


@pytest.mark.parametrize(("role", "is_let_in"), [(Role.HOST, True), (Role.PARTICIPANT, False)])
def test_a_locked_door_lets_hosts_in(role: Role, is_let_in: bool) -> None:
    story, line = at_the_door()
    story.happens(NumbersListed(story.now_s, frozenset({A})))
    story.asks(LockConference(CONFERENCE, True))
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE, role)
    assert (prompts.ENTRY_LOCKED in story.said_to(line)) is not is_let_in
    assert (prompts.ENTRY_HOST in story.said_to(line)) is is_let_in
    assert bool(story.node[PARTICIPANTS]) is is_let_in
    story.prompt_ends(line)
    assert bool(story.done(HangUpLeg)) is not is_let_in


def test_a_code_of_a_meeting_that_is_over_or_not_known_is_a_wrong_one() -> None:
    story, line = at_the_door()
    story.asks(EndConference(CONFERENCE))
    for conference in (CONFERENCE, ConferenceId("cnf-nobodys")):
        story.keys(line, "12345678#")
        story.code_is(line, conference)
    assert story.node[ENTRIES][line].tries == 2


def test_a_caller_held_back_hears_to_wait_until_the_answer_comes() -> None:
    story = Story(Policy(GuessingPolicy(wrong_s=3.0), CalloutPolicy()))
    story.opens()
    line = story.calls("in-1")
    for _ in range(2):
        story.keys(line, "00000000#")
        story.code_is(line, None)
    story.keys(line, "00000000#")
    story.happens(CodeResolved(story.now_s, line, None))
    assert phase(story, line) is EntryPhase.BRAKED
    before = story.said_to(line).count(prompts.ENTRY_WAIT)
    story.prompt_ends(line)
    assert story.said_to(line).count(prompts.ENTRY_WAIT) == before + 1
    waiting = story.done(Play)[-1].playback
    story.passes(9)
    assert StopPlaying(line, waiting) in story.effects
    assert story.said_to(line)[-2:] == [prompts.ENTRY_WRONG, prompts.ENTRY_GOODBYE]


def test_the_emergency_room_takes_its_callers_into_one_meeting_that_is_recorded() -> None:
    story = Story()
    for name in ("in-1", "in-2"):
        story.happens(CallArrived(story.now_s, ChannelId(name), "+4685555555", A, TRUNK, rescued=True))
    [conference] = story.node[CONFERENCES].values()
    assert (conference.emergency, conference.recording.wanted, conference.name) == (True, True, "Nödrummet")
    assert (conference.number, conference.created_at_s) == ("+4685555555", story.now_s)
    assert audits(story, "conference.open") == [{"name": "Nödrummet", "recorded": True, "emergency": True}]
    assert [one.role for one in story.node[PARTICIPANTS].values()] == [Role.PARTICIPANT] * 2
    assert story.said_to("in-1") == [], "no word keeps them from each other"
    story.asks(LockConference(conference.id, True))
    story.happens(CallArrived(story.now_s, ChannelId("in-3"), "+4685555555", B, TRUNK, rescued=True))
    assert len(story.node[CONFERENCES]) == 2, "a locked one is not theirs"
    for number, other in enumerate(list(story.node[CONFERENCES])):
        story.asks(LockConference(other, False))
        if number:
            story.asks(EndConference(other))
    story.happens(CallArrived(story.now_s, ChannelId("in-4"), "+4685555555", C, TRUNK, rescued=True))
    assert story.who("in-4").conference == conference.id, "nor one that is over"


def test_a_call_told_twice_is_answered_once() -> None:
    story, line = at_the_door()
    story.calls("in-1", caller=A)
    assert story.done(Answer) == [Answer(line)]
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE)
    story.prompt_ends(line)
    story.calls("in-1", caller=A)
    assert story.done(Answer) == [Answer(line)]


def test_a_meeting_that_ends_while_the_last_prompt_plays_puts_nobody_into_it() -> None:
    story, line = at_the_door()
    story.joins(BO)
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE)
    last = story.done(Play)[-1].playback
    story.asks(EndConference(CONFERENCE))
    story.forget_effects()
    story.happens(PlaybackEnded(story.now_s, last, line))
    assert story.done(JoinMix) == []
    assert HangUpLeg(line) in story.effects


# --- in the meeting and out of it ---


def test_the_seat_and_its_leg_tell_from_when_to_when_and_why() -> None:
    story = meeting()
    seat = story.who(BO)
    assert (seat.state, seat.joined_at_s, seat.left_at_s) == (SeatState.PRESENT, story.now_s, None)
    story.passes(30)
    story.talks(BO)
    story.hangs_up(BO, cause=31)
    kept = {one.id: one for one in story.records if isinstance(one, Seat)}[seat.id]
    assert (kept.state, kept.left_at_s, kept.talking) == (SeatState.LEFT, story.now_s, False)
    leg = {one.id: one for one in story.records if isinstance(one, Leg)}[seat.leg]  # type: ignore[index]
    assert (leg.ended_at_s, leg.cause, leg.channel) == (story.now_s, 31, BO)


def test_who_leaves_the_mix_and_stays_on_the_line_is_put_back_after_half_a_second() -> None:
    story = meeting()
    story.happens(MixLeft(story.now_s, ChannelId(BO), MIX))
    story.passes(0.4)
    assert story.done(JoinMix) == []
    story.passes(0.1)
    assert story.done(JoinMix) == [JoinMix(ChannelId(BO), MIX, True)]
    assert story.who(BO).state is SeatState.JOINING
    story.happens(MixJoined(story.now_s, ChannelId(BO), MIX))
    assert (story.who(BO).state, story.who(BO).left_at_s) == (SeatState.PRESENT, None)


def test_what_is_told_of_another_mix_or_of_one_on_the_way_in_moves_nobody() -> None:
    story = meeting()
    other = MixId("mix-00000000000000000000000009")
    story.happens(MixLeft(story.now_s, ChannelId(BO), other))
    assert TimerKey(ConferenceTimer.JOIN, BO) not in story.timers
    line = story.calls("late")
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE)
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, other))
    assert story.who("late").state is SeatState.JOINING
    due_s = story.timers[TimerKey(ConferenceTimer.JOIN, line)]
    story.passes(1)
    story.happens(MixLeft(story.now_s, line, MIX))
    assert story.timers[TimerKey(ConferenceTimer.JOIN, line)] == due_s


def test_who_has_not_come_into_the_mix_in_time_is_put_there_again_and_asked_to_wait() -> None:
    story = meeting()
    line = story.calls("late")
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE)
    story.prompt_ends(line)
    assert story.timers[TimerKey(ConferenceTimer.JOIN, line)] == story.now_s + 2.5
    story.forget_effects()
    story.passes(2.5)
    assert story.said_to(line) == [prompts.ENTRY_WAIT]
    story.passes(1)
    assert [one.channel for one in story.done(JoinMix)] == [line]
    story.happens(MixJoined(story.now_s, line, MIX))
    assert TimerKey(ConferenceTimer.JOIN, line) not in story.timers
    story.forget_effects()
    story.passes(60)
    assert story.done(JoinMix) == []


def test_the_meeting_is_active_while_a_telephone_is_in_it_and_looked_at_a_minute_after() -> None:
    story = meeting()
    story.terminal_is(TerminalState.READY)
    story.patches()
    story.hangs_up(HOST)
    assert story.conference.state is ConferenceState.ACTIVE
    story.hangs_up(BO)
    assert story.conference.state is ConferenceState.OPEN, "a talkgroup alone is no meeting"
    assert story.timers[TimerKey(ConferenceTimer.CONFERENCE_EMPTY, CONFERENCE)] == story.now_s + 60
    story.joins("new")
    assert TimerKey(ConferenceTimer.CONFERENCE_EMPTY, CONFERENCE) not in story.timers


@pytest.mark.parametrize("left", [2, 3, 4])
def test_of_those_who_left_the_latest_are_shown(left: int) -> None:
    story = Story(Policy(ConferencePolicy(most_left=3), CalloutPolicy()))
    story.opens()
    names = [f"in-{number}" for number in range(left)]
    for name in names:
        story.joins(name)
    for name in names:
        story.hangs_up(name)
    shown = [one.name for one in story.node[PARTICIPANTS].values()]
    assert shown == names[-3:]
    other = ConferenceId("cnf-00000000000000000000000002")
    story.opens(conference=other, mix=MixId("mix-00000000000000000000000002"))
    story.joins("elsewhere", conference=other)
    story.hangs_up("elsewhere")
    story.passes(60)
    kept = [one.name for one in story.node[PARTICIPANTS].values()]
    assert kept == [], "a meeting that stays empty shows nobody"


def test_a_removed_telephone_is_silent_at_once_and_hung_up_after_its_last_words() -> None:
    story = meeting()
    story.asks(RemoveParticipant(CONFERENCE, story.who(BO).id))
    line = ChannelId(BO)
    assert story.done(SetHeard) == [SetHeard(line, False)]
    assert story.said_to(BO) == [prompts.MEETING_REMOVED]
    assert story.done(HangUpLeg) == []
    story.prompt_ends(line)
    assert story.done(HangUpLeg) == [HangUpLeg(line)]
    assert len(audits(story, "participant.remove")) == 1


def test_a_lost_one_who_is_removed_is_rung_back_no_more() -> None:
    story = meeting()
    story.joins(A)
    person = story.who(A).id
    story.telephony_goes_down()
    story.telephony_comes_up(*(LiveChannel(ChannelId(one), True, MIX) for one in (HOST, BO)), mixes=(MIX,))
    assert story.node[PARTICIPANTS][person].state is SeatState.LOST
    story.asks(RemoveParticipant(CONFERENCE, person))
    assert story.node[PARTICIPANTS][person].state is SeatState.LEFT
    assert person not in story.node[LOST]
    story.call_ends(A, 19)
    story.passes(300)
    assert story.dialled() == [A]


def test_a_talkgroup_that_is_removed_from_the_meeting_is_unpatched() -> None:
    story = meeting()
    story.terminal_is(TerminalState.READY)
    story.patches(notice=False)
    assert story.asks(RemoveParticipant(CONFERENCE, RADIO_VOICE)) == Done(RADIO_VOICE)
    assert story.done(ClosePath) == [ClosePath(PATCH)]
    assert audits(story, "participant.remove") == []
    assert len(audits(story, "patch.remove")) == 1
    left = Refused("conflict", ConferenceReason.PARTICIPANT_LEFT())
    assert story.asks(RemoveParticipant(CONFERENCE, RADIO_VOICE)) == left
    assert isinstance(story.asks(RemovePatch(CONFERENCE, PATCH)), Refused)


def test_a_meeting_opened_twice_is_the_first_and_one_that_is_over_takes_no_orders() -> None:
    story = meeting()
    before = story.conference
    again = OpenConference(CONFERENCE, MixId("mix-other"), "Annat", "+4685555556", recorded=True)
    assert story.asks(again) == Done(CONFERENCE)
    assert story.conference == before
    story.asks(EndConference(CONFERENCE))
    assert story.asks(LockConference(CONFERENCE, True)) == Refused("ended", ConferenceReason.ENDED())
    nobodys = ConferenceId("cnf-nobodys")
    assert story.asks(LockConference(nobodys, True)) == Refused("not_found", ConferenceReason.NO_SUCH_CONFERENCE())
    assert story.asks(EndConference(nobodys)) == Refused("not_found", ConferenceReason.NO_SUCH_CONFERENCE())


# --- called out ---


def called_out(*functions: tuple[str, ...], policy: Policy | None = None, **more: object) -> Story:
    story = Story(policy)
    story.opens()
    story.activates(functions, **more)
    return story


def test_a_call_is_kept_from_its_intent_to_its_end() -> None:
    story = called_out((A,), ring_s=20.0)
    began_s, line = story.now_s, story.line_to(A)
    assert story.timers[TimerKey(CalloutTimer.CALLOUT_RING, line)] == story.now_s + 20.0 + RING_GRACE_S
    story.passes(1)
    story.rings(A)
    story.passes(2)
    story.answers(A)
    assert TimerKey(CalloutTimer.CALLOUT_RING, line) not in story.timers
    assert story.timers[TimerKey(CalloutTimer.CALLOUT_KEY, line)] == story.now_s + 30 * (1 + REPEATS) + HANDED_OVER_S
    story.passes(3)
    story.keys(line, "3")
    story.prompt_ends(line)
    assert HangUpLeg(line) in story.effects
    story.hangs_up(line, cause=16)
    [attempt] = attempts(story)
    assert attempt == Attempt(
        attempt.id,
        story.target(0).id,
        ActivationId("act-1"),
        A,
        TRUNK,
        state=AttemptState.ENDED,
        result=AttemptResult.CANNOT,
        cause=16,
        intent_at_s=began_s,
        ringing_at_s=began_s + 1,
        answered_at_s=began_s + 3,
        ended_at_s=began_s + 6,
    )
    assert (story.target(0).state, story.target(0).attempt, story.target(0).attempts_made) == (
        TargetState.CANNOT,
        None,
        1,
    )
    assert (story.activation.state, story.activation.ended_at_s) == (ActivationState.DONE, began_s + 6)


@pytest.mark.parametrize(
    ("cause", "result"),
    [
        *((cause, AttemptResult.INVALID) for cause in (1, 22, 28)),
        (17, AttemptResult.BUSY),
        (21, AttemptResult.REJECTED),
        (23, AttemptResult.FORWARDED),
        *((cause, AttemptResult.CONGESTION) for cause in (34, 38, 41, 42, 44)),
        *((cause, AttemptResult.NO_ANSWER) for cause in (0, 16, 18, 19, 20)),
        *((cause, AttemptResult.FAILED) for cause in (2, 3, 27, 29, 31, 35, 39, 43, 45, 127)),
    ],
)
def test_each_cause_of_an_unanswered_call_has_its_meaning(cause: int, result: AttemptResult) -> None:
    story = called_out((A, B))
    story.call_ends(A, cause)
    first = attempts(story)[0]
    assert (first.result, first.cause) == (result, cause)
    assert story.target(0).bad_numbers == (frozenset({A}) if result is AttemptResult.INVALID else frozenset())


def test_a_call_that_the_trunk_did_not_place_is_kept_as_congestion_and_the_trunk_rests() -> None:
    story = called_out((A,))
    story.fails(story.done(Dial)[-1])
    [attempt] = attempts(story)
    assert (attempt.result, attempt.cause) == (AttemptResult.CONGESTION, 38)
    assert story.target(0).attempts_made == 0
    story.passes(1.9)
    assert len(story.dialled()) == 1
    story.passes(0.1)
    assert len(story.dialled()) == 2


def test_a_number_that_does_not_exist_is_not_called_in_the_next_round() -> None:
    story = called_out((A, B), rounds=2, round_pause_s=60.0)
    story.call_ends(A, 1)
    story.call_ends(B, 17)
    assert (story.target(0).round, story.target(0).not_before_s) == (1, story.now_s + 60)
    story.passes(60)
    assert story.dialled() == [A, B, B]
    story.call_ends(B, 1)
    assert story.target(0).state is TargetState.UNREACHABLE
    assert story.target(0).reason == CalloutReason.NO_SUCH_NUMBER()
    assert story.activation.state is ActivationState.DONE


def test_the_end_of_words_that_were_broken_off_ends_no_others() -> None:
    story = called_out((A,))
    line = story.answers(A)
    story.keys(line, "2")
    story.forget_effects()
    story.happens(PlaybackEnded(story.now_s, PlaybackId("pla-other"), line))
    assert story.done(HangUpLeg) == []
    story.happens(PlaybackEnded(story.now_s, story.node[QUESTIONS][line].playback or PlaybackId(""), line))
    assert story.done(HangUpLeg) == [HangUpLeg(line)]


@pytest.mark.parametrize("key", list("0567890*#"))
def test_another_key_than_those_read_out_changes_nothing(key: str) -> None:
    story = called_out((A,))
    line = story.answers(A)
    before = story.node
    story.keys(line, key)
    assert story.node == before
    assert TimerKey(CalloutTimer.CALLOUT_KEY, line) in story.timers


def test_a_second_key_and_a_timer_under_way_do_not_change_the_answer() -> None:
    story = called_out((A,))
    line = story.answers(A)
    story.keys(line, "23")
    story.happens(TimerDue(story.now_s, TimerKey(CalloutTimer.CALLOUT_KEY, line)))
    assert story.target(0).state is TargetState.LATER
    assert attempts(story)[0].result is AttemptResult.LATER
    assert callout_prompts.CALLOUT_NO_KEY not in story.said_to(line)


def test_who_presses_nothing_for_half_a_minute_is_told_and_the_next_number_is_called() -> None:
    story = called_out((A, B))
    line = story.answers(A)
    story.presses_nothing(line)
    assert callout_prompts.CALLOUT_NO_KEY in story.said_to(line)
    story.prompt_ends(line)
    story.hangs_up(line)
    assert attempts(story)[0].result is AttemptResult.NO_KEY
    assert story.dialled() == [A, B]


def test_who_accepts_when_the_meeting_is_over_hears_that_it_is_and_is_shown_so() -> None:
    story = called_out((A,))
    line = story.answers(A)
    story.asks(EndConference(CONFERENCE))
    assert story.target(0).state is TargetState.CANCELLED
    assert story.said_to(line)[-1] == callout_prompts.CALLOUT_CANCELLED


def test_a_question_to_a_call_that_is_known_no_more_ends_with_its_line() -> None:
    story = called_out((A,))
    line = story.answers(A)
    story.node = replace(story.node, tables={**story.node.tables, TARGETS: {}, ACTIVATIONS: {}})
    story.forget_effects()
    story.keys(line, "1")
    assert line not in story.node[QUESTIONS]
    assert story.done(HangUpLeg) == [HangUpLeg(line)]
    assert TimerKey(CalloutTimer.CALLOUT_KEY, line) not in story.timers
    story.is_over = True  # its call's own end would tell the rest


def test_a_call_out_is_kept_as_it_was_ordered_and_each_function_in_its_place() -> None:
    story = Story()
    story.opens()
    wish = StartActivation(
        ActivationId("act-1"),
        "key-1",
        CONFERENCE,
        "Inriktande",
        (NewTarget(TargetId("tgt-a"), "TiB", "Kommun", (A,)), NewTarget(TargetId("tgt-b"), "VB", "Region", ())),
        list_id="list-1",
        ring_s=25.0,
        rounds=2,
        round_pause_s=45.0,
        exercise=True,
    )
    assert story.asks(wish, actor="tib") == Done(ActivationId("act-1"))
    assert story.activation == Activation(
        ActivationId("act-1"),
        "key-1",
        CONFERENCE,
        "Inriktande",
        "tib",
        story.now_s,
        ring_s=25.0,
        rounds=2,
        round_pause_s=45.0,
        exercise=True,
        list_id="list-1",
    )
    assert [(one.position, one.function, one.organisation, one.state) for one in targets(story)] == [
        (0, "TiB", "Kommun", TargetState.CALLING),
        (1, "VB", "Region", TargetState.UNREACHABLE),
    ]
    assert targets(story)[1].reason == CalloutReason.NO_NUMBER()
    assert audits(story, "activation.start") == [{"list": "Inriktande", "functions": 2}]
    for same in (replace(wish, key="key-2"), replace(wish, list_id=None, activation=ActivationId("act-2"))):
        assert story.asks(same) == Done(ActivationId("act-1")), "the same list, or the same key"
    other = ConferenceId("cnf-00000000000000000000000002")
    story.opens(conference=other, mix=MixId("mix-00000000000000000000000002"))
    elsewhere = replace(
        wish,
        activation=ActivationId("act-3"),
        key="key-3",
        conference=other,
        targets=(NewTarget(TargetId("tgt-c"), "TiB", "Kommun", (B,)),),
    )
    assert story.asks(elsewhere) == Done(ActivationId("act-3")), "the same list to another meeting"


def test_a_call_out_that_cannot_be_is_refused_and_opens_no_meeting() -> None:
    story = Story()
    nobody = StartActivation(ActivationId("act-1"), "key-1", CONFERENCE, "Tom", ())
    opening = OpenConference(CONFERENCE, MIX, "Övning", "+4685555555", recorded=False)
    assert story.asks(CallOut(opening, nobody)) == Refused("invalid", CalloutReason.EMPTY_LIST(), "targets")
    assert not story.node[CONFERENCES]
    somebody = replace(nobody, targets=(NewTarget(TargetId("tgt-a"), "TiB", "Kommun", (A,)),))
    gone = Refused("not_found", ConferenceReason.NO_OPEN_CONFERENCE(), "conference_id")
    assert story.asks(somebody) == gone
    story.opens()
    story.joins(BO)
    story.asks(EndConference(CONFERENCE))
    assert story.asks(somebody) == gone
    assert story.asks(CancelActivation(ActivationId("act-9"))) == Refused("not_found", CalloutReason.NO_SUCH_CALLOUT())


def test_a_call_out_that_is_cancelled_twice_is_cancelled_once_and_whoever_is_in_stays() -> None:
    story = called_out((A,), (B,), (C,))
    line = story.answers(A)
    story.keys(line, "1")
    asked = story.answers(B)
    ringing = story.line_to(C)
    story.forget_effects()
    activation = story.activation.id
    story.asks(CancelActivation(activation))
    ended_at_s = story.now_s
    assert (story.activation.state, story.activation.ended_at_s) == (ActivationState.CANCELLED, ended_at_s)
    assert story.done(HangUpLeg) == [HangUpLeg(ringing)], "who is asked hears it first"
    assert story.said_to(asked) == [callout_prompts.CALLOUT_CANCELLED]
    assert TimerKey(CalloutTimer.CALLOUT_KEY, asked) not in story.timers
    assert [one.state for one in targets(story)] == [
        TargetState.JOINED,
        TargetState.CANCELLED,
        TargetState.CANCELLED,
    ]
    assert [one.reason for one in targets(story)][1:] == [CalloutReason.CANCELLED()] * 2
    story.passes(5)
    story.asks(CancelActivation(activation))
    assert story.activation.ended_at_s == ended_at_s
    assert story.done(HangUpLeg) == [HangUpLeg(ringing)]


def test_a_phone_that_rings_or_answers_for_a_call_nobody_knows_is_hung_up() -> None:
    story = meeting()
    for event in (LegRinging(story.now_s, ChannelId("leg-x")), LegAnswered(story.now_s, ChannelId("leg-x"))):
        story.forget_effects()
        story.happens(event)
        assert story.done(HangUpLeg) == [HangUpLeg(ChannelId("leg-x"))]
    story.forget_effects()
    story.happens(LegAnswered(story.now_s, ChannelId(BO)))
    line = story.calls("in-9")
    story.happens(LegAnswered(story.now_s, line))
    assert story.done(HangUpLeg) == []


def test_a_call_that_rings_for_ever_is_ended_half_a_minute_after_its_time_and_made_again() -> None:
    story = called_out((A,))
    line = story.line_to(A)
    story.passes(59.9)
    assert story.done(HangUpLeg) == []
    story.passes(0.1)
    assert story.done(HangUpLeg) == [HangUpLeg(line)]
    assert attempts(story)[0].result is AttemptResult.IN_DOUBT
    assert (story.target(0).called_before, story.target(0).not_before_s) == (True, story.now_s + 5)
    story.passes(5)
    assert len(story.dialled()) == 2
    again = story.answers(A)
    assert callout_prompts.CALLOUT_AGAIN in story.said_to(again)


def test_two_calls_a_second_keep_their_gap_after_a_rest_and_a_full_trunk_waits_for_an_end() -> None:
    policy = Policy(CalloutPolicy(trunks=(TrunkPolicy(name=TRUNK, calls_per_s=2, channels=2),)))
    story = called_out((A,), (B,), (C,), policy=policy)
    assert len(story.dialled()) == 1
    story.passes(0.25)
    assert len(story.dialled()) == 2, "decided a quarter of a second ahead"
    story.passes(60 - 0.25 - 0.01)
    assert len(story.dialled()) == 2, "both places are taken"
    story.call_ends(A, 19)
    assert len(story.dialled()) == 3


def test_a_trunk_is_not_asked_for_numbers_it_may_not_call() -> None:
    policy = Policy(
        CalloutPolicy(
            trunks=(
                TrunkPolicy(name=TrunkName("home"), calls_per_s=0, prefixes=("+46",), caller_id="+4685555555"),
                TrunkPolicy(name=TrunkName("abroad"), calls_per_s=0, prefixes=("+47",)),
            )
        )
    )
    story = called_out(("+4722123456",), (A,), ("+358401234567",), ("+46939123456",), policy=policy)
    assert [one.number for one in story.done(Dial)] == [A], "the first call abroad waits for a second person"
    story.asks(ApproveActivation(story.activation.id), "keeper")
    assert [(one.trunk, one.number, one.caller_id) for one in story.done(Dial)] == [
        ("home", A, "+4685555555"),
        ("abroad", "+4722123456", ""),
    ]
    assert [one.reason for one in targets(story)] == [None, None, CalloutReason.NO_TRUNK(), CalloutReason.PREMIUM()]
    assert [one.state for one in targets(story)][2:] == [TargetState.UNREACHABLE] * 2


def test_a_number_that_is_being_called_for_one_function_waits_for_the_other() -> None:
    story = called_out((A,), (B, A))
    assert story.dialled() == [A, B]
    story.call_ends(B, 17)
    assert story.dialled() == [A, B]
    story.call_ends(A, 17)
    assert story.dialled() == [A, B, A]


def test_they_who_could_not_be_put_into_the_meeting_are_called_again() -> None:
    story = called_out((A,))
    line = story.answers(A)
    story.keys(line, "1")
    assert story.activation.state is ActivationState.DONE
    story.prompt_ends(line)
    for _ in range(8):
        story.fails(story.done(JoinMix)[-1], Fate.REFUSED)
        story.passes(3)
    assert story.said_to(line)[-1] == prompts.ENTRY_FAULT
    assert (story.activation.state, story.activation.ended_at_s) == (ActivationState.OPEN, None)
    assert story.target(0).state is TargetState.ASKED
    story.prompt_ends(line)
    story.hangs_up(line)
    story.passes(5)
    assert story.dialled() == [A, A]


# --- rung back ---


def test_the_ring_back_of_one_who_came_by_themselves_is_over_when_nobody_else_is_lost() -> None:
    story = Story()
    story.opens()
    story.joins(A)
    story.telephony_goes_down()
    story.telephony_comes_up()
    ring_back = story.activation
    assert (ring_back.list_name, ring_back.started_by, ring_back.rounds, ring_back.round_pause_s) == (
        "Återuppringning",
        "samband",
        3,
        30.0,
    )
    line = story.calls("in-2", caller=A)
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE)
    assert targets(story)[-1].reason == CalloutReason.CAME_BACK()
    assert story.node[ACTIVATIONS][ring_back.id].state is ActivationState.DONE


def test_only_who_is_being_rung_back_is_known_as_that_after_a_restart() -> None:
    story = called_out((A,), (B,))
    line = story.answers(A)
    story.keys(line, "1")
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, MIX))
    assert dict(story.restarted().node[LOST]) == {}
    story.telephony_goes_down()
    story.telephony_comes_up()
    fresh = story.restarted()
    assert dict(fresh.node[LOST]) == dict(story.node[LOST]) != {}


# --- said aloud ---


def test_a_name_said_aloud_is_cut_at_eighty_characters_and_freed_of_what_cannot_be_said() -> None:
    assert LONGEST_SPOKEN == 80
    assert spoken_text(spoken("x" * 100)) == "x" * 80
    assert spoken_text(spoken("Räddnings\u0007 \n tjänsten")) == "Räddnings tjänsten"
    assert spoken_text(prompts.MUTED) is None
