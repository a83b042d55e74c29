"""The answer to a device that did not do what it was asked to. It is the same again, words, or the next one, never
silence."""

import pytest

from bridge.domain.callout.passing import QUESTIONS
from bridge.domain.callout.policy import CalloutPolicy
from bridge.domain.callout.reasons import CalloutReason
from bridge.domain.conference import prompts
from bridge.domain.conference.commands import EndConference
from bridge.domain.conference.effects import LookUpCode, WithdrawCodes
from bridge.domain.conference.records import PARTICIPANTS, RecordingState, SeatState
from bridge.domain.joint.failures import ANSWER_TRIES, RECORD_TRIES, TAKE_DOWN_TRIES
from bridge.domain.kernel.again import AGAIN, FORGET_S, LONGEST_S, AgainTimer
from bridge.domain.kernel.effects import DeviceEffect
from bridge.domain.kernel.events import Fate, TimerDue
from bridge.domain.kernel.ids import ChannelId, Gssi, MessageId, PlaybackId, RecordingId
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.timers import TimerKey
from bridge.domain.radio.commands import RemovePatch, SetPatch
from bridge.domain.radio.effects import (
    ArmVoice,
    CeaseTransmit,
    ClosePath,
    DemandTransmit,
    DropVoice,
    HoldVoice,
    OpenPath,
    SayOnAir,
    SelectTalkgroup,
    SendVoice,
    SetRadioHeard,
    StartTrack,
    StopTrack,
)
from bridge.domain.radio.events import PathUp, TerminalState
from bridge.domain.radio.reasons import PatchReason
from bridge.domain.radio.records import PATCHES, Keying, PatchState
from bridge.domain.recording.commands import SetRecording
from bridge.domain.recording.effects import ArchiveRecording, StartRecording, StopRecording
from bridge.domain.recording.events import RecordingArchived, RecordingEnded, RecordingStarted
from bridge.domain.recording.records import RECORDINGS, ArchiveState
from bridge.domain.shortdata.commands import SendSds
from bridge.domain.shortdata.effects import SubmitSds
from bridge.domain.shortdata.records import MESSAGES, MessageState
from bridge.domain.telephony.effects import (
    Announce,
    Answer,
    CreateMix,
    DestroyMix,
    Dial,
    HangUpLeg,
    JoinMix,
    LeaveMix,
    Play,
    SetHeard,
    StopPlaying,
    Whisper,
)
from tests.harness.reasons import because
from tests.harness.story import CONFERENCE, GROUP, MIX, PATCH, TERMINAL, TRUNK, Story

A = "+4684650041"


def meeting(*, recorded: bool = False) -> Story:
    story = Story()
    story.opens(recorded=recorded)
    story.joins("anna")
    return story


def talkgroup() -> Story:
    story = meeting()
    story.patches()
    story.terminal_is(TerminalState.READY)
    story.happens(PathUp(story.now_s, PATCH))
    story.forget_effects()
    return story


def audited(story: Story) -> list[str]:
    return [one.object for one in story.audited if isinstance(one, Audit) and one.action == "effect.failed"]


# --- the same once more ---


def test_a_caller_who_cannot_be_answered_is_tried_a_few_times_and_then_let_go() -> None:
    story = Story()
    line = story.calls("in-1")
    for _ in range(ANSWER_TRIES):
        assert HangUpLeg(line) not in story.effects
        story.fails(Answer(line))
        story.passes(LONGEST_S)
    assert story.done(Answer) == [Answer(line)] * ANSWER_TRIES
    assert HangUpLeg(line) in story.effects


def test_a_hang_up_is_ordered_until_it_is_done() -> None:
    story = meeting()
    story.asks(EndConference(CONFERENCE))
    story.passes(5)
    order = HangUpLeg(ChannelId("anna"))
    for _ in range(20):
        story.fails(order)
        story.passes(LONGEST_S)
    assert len(story.done(HangUpLeg)) == 21


def test_the_pauses_double_up_to_the_longest() -> None:
    story = meeting()
    story.asks(EndConference(CONFERENCE))
    story.passes(5)
    story.forget_effects()
    order = HangUpLeg(ChannelId("anna"))
    for pause_s in (1.0, 2.0, 4.0, 8.0, 16.0, LONGEST_S, LONGEST_S):
        story.fails(order)
        before = len(story.done(HangUpLeg))
        story.passes(pause_s - 0.1)
        assert len(story.done(HangUpLeg)) == before
        story.passes(0.2)
        assert len(story.done(HangUpLeg)) == before + 1


def test_an_order_that_succeeded_is_forgotten_and_its_next_failure_counts_as_the_first() -> None:
    story = meeting()
    story.fails(CreateMix(MIX, CONFERENCE))
    story.passes(1.1)
    assert story.node[AGAIN]
    story.passes(FORGET_S)
    assert not story.node[AGAIN]


def test_the_end_of_a_line_ends_what_was_asked_for_again() -> None:
    story = meeting()
    story.fails(SetHeard(ChannelId("anna"), True))
    story.hangs_up("anna")
    assert not story.node[AGAIN]
    story.forget_effects()
    story.passes(60)
    assert not story.done(SetHeard)


def test_codes_of_an_ended_conference_are_withdrawn_until_it_succeeds() -> None:
    story = Story()
    story.opens()
    story.asks(EndConference(CONFERENCE))
    story.fails(WithdrawCodes(CONFERENCE))
    story.passes(1.1)
    assert story.done(WithdrawCodes) == [WithdrawCodes(CONFERENCE)] * 2


def test_a_mix_that_cannot_be_taken_down_is_tried_for_a_while_and_not_for_ever() -> None:
    story = Story()
    story.opens()
    story.asks(EndConference(CONFERENCE))
    for _ in range(TAKE_DOWN_TRIES):
        story.fails(DestroyMix(MIX))
        story.passes(LONGEST_S)
    story.passes(3600)
    assert len(story.done(DestroyMix)) == TAKE_DOWN_TRIES
    assert not story.node[AGAIN]


def test_a_mix_is_not_made_again_for_a_conference_that_has_ended_meanwhile() -> None:
    story = meeting()
    story.fails(CreateMix(MIX, CONFERENCE))
    story.hangs_up("anna")
    story.asks(EndConference(CONFERENCE))
    story.forget_effects()
    story.passes(60)
    assert not story.done(CreateMix)


def test_what_is_not_wanted_any_more_is_done_no_more_and_forgotten_at_once() -> None:
    story = meeting()
    story.fails(CreateMix(MIX, CONFERENCE))
    story.hangs_up("anna")
    story.asks(EndConference(CONFERENCE))
    story.forget_effects()
    story.passes(1.1)
    assert not story.node[AGAIN]
    assert not story.done(CreateMix)
    assert not [key for key in story.timers if key.kind is AgainTimer.AGAIN]


def test_an_order_that_fails_for_a_line_or_a_patch_nobody_knows_is_not_followed_by_anything_for_it() -> None:
    nobodys = ChannelId("leg-nobodys")
    strange: list[DeviceEffect] = [
        Play(nobodys, PlaybackId("ply-1"), (prompts.MUTED,), Language.SV),
        StopPlaying(nobodys, PlaybackId("ply-1")),
        JoinMix(nobodys, MIX, True),
        LeaveMix(nobodys, MIX),
        Dial(nobodys, TRUNK, A, "", 30.0),
        LookUpCode(nobodys, "12345678"),
        SelectTalkgroup(TERMINAL, GROUP),
        DemandTransmit(TERMINAL, GROUP),
        SendVoice(PATCH),
        SayOnAir(PATCH, (), Language.SV),
        StartTrack(PATCH, RecordingId("rec-nobodys")),
        StopTrack(PATCH, RecordingId("rec-nobodys")),
        StartRecording(MIX, RecordingId("rec-nobodys")),
        StopRecording(MIX, RecordingId("rec-nobodys")),
        SubmitSds(TERMINAL, MessageId("sds-nobodys"), 1, False, "x"),
    ]
    story = Story()
    before = story.node
    for effect in strange:
        for fate in Fate:
            story.fails(effect, fate)
            assert (story.effects, story.node) == ([], before), (effect, fate)


def test_a_timer_of_an_order_that_is_asked_for_no_more_orders_nothing() -> None:
    story = meeting()
    story.forget_effects()
    before = story.node
    story.happens(TimerDue(story.now_s, TimerKey(AgainTimer.AGAIN, f"CreateMix {MIX}")))
    assert (story.effects, story.node) == ([], before)


# --- what is gone ---


def test_a_line_that_is_gone_has_ended_whichever_order_tells_it() -> None:
    story = meeting()
    story.fails(SetHeard(ChannelId("anna"), True), Fate.GONE)
    for _ in range(6):
        story.forget_effects()
        story.passes(5)
        for order in story.done(JoinMix):
            story.fails(order, Fate.GONE)
    assert [one.state for one in story.node[PARTICIPANTS].values()] == [SeatState.LEFT]


@pytest.mark.parametrize(("cause", "state"), [(38, SeatState.LOST), (16, SeatState.LEFT)])
def test_an_order_that_finds_the_line_gone_does_not_hide_why_it_ended(cause: int, state: SeatState) -> None:
    story = meeting()
    story.fails(Whisper(ChannelId("anna"), (prompts.MUTED,), Language.SV), Fate.GONE)
    story.hangs_up("anna", cause)
    assert [one.state for one in story.node[PARTICIPANTS].values()] == [state]


def test_a_called_line_that_is_gone_is_called_again_as_if_its_end_had_been_told() -> None:
    story = Story()
    story.opens()
    story.activates([(A,)], round_pause_s=1.0)
    line = story.answers(A)
    story.presses_nothing(line)
    story.fails(story.done(Play)[-1], Fate.GONE)
    assert line not in story.node[QUESTIONS]
    story.passes(2)
    assert story.dialled() == [A, A]


def test_a_mix_that_is_gone_is_not_taken_down_again() -> None:
    story = Story()
    story.opens()
    story.asks(EndConference(CONFERENCE))
    story.fails(DestroyMix(MIX), Fate.GONE)
    assert not story.node[AGAIN]


def test_a_whisper_or_an_announcement_that_fails_holds_nobody_up() -> None:
    story = meeting()
    before = story.node
    story.fails(Whisper(ChannelId("anna"), (prompts.MUTED,), story.who("anna").language))
    story.fails(Announce(MIX, (prompts.MEETING_LOCKED,), story.conference.language))
    assert story.node[PARTICIPANTS] == before[PARTICIPANTS]
    assert not story.node[AGAIN]


def test_the_end_of_a_line_that_an_order_tells_ends_what_was_asked_for_again() -> None:
    story = meeting()
    story.fails(SetHeard(ChannelId("anna"), True))
    story.fails(Whisper(ChannelId("anna"), (prompts.MUTED,), Language.SV), Fate.GONE)
    assert not story.node[AGAIN]


@pytest.mark.parametrize(
    "effect",
    [
        ClosePath(PATCH),
        SetRadioHeard(PATCH, False),
        DropVoice(PATCH),
        ArmVoice(PATCH, False),
        HoldVoice(PATCH),
    ],
    ids=lambda effect: type(effect).__name__,
)
def test_a_path_that_is_gone_is_told_nothing_again_and_one_that_is_there_is(effect: DeviceEffect) -> None:
    story = talkgroup()
    story.fails(effect, Fate.GONE)
    assert not story.node[AGAIN]
    story.fails(effect)
    assert [one.effect for one in story.node[AGAIN].values()] == [effect]


def test_an_order_to_a_path_is_given_again_for_as_long_as_its_patch_is_there() -> None:
    story = talkgroup()
    order = ArmVoice(PATCH, False)
    story.fails(order)
    story.asks(RemovePatch(CONFERENCE, PATCH, at_once=True))
    story.forget_effects()
    story.passes(120)
    assert story.done(ArmVoice) == []
    story.fails(order)
    story.passes(120)
    assert story.done(ArmVoice) == []
    assert not story.node[AGAIN]


# --- what is audited ---


def test_a_failure_is_audited_by_whom_it_is_about() -> None:
    story = meeting()
    story.fails(SetHeard(ChannelId("anna"), True))
    assert audited(story) == ["anna"]


@pytest.mark.parametrize("effect", [Answer(ChannelId("gone")), LookUpCode(ChannelId("gone"), "4711")])
def test_a_stranger_who_hangs_up_early_fills_no_audit(effect: DeviceEffect) -> None:
    story = Story()
    story.fails(effect)
    story.fails(effect, Fate.GONE)
    assert audited(story) == []


def test_that_a_mix_or_path_is_gone_is_no_news_and_that_it_fails_is() -> None:
    story = meeting()
    story.fails(Announce(MIX, (prompts.MUTED,), story.conference.language), Fate.GONE)
    assert audited(story) == []
    story.fails(Announce(MIX, (prompts.MUTED,), story.conference.language))
    assert audited(story) == [MIX]


def test_the_digits_of_a_code_that_could_not_be_looked_up_stand_nowhere() -> None:
    story = Story()
    story.opens()
    line = story.calls("in-1")
    story.keys(line, "90817263#")
    story.fails(story.done(LookUpCode)[-1])
    assert "90817263" not in repr((story.audited, story.notes, story.node))


# --- calls and texts ---


@pytest.mark.parametrize("retry", [True, False], ids=["the trunk is at fault", "the order is at fault"])
def test_a_call_that_the_trunk_did_not_take_costs_the_function_no_attempt(retry: bool) -> None:
    story = Story()
    story.opens()
    story.activates([(A,)])
    story.fails(story.done(Dial)[-1], retry=retry)
    target = story.target(0)
    assert target.attempts_made == (0 if retry else 1)
    assert (target.reason == CalloutReason.TRUNK_CONGESTED()) is retry
    story.passes(story.policy[CalloutPolicy].congestion_s)
    assert len(story.dialled()) == (2 if retry else 1)


@pytest.mark.parametrize("fate", [Fate.UNKNOWN, Fate.REFUSED, Fate.GONE])
def test_only_a_text_that_may_have_gone_out_is_in_doubt(fate: Fate) -> None:
    story = Story()
    story.terminal_is(TerminalState.READY)
    message = MessageId("sds-1")
    story.asks(SendSds(message, 1_002_001, "Samling kl 16"))
    story.fails(story.done(SubmitSds)[-1], fate, "no word of it")
    kept = story.node[MESSAGES][message]
    assert kept.state is (MessageState.IN_DOUBT if fate is Fate.UNKNOWN else MessageState.QUEUED)
    assert kept.reason == because("no word of it")
    story.passes(120)
    assert len(story.done(SubmitSds)) == (1 if fate is Fate.UNKNOWN else 2), "nothing is sent twice by itself"


# --- recordings ---


def test_a_recording_of_unknown_outcome_is_ordered_again_under_its_name_before_it_is_given_up() -> None:
    story = meeting(recorded=True)
    [order] = story.done(StartRecording)
    for _ in range(RECORD_TRIES):
        assert story.conference.recording.state is RecordingState.STARTING
        story.fails(order, Fate.UNKNOWN)
        story.passes(5)
    assert story.done(StartRecording) == [order] * RECORD_TRIES
    assert story.conference.recording.state is RecordingState.FAILED


def test_a_recording_that_is_gone_when_it_is_stopped_goes_to_the_archive_as_it_is() -> None:
    story = meeting(recorded=True)
    [order] = story.done(StartRecording)
    story.happens(RecordingStarted(story.now_s, order.recording))
    story.asks(SetRecording(CONFERENCE, False))
    story.fails(story.done(StopRecording)[-1], Fate.GONE)
    assert story.node[RECORDINGS][order.recording].state is ArchiveState.SPOOLED
    assert ArchiveRecording(order.recording) in story.effects


def test_what_is_said_of_a_recording_that_nobody_knows_changes_nothing() -> None:
    story = meeting()
    before = story.node
    story.fails(ArchiveRecording(type(PATCH)("rec-nobodys")))  # type: ignore[arg-type]
    assert story.node[AGAIN] == before[AGAIN]
    assert story.node[RECORDINGS] == before[RECORDINGS]


def test_a_recording_is_stopped_until_it_is_and_not_when_it_has_ended_meanwhile() -> None:
    story = meeting(recorded=True)
    [order] = story.done(StartRecording)
    story.happens(RecordingStarted(story.now_s, order.recording))
    story.asks(SetRecording(CONFERENCE, False))
    stop = story.done(StopRecording)[-1]
    for count in (2, 3):
        story.fails(stop, Fate.UNKNOWN)
        story.passes(5)
        assert story.done(StopRecording) == [stop] * count
    story.fails(stop, Fate.UNKNOWN)
    story.happens(RecordingEnded(story.now_s, order.recording, 4.0))
    story.passes(60)
    assert story.done(StopRecording) == [stop] * 3


def test_a_file_is_archived_until_it_is_and_not_when_it_is_in_the_archive_already() -> None:
    story = meeting(recorded=True)
    [order] = story.done(StartRecording)
    story.happens(RecordingStarted(story.now_s, order.recording))
    story.asks(SetRecording(CONFERENCE, False))
    story.happens(RecordingEnded(story.now_s, order.recording, 4.0))
    archive = ArchiveRecording(order.recording)
    for pause_s in (30.0, 60.0):
        story.fails(archive)
        story.forget_effects()
        story.passes(pause_s - 0.1)
        assert story.done(ArchiveRecording) == []
        story.passes(0.1)
        assert story.done(ArchiveRecording) == [archive]
    story.fails(archive)
    story.happens(RecordingArchived(story.now_s, order.recording, "a.flac", "ab" * 32, 4.0))
    story.forget_effects()
    story.passes(1000)
    assert story.done(ArchiveRecording) == []


# --- radio and its path ---


def test_a_path_that_cannot_be_opened_is_opened_until_it_is_and_on_the_terminal_of_then() -> None:
    story = talkgroup()
    story.fails(OpenPath(PATCH, TERMINAL, MIX))
    story.passes(1.1)
    assert story.done(OpenPath) == [OpenPath(PATCH, TERMINAL, MIX)]


def test_a_path_that_could_not_be_closed_is_closed_again_though_its_patch_is_forgotten() -> None:
    story = talkgroup()
    story.asks(RemovePatch(CONFERENCE, PATCH, at_once=True))
    story.fails(ClosePath(PATCH))
    story.passes(0.6)
    assert story.done(ClosePath) == [ClosePath(PATCH)] * 2


def test_the_radios_gate_is_ordered_again_as_it_is_wanted_then() -> None:
    story = talkgroup()
    story.radio_user_talks()
    story.fails(SetRadioHeard(PATCH, True))
    story.radio_user_stops()
    story.passes(0.6)
    assert story.done(SetRadioHeard)[-1] == SetRadioHeard(PATCH, False)


def test_a_voice_that_could_not_be_held_back_is_cut_by_letting_go_of_the_channel() -> None:
    story = talkgroup()
    story.speech_begins()
    story.network_grants()
    story.speech_drains()
    story.forget_effects()
    story.fails(HoldVoice(PATCH))
    assert CeaseTransmit(TERMINAL) in story.effects
    story.passes(0.6)
    assert HoldVoice(PATCH) in story.effects


def test_an_old_order_to_let_go_of_the_channel_does_not_cut_a_transmission_that_has_begun_since() -> None:
    story = talkgroup()
    story.fails(CeaseTransmit(TERMINAL))
    story.speech_begins()
    story.network_grants()
    assert story.patch.state is PatchState.TRANSMITTING
    story.forget_effects()
    story.passes(0.6)
    assert not story.done(CeaseTransmit)


def test_a_demand_that_fails_waits_and_is_made_again() -> None:
    story = talkgroup()
    story.speech_begins()
    story.fails(DemandTransmit(TERMINAL, story.patch.gssi))
    assert story.patch.state is PatchState.WAITING
    story.passes(2)
    assert len(story.done(DemandTransmit)) == 2


def test_a_farewell_that_cannot_be_said_on_the_air_does_not_hold_the_terminal() -> None:
    story = talkgroup()
    story.asks(RemovePatch(CONFERENCE, PATCH))
    story.fails(story.done(SayOnAir)[-1])
    assert PATCH not in story.node[PATCHES]
    assert ClosePath(PATCH) in story.effects


def test_words_on_the_air_that_fail_do_not_end_the_patch() -> None:
    story = talkgroup()
    story.fails(SayOnAir(PATCH, (), Language.SV))
    assert story.patch.state is PatchState.IDLE
    assert not story.done(ClosePath)


def test_the_channel_is_let_go_of_until_it_is() -> None:
    story = talkgroup()
    story.fails(CeaseTransmit(TERMINAL))
    story.passes(0.4)
    assert not story.done(CeaseTransmit)
    story.passes(0.1)
    assert story.done(CeaseTransmit) == [CeaseTransmit(TERMINAL)]
    story.asks(RemovePatch(CONFERENCE, PATCH, at_once=True))
    story.forget_effects()
    story.fails(CeaseTransmit(TERMINAL))
    story.passes(1)
    assert story.done(CeaseTransmit) == [CeaseTransmit(TERMINAL)], "also when the talkgroup is unpatched"


def test_what_the_path_is_to_take_from_the_meeting_is_told_again_as_it_is_then() -> None:
    story = talkgroup()
    story.asks(SetPatch(CONFERENCE, PATCH, keying=Keying.KEY))
    assert story.done(ArmVoice) == [ArmVoice(PATCH, False)]
    story.fails(ArmVoice(PATCH, False))
    story.passes(0.5)
    assert story.done(ArmVoice) == [ArmVoice(PATCH, False)] * 2
    story.fails(ArmVoice(PATCH, False))
    story.asks(SetPatch(CONFERENCE, PATCH, keying=Keying.VOICE))
    story.forget_effects()
    story.passes(1.0)
    assert story.done(ArmVoice) == [ArmVoice(PATCH, True)]


def test_the_voice_that_was_to_be_held_is_not_when_the_channel_is_ours_again() -> None:
    story = talkgroup()
    story.fails(HoldVoice(PATCH))
    story.speech_begins()
    story.network_grants()
    story.forget_effects()
    story.passes(0.6)
    assert not story.done(HoldVoice)


def test_a_refused_talkgroup_of_before_does_not_take_the_new_one_off_the_air() -> None:
    story = talkgroup()
    story.terminal_is(TerminalState.READY, gssi=None)
    story.forget_effects()
    story.fails(SelectTalkgroup(TERMINAL, Gssi(GROUP + 1)))
    assert story.patch.reason == PatchReason.BEING_SET()
    story.fails(SelectTalkgroup(TERMINAL, GROUP))
    assert story.patch.reason == PatchReason.NOT_SELECTED(gssi=GROUP, cause=because("no"))
