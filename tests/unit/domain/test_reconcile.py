"""After every connect: what was promised is compared with what is in Asterisk, and the difference is worked off."""

import pytest

from bridge.domain import commands as c
from bridge.domain import effects as do
from bridge.domain import events as e
from bridge.domain import prompts
from bridge.domain.callout import RING_GRACE_S
from bridge.domain.ids import ChannelId, MixId, RecordingId
from bridge.domain.model import (
    ArchiveState,
    AttemptResult,
    ConferenceState,
    ParticipantState,
    PatchState,
    RecordingState,
    Role,
    TargetState,
    TrunkPolicy,
)
from bridge.domain.policy import Policy
from tests.harness.story import CONFERENCE, GROUP, MIX, PATCH, TERMINAL, TRUNK, Story

A = "+4684650041"
B = "+4684650042"
NOBODYS = MixId("mix-nobodys000000000000000001")


def live(channel: str, mix: MixId | None = None, *, answered: bool = True, caller: str = "") -> e.LiveChannel:
    return e.LiveChannel(ChannelId(channel), answered, mix, caller, "+4685555555", TRUNK)


def meeting(*, recorded: bool = False) -> Story:
    story = Story()
    story.opens(recorded=recorded)
    story.joins("anna")
    return story


def running(story: Story) -> RecordingId:
    """The recording that was ordered has begun."""
    [order] = story.done(do.StartRecording)
    story.happens(e.RecordingStarted(story.now_s, order.recording))
    return order.recording


# --- channels and mixes ---


def test_a_call_of_ours_that_nobody_knows_is_hung_up() -> None:
    story = Story()
    story.telephony_comes_up(live("leg-00000000000000000000009999"))
    assert story.done(do.HangUpLeg) == [do.HangUpLeg(ChannelId("leg-00000000000000000000009999"))]
    assert not story.done(do.Answer)


def test_a_caller_whom_nobody_knows_is_greeted_anew() -> None:
    story = Story()
    story.telephony_comes_up(live("stranger", caller=A))
    assert story.said_to("stranger") == [prompts.ENTRY_WELCOME]
    assert story.node.entries[ChannelId("stranger")].caller == A


def test_a_caller_on_the_way_in_who_is_gone_is_forgotten() -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1")
    story.telephony_goes_down()
    story.telephony_comes_up()
    assert line not in story.node.entries
    story.passes(600)
    assert not story.node.again


def test_a_mix_that_nobody_knows_is_taken_down_and_a_known_one_is_not() -> None:
    story = meeting()
    story.telephony_comes_up(live("anna", MIX), mixes=(MIX, NOBODYS))
    assert story.done(do.DestroyMix) == [do.DestroyMix(NOBODYS)]


def test_who_sits_in_a_meeting_that_is_over_is_hung_up_and_hears_no_greeting() -> None:
    story = meeting()
    story.asks(c.EndConference(CONFERENCE))
    story.forget_effects()
    story.telephony_comes_up(live("anna", MIX), live("left-behind", MIX), mixes=(MIX,))
    assert set(story.done(do.HangUpLeg)) == {do.HangUpLeg(ChannelId("anna")), do.HangUpLeg(ChannelId("left-behind"))}
    assert story.said_to("left-behind") == []


def test_the_mix_of_a_meeting_with_people_is_made_sure_of_and_an_empty_ones_is_not() -> None:
    story = meeting()
    empty = story.opens(conference=type(CONFERENCE)("cnf-empty"), mix=MixId("mix-empty"))
    story.forget_effects()
    story.telephony_comes_up(live("anna", MIX))
    assert do.CreateMix(MIX, CONFERENCE) in story.effects
    assert do.CreateMix(empty.mix, empty.id) not in story.effects


# --- seats ---


def test_who_is_in_the_mix_stays_and_their_microphone_is_as_mute_says() -> None:
    story = meeting()
    story.asks(c.SetMuted(CONFERENCE, story.who("anna").id, True))
    story.forget_effects()
    story.telephony_comes_up(live("anna", MIX))
    assert story.done(do.SetHeard) == [do.SetHeard(ChannelId("anna"), False)]
    assert not story.done(do.JoinMix)
    assert story.who("anna").state is ParticipantState.PRESENT


def test_who_is_on_the_line_but_not_in_the_mix_is_put_into_it() -> None:
    story = meeting()
    story.telephony_comes_up(live("anna"))
    assert [one.channel for one in story.done(do.JoinMix)][-1] == "anna"


def test_killed_between_the_key_and_the_mix_they_are_put_into_it() -> None:
    story = Story()
    story.opens()
    story.activates([(A,)])
    line = story.answers(A)
    story.keys(line, "1")
    fresh = story.restarted()
    fresh.telephony_comes_up(live(line))
    assert [one.channel for one in fresh.done(do.JoinMix)] == [line]
    fresh.happens(e.MixJoined(fresh.now_s, line, MIX))
    assert [one.state for one in fresh.node.participants.values()] == [ParticipantState.PRESENT]


# --- calls ---


def test_a_call_whose_order_is_still_on_its_way_is_hung_up_behind_it_and_made_again() -> None:
    """The listing cannot have it yet; if the order goes through after all, its phone must not ring beside the next."""
    story = Story()
    story.opens()
    story.activates([(A,)])
    first = story.line_to(A)
    story.telephony_goes_down()
    story.telephony_comes_up()
    assert do.HangUpLeg(first) in story.effects
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
    assert not fresh.done(do.HangUpLeg)
    fresh.passes(2)
    assert fresh.done(do.HangUpLeg) == [do.HangUpLeg(line)]


@pytest.mark.parametrize("answered", [False, True])
def test_a_call_that_was_cancelled_when_the_controller_died_is_hung_up(answered: bool) -> None:
    story = Story()
    story.opens()
    story.activates([(A,)])
    story.asks(c.CancelActivation(story.activation.id))
    line = story.line_to(A)
    fresh = story.restarted()
    fresh.telephony_comes_up(live(line, answered=answered))
    assert fresh.done(do.HangUpLeg) == [do.HangUpLeg(line)]
    assert not fresh.said_to(line)


def test_a_call_to_a_meeting_that_is_over_and_forgotten_is_hung_up() -> None:
    story = Story()
    story.opens()
    story.activates([(A,)])
    story.asks(c.EndConference(CONFERENCE))
    line = story.line_to(A)
    fresh = story.restarted()
    fresh.passes(60)
    fresh.telephony_comes_up(live(line, answered=True))
    assert do.HangUpLeg(line) in fresh.effects


def test_calls_found_alive_fill_their_trunk() -> None:
    story = Story(Policy(trunks=(TrunkPolicy(name=TRUNK, calls_per_s=0, channels=1),)))
    story.opens()
    story.activates([(A,), (B,)])
    fresh = story.restarted()
    fresh.telephony_comes_up(live(story.line_to(A), answered=False))
    assert fresh.dialled() == []
    fresh.happens(e.LegEnded(fresh.now_s, story.line_to(A), 17))
    assert fresh.dialled() == [B]


def test_who_answered_without_a_controller_and_hung_up_is_in_doubt_and_not_counted_as_no_answer() -> None:
    story = Story()
    story.opens()
    story.activates([(A,)])
    fresh = story.restarted()
    fresh.telephony_comes_up(ended=((story.line_to(A), 16),))
    assert fresh.target(0).called_before
    assert fresh.target(0).reason == "the call was lost in a restart"


def test_who_was_asked_and_hung_up_meanwhile_pressed_nothing() -> None:
    story = Story()
    story.opens()
    story.activates([(A, B)])
    story.answers(A)
    fresh = story.restarted()
    fresh.telephony_comes_up(ended=((story.line_to(A), 16),))
    [ended] = [one for one in fresh.records if getattr(one, "number", "") == A and getattr(one, "result", None)]
    assert ended.result is AttemptResult.NO_KEY  # type: ignore[union-attr]
    assert fresh.dialled() == [B]


# --- recordings ---


def test_a_recording_that_runs_is_left_alone() -> None:
    story = meeting(recorded=True)
    recording = running(story)
    story.telephony_comes_up(live("anna", MIX), recordings=(recording,))
    assert story.conference.recording.state is RecordingState.ON
    assert not story.done(do.ArchiveRecording)


def test_a_recording_that_runs_no_more_goes_to_the_archive_and_the_next_begins() -> None:
    story = meeting(recorded=True)
    recording = running(story)
    story.telephony_comes_up(live("anna", MIX))
    assert story.done(do.ArchiveRecording) == [do.ArchiveRecording(recording)]
    assert len({one.recording for one in story.done(do.StartRecording)}) == 2
    assert not story.done(do.StopRecording)


def test_a_recording_whose_order_is_still_on_its_way_is_stopped_behind_it() -> None:
    story = meeting(recorded=True)
    [order] = story.done(do.StartRecording)
    story.telephony_comes_up(live("anna", MIX))
    assert story.done(do.StopRecording) == [do.StopRecording(MIX, order.recording)]


def test_a_recording_that_was_being_stopped_while_the_next_began_is_stopped_after_a_restart() -> None:
    story = Story()
    story.opens(recorded=True)
    story.joins("host", Role.HOST)
    first = running(story)
    story.keys(ChannelId("host"), "*9*9")
    second = story.done(do.StartRecording)[-1].recording
    fresh = story.restarted()
    fresh.telephony_comes_up(live("host", MIX), recordings=(first, second))
    assert fresh.done(do.StopRecording) == [do.StopRecording(MIX, first)]


def test_what_lies_closed_in_the_spool_is_archived_at_the_start_and_at_every_connect() -> None:
    story = meeting(recorded=True)
    recording = running(story)
    story.happens(e.RecordingEnded(story.now_s, recording, 5.0))
    fresh = story.restarted()
    assert fresh.done(do.ArchiveRecording) == [do.ArchiveRecording(recording)]
    fresh.telephony_comes_up(live("anna", MIX))
    assert [one.recording for one in fresh.done(do.ArchiveRecording)].count(recording) == 2
    fresh.happens(e.RecordingArchived(fresh.now_s, recording, "f", "s", 5.0))
    assert recording not in fresh.node.recordings


# --- what the start alone decides ---


def test_from_the_first_moment_telephony_is_down_and_the_radio_alone_carries_on() -> None:
    story = meeting()
    story.patches()
    story.terminal_is(e.TerminalState.READY)
    fresh = story.restarted()
    assert not fresh.node.telephony_up
    fresh.terminal_is(e.TerminalState.READY)
    fresh.passes(11)
    assert fresh.conference.radio_only_since_s is not None


def test_a_lease_ends_at_its_instant_although_the_controller_died_meanwhile() -> None:
    story = meeting()
    story.patches(lease_s=1000.0)
    fresh = story.restarted()
    fresh.telephony_comes_up(live("anna", MIX))
    fresh.passes(999)
    assert PATCH in fresh.node.patches
    fresh.passes(2)
    assert PATCH not in fresh.node.patches or fresh.node.patches[PATCH].closing


def test_a_patch_is_set_up_again_its_path_and_its_talkgroup() -> None:
    story = meeting()
    story.patches()
    story.terminal_is(e.TerminalState.READY)
    fresh = story.restarted()
    fresh.terminal_is(e.TerminalState.READY, gssi=None)
    fresh.telephony_comes_up(live("anna", MIX))
    assert do.OpenPath(PATCH, TERMINAL, MIX) in fresh.effects
    assert do.SelectTalkgroup(TERMINAL, GROUP) in fresh.effects
    fresh.terminal_is(e.TerminalState.READY)
    assert fresh.patch.state is PatchState.IDLE


def test_a_meeting_that_was_ending_ends_when_nobody_answers_in_asterisk_either() -> None:
    story = meeting()
    story.asks(c.EndConference(CONFERENCE))
    fresh = story.restarted()
    fresh.passes(5)
    assert CONFERENCE not in fresh.node.conferences
    assert do.DestroyMix(MIX) in fresh.effects


def test_a_recording_that_had_failed_is_tried_again_after_a_restart() -> None:
    story = meeting(recorded=True)
    [order] = story.done(do.StartRecording)
    story.fails(order)
    fresh = story.restarted()
    fresh.telephony_comes_up(live("anna", MIX))
    assert fresh.conference.state is ConferenceState.ACTIVE
    fresh.passes(31)
    assert len(fresh.done(do.StartRecording)) == 1


def test_nobody_is_shown_talking_after_a_restart() -> None:
    story = meeting()
    story.talks("anna")
    story.asks(c.SetMuted(CONFERENCE, story.who("anna").id, True))
    story.asks(c.SetMuted(CONFERENCE, story.who("anna").id, False))
    fresh = story.restarted()
    assert not any(one.talking for one in fresh.node.participants.values())


def test_a_failed_recording_of_no_file_is_not_asked_for_again() -> None:
    story = meeting(recorded=True)
    recording = running(story)
    story.happens(e.RecordingEnded(story.now_s, recording, 5.0))
    story.happens(e.RecordingFailed(story.now_s, recording, "there is no file"))
    fresh = story.restarted()
    assert not fresh.done(do.ArchiveRecording)
    states = [one.state for one in story.records if getattr(one, "id", "") == recording]
    assert states[-1] is ArchiveState.FAILED


def test_a_called_one_who_was_in_the_meeting_is_shown_lost_until_they_are_back() -> None:
    story = meeting()
    story.activates([(A,)])
    line = story.answers(A)
    story.keys(line, "1")
    story.prompt_ends(line)
    story.happens(e.MixJoined(story.now_s, line, MIX))
    fresh = story.restarted()
    fresh.telephony_comes_up(live("anna", MIX))
    assert [one.state for one in fresh.records if getattr(one, "function", "") == "TiB 0"][-1] is not TargetState.JOINED
    assert ParticipantState.LOST in [one.state for one in fresh.node.participants.values()]


def test_killed_after_the_mix_was_entered_and_before_it_was_told_they_are_in_the_meeting() -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1")
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE)
    story.prompt_ends(line)
    fresh = story.restarted()
    fresh.telephony_comes_up(live(line, MIX))
    assert [one.state for one in fresh.present()] == [ParticipantState.PRESENT]
    assert fresh.conference.state is ConferenceState.ACTIVE
    assert not fresh.done(do.JoinMix)
