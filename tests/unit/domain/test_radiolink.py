"""The talkgroup in the meeting: our own grant, one minute, nobody talked over, no word lost."""

import pytest

from bridge.domain.conference.commands import EndConference, GiveFloor, RequestFloor, SetFloorMode, SetMuted, TakeFloor
from bridge.domain.conference.records import PARTICIPANTS, FloorMode, LegKind, Role
from bridge.domain.kernel.events import EffectFailed, Fate
from bridge.domain.kernel.ids import ChannelId, Gssi, ParticipantId, PatchId
from bridge.domain.kernel.replies import Refused
from bridge.domain.radio import prompts
from bridge.domain.radio.commands import AddPatch, RemovePatch
from bridge.domain.radio.effects import (
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
)
from bridge.domain.radio.events import (
    ChannelFree,
    PathDown,
    PathUp,
    TerminalChanged,
    TerminalState,
    TransmitEnded,
    TransmitQueued,
    TransmitRefused,
)
from bridge.domain.radio.policy import RadioPolicy
from bridge.domain.radio.records import PatchState
from tests.harness.reasons import because, english
from tests.harness.story import CONFERENCE, GROUP, MIX, PATCH, RADIO_VOICE, TERMINAL, Story


def patched() -> Story:
    """A host and Anna in the meeting, the talkgroup patched and idle."""
    story = Story()
    story.opens()
    story.joins("host", Role.HOST)
    story.joins("anna")
    story.patches()
    story.terminal_is(TerminalState.READY)
    story.forget_effects()
    return story


def on_the_air(story: Story) -> bool:
    """Whether the last order to the audio path was to send."""
    orders = [one for one in story.effects if isinstance(one, SendVoice | HoldVoice)]
    return bool(orders) and isinstance(orders[-1], SendVoice)


def test_patching_opens_the_path_and_sets_the_terminal_to_the_group() -> None:
    story = Story()
    story.opens()
    story.terminal_is(TerminalState.READY, gssi=Gssi(9999))
    story.patches()
    assert OpenPath(PATCH, TERMINAL, MIX) in story.effects
    assert SelectTalkgroup(TERMINAL, GROUP) in story.effects
    assert story.patch.state is PatchState.OFFLINE
    story.terminal_is(TerminalState.READY)
    assert story.patch.state is PatchState.IDLE
    assert [one.kind for one in story.present()] == [LegKind.RADIO]


def test_a_radio_user_is_heard_by_the_phones_and_shown_by_his_issi() -> None:
    story = patched()
    story.radio_user_talks(issi=4711)
    assert story.done(SetRadioHeard) == [SetRadioHeard(PATCH, True)]
    assert story.patch.talker == 4711
    assert story.node[PARTICIPANTS][story.patch.participant].talking
    story.radio_user_stops()
    assert story.done(SetRadioHeard)[-1] == SetRadioHeard(PATCH, False)
    assert story.patch.talker is None


def test_a_phones_speech_asks_for_the_channel_and_goes_out_only_when_granted() -> None:
    story = patched()
    story.talks("anna")
    story.speech_begins()
    assert DemandTransmit(TERMINAL, GROUP) in story.effects
    assert not on_the_air(story)
    story.network_grants()
    assert on_the_air(story)
    assert prompts.TONE_PERMIT in story.said_to("anna")
    assert prompts.TONE_PERMIT not in story.said_to("host")
    story.speech_drains()
    assert CeaseTransmit(TERMINAL) in story.effects
    assert story.patch.state is PatchState.IDLE


def test_a_grant_that_nobody_asked_for_is_given_back_at_once() -> None:
    story = patched()
    story.network_grants()
    assert not on_the_air(story)
    assert CeaseTransmit(TERMINAL) in story.effects


def test_a_repeated_grant_changes_nothing() -> None:
    story = patched()
    story.speech_begins()
    story.network_grants()
    story.network_grants()
    assert on_the_air(story)
    assert CeaseTransmit(TERMINAL) not in story.effects


def test_the_transmission_is_warned_cut_before_the_minute_and_goes_on_after_a_pause() -> None:
    story = patched()
    story.talks("anna")
    story.speech_begins()
    story.network_grants()
    story.passes(49)
    assert prompts.TONE_WARNING not in story.said_to("anna")
    story.passes(2)
    assert prompts.TONE_WARNING in story.said_to("anna")
    story.passes(8)
    assert story.patch.state is PatchState.PAUSING
    assert not on_the_air(story)
    story.speech_begins()
    story.passes(2)
    assert story.patch.state is PatchState.DEMANDING
    story.network_grants()
    assert on_the_air(story)


def test_a_cut_with_nothing_held_leaves_the_channel_alone() -> None:
    story = patched()
    story.speech_begins()
    story.network_grants()
    story.passes(61)
    assert story.patch.state is PatchState.IDLE
    assert len(story.done(DemandTransmit)) == 1


def test_the_meeting_waits_for_a_radio_user_and_then_says_what_was_held() -> None:
    story = patched()
    story.radio_user_talks()
    story.speech_begins()
    assert story.done(DemandTransmit) == []
    story.radio_user_stops()
    assert len(story.done(DemandTransmit)) == 1


def test_somebody_else_winning_the_channel_makes_us_listen() -> None:
    story = patched()
    story.speech_begins()
    story.radio_user_talks()
    assert story.patch.state is PatchState.RECEIVING
    assert CeaseTransmit(TERMINAL) in story.effects
    story.radio_user_stops()
    assert len(story.done(DemandTransmit)) == 2


def test_a_refused_demand_is_tried_again_with_the_speech_still_held() -> None:
    story = patched()
    story.speech_begins()
    story.happens(TransmitRefused(story.now_s, TERMINAL, because("not granted"), retry=True))
    assert story.patch.state is PatchState.WAITING
    assert english(story.patch.reason) == "not granted"
    story.passes(1.5)
    assert len(story.done(DemandTransmit)) == 2
    assert story.done(DropVoice) == []


def test_a_queued_demand_waits_for_its_grant() -> None:
    story = patched()
    story.speech_begins()
    story.happens(TransmitQueued(story.now_s, TERMINAL))
    story.passes(10)
    assert story.patch.state is PatchState.QUEUED
    story.network_grants()
    assert on_the_air(story)


@pytest.mark.parametrize("queued", [False, True])
def test_every_demand_has_an_end_even_if_the_network_never_answers(queued: bool) -> None:
    story = patched()
    story.speech_begins()
    if queued:
        story.happens(TransmitQueued(story.now_s, TERMINAL))
    story.passes(16 if queued else 4.5)
    assert CeaseTransmit(TERMINAL) in story.effects
    assert story.patch.state in (PatchState.WAITING, PatchState.DEMANDING)


def test_a_withdrawn_channel_stops_the_audio_and_the_rest_waits() -> None:
    story = patched()
    story.speech_begins()
    story.network_grants()
    story.happens(TransmitEnded(story.now_s, TERMINAL, lost=True, reason=because("pre-empted")))
    assert not on_the_air(story)
    assert english(story.patch.reason) == "pre-empted"


def test_an_unplugged_terminal_ends_the_transmission_not_the_conference() -> None:
    story = patched()
    story.speech_begins()
    story.network_grants()
    story.terminal_is(TerminalState.ABSENT, reason="the serial line is gone")
    assert not on_the_air(story)
    assert story.patch.state is PatchState.OFFLINE
    assert english(story.patch.reason) == "the serial line is gone"
    assert len(story.present()) == 3
    story.terminal_is(TerminalState.READY)
    assert story.patch.state is PatchState.IDLE


def test_a_lost_audio_path_never_leaves_the_terminal_keyed() -> None:
    story = patched()
    story.speech_begins()
    story.network_grants()
    story.happens(PathDown(story.now_s, PATCH, because("the worker ended")))
    assert CeaseTransmit(TERMINAL) in story.effects


def test_what_was_said_long_before_the_talkgroup_came_back_is_not_sent() -> None:
    story = patched()
    story.terminal_is(TerminalState.UNREGISTERED, reason="no network")
    story.speech_begins()
    story.passes(11)
    stale = DropVoice(PATCH, story.policy[RadioPolicy].stale_s)
    assert story.done(DropVoice) == [stale] * 11, "by its age, looked at each second"
    story.speech_drains()
    story.terminal_is(TerminalState.READY)
    assert story.done(DemandTransmit) == []


def test_what_is_too_old_when_the_talkgroup_comes_back_is_dropped_before_anything_is_asked_for() -> None:
    story = patched()
    story.terminal_is(TerminalState.UNREGISTERED, reason="no network")
    story.speech_begins()
    story.passes(0.5)
    story.forget_effects()
    story.terminal_is(TerminalState.READY)
    asked = [one for one in story.effects if isinstance(one, DropVoice | DemandTransmit)]
    assert asked == [DropVoice(PATCH, story.policy[RadioPolicy].stale_s), DemandTransmit(TERMINAL, GROUP)]


@pytest.mark.parametrize("before", [True, False])
def test_who_talks_to_a_talkgroup_that_cannot_hear_is_told(before: bool) -> None:
    story = patched()
    if before:
        story.talks("anna")
    story.terminal_is(TerminalState.UNREGISTERED, reason="no network")
    if not before:
        story.talks("anna")
        story.speech_begins()
    assert story.said_to("anna").count(prompts.RADIO_LOST) == 1
    assert story.said_to("host").count(prompts.RADIO_LOST) == 1


def test_a_terminal_outside_the_network_brings_nobody_into_the_meeting() -> None:
    story = patched()
    blocked = TerminalState.BLOCKED
    changed = TerminalChanged(story.now_s, TERMINAL, blocked, because("it is in direct mode"), alarms=("wrong_mode",))
    story.happens(changed)
    assert english(story.patch.reason) == "it is in direct mode"
    story.radio_user_talks()
    assert story.done(SetRadioHeard) == []
    assert story.patch.state is PatchState.OFFLINE


def test_what_stood_in_the_way_being_over_the_channel_is_asked_for_at_once() -> None:
    story = patched()
    story.speech_begins()
    story.happens(TransmitRefused(story.now_s, TERMINAL, because("not allowed while another talks"), retry=False))
    assert story.patch.state is PatchState.WAITING
    story.happens(ChannelFree(story.now_s, TERMINAL))
    assert len(story.done(DemandTransmit)) == 2


def test_what_was_said_just_before_the_talkgroup_came_back_is_sent() -> None:
    story = patched()
    story.terminal_is(TerminalState.UNREGISTERED, reason="no network")
    story.speech_begins()
    story.passes(3)
    story.terminal_is(TerminalState.READY)
    assert len(story.done(DemandTransmit)) == 1


def test_ptt_is_a_request_in_the_same_queue_as_a_phones_key() -> None:
    story = patched()
    story.asks(SetFloorMode(CONFERENCE, FloorMode.QUEUE))
    story.keys(ChannelId("anna"), "*5")
    story.radio_user_talks()
    assert story.floor.queue == (story.patch.participant,)
    assert SetRadioHeard(PATCH, True) not in story.effects
    story.keys(ChannelId("anna"), "*5")
    assert story.floor.holder == story.patch.participant
    assert story.done(SetRadioHeard) == [SetRadioHeard(PATCH, True)]
    story.radio_user_stops()
    assert story.floor.holder is None


def in_queue_mode() -> Story:
    story = patched()
    story.asks(SetFloorMode(CONFERENCE, FloorMode.QUEUE))
    story.forget_effects()
    return story


@pytest.mark.parametrize("mode", [FloorMode.QUEUE, FloorMode.LECTURE])
def test_a_talkgroup_that_is_lost_does_not_keep_the_word(mode: FloorMode) -> None:
    story = patched()
    story.asks(SetFloorMode(CONFERENCE, mode))
    story.asks(GiveFloor(CONFERENCE, RADIO_VOICE))
    story.asks(RequestFloor(CONFERENCE, story.who("anna").id, True))
    story.terminal_is(TerminalState.ABSENT)
    heir = story.who("anna" if mode is FloorMode.QUEUE else "host").id
    assert story.floor.holder == heir, "the meeting is not silent until somebody acts"


def test_a_talkgroup_out_of_reach_does_not_get_the_word_from_the_queue() -> None:
    story = in_queue_mode()
    story.asks(RequestFloor(CONFERENCE, story.who("anna").id, True))
    story.radio_user_talks()
    story.passes(2)
    story.radio_user_stops()
    story.asks(RequestFloor(CONFERENCE, story.who("host").id, True))
    assert story.floor.queue == (RADIO_VOICE, story.who("host").id)
    story.terminal_is(TerminalState.ABSENT)
    story.asks(TakeFloor(CONFERENCE))
    assert story.floor.holder == story.who("host").id
    refused = story.asks(GiveFloor(CONFERENCE, RADIO_VOICE))
    assert isinstance(refused, Refused)
    assert (refused.code, refused.retry) == ("conflict", True)


def test_a_radio_user_who_gets_the_word_in_their_turn_is_told_on_the_air() -> None:
    story = in_queue_mode()
    story.asks(RequestFloor(CONFERENCE, story.who("anna").id, True))
    story.radio_user_talks()
    story.passes(2)
    story.radio_user_stops()
    assert story.done(SayOnAir) == []
    story.asks(TakeFloor(CONFERENCE))
    assert story.floor.holder == RADIO_VOICE
    assert [one.prompts for one in story.done(SayOnAir)] == [(prompts.AIR_FLOOR_YOURS,)]


def test_a_radio_user_who_has_the_word_by_pressing_is_not_talked_over() -> None:
    story = in_queue_mode()
    story.radio_user_talks()
    assert story.floor.holder == RADIO_VOICE
    assert story.done(SayOnAir) == []


def test_a_muted_talkgroup_is_not_heard() -> None:
    story = patched()
    story.asks(SetMuted(CONFERENCE, story.patch.participant, True))
    story.radio_user_talks()
    assert SetRadioHeard(PATCH, True) not in story.effects


def test_one_group_is_never_in_two_patches_and_a_terminal_never_on_two_groups() -> None:
    story = patched()
    same_group = story.asks(AddPatch(CONFERENCE, PatchId("p2"), ParticipantId("x"), TERMINAL, Gssi(1), "A"))
    assert isinstance(same_group, Refused)
    assert same_group.field == "terminal"
    unknown = story.asks(AddPatch(CONFERENCE, PatchId("p3"), ParticipantId("y"), "no", GROUP, "B"))  # type: ignore[arg-type]
    assert isinstance(unknown, Refused)
    assert unknown.code == "invalid"


def test_unpatching_ends_transmission_and_path() -> None:
    story = patched()
    story.speech_begins()
    story.network_grants()
    story.asks(RemovePatch(CONFERENCE, PATCH, at_once=True))
    assert CeaseTransmit(TERMINAL) in story.effects
    assert ClosePath(PATCH) in story.effects
    assert len(story.present()) == 2
    story.speech_begins()
    assert story.done(DemandTransmit)[1:] == []


def test_what_is_cut_by_ourselves_went_out_and_what_is_taken_from_us_may_not_have() -> None:
    ours, theirs = patched(), patched()
    for story in (ours, theirs):
        story.speech_begins()
        story.network_grants()
    ours.passes(ours.policy[RadioPolicy].cut_s)
    theirs.radio_user_talks()
    assert ours.done(HoldVoice) == [HoldVoice(PATCH, withdrawn=False)]
    assert theirs.done(HoldVoice) == [HoldVoice(PATCH, withdrawn=True)]


def test_a_channel_that_is_granted_to_a_path_without_sound_is_let_go_of_and_not_asked_for_again_until_it_speaks() -> (
    None
):
    story = patched()
    story.speech_begins()
    story.network_grants()
    story.happens(
        EffectFailed(story.now_s, SendVoice(PATCH), Fate.REFUSED, because("the terminal takes no sound"), retry=True)
    )
    assert story.done(CeaseTransmit) == [CeaseTransmit(TERMINAL)]
    story.passes(60)
    assert len(story.done(DemandTransmit)) == 1
    story.happens(PathUp(story.now_s, PATCH))
    story.speech_begins()
    assert len(story.done(DemandTransmit)) == 2


def test_the_farewell_of_an_ending_meeting_does_not_leave_the_terminal_keyed() -> None:
    story = patched()
    story.speech_begins()
    story.network_grants()
    story.asks(EndConference(CONFERENCE))
    story.passes(25)
    assert story.done(CeaseTransmit) == [CeaseTransmit(TERMINAL)]
    assert ClosePath(PATCH) in story.effects


def test_an_emergency_is_told_to_the_host() -> None:
    story = patched()
    story.radio_user_talks(issi=112, emergency=True)
    assert story.patch.emergency
    assert prompts.RADIO_EMERGENCY in story.said_to("host")
