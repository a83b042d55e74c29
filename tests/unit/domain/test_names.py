"""A name said at the door: the meeting hears it, and it is kept as the meeting's recording is."""

import pytest

from bridge.domain.conference import prompts
from bridge.domain.conference.commands import EndConference, OpenConference
from bridge.domain.conference.events import CodeResolved
from bridge.domain.conference.policy import EntryPolicy
from bridge.domain.conference.records import Door, EntrySound, Holder, Role, SeatState, Secrecy
from bridge.domain.kernel import phrases
from bridge.domain.kernel.events import Fate
from bridge.domain.kernel.ids import ChannelId, RecordingId
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.presence import prompts as presence_prompts
from bridge.domain.recording.commands import SetOffRecord, SetRecording
from bridge.domain.recording.effects import ArchiveRecording, DropRecording, RecordName, StopName
from bridge.domain.recording.events import (
    RecordingArchived,
    RecordingDropped,
    RecordingEnded,
    RecordingFailed,
    RecordingStarted,
)
from bridge.domain.recording.records import RECORDINGS, ArchiveState, Recording
from bridge.domain.telephony.effects import Announce, StopPlaying
from bridge.domain.telephony.events import CallArrived, LiveChannel, MixJoined, PlaybackEnded
from bridge.domain.waiting import prompts as waiting_prompts
from bridge.domain.waiting.commands import SetDoor
from tests.harness.reasons import because
from tests.harness.story import CONFERENCE, MIX, TRUNK, Story

ANNA = ChannelId("anna")
NAMES = Door(sound=EntrySound.NAME, asks_name=True)


def meeting(*, recorded: bool = False, secrecy: Secrecy = Secrecy.OPEN, door: Door = NAMES) -> Story:
    """A host is in."""
    story = Story()
    command = OpenConference(CONFERENCE, MIX, "Övning", "+4685555555", recorded=recorded, secrecy=secrecy)
    story.asks(command)
    story.joins("host", Role.HOST)
    story.asks(SetDoor(CONFERENCE, door.waiting_room, door.joins_muted, door.sound, door.asks_name))
    if recorded:
        story.happens(RecordingStarted(story.now_s, story.conference.recording.recording or RecordingId("")))
    story.forget_effects()
    return story


def is_asked(story: Story, name: str = "anna") -> ChannelId:
    line = story.calls(name, caller=name)
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE)
    return line


def begins(story: Story, line: ChannelId = ANNA) -> RecordingId:
    """The question and the tone have ended."""
    story.prompt_ends(line)
    recording = story.done(RecordName)[-1].recording
    story.happens(RecordingStarted(story.now_s, recording))
    return recording


def says_name(story: Story, name: str = "anna") -> RecordingId:
    recording = begins(story, is_asked(story, name))
    story.passes(1.0)
    story.happens(RecordingEnded(story.now_s, recording, 1.0))
    return recording


def comes_in(story: Story, line: ChannelId = ANNA) -> None:
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, MIX))


def announced(story: Story) -> list[tuple[Prompt, ...]]:
    return [one.prompts for one in story.done(Announce)]


def kept(story: Story, recording: RecordingId) -> Recording:
    return [one for one in story.records if isinstance(one, Recording) and one.id == recording][-1]


def test_a_caller_says_their_name_and_the_meeting_hears_it_when_they_come_and_when_they_go() -> None:
    story = meeting()
    is_asked(story)
    assert story.said_to("anna")[-2:] == [prompts.ENTRY_NAME, prompts.TONE_NAME]
    recording = begins(story)
    [order] = story.done(RecordName)
    assert (order.channel, order.longest_s) == ("anna", story.policy[EntryPolicy].name_longest_s)
    story.happens(RecordingEnded(story.now_s, recording, 1.0))
    assert story.said_to("anna")[-1] == prompts.ENTRY_JOINING
    comes_in(story)
    name = phrases.recorded(recording)
    assert announced(story) == [(name, waiting_prompts.WAITING_COMES_IN)]
    story.keys(ChannelId("host"), "*4")
    assert name in story.said_to("host")
    assert presence_prompts.PRESENCE_UNNAMED not in story.said_to("host")
    story.hangs_up("anna")
    assert announced(story)[-1] == (name, waiting_prompts.WAITING_GOES)


def test_a_function_with_a_code_of_its_own_is_not_asked() -> None:
    story = meeting()
    line = story.calls("anna", caller="anna")
    story.keys(line, "12345678#")
    story.happens(CodeResolved(story.now_s, line, CONFERENCE, holder=Holder("TiB", "Region Gävleborg")))
    comes_in(story)
    assert story.done(RecordName) == []
    assert announced(story) == [(phrases.spoken("Region Gävleborg TiB"), waiting_prompts.WAITING_COMES_IN)]


def test_callers_out_of_the_emergency_room_are_not_asked() -> None:
    story = Story()
    door = Door(asks_name=True)
    story.asks(OpenConference(CONFERENCE, MIX, "A", "+4685555555", recorded=False, emergency=True, door=door))
    story.happens(CallArrived(story.now_s, ANNA, "+4685555555", "anna", TRUNK, rescued=True))
    assert prompts.ENTRY_NAME not in story.said_to("anna")


def test_a_name_is_heard_by_the_host_who_lets_them_in_from_the_waiting_room() -> None:
    story = meeting(door=Door(waiting_room=True, asks_name=True))
    recording = says_name(story)
    assert story.said_to("anna")[-1] == prompts.ENTRY_WAITING_ROOM
    story.prompt_ends(ANNA)
    story.keys(ChannelId("host"), "#1")
    assert story.said_to("host")[-2:] == [waiting_prompts.WAITING_LET_IN, phrases.recorded(recording)]


def test_a_hash_at_the_question_gives_no_name_and_other_keys_nothing() -> None:
    story = meeting()
    is_asked(story)
    story.keys(ANNA, "5")
    assert story.done(StopPlaying)[1:] == []
    story.keys(ANNA, "#")
    assert len(story.done(StopPlaying)) == 2
    comes_in(story)
    assert story.who("anna").state is SeatState.PRESENT
    assert (story.done(RecordName), announced(story)) == ([], [(waiting_prompts.TONE_JOINED,)])


@pytest.mark.parametrize("fault", ["nothing said", "refused", "no answer", "silence of Asterisk"])
def test_a_name_that_cannot_be_recorded_keeps_nobody_out_and_leaves_no_file(fault: str) -> None:
    story = meeting()
    is_asked(story)
    story.prompt_ends(ANNA)
    [order] = story.done(RecordName)
    match fault:
        case "nothing said":
            story.happens(RecordingFailed(story.now_s, order.recording, because("nothing")))
        case "refused" | "no answer":
            story.fails(order, Fate.REFUSED if fault == "refused" else Fate.UNKNOWN)
            assert bool(story.done(StopName)) is (fault == "no answer")
        case _:
            story.passes(20.0)
            [stop] = story.done(StopName)
            story.fails(stop, Fate.GONE)
    comes_in(story)
    assert story.who("anna").state is SeatState.PRESENT
    assert story.who("anna").said_name is None
    assert announced(story) == [(waiting_prompts.TONE_JOINED,)]
    assert [one.recording for one in story.done(DropRecording)] == [order.recording]
    story.happens(RecordingDropped(story.now_s, order.recording))
    assert order.recording not in story.node[RECORDINGS]
    assert kept(story, order.recording).state is ArchiveState.DROPPED


def test_whoever_hangs_up_while_they_say_their_name_leaves_none() -> None:
    story = meeting()
    is_asked(story)
    recording = begins(story)
    story.hangs_up("anna")
    story.happens(RecordingEnded(story.now_s, recording, 1.0))
    assert [one.recording for one in story.done(DropRecording)] == [recording]
    assert announced(story) == []


@pytest.mark.parametrize("recorded", [True, False])
def test_it_goes_to_the_archive_with_a_recorded_meeting_and_else_is_deleted_at_its_end(recorded: bool) -> None:
    story = meeting(recorded=recorded)
    recording = says_name(story)
    comes_in(story)
    story.passes(3600.0)
    assert story.done(ArchiveRecording) + story.done(DropRecording) == [], "the meeting may hear it again"
    story.asks(EndConference(CONFERENCE))
    assert [one.recording for one in story.done(ArchiveRecording)] == ([recording] if recorded else [])
    assert [one.recording for one in story.done(DropRecording)] == ([] if recorded else [recording])
    if recorded:
        story.happens(RecordingArchived(story.now_s, recording, "file", "sum", 1.0))
    else:
        story.happens(RecordingDropped(story.now_s, recording))
    assert recording not in story.node[RECORDINGS]


def test_under_secrecy_and_off_the_record_no_name_outlives_the_meeting() -> None:
    secret = meeting(recorded=True, secrecy=Secrecy.SECRET)
    hidden = says_name_of_a_host(secret)
    secret.asks(EndConference(CONFERENCE))
    assert [one.recording for one in secret.done(DropRecording)] == [hidden]
    story = meeting(recorded=True)
    story.asks(SetOffRecord(CONFERENCE, off=True))
    recording = says_name(story)
    story.asks(EndConference(CONFERENCE))
    assert [one.recording for one in story.done(DropRecording)] == [recording]


def says_name_of_a_host(story: Story) -> RecordingId:
    """The door of a secret meeting is locked; a host passes."""
    line = story.calls("anna", caller="anna")
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE, Role.HOST)
    recording = begins(story)
    story.happens(RecordingEnded(story.now_s, recording, 1.0))
    return recording


def test_a_fault_of_the_disk_is_tried_again_until_the_name_is_deleted() -> None:
    story = meeting()
    recording = says_name(story)
    story.asks(EndConference(CONFERENCE))
    [order] = story.done(DropRecording)
    story.fails(order)
    story.passes(31.0)
    assert story.done(DropRecording) == [order, order]
    story.happens(RecordingDropped(story.now_s, recording))


def test_a_meeting_that_stays_empty_lets_go_of_the_names_of_those_who_left() -> None:
    story = meeting(recorded=False)
    recording = says_name(story)
    comes_in(story)
    story.hangs_up("anna")
    story.hangs_up("host")
    story.passes(120.0)
    assert [one.recording for one in story.done(DropRecording)] == [recording]
    story.happens(RecordingDropped(story.now_s, recording))


def test_a_restart_keeps_the_names_of_a_meeting_that_goes_on_and_lets_go_of_those_that_were_being_said() -> None:
    story = meeting(recorded=True)
    said = says_name(story)
    comes_in(story)
    line = is_asked(story, "bo")
    saying = begins(story, line)
    mix = story.conference.recording.recording or RecordingId("")
    fresh = story.restarted()
    lines = [LiveChannel(ChannelId(one), True, MIX, one) for one in ("host", "anna")]
    fresh.telephony_comes_up(*lines, LiveChannel(line, True, None, "bo"), mixes=[MIX], recordings=[mix, saying])
    assert [one.recording for one in fresh.done(StopName)] == [saying]
    fresh.happens(RecordingEnded(fresh.now_s, saying, 1.0))
    fresh.happens(MixJoined(fresh.now_s, line, MIX))
    assert fresh.who("bo").state is SeatState.PRESENT
    assert [one.recording for one in fresh.done(DropRecording)] == [saying]
    assert said not in [one.recording for one in fresh.done(ArchiveRecording)]
    fresh.happens(RecordingDropped(fresh.now_s, saying))
    fresh.hangs_up("anna")
    assert (phrases.recorded(said), waiting_prompts.WAITING_GOES) in announced(fresh)
    fresh.asks(EndConference(CONFERENCE))
    assert said in [one.recording for one in fresh.done(ArchiveRecording)]


def test_a_meeting_that_ends_while_a_name_is_being_said_keeps_nobody_waiting() -> None:
    story = meeting()
    is_asked(story)
    recording = begins(story)
    story.asks(EndConference(CONFERENCE))
    story.happens(RecordingEnded(story.now_s, recording, 1.0))
    assert [one.recording for one in story.done(DropRecording)] == [recording]
    story.happens(RecordingDropped(story.now_s, recording))
    story.passes(10.0)


def test_names_said_before_the_recording_was_ended_stay_its_own() -> None:
    story = meeting(recorded=True)
    recording = says_name(story)
    comes_in(story)
    story.asks(SetRecording(CONFERENCE, on=False))
    story.asks(EndConference(CONFERENCE))
    assert recording in [one.recording for one in story.done(ArchiveRecording)]


def test_a_played_question_of_before_counts_for_nothing() -> None:
    story = meeting()
    is_asked(story)
    begins(story)
    played = story.done(RecordName)
    story.happens(PlaybackEnded(story.now_s, story.done(StopPlaying)[0].playback, ANNA))
    assert story.done(RecordName) == played
