"""After every connect: what was promised is compared with what is in Asterisk, and the difference is worked off."""

import pytest

from bridge.domain.callout.calls import GAVE_UP
from bridge.domain.callout.commands import CancelActivation
from bridge.domain.callout.passing import QUESTIONS
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.callout.pump import RING_GRACE_S
from bridge.domain.callout.records import ACTIVATIONS, Attempt, AttemptResult, Target, TargetState
from bridge.domain.conference import prompts
from bridge.domain.conference.commands import EndConference, SetMuted
from bridge.domain.conference.passing import ENTRIES
from bridge.domain.conference.records import (
    CONFERENCES,
    PARTICIPANTS,
    ConferenceState,
    RecordingState,
    Role,
    SeatState,
)
from bridge.domain.kernel.again import AGAIN
from bridge.domain.kernel.ids import ChannelId, ConferenceId, MixId, RecordingId
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.timers import TimerKey
from bridge.domain.radio.effects import OpenPath, SelectTalkgroup
from bridge.domain.radio.events import TerminalState
from bridge.domain.radio.records import PATCHES, PatchState
from bridge.domain.recording.effects import ArchiveRecording, StartRecording, StopRecording
from bridge.domain.recording.events import RecordingArchived, RecordingEnded, RecordingFailed, RecordingStarted
from bridge.domain.recording.records import RECORDINGS, ArchiveState, Recording
from bridge.domain.telephony.effects import Answer, CreateMix, DestroyMix, Dial, HangUpLeg, JoinMix, SetHeard
from bridge.domain.telephony.events import LegEnded, LiveChannel, MixJoined
from bridge.domain.telephony.state import TELEPHONY
from bridge.domain.telephony.timers import PromptTimer
from tests.harness.reasons import because, english
from tests.harness.story import CONFERENCE, GROUP, MIX, PATCH, TERMINAL, TRUNK, Story

A = "+4684650041"
B = "+4684650042"
NOBODYS = MixId("mix-nobodys000000000000000001")


def live(channel: str, mix: MixId | None = None, *, answered: bool = True, caller: str = "") -> LiveChannel:
    return LiveChannel(ChannelId(channel), answered, mix, caller, "+4685555555", TRUNK)


def meeting(*, recorded: bool = False) -> Story:
    story = Story()
    story.opens(recorded=recorded)
    story.joins("anna")
    return story


def running(story: Story) -> RecordingId:
    """The recording that was ordered has begun."""
    [order] = story.done(StartRecording)
    story.happens(RecordingStarted(story.now_s, order.recording))
    return order.recording


# --- channels and mixes ---


def test_a_call_of_ours_that_nobody_knows_is_hung_up() -> None:
    story = Story()
    story.telephony_comes_up(live("leg-00000000000000000000009999"))
    assert story.done(HangUpLeg) == [HangUpLeg(ChannelId("leg-00000000000000000000009999"))]
    assert not story.done(Answer)


def test_a_caller_whom_nobody_knows_is_greeted_anew() -> None:
    story = Story()
    story.telephony_comes_up(live("stranger", caller=A))
    assert story.said_to("stranger") == [prompts.ENTRY_WELCOME]
    assert story.node[ENTRIES][ChannelId("stranger")].caller == A


def test_a_caller_on_the_way_in_who_is_gone_is_forgotten() -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1")
    story.telephony_goes_down()
    story.telephony_comes_up()
    assert line not in story.node[ENTRIES]
    story.passes(600)
    assert not story.node[AGAIN]


def test_a_mix_that_nobody_knows_is_taken_down_and_a_known_one_is_not() -> None:
    story = meeting()
    story.telephony_comes_up(live("anna", MIX), mixes=(MIX, NOBODYS))
    assert story.done(DestroyMix) == [DestroyMix(NOBODYS)]


def test_who_sits_in_a_meeting_that_is_over_is_hung_up_and_hears_no_greeting() -> None:
    story = meeting()
    story.asks(EndConference(CONFERENCE))
    story.forget_effects()
    story.telephony_comes_up(live("anna", MIX), live("left-behind", MIX), mixes=(MIX,))
    assert set(story.done(HangUpLeg)) == {HangUpLeg(ChannelId("anna")), HangUpLeg(ChannelId("left-behind"))}
    assert story.said_to("left-behind") == []


def test_the_mix_of_a_meeting_with_people_is_made_sure_of_and_an_empty_ones_is_not() -> None:
    story = meeting()
    story.opens(conference=ConferenceId("cnf-empty"), mix=MixId("mix-empty"))
    story.forget_effects()
    story.telephony_comes_up(live("anna", MIX))
    assert CreateMix(MIX, CONFERENCE) in story.effects
    assert [one.mix for one in story.done(CreateMix)] == [MIX]


# --- seats ---


def test_who_is_in_the_mix_stays_and_their_microphone_is_as_mute_says() -> None:
    story = meeting()
    story.asks(SetMuted(CONFERENCE, story.who("anna").id, True))
    story.forget_effects()
    story.telephony_comes_up(live("anna", MIX))
    assert story.done(SetHeard) == [SetHeard(ChannelId("anna"), False)]
    assert not story.done(JoinMix)
    assert story.who("anna").state is SeatState.PRESENT


def test_who_is_on_the_line_but_not_in_the_mix_is_put_into_it() -> None:
    story = meeting()
    story.telephony_comes_up(live("anna"))
    assert [one.channel for one in story.done(JoinMix)][-1] == "anna"


def test_killed_between_the_key_and_the_mix_they_are_put_into_it() -> None:
    story = Story()
    story.opens()
    story.activates([(A,)])
    line = story.answers(A)
    story.keys(line, "1")
    fresh = story.restarted()
    fresh.telephony_comes_up(live(line))
    assert [one.channel for one in fresh.done(JoinMix)] == [line]
    fresh.happens(MixJoined(fresh.now_s, line, MIX))
    assert [one.state for one in fresh.node[PARTICIPANTS].values()] == [SeatState.PRESENT]


@pytest.mark.parametrize("called", [False, True], ids=["came in", "was called out"])
def test_who_was_let_in_while_asterisk_was_out_of_sight_has_the_keys_of_the_meeting(called: bool) -> None:
    story = Story()
    story.opens()
    if called:
        story.activates([(A,)])
        line = story.answers(A)
        story.keys(line, "1")
    else:
        line = story.calls("in-1")
        story.keys(line, "12345678#")
        story.code_is(line, CONFERENCE)
    story.telephony_goes_down()
    story.telephony_comes_up(live(line))
    story.happens(MixJoined(story.now_s, line, MIX))
    assert (dict(story.node[ENTRIES]), dict(story.node[QUESTIONS])) == ({}, {})
    story.keys(line, "*6")
    assert story.who(line).muted


def test_killed_while_somebody_is_rung_back_they_are_rung_by_that_call_alone() -> None:
    story = Story()
    story.opens()
    story.joins(A)
    story.telephony_goes_down()
    story.telephony_comes_up()
    line = story.line_to(A)
    fresh = story.restarted()
    fresh.telephony_comes_up(live(line, answered=False))
    assert [one.started_by for one in fresh.node[ACTIVATIONS].values()] == ["samband"]
    assert fresh.done(Dial) == []


# --- calls ---


def test_a_call_whose_order_is_still_on_its_way_is_hung_up_behind_it_and_made_again() -> None:
    """The listing cannot have it yet. If the order goes through after all, its phone must not ring beside the next."""
    story = Story()
    story.opens()
    story.activates([(A,)])
    first = story.line_to(A)
    story.telephony_goes_down()
    story.telephony_comes_up()
    assert HangUpLeg(first) in story.effects
    story.passes(6)
    assert story.dialled() == [A, A]


def test_a_call_found_ringing_is_given_up_when_its_end_is_never_told() -> None:
    story = Story()
    story.opens()
    story.activates([(A,)], ring_s=20.0)
    line = story.line_to(A)
    fresh = story.restarted()
    fresh.telephony_comes_up(live(line, answered=False))
    fresh.passes(20 + RING_GRACE_S - 1)
    assert not fresh.done(HangUpLeg)
    fresh.passes(2)
    assert fresh.done(HangUpLeg) == [HangUpLeg(line)]


@pytest.mark.parametrize("answered", [False, True])
def test_a_call_that_was_cancelled_when_the_controller_died_is_hung_up(answered: bool) -> None:
    story = Story()
    story.opens()
    story.activates([(A,)])
    story.asks(CancelActivation(story.activation.id))
    line = story.line_to(A)
    fresh = story.restarted()
    fresh.telephony_comes_up(live(line, answered=answered))
    assert fresh.done(HangUpLeg) == [HangUpLeg(line)]
    assert not fresh.said_to(line)


def test_a_call_to_a_meeting_that_is_over_and_forgotten_is_hung_up() -> None:
    story = Story()
    story.opens()
    story.activates([(A,)])
    story.asks(EndConference(CONFERENCE))
    line = story.line_to(A)
    fresh = story.restarted()
    fresh.passes(60)
    fresh.telephony_comes_up(live(line, answered=True))
    assert HangUpLeg(line) in fresh.effects


def test_calls_found_alive_fill_their_trunk() -> None:
    story = Story(Policy(CalloutPolicy(trunks=(TrunkPolicy(name=TRUNK, calls_per_s=0, channels=1),))))
    story.opens()
    story.activates([(A,), (B,)])
    fresh = story.restarted()
    fresh.telephony_comes_up(live(story.line_to(A), answered=False))
    assert fresh.dialled() == []
    fresh.happens(LegEnded(fresh.now_s, story.line_to(A), 17))
    assert fresh.dialled() == [B]


def test_who_pressed_1_and_was_let_down_without_a_controller_is_in_doubt_and_not_counted_as_no_answer() -> None:
    story = Story()
    story.opens()
    story.activates([(A,)])
    fresh = story.restarted()
    fresh.telephony_comes_up(ended=((story.line_to(A), 16),), keyed=((story.line_to(A), GAVE_UP),))
    assert fresh.target(0).called_before
    assert english(fresh.target(0).reason) == "the call was lost in a restart"


def test_who_was_asked_and_hung_up_meanwhile_pressed_nothing() -> None:
    story = Story()
    story.opens()
    story.activates([(A, B)])
    story.answers(A)
    fresh = story.restarted()
    fresh.telephony_comes_up(ended=((story.line_to(A), 16),))
    [ended] = [one for one in fresh.records if isinstance(one, Attempt) and one.number == A and one.result]
    assert ended.result is AttemptResult.NO_KEY
    assert fresh.dialled() == [B]


# --- recordings ---


def test_a_recording_that_runs_is_left_alone() -> None:
    story = meeting(recorded=True)
    recording = running(story)
    story.telephony_comes_up(live("anna", MIX), recordings=(recording,))
    assert story.conference.recording.state is RecordingState.ON
    assert not story.done(ArchiveRecording)


def test_a_recording_that_runs_no_more_goes_to_the_archive_and_the_next_begins() -> None:
    story = meeting(recorded=True)
    recording = running(story)
    story.telephony_comes_up(live("anna", MIX))
    assert story.done(ArchiveRecording) == [ArchiveRecording(recording)]
    assert len({one.recording for one in story.done(StartRecording)}) == 2
    assert not story.done(StopRecording)


def test_a_recording_whose_order_is_still_on_its_way_is_stopped_behind_it() -> None:
    story = meeting(recorded=True)
    [order] = story.done(StartRecording)
    story.telephony_comes_up(live("anna", MIX))
    assert story.done(StopRecording) == [StopRecording(MIX, order.recording)]


def test_a_recording_that_was_being_stopped_while_the_next_began_is_stopped_after_a_restart() -> None:
    story = Story()
    story.opens(recorded=True)
    story.joins("host", Role.HOST)
    first = running(story)
    story.keys(ChannelId("host"), "*9*9")
    second = story.done(StartRecording)[-1].recording
    fresh = story.restarted()
    fresh.telephony_comes_up(live("host", MIX), recordings=(first, second))
    assert fresh.done(StopRecording) == [StopRecording(MIX, first)]


def test_what_lies_closed_in_the_spool_is_archived_at_the_start_and_at_every_connect() -> None:
    story = meeting(recorded=True)
    recording = running(story)
    story.happens(RecordingEnded(story.now_s, recording, 5.0))
    fresh = story.restarted()
    assert fresh.done(ArchiveRecording) == [ArchiveRecording(recording)]
    fresh.telephony_comes_up(live("anna", MIX))
    assert [one.recording for one in fresh.done(ArchiveRecording)].count(recording) == 2
    fresh.happens(RecordingArchived(fresh.now_s, recording, "f", "s", 5.0))
    assert recording not in fresh.node[RECORDINGS]


# --- what the start alone decides ---


def test_from_the_first_moment_telephony_is_down_and_the_radio_alone_carries_on() -> None:
    story = meeting()
    story.patches()
    story.terminal_is(TerminalState.READY)
    fresh = story.restarted()
    assert not fresh.node[TELEPHONY].up
    fresh.terminal_is(TerminalState.READY)
    fresh.passes(11)
    assert fresh.conference.radio_only_since_s is not None


def test_a_lease_ends_at_its_instant_although_the_controller_died_meanwhile() -> None:
    story = meeting()
    story.patches(lease_s=1000.0)
    fresh = story.restarted()
    fresh.telephony_comes_up(live("anna", MIX))
    fresh.passes(999)
    assert PATCH in fresh.node[PATCHES]
    fresh.passes(2)
    assert PATCH not in fresh.node[PATCHES] or fresh.node[PATCHES][PATCH].closing


def test_a_patch_is_set_up_again_its_path_and_its_talkgroup() -> None:
    story = meeting()
    story.patches()
    story.terminal_is(TerminalState.READY)
    fresh = story.restarted()
    fresh.terminal_is(TerminalState.READY, gssi=None)
    fresh.telephony_comes_up(live("anna", MIX))
    assert OpenPath(PATCH, TERMINAL, MIX) in fresh.effects
    assert SelectTalkgroup(TERMINAL, GROUP) in fresh.effects
    fresh.terminal_is(TerminalState.READY)
    assert fresh.patch.state is PatchState.IDLE


def test_a_meeting_that_was_ending_ends_when_nobody_answers_in_asterisk_either() -> None:
    story = meeting()
    story.asks(EndConference(CONFERENCE))
    fresh = story.restarted()
    fresh.passes(5)
    assert CONFERENCE not in fresh.node[CONFERENCES]
    assert DestroyMix(MIX) in fresh.effects


def test_a_recording_that_had_failed_is_tried_again_after_a_restart() -> None:
    story = meeting(recorded=True)
    [order] = story.done(StartRecording)
    story.fails(order)
    fresh = story.restarted()
    fresh.telephony_comes_up(live("anna", MIX))
    assert fresh.conference.state is ConferenceState.ACTIVE
    fresh.passes(31)
    assert len(fresh.done(StartRecording)) == 1


def test_nobody_is_shown_talking_after_a_restart() -> None:
    story = meeting()
    story.talks("anna")
    story.asks(SetMuted(CONFERENCE, story.who("anna").id, True))
    story.asks(SetMuted(CONFERENCE, story.who("anna").id, False))
    fresh = story.restarted()
    assert not any(one.talking for one in fresh.node[PARTICIPANTS].values())


def test_a_failed_recording_of_no_file_is_not_asked_for_again() -> None:
    story = meeting(recorded=True)
    recording = running(story)
    story.happens(RecordingEnded(story.now_s, recording, 5.0))
    story.happens(RecordingFailed(story.now_s, recording, because("there is no file")))
    fresh = story.restarted()
    assert not fresh.done(ArchiveRecording)
    states = [one.state for one in story.records if isinstance(one, Recording) and one.id == recording]
    assert states[-1] is ArchiveState.FAILED


def test_a_called_one_who_was_in_the_meeting_is_shown_lost_until_they_are_back() -> None:
    story = meeting()
    story.activates([(A,)])
    line = story.answers(A)
    story.keys(line, "1")
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, MIX))
    fresh = story.restarted()
    fresh.telephony_comes_up(live("anna", MIX))
    states = [one.state for one in fresh.records if isinstance(one, Target) and one.function == "TiB 0"]
    assert states[-1] is not TargetState.JOINED
    assert SeatState.LOST in [one.state for one in fresh.node[PARTICIPANTS].values()]


def test_killed_after_the_mix_was_entered_and_before_it_was_told_they_are_in_the_meeting() -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1")
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE)
    story.prompt_ends(line)
    fresh = story.restarted()
    fresh.telephony_comes_up(live(line, MIX))
    assert [one.state for one in fresh.present()] == [SeatState.PRESENT]
    assert fresh.conference.state is ConferenceState.ACTIVE
    assert not fresh.done(JoinMix)


def test_whoever_was_let_in_when_asterisk_died_leaves_no_timer_of_their_last_prompt() -> None:
    story = Story()
    story.opens()
    story.keys(story.calls("a"), "12345678#")
    story.code_is(ChannelId("a"), CONFERENCE)
    assert TimerKey(PromptTimer.PROMPT, "a") in story.timers
    story.telephony_goes_down()
    story.telephony_comes_up()
    assert TimerKey(PromptTimer.PROMPT, "a") not in story.timers
