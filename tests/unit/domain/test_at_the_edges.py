"""Where a rule ends. Things come late, come twice or at exactly their time, or are asked for where there is nothing."""

import math
from dataclasses import replace

import pytest

from bridge.domain.callout import prompts as callout_prompts
from bridge.domain.callout.commands import CancelActivation, NewTarget, StartActivation
from bridge.domain.callout.pacing import Pace
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.callout.records import ATTEMPTS, AttemptState, TargetState
from bridge.domain.conference import floor as floors
from bridge.domain.conference import prompts as conference_prompts
from bridge.domain.conference.commands import EndConference, GiveFloor, RequestFloor, SetFloorMode, SetMuted
from bridge.domain.conference.effects import LookUpCode
from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.conference.passing import ENTRIES
from bridge.domain.conference.policy import ConferencePolicy, EntryPolicy
from bridge.domain.conference.records import (
    CONFERENCES,
    PARTICIPANTS,
    Floor,
    FloorMode,
    RecordingState,
    Role,
    Seat,
    SeatState,
)
from bridge.domain.conference.timers import ConferenceTimer
from bridge.domain.joint import reach
from bridge.domain.kernel.again import AGAIN
from bridge.domain.kernel.effects import StartTimer, StopTimer
from bridge.domain.kernel.events import Commanded, Fate, TimerDue
from bridge.domain.kernel.ids import (
    ActivationId,
    AttemptId,
    ChannelId,
    Issi,
    MessageId,
    ParticipantId,
    RecordingId,
    TargetId,
    TrunkName,
)
from bridge.domain.kernel.journal import Audit, Note
from bridge.domain.kernel.phrases import HIGHEST_NUMBER
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.rate import Rate, Rates
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.kernel.step import Seen, Step
from bridge.domain.kernel.timers import TimerKey
from bridge.domain.phrases import catalogue
from bridge.domain.radio import prompts as radio_prompts
from bridge.domain.radio.commands import ApprovePatch, ExtendPatch, KeyRadio, RemovePatch
from bridge.domain.radio.effects import (
    CeaseTransmit,
    ClosePath,
    DropVoice,
    OpenPath,
    SayOnAir,
    SendVoice,
    SetRadioHeard,
    StartTrack,
    StopTrack,
)
from bridge.domain.radio.events import PathDown, PathUp, RadioTalkStarted, TerminalState
from bridge.domain.radio.notes import RadioNote
from bridge.domain.radio.passing import LOOPS
from bridge.domain.radio.policy import RadioPolicy
from bridge.domain.radio.records import PATCHES, Keying, PatchState
from bridge.domain.radio.timers import RadioTimer
from bridge.domain.recording import prompts as recording_prompts
from bridge.domain.recording.commands import SetRecording
from bridge.domain.recording.effects import StartRecording
from bridge.domain.recording.events import RecordingArchived, RecordingEnded, RecordingFailed, RecordingStarted
from bridge.domain.recording.records import Recording
from bridge.domain.saved import Saved
from bridge.domain.shortdata.commands import SendSds, SendStatus
from bridge.domain.shortdata.effects import SubmitSds
from bridge.domain.shortdata.events import SdsDelivery, SdsProgress, SdsReported, SdsStage, StatusReceived
from bridge.domain.shortdata.policy import ShortDataPolicy
from bridge.domain.shortdata.records import MESSAGES, Message, MessageState
from bridge.domain.shortdata.sdstext import MOST_PARTS, Coding, most_characters, numbered, parts_needed, series
from bridge.domain.telephony.effects import Answer, Dial, HangUpLeg, Play, StopPlaying, Whisper
from bridge.domain.telephony.events import LegAnswered, LiveChannel, TalkingStarted
from tests.harness.principals import somebody
from tests.harness.reasons import because
from tests.harness.restart import stored
from tests.harness.story import CONFERENCE, GROUP, MIX, PATCH, TERMINAL, Story

HOST, BO = "host", "bo"
NUMBER = "+46846500401"
MESSAGE = MessageId("sds-00000000000000000000000001")
COMMANDER = Issi(1_002_001)


def meeting(*, recorded: bool = False) -> Story:
    story = Story()
    story.opens(recorded=recorded)
    story.joins(HOST, Role.HOST)
    story.joins(BO)
    return story


# --- texts by radio ---


def sent(*stages: SdsStage) -> Story:
    """A text handed to the ready terminal, and how far it has come."""
    story = Story()
    story.terminal_is(TerminalState.READY)
    story.asks(SendSds(MESSAGE, COMMANDER, "Samling kl 16"))
    for stage in stages:
        comes_to(story, stage)
    return story


def comes_to(story: Story, stage: SdsStage) -> None:
    story.happens(SdsProgress(story.now_s, TERMINAL, MESSAGE, stage, 1, 1, 7, because("why")))


def message(story: Story) -> Message:
    """As it was last kept."""
    return [one for one in story.records if isinstance(one, Message)][-1]


def is_reported(story: Story, delivery: SdsDelivery = SdsDelivery.DELIVERED) -> None:
    story.happens(SdsReported(story.now_s, TERMINAL, COMMANDER, 7, delivery))


def test_what_the_receiver_has_got_is_not_failed_by_a_late_word_of_the_terminal() -> None:
    story = sent(SdsStage.STARTED, SdsStage.ACCEPTED)
    is_reported(story)
    comes_to(story, SdsStage.NOT_ON_AIR)
    assert message(story).state is MessageState.DELIVERED
    is_reported(story, SdsDelivery.READ)
    assert message(story).state is MessageState.READ


def test_a_text_delivered_and_never_read_is_waited_for_no_longer_than_any_other() -> None:
    story = sent(SdsStage.STARTED, SdsStage.ACCEPTED, SdsStage.ON_AIR)
    is_reported(story)
    story.passes(601)
    kept = message(story)
    assert (kept.state, kept.reason, kept.ended_at_s) == (MessageState.DELIVERED, None, story.now_s - 1)
    assert not story.node[MESSAGES]


def test_a_text_that_is_being_handed_over_is_not_given_up_for_its_age() -> None:
    story = sent(SdsStage.STARTED)
    story.passes(601)
    assert story.node[MESSAGES][MESSAGE].state is MessageState.SENDING
    assert not story.timers, "nor looked at again and again"


@pytest.mark.parametrize(("after_s", "told"), [(29.9, 1), (30.0, 2)])
def test_an_alarm_is_told_anew_when_its_pause_is_over_and_not_before(after_s: float, told: int) -> None:
    story = meeting()
    story.patches()
    story.happens(StatusReceived(story.now_s, TERMINAL, COMMANDER, 0))
    story.passes(after_s)
    story.happens(StatusReceived(story.now_s, TERMINAL, COMMANDER, 0))
    assert story.said_to(HOST).count(radio_prompts.RADIO_EMERGENCY) == told


def test_a_text_that_waits_when_the_program_starts_is_given_up_in_time_though_nothing_comes_up() -> None:
    story = Story()
    story.asks(SendSds(MESSAGE, COMMANDER, "Samling kl 16"))
    story.passes(100)
    fresh = story.restarted()
    fresh.passes(499)
    assert message(fresh).state is MessageState.QUEUED
    fresh.passes(2)
    assert message(fresh).state is MessageState.EXPIRED


def test_a_word_longer_than_a_message_is_cut_where_the_message_is_full() -> None:
    parts = [part.partition(" ")[2] for part in numbered("x" * 300)]
    assert "".join(parts) == "x" * 300
    assert [len(part) for part in parts[:-1]] == [134, 134]


# --- the way in ---


def test_what_was_keyed_before_the_line_to_asterisk_was_lost_costs_no_try_after_it() -> None:
    story = Story()
    story.opens()
    line = story.calls("anna")
    story.keys(line, "12")
    story.telephony_goes_down()
    story.telephony_comes_up(LiveChannel(line, True, None, "anna", "", None))
    story.passes(story.policy[EntryPolicy].digit_pause_s + 1)
    assert conference_prompts.ENTRY_WRONG not in story.said_to(line)
    assert story.node[ENTRIES][line].tries == 0


def test_a_reminder_that_was_under_way_does_not_talk_into_the_code() -> None:
    story = Story()
    story.opens()
    line = story.calls("anna")
    story.prompt_ends(line)
    story.keys(line, "1")
    story.forget_effects()
    story.happens(TimerDue(story.now_s, TimerKey(ConferenceTimer.ENTRY_REMIND, line)))
    assert story.done(Play) == []


# --- recording ---


def test_the_end_of_an_earlier_recording_told_late_does_not_switch_the_next_one_on() -> None:
    story = meeting(recorded=True)
    first = story.conference.recording.recording
    assert first is not None
    story.happens(RecordingStarted(story.now_s, first))
    story.happens(RecordingEnded(story.now_s, first, 3.0))
    assert story.conference.recording.recording not in (None, first)
    story.happens(RecordingStarted(story.now_s, first))
    assert story.conference.recording.state is RecordingState.STARTING


def test_a_recording_found_to_have_no_file_ended_when_it_ended_and_not_when_that_was_found() -> None:
    story = meeting(recorded=True)
    recording = story.conference.recording.recording
    assert recording is not None
    story.happens(RecordingStarted(story.now_s, recording))
    story.happens(RecordingEnded(story.now_s, recording, 3.0))
    ended_at_s = story.now_s
    story.passes(20)
    story.happens(RecordingFailed(story.now_s, recording, because("there is no file")))
    last = [one for one in story.records if isinstance(one, Recording) and one.id == recording][-1]
    assert last.ended_at_s == ended_at_s


@pytest.mark.parametrize("failed_first", [True, False], ids=["after a failure", "at the first try"])
def test_that_it_is_recorded_again_is_said_in_the_meeting_only_where_it_was_said_to_have_failed(
    failed_first: bool,
) -> None:
    story = meeting(recorded=True)
    if failed_first:
        story.fails(story.done(StartRecording)[-1])
        story.passes(story.policy[ConferencePolicy].recording_retry_s + 1)
    story.forget_effects()
    recording = story.conference.recording.recording
    assert recording is not None
    story.happens(RecordingStarted(story.now_s, recording))
    said = {prompt for one in story.done(Whisper) for prompt in one.prompts}
    assert said == ({recording_prompts.MEETING_RECORDING_STARTED} if failed_first else set())


def test_a_recording_nobody_knows_changes_nothing() -> None:
    story = meeting()
    before = story.node
    for event in (
        RecordingStarted(story.now_s, RecordingId("rec-nobodys")),
        RecordingEnded(story.now_s, RecordingId("rec-nobodys"), 1.0),
        RecordingFailed(story.now_s, RecordingId("rec-nobodys"), because("x")),
    ):
        story.happens(event)
    assert story.node == before


# --- call-out, floor, key ---


def test_who_answers_too_late_is_told_so_and_no_prompt_is_stopped_that_was_not_playing() -> None:
    story = Story()
    story.opens()
    activation = story.activates([(NUMBER,)])
    story.rings(NUMBER)
    story.asks(CancelActivation(activation))
    line = story.answers(NUMBER)
    assert story.said_to(line)[-1] == callout_prompts.CALLOUT_CANCELLED
    assert story.done(StopPlaying) == []


@pytest.mark.parametrize("mode", list(FloorMode))
def test_to_give_the_word_to_the_next_where_nobody_waits_takes_it_from_nobody(mode: FloorMode) -> None:
    held = Floor(mode=mode, holder=ParticipantId("prt-1"), given_at_s=1.0)
    assert floors.give(held, None, 9.0) == held
    waited_for = floors.request(held, ParticipantId("prt-2"), 2.0)
    assert floors.give(waited_for, None, 9.0).holder == "prt-2"


def test_a_key_let_go_of_is_not_watched_any_more() -> None:
    story = meeting()
    story.terminal_is(TerminalState.READY)
    story.patches(keying=Keying.KEY)
    watch = TimerKey(RadioTimer.RADIO_KEY, PATCH)
    story.asks(KeyRadio(CONFERENCE, story.who(BO).id, True))
    assert watch in story.timers
    story.asks(KeyRadio(CONFERENCE, story.who(BO).id, False))
    assert watch not in story.timers


def test_a_line_nobody_knows_is_hung_up_when_it_answers() -> None:
    story = Story()
    story.happens(LegAnswered(story.now_s, ChannelId("leg-nobodys")))
    assert story.done(HangUpLeg) == [HangUpLeg(ChannelId("leg-nobodys"))]


# --- figures that people rely on ---


@pytest.mark.parametrize(("length", "is_looked_up"), [(3, False), (4, True), (12, True), (13, False)])
def test_a_code_has_four_to_twelve_digits(length: int, is_looked_up: bool) -> None:
    story = Story()
    line = story.calls("anna")
    story.keys(line, "1" * length + "#")
    assert bool(story.done(LookUpCode)) is is_looked_up


@pytest.mark.parametrize(("receiver", "is_taken"), [(0, False), (1, True), (16_777_215, True), (16_777_216, False)])
def test_an_identity_has_twenty_four_bits(receiver: int, is_taken: bool) -> None:
    story = Story()
    assert isinstance(story.asks(SendSds(MESSAGE, receiver, "x")), Done) is is_taken


@pytest.mark.parametrize(("status", "is_taken"), [(32_767, False), (32_768, True), (65_535, True), (65_536, False)])
def test_a_status_is_one_of_those_that_are_free_to_be_given_a_meaning(status: int, is_taken: bool) -> None:
    story = Story()
    assert isinstance(story.asks(SendStatus(MESSAGE, COMMANDER, status)), Done) is is_taken


def test_a_text_that_was_refused_waits_longer_each_time_and_a_minute_at_most() -> None:
    story = sent(SdsStage.STARTED)
    waited = []
    for _ in range(4):
        began_s, before = story.now_s, len(story.done(SubmitSds))
        story.fails(story.done(SubmitSds)[-1])
        while len(story.done(SubmitSds)) == before:
            story.passes(0.5)
        waited.append(story.now_s - began_s)
    look_again_s = story.policy[ShortDataPolicy].look_again_s
    assert all(wanted <= real <= wanted + look_again_s for wanted, real in zip((5, 10, 20, 40), waited, strict=True))


def test_a_text_is_given_up_at_ten_minutes_sharp() -> None:
    story = Story()
    story.asks(SendSds(MESSAGE, COMMANDER, "x"))
    story.passes(599.9)
    assert message(story).state is MessageState.QUEUED
    story.passes(0.1)
    assert message(story).state is MessageState.EXPIRED


@pytest.mark.parametrize(
    ("text", "numbered_in", "series_in"),
    [("x" * 140, [140], [140]), ("x" * 141, [134, 7], [134, 7]), ("€" * 70, [70], [70]), ("€" * 71, [64, 7], [67, 4])],
)
def test_how_many_characters_each_message_of_a_long_text_holds(
    text: str, numbered_in: list[int], series_in: list[int]
) -> None:
    parts = numbered(text)
    assert [len(part) if len(parts) == 1 else len(part) - len("1/2 ") for part in parts] == numbered_in
    assert [len(part) for part in series(text)] == series_in


@pytest.mark.parametrize(
    ("coding", "octets", "most"),
    [
        (Coding.LATIN1, 140, 8 * 134),
        (Coding.UTF16, 140, 8 * 64),
        (Coding.LATIN1, 79, 8 * 73),
        (Coding.UTF16, 79, 8 * 33),
    ],
)
def test_how_long_a_text_may_be_is_told_as_it_is(coding: Coding, octets: int, most: int) -> None:
    assert most_characters(coding, octets) == most
    text = ("x" if coding is Coding.LATIN1 else "€") * most
    assert parts_needed(text, octets) == MOST_PARTS
    assert parts_needed(text + text[:3], octets) > MOST_PARTS


def test_a_congested_trunk_rests_twice_as_long_each_time_and_half_a_minute_at_most() -> None:
    story = Story()
    story.opens()
    story.activates([(NUMBER,)])
    rested = []
    for _ in range(6):
        began_s, before = story.now_s, len(story.dialled())
        story.call_ends(NUMBER, 34)
        while len(story.dialled()) == before:
            story.passes(0.25)
        rested.append(story.now_s - began_s)
    assert rested == [2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    story.call_ends(NUMBER, 17)
    story.passes(100)
    began_s, before = story.now_s, len(story.dialled())
    story.call_ends(NUMBER, 34)
    while len(story.dialled()) == before:
        story.passes(0.25)
    assert story.now_s - began_s == 2.0, "a call that came through ends the count"


def test_each_round_waits_for_its_pause_to_the_second_and_there_are_as_many_as_were_asked_for() -> None:
    story = Story()
    story.opens()
    story.activates([(NUMBER,)], rounds=3, round_pause_s=90.0)
    for calls in (2, 3):
        story.call_ends(NUMBER, 17)
        story.passes(89.9)
        assert len(story.dialled()) == calls - 1
        story.passes(0.1)
        assert len(story.dialled()) == calls
    story.call_ends(NUMBER, 17)
    story.passes(1000)
    assert len(story.dialled()) == 3


@pytest.mark.parametrize(("lease_s", "warned_after_s"), [(300.0, None), (301.0, 1.0), (600.0, 300.0)])
def test_a_lease_is_warned_of_five_minutes_before_its_end_where_it_is_that_long(
    lease_s: float, warned_after_s: float | None
) -> None:
    story = meeting()
    story.terminal_is(TerminalState.READY)
    story.patches(lease_s=lease_s, notice=False)
    if warned_after_s is not None:
        story.passes(warned_after_s - 0.1)
        assert radio_prompts.RADIO_LEASE_SOON not in story.said_to(HOST)
        story.passes(0.1)
        assert radio_prompts.RADIO_LEASE_SOON in story.said_to(HOST)
    story.passes(lease_s)
    assert (radio_prompts.RADIO_LEASE_SOON in story.said_to(HOST)) is (warned_after_s is not None)
    assert PATCH not in story.node[PATCHES]


@pytest.mark.parametrize("spoken", [True, False])
def test_a_farewell_on_the_air_holds_the_end_of_a_meeting_for_twenty_seconds_and_no_longer(spoken: bool) -> None:
    story = meeting()
    story.terminal_is(TerminalState.READY)
    story.patches()
    story.asks(EndConference(CONFERENCE))
    if spoken:
        story.speech_begins()
    story.passes(story.policy[ConferencePolicy].end_after_s + 0.1)
    assert bool(story.node[PATCHES]) is spoken
    story.passes(story.policy[RadioPolicy].closing_s - story.policy[ConferencePolicy].end_after_s - 1.1)
    assert bool(story.node[PATCHES]) is spoken
    story.passes(2)
    assert not story.node[PATCHES]


def test_a_radio_user_who_talks_when_the_talkgroup_is_unpatched_is_heard_no_longer() -> None:
    story = meeting()
    story.terminal_is(TerminalState.READY)
    story.patches()
    story.radio_user_talks()
    story.forget_effects()
    story.asks(RemovePatch(CONFERENCE, PATCH))
    assert SetRadioHeard(PATCH, False) in story.effects, "at once, not when the farewell is over"


@pytest.mark.parametrize("is_back", [False, True])
def test_what_is_held_for_a_talkgroup_out_of_reach_is_dropped_again_at_once_where_that_failed(is_back: bool) -> None:
    story = meeting()
    story.terminal_is(TerminalState.READY)
    story.patches()
    story.happens(PathUp(story.now_s, PATCH))
    story.terminal_is(TerminalState.ABSENT)
    story.passes(1.0)
    story.fails(story.done(DropVoice)[-1])
    if is_back:
        story.terminal_is(TerminalState.READY)
    story.forget_effects()
    story.passes(0.6)
    assert bool(story.done(DropVoice)) is not is_back


def on_the_air() -> Story:
    """Somebody in the meeting talks into the talkgroup."""
    story = meeting()
    story.terminal_is(TerminalState.READY)
    story.patches()
    story.happens(PathUp(story.now_s, PATCH))
    story.talks(BO)
    story.speech_begins()
    story.network_grants()
    story.forget_effects()
    return story


@pytest.mark.parametrize("kind", [RadioTimer.RADIO_GRANT, RadioTimer.RADIO_PAUSE, RadioTimer.RADIO_RETRY])
def test_a_timer_of_a_demand_that_was_under_way_when_it_was_granted_does_not_touch_the_transmission(
    kind: RadioTimer,
) -> None:
    story = on_the_air()
    story.happens(TimerDue(story.now_s, TimerKey(kind, PATCH)))
    assert story.patch.state is PatchState.TRANSMITTING
    assert not [one for one in story.effects if not isinstance(one, StartTimer | StopTimer)]


@pytest.mark.parametrize("kind", [RadioTimer.RADIO_WARN, RadioTimer.RADIO_CUT, RadioTimer.RADIO_STALE])
def test_a_timer_of_a_transmission_that_was_under_way_when_it_ended_says_and_cuts_nothing(kind: RadioTimer) -> None:
    story = on_the_air()
    story.speech_drains()
    story.forget_effects()
    story.happens(TimerDue(story.now_s, TimerKey(kind, PATCH)))
    assert story.patch.state is PatchState.IDLE
    assert not [one for one in story.effects if not isinstance(one, StartTimer | StopTimer)]


def test_only_a_talkgroup_that_is_connected_can_have_its_lease_extended() -> None:
    story = meeting()
    story.terminal_is(TerminalState.READY)
    story.patches(approval_required=True)
    asked = story.asks(ExtendPatch(CONFERENCE, PATCH, 600))
    assert isinstance(asked, Refused)
    assert asked.code == "conflict"
    story.asks(ApprovePatch(CONFERENCE, PATCH), actor="colleague")
    assert isinstance(story.asks(ExtendPatch(CONFERENCE, PATCH, 600)), Done)
    story.asks(RemovePatch(CONFERENCE, PATCH))
    assert isinstance(story.asks(ExtendPatch(CONFERENCE, PATCH, 600)), Refused), "its farewell is being said"


def test_the_track_of_a_talkgroup_that_is_taken_leave_of_ends_before_the_farewell_and_no_other_begins() -> None:
    story = meeting(recorded=True)
    own = story.conference.recording.recording
    assert own is not None
    story.happens(RecordingStarted(story.now_s, own))
    story.terminal_is(TerminalState.READY)
    story.patches()
    [started] = story.done(StartTrack)
    story.asks(RemovePatch(CONFERENCE, PATCH))
    assert PATCH in story.node[PATCHES], "the farewell is being said"
    assert story.done(StopTrack) == [StopTrack(PATCH, started.recording)]
    assert story.done(StartTrack) == [started]


def test_the_end_of_the_meeting_is_klart_slut_where_turns_end_with_kom() -> None:
    for spoken_end, said in (
        (True, (radio_prompts.AIR_CLOSED, radio_prompts.AIR_OUT)),
        (False, (radio_prompts.AIR_CLOSED,)),
    ):
        story = meeting()
        story.terminal_is(TerminalState.READY)
        story.patches(spoken_end=spoken_end)
        story.asks(EndConference(CONFERENCE))
        assert story.done(SayOnAir)[-1].prompts == said


def test_a_nameless_emergency_is_told_too() -> None:
    story = meeting()
    story.terminal_is(TerminalState.READY)
    story.patches()
    story.happens(RadioTalkStarted(story.now_s, TERMINAL, GROUP, None, emergency=True))
    noted = [one for one in story.notes if isinstance(one, Note) and one.kind is RadioNote.EMERGENCY]
    assert [dict(one.detail) for one in noted] == [{"issi": 0}]


def test_the_word_is_of_no_use_to_one_whose_line_is_lost_nor_to_nobody() -> None:
    story = Story()
    story.opens()
    story.joins(NUMBER)
    step = Step(story.node, story.now_s, story.mint)
    assert reach.can_speak(step, story.who(NUMBER))
    assert not reach.can_speak(step, replace(story.who(NUMBER), state=SeatState.LOST))
    assert not reach.can_speak(step, None)


def test_a_call_that_ended_without_a_trace_is_not_ordered_again_under_its_name() -> None:
    story = Story()
    story.opens()
    story.activates([(NUMBER,)])
    story.fails(story.done(Dial)[-1], Fate.UNKNOWN)
    assert story.node[AGAIN]
    story.telephony_goes_down()
    story.telephony_comes_up()
    assert not [key for key in story.node[AGAIN] if key.startswith("Dial")]


def test_a_terminal_that_goes_while_nobody_talks_leaves_no_end_of_talk_in_the_timeline() -> None:
    story = meeting()
    story.terminal_is(TerminalState.READY)
    story.patches()
    story.terminal_is(TerminalState.ABSENT)
    assert not [one for one in story.notes if isinstance(one, Note) and one.kind is RadioNote.RADIO_TALK_STOPPED]


def test_after_a_restart_an_empty_meeting_is_looked_at_and_one_with_people_is_not() -> None:
    empty, full = Story(), meeting()
    empty.opens()
    empty.joins(BO)
    empty.hangs_up(BO)
    watch = TimerKey(ConferenceTimer.CONFERENCE_EMPTY, CONFERENCE)
    assert watch in empty.restarted().timers
    assert watch not in full.restarted().timers


def test_a_radio_user_whose_terminal_goes_has_stopped_talking() -> None:
    story = meeting()
    story.terminal_is(TerminalState.READY)
    story.patches()
    story.radio_user_talks()
    story.passes(2.0)
    story.terminal_is(TerminalState.ABSENT)
    stopped = [one for one in story.notes if isinstance(one, Note) and one.kind is RadioNote.RADIO_TALK_STOPPED]
    assert [dict(one.detail)["duration_s"] for one in stopped] == [2.0]
    assert story.patch.talker is None


def test_who_asks_for_the_word_does_not_give_it_anew_to_whom_has_it() -> None:
    story = meeting()
    story.asks(SetFloorMode(CONFERENCE, FloorMode.LECTURE))
    story.asks(RequestFloor(CONFERENCE, story.who(BO).id))
    given = [one for one in story.notes if isinstance(one, Note) and one.kind is ConferenceNote.FLOOR_GIVEN]
    assert [one.participant for one in given] == [story.who(HOST).id]
    assert story.said_to(HOST).count(conference_prompts.FLOOR_YOURS) == 1


def test_after_a_restart_nobody_talks_by_radio_until_the_terminal_says_so() -> None:
    story = meeting()
    story.terminal_is(TerminalState.READY)
    story.patches()
    story.radio_user_talks()
    story.asks(ExtendPatch(CONFERENCE, PATCH, 600))
    fresh = story.restarted()
    assert (fresh.patch.state, fresh.patch.talker, fresh.patch.talk_began_at_s) == (PatchState.OFFLINE, None, None)
    assert fresh.patch.lease_until_s == story.now_s + 600


def test_a_talkgroup_that_nobody_approved_leaves_no_terminal_to_let_go_of() -> None:
    story = meeting()
    story.patches(approval_required=True, terminal=None)
    story.asks(EndConference(CONFERENCE))
    story.passes(60)
    assert story.done(CeaseTransmit) == []
    assert story.done(ClosePath) == []
    assert not story.node[PATCHES]


def test_recording_that_is_switched_on_while_nobody_is_there_begins_with_the_next_to_come() -> None:
    story = Story()
    story.opens(recorded=False)
    story.asks(SetRecording(CONFERENCE, True))
    assert story.done(StartRecording) == []
    story.joins(BO)
    assert len(story.done(StartRecording)) == 1


def test_who_was_called_out_is_shown_with_organisation_and_function() -> None:
    story = Story()
    story.opens()
    story.activates([(NUMBER,)])
    line = story.answers(NUMBER)
    story.keys(line, "1")
    person = story.who(line)
    assert (person.organisation, person.function, person.name) == ("Kommun 0", "TiB 0", "Kommun 0 TiB 0")


def test_a_nameless_function_that_was_called_out_is_shown_by_its_number() -> None:
    story = Story()
    story.opens()
    target = NewTarget(TargetId("tgt-1"), "", "", (NUMBER,))
    story.asks(StartActivation(ActivationId("act-1"), "key-1", CONFERENCE, "L", (target,)))
    line = story.answers(NUMBER)
    story.keys(line, "1")
    person = story.who(line)
    assert (person.organisation, person.function, person.name) == (None, None, NUMBER)


def test_who_is_muted_and_falls_silent_is_told_nothing() -> None:
    story = meeting()
    story.asks(SetMuted(CONFERENCE, story.who(BO).id, True))
    story.forget_effects()
    story.falls_silent(BO)
    assert story.said_to(BO) == []


def test_a_talker_with_a_name_ends_the_suspicion_of_our_own_voice_come_back() -> None:
    story = on_the_air()
    step = Step(story.node, story.now_s, story.mint)
    step.set_in(LOOPS, PATCH, 2)
    story.node = step.result().node
    story.speech_drains()
    story.radio_user_talks()
    assert PATCH not in story.node[LOOPS]


def test_the_hosts_key_goes_through_the_modes_of_the_floor() -> None:
    story = meeting()
    modes = []
    for _ in range(3):
        story.keys(ChannelId(HOST), "*7")
        modes.append(story.floor.mode)
    assert modes == [FloorMode.LECTURE, FloorMode.QUEUE, FloorMode.OPEN]


def test_the_host_takes_the_word_back_by_key_and_it_is_in_the_audit() -> None:
    story = meeting()
    story.asks(SetFloorMode(CONFERENCE, FloorMode.LECTURE))
    story.asks(GiveFloor(CONFERENCE, story.who(BO).id))
    story.keys(ChannelId(HOST), "*2")
    assert story.floor.holder == story.who(HOST).id
    assert "floor.take" in [one.action for one in story.audited if isinstance(one, Audit)]


def test_a_command_by_key_is_over_with_its_second_key() -> None:
    story = meeting()
    story.keys(ChannelId(BO), "*66")
    assert story.who(BO).muted, "the second six is a key of its own, and does nothing"


def test_a_word_that_ends_just_where_the_message_is_full_stays_whole_in_it() -> None:
    text = "a" * 60 + " " + "b" * 73 + " " + "c" * 50
    assert [part.partition(" ")[2] for part in numbered(text)] == ["a" * 60 + " " + "b" * 73, "c" * 50]


def test_a_function_that_is_done_has_no_call_any_more_when_its_call_has_ended() -> None:
    story = Story()
    story.opens()
    activation = story.activates([(NUMBER,)])
    story.rings(NUMBER)
    story.asks(CancelActivation(activation))
    assert story.target(0).attempt is not None
    story.call_ends(NUMBER, 16)
    assert (story.target(0).state, story.target(0).attempt) == (TargetState.CANCELLED, None)


def test_a_phone_began_to_ring_when_it_was_first_told_and_one_that_was_answered_does_not_ring() -> None:
    story = Story()
    story.opens()
    story.activates([(NUMBER,)])
    began_s = story.now_s
    for _ in range(2):
        story.rings(NUMBER)
        story.passes(3)
    line = story.answers(NUMBER)
    story.rings(NUMBER)
    attempt = story.node[ATTEMPTS][AttemptId(line)]
    assert (attempt.state, attempt.ringing_at_s) == (AttemptState.ANSWERED, began_s)


def test_a_radio_user_asks_for_the_word_by_pressing_only_where_it_must_be_asked_for() -> None:
    story = meeting()
    story.terminal_is(TerminalState.READY)
    story.patches()
    story.radio_user_talks()
    assert (story.floor.queue, story.floor.holder) == ((), None)
    story.radio_user_stops()
    story.asks(SetFloorMode(CONFERENCE, FloorMode.LECTURE))
    for _ in range(2):
        story.radio_user_talks()
    assert story.floor.queue == (story.patch.participant,)


@pytest.mark.parametrize("how", ["the path goes", "the path takes nothing"])
def test_without_an_audio_path_the_channel_is_let_go_of_and_asked_for_again_when_something_is_held(how: str) -> None:
    story = on_the_air()
    if how == "the path goes":
        story.happens(PathDown(story.now_s, PATCH, because("the worker ended")))
    else:
        story.fails(SendVoice(PATCH))
    assert story.patch.state is PatchState.WAITING
    assert story.done(CeaseTransmit) == [CeaseTransmit(TERMINAL)]
    story.happens(PathUp(story.now_s, PATCH))
    story.speech_begins()
    story.passes(story.policy[RadioPolicy].retry_s + 0.1)
    assert story.patch.state is PatchState.DEMANDING


def test_a_greeting_that_cannot_be_played_does_not_leave_the_caller_in_silence() -> None:
    story = Story()
    line = story.calls("anna")
    story.fails(story.done(Play)[-1])
    story.passes(3.1)
    assert story.said_to(line)[-1] == conference_prompts.ENTRY_CODE


def test_a_timer_of_an_empty_meeting_that_was_under_way_when_somebody_came_forgets_nobody() -> None:
    story = meeting()
    left = story.who(BO).id
    story.hangs_up(BO)
    story.happens(TimerDue(story.now_s, TimerKey(ConferenceTimer.CONFERENCE_EMPTY, CONFERENCE)))
    assert left in story.node[PARTICIPANTS]


def test_whoever_is_stored_as_talking_is_not_shown_so_after_a_restart() -> None:
    story = meeting()
    kept = stored(story.records)
    people = {one.id: one for one in kept[Seat]}
    loud = replace(people[story.who(BO).id], talking=True)
    fresh = Story(saved=Saved.of(*(loud if one.id == loud.id else one for one in kept)))
    assert not fresh.node[PARTICIPANTS][loud.id].talking


def test_what_belongs_to_no_conference_is_shown_as_such() -> None:
    story = Story()
    story.opens()
    target = NewTarget(TargetId("tgt-1"), "TiB", "K", (NUMBER,))
    wish = StartActivation(ActivationId("act-1"), "key-1", CONFERENCE, "L", (target,))
    seen = story.happens(Commanded(story.now_s, somebody(), wish)).seen
    assert Seen("target", "tgt-1", None) in seen
    assert Seen("activation", "act-1", CONFERENCE) in seen


def test_a_meeting_began_with_the_first_who_came_and_not_with_those_who_come_back() -> None:
    story = Story()
    story.opens()
    story.passes(10)
    began_s = story.now_s
    story.joins(BO)
    assert story.conference.started_at_s == began_s
    story.hangs_up(BO)
    story.passes(10)
    story.joins(BO)
    assert story.conference.started_at_s == began_s


def test_a_meeting_that_is_over_is_kept_until_its_recording_is_in_the_archive() -> None:
    story = meeting(recorded=True)
    recording = story.conference.recording.recording
    assert recording is not None
    story.happens(RecordingStarted(story.now_s, recording))
    story.asks(EndConference(CONFERENCE))
    story.passes(10)
    story.hangs_up(HOST)
    story.hangs_up(BO)
    assert CONFERENCE in story.node[CONFERENCES]
    story.happens(RecordingEnded(story.now_s, recording, 3.0))
    assert CONFERENCE in story.node[CONFERENCES]
    story.happens(RecordingArchived(story.now_s, recording, "a.flac", "ab" * 32, 3.0))
    assert CONFERENCE not in story.node[CONFERENCES]


def test_a_code_that_was_answered_after_all_is_not_looked_up_again() -> None:
    story = Story()
    story.opens()
    line = story.calls("anna")
    story.keys(line, "12345678#")
    story.fails(story.done(LookUpCode)[-1], Fate.UNKNOWN)
    story.code_is(line, CONFERENCE)
    story.passes(30)
    assert len(story.done(LookUpCode)) == 1


def test_that_somebody_talks_is_shown_and_not_written_to_disk() -> None:
    story = meeting()
    result = story.happens(TalkingStarted(story.now_s, ChannelId(BO)))
    assert story.who(BO).talking
    assert result.records == ()
    assert Seen("talk", story.who(BO).id, CONFERENCE) in result.seen


def test_a_host_who_comes_into_a_lecture_without_one_has_the_word() -> None:
    story = Story()
    story.opens()
    story.joins(BO)
    story.asks(SetFloorMode(CONFERENCE, FloorMode.LECTURE))
    assert story.floor.holder is None
    story.joins(HOST, Role.HOST)
    assert story.floor.holder == story.who(HOST).id


def test_a_key_is_not_let_go_of_while_what_was_said_waits_for_the_channel() -> None:
    story = meeting()
    story.terminal_is(TerminalState.READY)
    story.patches(keying=Keying.KEY)
    story.happens(PathUp(story.now_s, PATCH))
    story.asks(KeyRadio(CONFERENCE, story.who(BO).id, True))
    story.speech_begins()
    story.happens(TimerDue(story.now_s, TimerKey(RadioTimer.RADIO_KEY, PATCH)))
    assert story.patch.keyed_by == story.who(BO).id


@pytest.mark.parametrize("has_a_path", [False, True], ids=["after a restart", "in the middle"])
def test_by_radio_alone_a_path_is_opened_where_there_is_none_and_no_second_one(has_a_path: bool) -> None:
    story = meeting()
    story.terminal_is(TerminalState.READY)
    story.patches()
    if not has_a_path:
        story = story.restarted()
        story.terminal_is(TerminalState.READY)
    story.telephony_goes_down()
    story.forget_effects()
    story.passes(story.policy[RadioPolicy].fallback_s)
    assert bool(story.done(OpenPath)) is not has_a_path


def test_every_number_up_to_the_highest_has_its_sound_in_the_catalogue_and_none_twice() -> None:
    names = [one for one in catalogue() if one.startswith("number/")]
    assert names == [f"number/{value}" for value in range(HIGHEST_NUMBER + 1)]


def test_the_places_of_a_trunk_are_taken_by_what_is_let_go_and_by_what_went_a_moment_ago() -> None:
    assert Pace.begin(0, 0.0).used(0.0) == 0.0
    assert Pace.begin(0, 0.0).ready_at_s() == -math.inf
    pace = Pace.begin(5, 0.0)
    assert (pace.used(0.9), pace.used(1.0)) == (1.0, 0.0), "of the time before as many are counted as are allowed"
    pace = pace.let_go("a", 10.0)
    assert pace.used(10.0) == 0.2
    assert pace.ready_at_s() == pytest.approx(10.16)
    pace = pace.on_wire("a", 10.1)
    assert (pace.used(11.0), pace.used(11.1)) == (0.2, 0.0)
    for call in "bcdef":
        pace = pace.let_go(call, 20.0)
    assert pace.ready_at_s() is None
    assert Pace.begin(200, 0.0).let_go("a", 5.0).ready_at_s() == 1.0, "so many a second keep no even gap"
    assert Pace.begin(100, 0.0).let_go("a", 5.0).ready_at_s() == pytest.approx(5.008), "a hundred a second keep it"


def test_a_second_key_changes_nothing_and_breaks_no_word_off() -> None:
    story = Story()
    story.opens()
    story.activates([(NUMBER,)])
    line = story.answers(NUMBER)
    story.keys(line, "2")
    spoken = [one for one in story.done(Play) if one.channel == line][-1]
    story.keys(line, "1")
    assert story.done(StopPlaying) == []
    assert spoken.prompts == (callout_prompts.CALLOUT_LATER, callout_prompts.CALLOUT_CALLED_THEN)


def test_how_long_we_were_on_the_air_is_told_to_the_millisecond() -> None:
    story = on_the_air()
    story.passes(1.2346)
    story.speech_drains()
    stopped = [one for one in story.notes if isinstance(one, Note) and one.kind is RadioNote.TRANSMISSION_STOPPED]
    assert [dict(one.detail)["duration_s"] for one in stopped] == [1.235]


def test_a_call_found_answered_after_a_restart_was_answered_when_it_was() -> None:
    story = Story()
    story.opens()
    story.activates([(NUMBER,)])
    line = story.answers(NUMBER)
    answered_at_s = story.now_s
    story.passes(3)
    fresh = story.restarted()
    fresh.telephony_comes_up(LiveChannel(line, True))
    assert fresh.node[ATTEMPTS][AttemptId(line)].answered_at_s == answered_at_s


def test_a_host_who_comes_where_the_word_is_asked_for_in_order_does_not_take_it() -> None:
    story = Story()
    story.opens()
    story.joins(BO)
    story.asks(SetFloorMode(CONFERENCE, FloorMode.QUEUE))
    story.joins(HOST, Role.HOST)
    assert story.floor.holder is None


def test_who_sits_in_the_meeting_is_not_greeted_anew_when_asterisk_is_in_sight_again() -> None:
    story = meeting()
    story.telephony_goes_down()
    story.forget_effects()
    story.telephony_comes_up(
        *(LiveChannel(ChannelId(one), True, MIX, one, "", None) for one in (HOST, BO)), mixes=(MIX,)
    )
    assert (story.said_to(HOST), story.said_to(BO)) == ([], [])
    assert story.done(Answer) == []
    assert not story.node[ENTRIES]


def test_of_two_trunks_the_one_that_is_ready_first_sets_the_time_of_the_next_call() -> None:
    trunks = tuple(TrunkPolicy(name=TrunkName(name), calls_per_s=rate) for name, rate in (("quick", 2), ("slow", 0.1)))
    story = Story(Policy(CalloutPolicy(trunks=trunks)))
    story.opens()
    story.activates([(f"+4684650040{number}",) for number in range(4)])
    assert len(story.dialled()) == 2, "one by each"
    story.passes(1.0)
    assert len(story.dialled()) == 4


def test_of_one_caller_alone_it_may_be_remembered_how_often_they_erred() -> None:
    rates: Rates[str] = Rates(1)
    fresh = Rate(60.0, limit=10)
    rates = rates.happened("a", 0.0, fresh).happened("b", 1.0, fresh)
    assert (len(rates), rates.of("b", fresh).count(1.0)) == (1, 1)
