"""What is done when a device did not do what it was asked to: the same again, words, or the next one; never silence."""

import pytest

from bridge.domain import commands as c
from bridge.domain import effects as do
from bridge.domain import events as e
from bridge.domain import prompts
from bridge.domain.again import FORGET_S, LONGEST_S
from bridge.domain.failures import ANSWER_TRIES, RECORD_TRIES, TAKE_DOWN_TRIES
from bridge.domain.ids import ChannelId
from bridge.domain.model import ArchiveState, Audit, ParticipantState, PatchState, RecordingState
from tests.harness.story import CONFERENCE, MIX, PATCH, TERMINAL, Story

A = "+4684650041"


def meeting(*, recorded: bool = False) -> Story:
    story = Story()
    story.opens(recorded=recorded)
    story.joins("anna")
    return story


def talkgroup() -> Story:
    story = meeting()
    story.patches()
    story.terminal_is(e.TerminalState.READY)
    story.happens(e.PathUp(story.now_s, PATCH))
    story.forget_effects()
    return story


def audited(story: Story) -> list[str]:
    return [one.object for one in story.audited if isinstance(one, Audit) and one.action == "effect.failed"]


# --- the same once more ---


def test_a_caller_who_cannot_be_answered_is_tried_a_few_times_and_then_let_go() -> None:
    story = Story()
    line = story.calls("in-1")
    for _ in range(ANSWER_TRIES):
        assert do.HangUpLeg(line) not in story.effects
        story.fails(do.Answer(line))
        story.passes(LONGEST_S)
    assert story.done(do.Answer) == [do.Answer(line)] * ANSWER_TRIES
    assert do.HangUpLeg(line) in story.effects


def test_a_hang_up_is_ordered_until_it_is_done() -> None:
    story = meeting()
    story.asks(c.EndConference(CONFERENCE))
    story.passes(5)
    order = do.HangUpLeg(ChannelId("anna"))
    for _ in range(20):
        story.fails(order)
        story.passes(LONGEST_S)
    assert len(story.done(do.HangUpLeg)) == 21


def test_the_pauses_double_up_to_the_longest() -> None:
    story = meeting()
    story.asks(c.EndConference(CONFERENCE))
    story.passes(5)
    story.forget_effects()
    order = do.HangUpLeg(ChannelId("anna"))
    for pause_s in (1.0, 2.0, 4.0, 8.0, 16.0, LONGEST_S, LONGEST_S):
        story.fails(order)
        before = len(story.done(do.HangUpLeg))
        story.passes(pause_s - 0.1)
        assert len(story.done(do.HangUpLeg)) == before
        story.passes(0.2)
        assert len(story.done(do.HangUpLeg)) == before + 1


def test_an_order_that_succeeded_is_forgotten_and_its_next_failure_counts_as_the_first() -> None:
    story = meeting()
    story.fails(do.CreateMix(MIX, CONFERENCE))
    story.passes(1.1)
    assert story.node.again
    story.passes(FORGET_S)
    assert not story.node.again


def test_the_end_of_a_line_ends_what_was_asked_for_again() -> None:
    story = meeting()
    story.fails(do.SetHeard(ChannelId("anna"), True))
    story.hangs_up("anna")
    assert not story.node.again
    story.forget_effects()
    story.passes(60)
    assert not story.done(do.SetHeard)


def test_codes_of_an_ended_conference_are_withdrawn_until_it_succeeds() -> None:
    story = Story()
    story.opens()
    story.asks(c.EndConference(CONFERENCE))
    story.fails(do.WithdrawCodes(CONFERENCE))
    story.passes(1.1)
    assert story.done(do.WithdrawCodes) == [do.WithdrawCodes(CONFERENCE)] * 2


def test_a_mix_that_cannot_be_taken_down_is_tried_for_a_while_and_not_for_ever() -> None:
    story = Story()
    story.opens()
    story.asks(c.EndConference(CONFERENCE))
    for _ in range(TAKE_DOWN_TRIES):
        story.fails(do.DestroyMix(MIX))
        story.passes(LONGEST_S)
    story.passes(3600)
    assert len(story.done(do.DestroyMix)) == TAKE_DOWN_TRIES
    assert not story.node.again


def test_a_mix_is_not_made_again_for_a_conference_that_has_ended_meanwhile() -> None:
    story = meeting()
    story.fails(do.CreateMix(MIX, CONFERENCE))
    story.hangs_up("anna")
    story.asks(c.EndConference(CONFERENCE))
    story.forget_effects()
    story.passes(60)
    assert not story.done(do.CreateMix)


# --- what is gone ---


def test_a_line_that_is_gone_has_ended_whichever_order_tells_it() -> None:
    story = meeting()
    story.fails(do.SetHeard(ChannelId("anna"), True), e.Fate.GONE)
    assert [one.state for one in story.node.participants.values()] == [ParticipantState.LEFT]


def test_a_called_line_that_is_gone_is_called_again_as_if_its_end_had_been_told() -> None:
    story = Story()
    story.opens()
    story.activates([(A,)], round_pause_s=1.0)
    line = story.answers(A)
    story.fails(story.done(do.Play)[-1], e.Fate.GONE)
    assert line not in story.node.asks
    story.passes(2)
    assert story.dialled() == [A, A]


def test_a_mix_that_is_gone_is_not_taken_down_again() -> None:
    story = Story()
    story.opens()
    story.asks(c.EndConference(CONFERENCE))
    story.fails(do.DestroyMix(MIX), e.Fate.GONE)
    assert not story.node.again


def test_a_whisper_or_an_announcement_that_fails_holds_nobody_up() -> None:
    story = meeting()
    before = story.node
    story.fails(do.Whisper(ChannelId("anna"), (prompts.HELP,), story.who("anna").language))
    story.fails(do.Announce(MIX, (prompts.MEETING_LOCKED,), story.conference.language))
    assert story.node.participants == before.participants
    assert not story.node.again


# --- what is audited ---


def test_a_failure_is_audited_by_whom_it_is_about() -> None:
    story = meeting()
    story.fails(do.SetHeard(ChannelId("anna"), True))
    assert audited(story) == ["anna"]


@pytest.mark.parametrize("effect", [do.Answer(ChannelId("gone")), do.LookUpCode(ChannelId("gone"), "4711")])
def test_a_stranger_who_hangs_up_early_fills_no_audit(effect: do.DeviceEffect) -> None:
    story = Story()
    story.fails(effect)
    story.fails(effect, e.Fate.GONE)
    assert audited(story) == []


def test_that_a_mix_or_path_is_gone_is_no_news_and_that_it_fails_is() -> None:
    story = meeting()
    story.fails(do.Announce(MIX, (prompts.HELP,), story.conference.language), e.Fate.GONE)
    assert audited(story) == []
    story.fails(do.Announce(MIX, (prompts.HELP,), story.conference.language))
    assert audited(story) == [MIX]


def test_the_digits_of_a_code_that_could_not_be_looked_up_stand_nowhere() -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1")
    story.keys(line, "90817263#")
    story.fails(story.done(do.LookUpCode)[-1])
    assert "90817263" not in repr((story.audited, story.notes, story.node))


# --- recordings ---


def test_a_recording_of_unknown_outcome_is_ordered_again_under_its_name_before_it_is_given_up() -> None:
    story = meeting(recorded=True)
    [order] = story.done(do.StartRecording)
    for _ in range(RECORD_TRIES):
        assert story.conference.recording.state is RecordingState.STARTING
        story.fails(order, e.Fate.UNKNOWN)
        story.passes(5)
    assert story.done(do.StartRecording) == [order] * RECORD_TRIES
    assert story.conference.recording.state is RecordingState.FAILED


def test_a_recording_that_is_gone_when_it_is_stopped_goes_to_the_archive_as_it_is() -> None:
    story = meeting(recorded=True)
    [order] = story.done(do.StartRecording)
    story.happens(e.RecordingStarted(story.now_s, order.recording))
    story.asks(c.SetRecording(CONFERENCE, False))
    story.fails(story.done(do.StopRecording)[-1], e.Fate.GONE)
    assert story.node.recordings[order.recording].state is ArchiveState.SPOOLED
    assert do.ArchiveRecording(order.recording) in story.effects


def test_what_is_said_of_a_recording_that_nobody_knows_changes_nothing() -> None:
    story = meeting()
    before = story.node
    story.fails(do.ArchiveRecording(type(PATCH)("rec-nobodys")))  # type: ignore[arg-type]
    assert story.node.again == before.again
    assert story.node.recordings == before.recordings


# --- radio and its path ---


def test_a_path_that_cannot_be_opened_is_opened_until_it_is_and_on_the_terminal_of_then() -> None:
    story = talkgroup()
    story.fails(do.OpenPath(PATCH, TERMINAL, MIX))
    story.passes(1.1)
    assert story.done(do.OpenPath) == [do.OpenPath(PATCH, TERMINAL, MIX)]


def test_a_path_that_could_not_be_closed_is_closed_again_though_its_patch_is_forgotten() -> None:
    story = talkgroup()
    story.asks(c.RemovePatch(CONFERENCE, PATCH, at_once=True))
    story.fails(do.ClosePath(PATCH))
    story.passes(0.6)
    assert story.done(do.ClosePath) == [do.ClosePath(PATCH)] * 2


def test_the_radios_gate_is_ordered_again_as_it_is_wanted_then() -> None:
    story = talkgroup()
    story.radio_user_talks()
    story.fails(do.SetRadioHeard(PATCH, True))
    story.radio_user_stops()
    story.passes(0.6)
    assert story.done(do.SetRadioHeard)[-1] == do.SetRadioHeard(PATCH, False)


def test_a_voice_that_could_not_be_held_back_is_cut_by_letting_go_of_the_channel() -> None:
    story = talkgroup()
    story.speech_begins()
    story.network_grants()
    story.speech_drains()
    story.forget_effects()
    story.fails(do.HoldVoice(PATCH))
    assert do.CeaseTransmit(TERMINAL) in story.effects
    story.passes(0.6)
    assert do.HoldVoice(PATCH) in story.effects


def test_an_old_order_to_let_go_of_the_channel_does_not_cut_a_transmission_that_has_begun_since() -> None:
    story = talkgroup()
    story.fails(do.CeaseTransmit(TERMINAL))
    story.speech_begins()
    story.network_grants()
    assert story.patch.state is PatchState.TRANSMITTING
    story.forget_effects()
    story.passes(0.6)
    assert not story.done(do.CeaseTransmit)


def test_a_demand_that_fails_waits_and_is_made_again() -> None:
    story = talkgroup()
    story.speech_begins()
    story.fails(do.DemandTransmit(TERMINAL, story.patch.gssi))
    assert story.patch.state is PatchState.WAITING
    story.passes(2)
    assert len(story.done(do.DemandTransmit)) == 2


def test_a_farewell_that_cannot_be_said_on_the_air_does_not_hold_the_terminal() -> None:
    story = talkgroup()
    story.asks(c.RemovePatch(CONFERENCE, PATCH))
    story.fails(story.done(do.SayOnAir)[-1])
    assert PATCH not in story.node.patches
    assert do.ClosePath(PATCH) in story.effects
