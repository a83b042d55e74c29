"""The way to the air. Something opens it, somebody goes first, and no radio is keyed for nothing or for ever."""

import pytest

from bridge.domain.conference.commands import GiveFloor, SetFloorMode
from bridge.domain.conference.records import FloorMode, Role
from bridge.domain.kernel.events import TimerDue
from bridge.domain.kernel.ids import ChannelId, Gssi, Issi, ParticipantId, PatchId
from bridge.domain.kernel.replies import Done
from bridge.domain.kernel.timers import TimerKey
from bridge.domain.radio import prompts
from bridge.domain.radio.commands import AddPatch, SetPatch
from bridge.domain.radio.effects import (
    ArmVoice,
    CeaseTransmit,
    DemandTransmit,
    DropVoice,
    SayOnAir,
    SendVoice,
    SetRadioHeard,
)
from bridge.domain.radio.events import (
    PathUp,
    RadioTalkStarted,
    RadioTalkStopped,
    SaidOnAir,
    TerminalState,
    TransmitQueued,
    TransmitRefused,
    VoiceStuck,
)
from bridge.domain.radio.notes import RadioNote
from bridge.domain.radio.passing import ARMED
from bridge.domain.radio.policy import RadioPolicy
from bridge.domain.radio.records import PATCHES, Keying, PatchState, Precedence
from bridge.domain.radio.timers import RadioTimer
from tests.harness.reasons import because
from tests.harness.story import CONFERENCE, GROUP, PATCH, SPARE, TERMINAL, Story

READY = TerminalState.READY


def patched(**more: object) -> Story:
    """A host and Anna in the meeting, the talkgroup patched and idle."""
    story = Story(terminals=(TERMINAL, SPARE))
    story.opens()
    story.joins("host", Role.HOST)
    story.joins("anna")
    story.terminal_is(READY)
    story.patches(**more)
    story.forget_effects()
    return story


def is_armed(story: Story) -> bool:
    """Whether the meeting's speech is taken for the air, by what the path was last told."""
    return story.node[ARMED].get(PATCH, True)


# --- by voice, by the floor, by key ---


def test_by_voice_the_way_is_always_open() -> None:
    assert is_armed(patched())


def test_by_the_floor_the_way_is_open_while_somebody_has_the_word() -> None:
    story = patched(keying=Keying.FLOOR)
    assert not is_armed(story)
    story.asks(SetFloorMode(CONFERENCE, FloorMode.QUEUE))
    _keys(story, "anna", "*5")
    assert story.floor.holder == story.who("anna").id
    assert is_armed(story)
    _keys(story, "anna", "*5")
    assert not is_armed(story)


def test_by_the_floor_a_radio_users_word_does_not_key_his_own_group() -> None:
    story = patched(keying=Keying.FLOOR)
    story.asks(GiveFloor(CONFERENCE, story.patch.participant))
    assert not is_armed(story)


def test_by_key_the_way_is_open_from_star_nought_to_star_nought() -> None:
    story = patched(keying=Keying.KEY)
    assert not is_armed(story)
    _keys(story, "anna", "*0")
    assert is_armed(story)
    assert story.patch.keyed_by == story.who("anna").id
    assert prompts.RADIO_KEYED in story.said_to("anna")
    _keys(story, "anna", "*0")
    assert not is_armed(story)
    assert prompts.RADIO_UNKEYED in story.said_to("anna")


def test_one_at_a_time_has_keyed_the_radio() -> None:
    story = patched(keying=Keying.KEY)
    _keys(story, "anna", "*0")
    _keys(story, "host", "*0")
    assert story.patch.keyed_by == story.who("anna").id
    assert prompts.TONE_DENIED in story.said_to("host")


def test_a_key_is_let_go_of_by_who_leaves_and_by_silence() -> None:
    leaves = patched(keying=Keying.KEY)
    _keys(leaves, "anna", "*0")
    leaves.hangs_up("anna")
    assert not is_armed(leaves)

    silent = patched(keying=Keying.KEY)
    _keys(silent, "anna", "*0")
    silent.passes(silent.policy[RadioPolicy].key_silent_s - 1)
    assert is_armed(silent)
    silent.passes(1)
    assert not is_armed(silent)
    assert prompts.RADIO_UNKEYED in silent.said_to("anna")


def test_a_key_is_not_let_go_of_while_he_talks() -> None:
    story = patched(keying=Keying.KEY)
    _keys(story, "anna", "*0")
    story.speech_begins()
    story.passes(0.5)
    story.network_grants()
    story.passes(story.policy[RadioPolicy].key_silent_s)
    assert is_armed(story)


def test_star_nought_where_nothing_is_keyed_by_key_is_denied() -> None:
    story = patched()
    _keys(story, "anna", "*0")
    assert story.said_to("anna")[-1] == prompts.TONE_DENIED


def test_how_a_patch_is_keyed_can_be_changed_while_it_runs() -> None:
    story = patched()
    story.asks(SetPatch(CONFERENCE, PATCH, keying=Keying.KEY))
    assert not is_armed(story)
    story.asks(SetPatch(CONFERENCE, PATCH, keying=Keying.VOICE))
    assert is_armed(story)


def test_a_path_built_anew_is_told_again() -> None:
    story = patched(keying=Keying.KEY)
    story.forget_effects()
    story.happens(PathUp(story.now_s, PATCH))
    assert story.done(ArmVoice) == [ArmVoice(PATCH, False)]


def _keys(story: Story, channel: str, keys: str) -> None:
    story.keys(ChannelId(channel), keys)


# --- who goes first ---


def test_radio_first_the_meeting_waits_for_the_radio_user() -> None:
    story = patched()
    story.radio_user_talks()
    story.speech_begins()
    assert not story.done(DemandTransmit)
    story.radio_user_stops()
    assert story.done(DemandTransmit) == [DemandTransmit(TERMINAL, GROUP)]


def test_phones_first_the_network_is_asked_to_let_the_meeting_break_in() -> None:
    story = patched(precedence=Precedence.PHONE)
    story.radio_user_talks()
    story.speech_begins()
    assert story.done(DemandTransmit) == [DemandTransmit(TERMINAL, GROUP, preempt=True)]
    assert story.patch.state is PatchState.RECEIVING
    story.radio_user_talks()
    assert story.patch.breaking_in
    story.network_grants()
    assert story.patch.state is PatchState.TRANSMITTING
    assert story.done(SendVoice) == [SendVoice(PATCH)]
    assert story.done(SetRadioHeard)[-1] == SetRadioHeard(PATCH, False)


def test_phones_first_speech_that_began_before_the_radio_users_breaks_in_too() -> None:
    asking = patched(precedence=Precedence.PHONE)
    asking.speech_begins()
    asking.happens(TransmitRefused(asking.now_s, TERMINAL, because("another got the channel"), retry=False))
    asking.radio_user_talks()
    assert asking.done(DemandTransmit)[-1] == DemandTransmit(TERMINAL, GROUP, preempt=True)
    assert asking.patch.breaking_in

    taken = patched(precedence=Precedence.PHONE)
    taken.speech_begins()
    taken.network_grants()
    taken.radio_user_talks()
    taken.speech_begins()  # what was not sent is held, and the path says so
    assert taken.done(DemandTransmit)[-1] == DemandTransmit(TERMINAL, GROUP, preempt=True)

    polite = patched(precedence=Precedence.RADIO)
    polite.speech_begins()
    polite.radio_user_talks()
    assert len(polite.done(DemandTransmit)) == 1


def test_refused_to_break_in_the_speech_is_held_until_he_is_done() -> None:
    story = patched(precedence=Precedence.PHONE)
    story.talks("anna")
    story.radio_user_talks()
    story.speech_begins()
    story.happens(TransmitRefused(story.now_s, TERMINAL, because("not allowed"), retry=False))
    assert story.patch.state is PatchState.RECEIVING
    assert prompts.TONE_DENIED in story.said_to("anna")
    story.radio_user_stops()
    assert story.done(DemandTransmit)[-1] == DemandTransmit(TERMINAL, GROUP)


def test_unanswered_the_wish_to_break_in_is_given_up() -> None:
    story = patched(precedence=Precedence.PHONE)
    story.radio_user_talks()
    story.speech_begins()
    story.passes(story.policy[RadioPolicy].grant_s)
    assert not story.patch.breaking_in
    assert story.done(CeaseTransmit) == [CeaseTransmit(TERMINAL)]


def test_an_emergency_is_never_broken_in_on() -> None:
    story = patched(precedence=Precedence.PHONE)
    story.radio_user_talks(emergency=True)
    story.speech_begins()
    assert not story.done(DemandTransmit)

    becomes = patched(precedence=Precedence.PHONE)
    becomes.radio_user_talks()
    becomes.speech_begins()
    becomes.radio_user_talks(emergency=True)
    assert not becomes.patch.breaking_in
    assert becomes.done(CeaseTransmit) == [CeaseTransmit(TERMINAL)]


# --- for the speaker alone ---


def test_the_speaker_is_told_of_the_queue_and_of_his_last_ten_seconds_in_words() -> None:
    story = patched()
    story.talks("anna")
    story.speech_begins()
    story.happens(TransmitQueued(story.now_s, TERMINAL))
    assert story.said_to("anna")[-1] == prompts.TONE_QUEUED
    story.network_grants()
    story.passes(story.policy[RadioPolicy].warn_s)
    assert story.said_to("anna")[-2:] == [prompts.TONE_WARNING, prompts.RADIO_TEN_SECONDS]
    assert prompts.TONE_WARNING not in story.said_to("host")


# --- KOM ---


def test_each_turn_from_the_meeting_ends_with_a_spoken_kom_where_it_is_wanted() -> None:
    story = patched(spoken_end=True)
    story.speech_begins()
    story.network_grants()
    story.speech_drains()
    assert [effect.prompts for effect in story.done(SayOnAir)] == [(prompts.AIR_OVER,)]
    assert story.patch.state is PatchState.TRANSMITTING
    story.happens(SaidOnAir(story.now_s, PATCH))
    story.speech_drains()
    assert story.patch.state is PatchState.IDLE
    assert story.done(CeaseTransmit) == [CeaseTransmit(TERMINAL)]


# --- radio users ---


def test_a_radio_users_transmission_is_measured() -> None:
    story = patched()
    story.radio_user_talks(4711)
    assert story.patch.talk_began_at_s == story.now_s
    story.passes(12.5)
    story.radio_user_talks(4711)
    story.radio_user_stops()
    [stopped] = [note for note in story.notes if getattr(note, "kind", None) is RadioNote.RADIO_TALK_STOPPED]
    assert ("duration_s", 12.5) in getattr(stopped, "detail")  # noqa: B009
    assert story.patch.talk_began_at_s is None


def test_a_press_by_mistake_asks_for_no_word() -> None:
    story = patched()
    story.asks(SetFloorMode(CONFERENCE, FloorMode.LECTURE))
    story.radio_user_talks()
    assert story.floor.queue == (story.patch.participant,)
    story.passes(0.2)
    story.radio_user_stops()
    assert story.floor.queue == ()
    story.radio_user_talks()
    story.passes(2)
    story.radio_user_stops()
    assert story.floor.queue == (story.patch.participant,)


# --- loops and noise ---


SECOND = PatchId("pat-00000000000000000000000002")


def combined() -> Story:
    """Two talkgroups on two terminals in one conference."""
    story = patched()
    story.terminal_is(READY, gssi=Gssi(2002), terminal=SPARE)
    second = AddPatch(CONFERENCE, SECOND, ParticipantId("prt-2"), SPARE, Gssi(2002), "Annan")
    assert isinstance(story.asks(second), Done)
    story.forget_effects()
    return story


def hears(story: Story, issi: int | None) -> None:
    """The second terminal hears somebody on its group."""
    story.happens(RadioTalkStarted(story.now_s, SPARE, Gssi(2002), Issi(issi) if issi else None))


def test_our_own_transmission_come_back_on_another_group_is_not_let_through() -> None:
    story = combined()
    hears(story, issi=1001)
    assert SetRadioHeard(SECOND, True) not in story.effects
    assert prompts.RADIO_LOOP in story.said_to("host")
    story.happens(RadioTalkStopped(story.now_s, SPARE))
    hears(story, issi=4711)
    assert SetRadioHeard(SECOND, True) in story.effects


def test_a_radio_user_who_begins_in_two_groups_at_once_is_let_through_in_one() -> None:
    story = combined()
    story.radio_user_talks(4711)
    story.passes(0.1)
    hears(story, issi=4711)
    story.radio_user_talks(4711)
    hears(story, issi=4711)
    assert SetRadioHeard(PATCH, True) in story.effects
    assert SetRadioHeard(PATCH, False) not in story.effects
    assert SetRadioHeard(SECOND, True) not in story.effects
    assert prompts.RADIO_LOOP in story.said_to("host")


def test_what_the_network_carries_into_a_linked_group_is_not_said_there_again() -> None:
    story = combined()
    story.radio_user_talks(4711)
    hears(story, issi=4711)
    assert story.done(ArmVoice) == [ArmVoice(SECOND, False)]
    assert DropVoice(SECOND) in story.effects
    story.forget_effects()
    story.happens(RadioTalkStopped(story.now_s, SPARE))
    ours = [one for one in story.effects if isinstance(one, ArmVoice | DropVoice)]
    assert ours == [ArmVoice(SECOND, True), DropVoice(SECOND)]


def test_a_radio_user_whose_end_in_one_group_was_not_told_is_let_through_in_the_next() -> None:
    story = combined()
    story.radio_user_talks(4711)
    story.passes(20)
    hears(story, issi=4711)
    assert SetRadioHeard(SECOND, True) in story.effects


def test_a_nameless_talker_who_always_begins_with_us_is_taken_for_ourselves() -> None:
    story = combined()
    let_through = True
    for _ in range(story.policy[RadioPolicy].loop_count):
        story.speech_begins()
        story.network_grants()
        story.forget_effects()
        hears(story, issi=None)
        let_through = SetRadioHeard(SECOND, True) in story.effects
        story.happens(RadioTalkStopped(story.now_s, SPARE))
        story.speech_drains()
        story.passes(10)
    assert not let_through
    hears(story, issi=None)
    assert SetRadioHeard(SECOND, True) in story.effects


def test_a_nameless_talker_is_known_for_ourselves_when_the_name_comes() -> None:
    story = combined()
    hears(story, issi=None)
    assert SetRadioHeard(SECOND, True) in story.effects
    hears(story, issi=1001)
    assert story.done(SetRadioHeard)[-1] == SetRadioHeard(SECOND, False)


def test_the_hosts_learn_of_a_noise_that_keyed_the_radio() -> None:
    story = patched()
    story.happens(VoiceStuck(story.now_s, PATCH, True))
    assert prompts.RADIO_STUCK in story.said_to("host")
    story.happens(VoiceStuck(story.now_s, PATCH, False))
    assert story.said_to("host").count(prompts.RADIO_STUCK) == 1


@pytest.mark.parametrize("kind", [kind for kind in RadioTimer if kind.value.startswith("radio_")])
def test_every_timer_of_the_radio_is_answered(kind: RadioTimer) -> None:
    story = patched()
    story.happens(TimerDue(story.now_s, TimerKey(kind, PATCH)))
    is_over = kind is RadioTimer.RADIO_CLOSING
    assert (PATCH not in story.node[PATCHES]) is is_over
