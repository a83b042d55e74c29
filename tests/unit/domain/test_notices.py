"""Everybody hears, in their own language, that the meeting is recorded; and it is kept when they had heard it."""

import pytest

from bridge.domain.conference import prompts as door
from bridge.domain.conference.policy import ConferencePolicy
from bridge.domain.conference.records import LEGS, Role
from bridge.domain.kernel.ids import ChannelId, PlaybackId, RecordingId
from bridge.domain.kernel.journal import Note
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.phrases import Manner
from bridge.domain.radio import prompts as radio_prompts
from bridge.domain.radio.effects import SayOnAir
from bridge.domain.radio.events import TerminalState
from bridge.domain.recording import prompts
from bridge.domain.recording.commands import SetRecording
from bridge.domain.recording.effects import StartRecording
from bridge.domain.recording.events import RecordingFailed, RecordingStarted
from bridge.domain.recording.notes import RecordingNote
from bridge.domain.recording.notices import AGAIN_S
from bridge.domain.telephony.effects import Play, Whisper
from bridge.domain.telephony.events import LiveChannel, MixJoined, PlaybackEnded
from tests.harness.reasons import because
from tests.harness.story import CONFERENCE, GROUP, MIX, PATCH, Story

HOST, ANNA = ChannelId("host"), ChannelId("anna")


def meeting(*, recorded: bool) -> Story:
    """A host and another, both in; the recording runs where it is to."""
    story = Story()
    story.opens(recorded=recorded)
    story.joins(HOST, Role.HOST)
    story.joins(ANNA)
    if recorded:
        begins(story)
    story.forget_effects()
    return story


def begins(story: Story) -> RecordingId:
    """Asterisk records now."""
    recording = story.done(StartRecording)[-1].recording
    story.happens(RecordingStarted(story.now_s, recording))
    return recording


def notices(story: Story) -> list[Whisper]:
    """Whispers that tell when they have been heard."""
    return [one for one in story.done(Whisper) if one.playback is not None]


def hears(story: Story, whisper: Whisper, *, failed: bool = False) -> None:
    story.happens(PlaybackEnded(story.now_s, whisper.playback or PlaybackId(""), whisper.channel, failed=failed))


def heard_at_s(story: Story, channel: str) -> float | None:
    return story.who(channel).notice_heard_at_s


def noted(story: Story) -> list[object]:
    return [one.participant for one in story.notes if isinstance(one, Note) and one.kind is RecordingNote.NOTICE_HEARD]


def at_the_door(story: Story, caller: str = "late") -> Play:
    """A caller has keyed the right code, and hears the last words before the meeting."""
    line = story.calls(caller)
    story.prompt_ends(line)
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE)
    return story.done(Play)[-1]


def test_a_caller_hears_at_the_door_that_it_is_recorded_where_it_is_to_be_and_its_recording_has_not_failed() -> None:
    story = meeting(recorded=False)
    assert door.ENTRY_RECORDED not in at_the_door(story).prompts
    story = meeting(recorded=True)
    assert door.ENTRY_RECORDED in at_the_door(story).prompts
    story = meeting(recorded=True)
    running = story.conference.recording.recording
    assert running is not None
    story.happens(RecordingFailed(story.now_s, running, because("the disk is full")))
    assert door.ENTRY_RECORDED not in at_the_door(story).prompts, "that would not be true"
    story.asks(SetRecording(CONFERENCE, False))
    assert door.ENTRY_RECORDED not in at_the_door(story, "later").prompts


def test_the_notice_at_the_door_counts_when_it_has_been_said_to_its_end() -> None:
    story = meeting(recorded=True)
    said = at_the_door(story)
    assert door.ENTRY_RECORDED in said.prompts
    story.passes(4)
    assert heard_at_s(story, "late") is None
    story.happens(PlaybackEnded(story.now_s, said.playback, said.channel))
    assert heard_at_s(story, "late") == story.now_s
    assert noted(story)[-1] == story.who("late").id
    story.happens(MixJoined(story.now_s, said.channel, MIX))
    assert notices(story) == []


def test_a_notice_at_the_door_that_failed_is_said_in_the_meeting() -> None:
    story = meeting(recorded=True)
    said = at_the_door(story)
    story.happens(PlaybackEnded(story.now_s, said.playback, said.channel, failed=True))
    story.happens(MixJoined(story.now_s, said.channel, MIX))
    [notice] = notices(story)
    assert (notice.channel, notice.prompts) == (said.channel, (door.ENTRY_RECORDED,))
    assert heard_at_s(story, "late") is None
    story.passes(3)
    hears(story, notice)
    assert heard_at_s(story, "late") == story.now_s


def test_a_recording_begun_in_the_meeting_is_told_to_each_in_a_whisper_when_it_runs() -> None:
    story = meeting(recorded=False)
    assert heard_at_s(story, ANNA) is None
    story.asks(SetRecording(CONFERENCE, True))
    assert notices(story) == []
    begins(story)
    told = notices(story)
    assert {one.channel for one in told} == {HOST, ANNA}
    assert {one.prompts for one in told} == {(prompts.MEETING_RECORDING_STARTED,)}
    assert {one.manner for one in told} == {Manner.VITAL}
    story.passes(2)
    hears(story, next(one for one in told if one.channel == ANNA))
    assert (heard_at_s(story, ANNA), heard_at_s(story, HOST)) == (story.now_s, None)


def test_each_hears_it_in_the_language_of_the_seat() -> None:
    story = Story()
    numbers = [("+46701740605",), ("+46701740606",)]
    story.opens(recorded=False)
    story.activates(numbers)
    for number, _ in ((one[0], None) for one in numbers):
        line = story.answers(number)
        story.keys(line, "1")
        story.prompt_ends(line)
        story.happens(MixJoined(story.now_s, line, MIX))
    story.asks(SetRecording(CONFERENCE, True))
    begins(story)
    spoken = {one.channel: one.language for one in notices(story)}
    assert spoken == {line: story.who(line).language for line in spoken}
    assert len(spoken) == 2


def test_the_door_speaks_the_language_of_the_meeting() -> None:
    story = Story()
    story.opens(recorded=True)
    said = at_the_door(story)
    assert said.language is story.who("late").language is Language.SV


def test_who_has_not_heard_it_to_the_end_hears_it_again() -> None:
    story = meeting(recorded=False)
    story.asks(SetRecording(CONFERENCE, True))
    begins(story)
    first = next(one for one in notices(story) if one.channel == ANNA)
    hears(story, first, failed=True)
    story.passes(AGAIN_S + 1)
    again = [one for one in notices(story) if one.channel == ANNA][-1]
    assert again.playback != first.playback
    hears(story, first)
    assert heard_at_s(story, ANNA) is None, "the end of an earlier one says nothing"
    hears(story, again)
    assert heard_at_s(story, ANNA) == story.now_s


def test_a_recording_after_another_is_told_anew() -> None:
    story = meeting(recorded=True)
    assert heard_at_s(story, ANNA) is not None
    story.asks(SetRecording(CONFERENCE, False))
    story.asks(SetRecording(CONFERENCE, True))
    begins(story)
    assert heard_at_s(story, ANNA) is None
    assert {one.channel for one in notices(story)} == {HOST, ANNA}


def test_a_recording_that_failed_is_told_anew_when_it_goes_on() -> None:
    story = meeting(recorded=True)
    recording = story.conference.recording.recording
    assert recording is not None
    story.happens(RecordingFailed(story.now_s, recording, because("disk full")))
    story.passes(story.policy[ConferencePolicy].recording_retry_s + 1)
    begins(story)
    assert {one.channel for one in notices(story)} == {HOST, ANNA}
    assert heard_at_s(story, ANNA) is None


def test_who_hangs_up_hears_it_no_more() -> None:
    story = meeting(recorded=False)
    story.asks(SetRecording(CONFERENCE, True))
    begins(story)
    story.hangs_up(ANNA)
    story.passes(AGAIN_S + 1)
    assert len([one for one in notices(story) if one.channel == ANNA]) == 1


@pytest.mark.parametrize("heard", [True, False])
def test_after_a_restart_it_is_said_to_those_of_whom_it_is_not_known(heard: bool) -> None:
    story = meeting(recorded=False)
    story.asks(SetRecording(CONFERENCE, True))
    recording = begins(story)
    for one in notices(story):
        if heard or one.channel == HOST:
            hears(story, one)
    assert len(story.node[LEGS]) == 2
    fresh = story.restarted()
    live = tuple(LiveChannel(one, answered=True, mix=MIX) for one in (HOST, ANNA))
    fresh.telephony_comes_up(*live, mixes={MIX}, recordings={recording})
    assert [one.channel for one in notices(fresh)] == ([] if heard else [ANNA])


@pytest.mark.parametrize("recorded", [True, False])
def test_a_talkgroup_hears_on_the_air_of_a_recording_that_begins_in_the_meeting(recorded: bool) -> None:
    """One that ran when it was linked was told then."""
    story = meeting(recorded=recorded)
    story.terminal_is(TerminalState.READY, GROUP)
    story.patches(notice=True)
    story.forget_effects()
    if not recorded:
        story.asks(SetRecording(CONFERENCE, True))
        begins(story)
    on_air = [one for one in story.done(SayOnAir) if radio_prompts.AIR_RECORDED in one.prompts]
    assert [one.patch for one in on_air] == ([] if recorded else [PATCH])
