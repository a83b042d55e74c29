"""Off the record: first nothing is recorded, then it is said; on the way back it is said first."""

import pytest

from bridge.domain.conference import prompts as door
from bridge.domain.conference.commands import EndConference
from bridge.domain.conference.policy import ConferencePolicy
from bridge.domain.conference.records import OffRecord, RecordingState, Role
from bridge.domain.kernel.events import Fate
from bridge.domain.kernel.ids import ChannelId, RecordingId
from bridge.domain.kernel.journal import Audit, Note
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.radio.effects import StartTrack, StopTrack
from bridge.domain.radio.events import TerminalState
from bridge.domain.recording import prompts
from bridge.domain.recording.commands import SetOffRecord, SetRecording
from bridge.domain.recording.effects import SilenceRecording, StartRecording, StopRecording
from bridge.domain.recording.events import RecordingEnded, RecordingFailed, RecordingSilenced, RecordingStarted
from bridge.domain.recording.notes import RecordingNote
from bridge.domain.recording.offrecord import LATE_S, TOLD, TOLD_S
from bridge.domain.recording.reasons import OffRecordReason
from bridge.domain.telephony.effects import Announce, Play
from bridge.domain.telephony.events import LiveChannel
from tests.harness.reasons import because
from tests.harness.story import CONFERENCE, GROUP, MIX, Story

HOST, ANNA = ChannelId("host"), ChannelId("anna")
LIVE = tuple(LiveChannel(one, answered=True, mix=MIX, caller="", number="") for one in (HOST, ANNA))
OFF, ON = SetOffRecord(CONFERENCE, True), SetOffRecord(CONFERENCE, False)


def meeting(*, recorded: bool = True, talkgroup: bool = False) -> Story:
    """A host and another, recorded."""
    story = Story()
    story.opens(recorded=recorded)
    story.joins(HOST, Role.HOST)
    story.joins(ANNA)
    if talkgroup:
        story.terminal_is(TerminalState.READY, GROUP)
        story.patches()
    if recorded:
        story.happens(RecordingStarted(story.now_s, mix_of(story)))
    for track in story.done(StartTrack):
        story.happens(RecordingStarted(story.now_s, track.recording))
    story.forget_effects()
    return story


def mix_of(story: Story) -> RecordingId:
    recording = story.conference.recording.recording
    assert recording is not None
    return recording


def state(story: Story) -> OffRecord:
    return story.conference.recording.off_record


def announced(story: Story) -> list[Prompt]:
    return [prompt for one in story.done(Announce) for prompt in one.prompts]


def noted(story: Story) -> list[Note]:
    ours = (RecordingNote.OFF_RECORD, RecordingNote.ON_RECORD)
    return [one for one in story.notes if isinstance(one, Note) and one.kind in ours]


def obeys(story: Story) -> SilenceRecording:
    """Asterisk has done the latest order about what is recorded."""
    order = story.done(SilenceRecording)[-1]
    story.happens(RecordingSilenced(story.now_s, order.recording, order.silent, order.since_s))
    return order


def off_the_record(*, talkgroup: bool = False) -> Story:
    """Said, and so."""
    story = meeting(talkgroup=talkgroup)
    story.asks(OFF)
    obeys(story)
    for track in story.done(StopTrack):
        story.happens(RecordingEnded(story.now_s, track.recording, 5.0))
    assert state(story) is OffRecord.YES
    story.forget_effects()
    return story


def test_everybody_is_told_when_nothing_is_recorded_any_more_and_not_before() -> None:
    story = meeting()
    assert isinstance(story.asks(OFF), Done)
    assert story.done(SilenceRecording) == [SilenceRecording(MIX, mix_of(story), True, story.now_s)]
    assert announced(story) == []
    obeys(story)
    assert announced(story) == [prompts.MEETING_OFF_RECORD]
    assert [one.kind for one in noted(story)] == [RecordingNote.OFF_RECORD]
    assert story.conference.recording.state is RecordingState.ON


def test_on_the_way_back_everybody_is_told_first_and_recorded_when_they_have_heard_it() -> None:
    story = off_the_record()
    story.asks(ON)
    assert announced(story) == [prompts.MEETING_ON_RECORD]
    story.passes(TOLD_S - 1)
    assert story.done(SilenceRecording) == []
    story.passes(2)
    assert obeys(story).silent is False
    assert state(story) is OffRecord.NO
    assert [one.kind for one in noted(story)] == [RecordingNote.OFF_RECORD, RecordingNote.ON_RECORD]
    assert story.done(StartRecording) == [], "the same recording goes on"


def test_a_talkgroups_track_ends_before_it_is_said_and_another_begins_afterwards() -> None:
    story = meeting(talkgroup=True)
    story.asks(OFF)
    [stop] = story.done(StopTrack)
    obeys(story)
    assert announced(story) == []
    assert state(story) is OffRecord.SILENCED
    story.happens(RecordingEnded(story.now_s, stop.recording, 5.0))
    assert announced(story) == [prompts.MEETING_OFF_RECORD]
    story.asks(ON)
    story.passes(TOLD_S + 1)
    assert story.done(StartTrack) == []
    obeys(story)
    [track] = story.done(StartTrack)
    assert track.recording != stop.recording


def test_a_host_goes_off_the_record_and_back_by_key_and_it_is_in_the_audit_log() -> None:
    story = meeting()
    story.keys(HOST, "#6")
    obeys(story)
    assert state(story) is OffRecord.YES
    story.keys(HOST, "#6")
    assert state(story) is OffRecord.ENDING
    by_key = [one.action for one in story.audited if isinstance(one, Audit) and one.actor.startswith("host ")]
    assert by_key == ["recording.off_record", "recording.on_record"]


def test_nobody_else_goes_off_the_record_by_key() -> None:
    story = meeting()
    story.keys(ANNA, "#6")
    assert state(story) is OffRecord.NO


def test_a_meeting_that_is_not_recorded_cannot_go_off_the_record() -> None:
    story = meeting(recorded=False)
    reply = story.asks(OFF)
    assert isinstance(reply, Refused)
    assert (reply.code, reply.reason) == ("conflict", OffRecordReason.NOT_RECORDED())
    story.keys(HOST, "#6")
    assert list(story.said_to(HOST)) == [prompts.MEETING_NOT_RECORDED]


def test_while_a_recording_is_being_closed_it_is_to_be_asked_again() -> None:
    story = meeting()
    story.asks(SetRecording(CONFERENCE, False))
    reply = story.asks(OFF)
    assert isinstance(reply, Refused)
    assert (reply.reason, reply.retry) == (OffRecordReason.CLOSING(), True)
    story.forget_effects()
    story.keys(HOST, "#6")
    assert list(story.said_to(HOST)) == [prompts.MEETING_STILL_RECORDED]


def test_asked_while_the_recording_begins_it_is_silenced_when_it_has_begun() -> None:
    story = Story()
    story.opens(recorded=True)
    story.joins(HOST, Role.HOST)
    story.asks(OFF)
    assert story.done(SilenceRecording) == []
    assert announced(story) == []
    story.happens(RecordingStarted(story.now_s, mix_of(story)))
    obeys(story)
    assert state(story) is OffRecord.YES


def test_a_recording_that_cannot_be_silenced_is_closed_and_then_it_is_said() -> None:
    story = meeting()
    first = mix_of(story)
    story.asks(OFF)
    for _ in range(4):
        story.fails(story.done(SilenceRecording)[-1], Fate.REFUSED)
        story.passes(3)
    assert story.done(StopRecording) == [StopRecording(MIX, first)]
    assert prompts.MEETING_OFF_RECORD not in announced(story)
    story.happens(RecordingEnded(story.now_s, first, 9.0))
    assert announced(story)[-1] == prompts.MEETING_OFF_RECORD
    story.passes(100)
    assert story.done(StartRecording) == [], "none begins off the record"
    story.asks(ON)
    story.passes(TOLD_S + 1)
    assert len(story.done(StartRecording)) == 1
    assert state(story) is OffRecord.NO


def test_whoever_leads_is_told_when_silence_does_not_come() -> None:
    story = meeting()
    story.asks(OFF)
    story.passes(LATE_S + 1)
    assert list(story.said_to(HOST)) == [prompts.MEETING_STILL_RECORDED]
    assert list(story.said_to(ANNA)) == []


def test_a_recording_that_is_gone_is_not_begun_again_off_the_record() -> None:
    story = meeting()
    story.asks(OFF)
    story.fails(story.done(SilenceRecording)[-1], Fate.GONE)
    assert state(story) is OffRecord.YES
    assert announced(story) == [prompts.MEETING_OFF_RECORD]
    assert story.done(StartRecording) == []


def test_a_recording_that_fails_meanwhile_is_tried_again_on_the_record() -> None:
    story = off_the_record()
    story.happens(RecordingFailed(story.now_s, mix_of(story), because("disk full")))
    story.passes(story.policy[ConferencePolicy].recording_retry_s + 1)
    assert story.done(StartRecording) == []
    assert state(story) is OffRecord.YES
    story.asks(ON)
    story.passes(TOLD_S + 1)
    assert len(story.done(StartRecording)) == 1


def test_an_answer_about_an_earlier_stretch_does_not_make_this_one_true() -> None:
    story = meeting()
    story.asks(OFF)
    [earlier] = story.done(SilenceRecording)
    story.passes(1)
    story.asks(ON)
    story.passes(1)
    story.asks(OFF)
    story.happens(RecordingSilenced(story.now_s, earlier.recording, True, earlier.since_s))
    assert state(story) is OffRecord.ASKED
    assert prompts.MEETING_OFF_RECORD not in announced(story)
    obeys(story)
    assert state(story) is OffRecord.YES


def test_taken_back_before_anybody_was_told_it_is_recorded_at_once_and_never_called_off_the_record() -> None:
    story = meeting()
    story.asks(OFF)
    story.asks(ON)
    assert announced(story) == [prompts.MEETING_ON_RECORD]
    assert state(story) not in TOLD
    assert obeys(story).silent is False
    assert state(story) is OffRecord.NO


def test_off_again_while_the_way_back_is_announced() -> None:
    story = off_the_record()
    story.asks(ON)
    story.passes(1)
    story.asks(OFF)
    assert obeys(story).silent is True
    assert state(story) is OffRecord.YES
    story.passes(TOLD_S + 1)
    assert all(one.silent for one in story.done(SilenceRecording)), "nothing is recorded by the words before"


def test_asking_for_what_is_so_already_says_nothing() -> None:
    story = off_the_record()
    assert isinstance(story.asks(OFF), Done)
    assert (announced(story), story.done(SilenceRecording)) == ([], [])
    story = meeting()
    assert isinstance(story.asks(ON), Done)
    assert (announced(story), story.done(SilenceRecording)) == ([], [])


def test_who_comes_meanwhile_hears_it_at_the_door() -> None:
    story = off_the_record()
    story.joins("late")
    said = [prompt for one in story.done(Play) if one.channel == "late" for prompt in one.prompts]
    assert said[-3:] == [door.ENTRY_RECORDED, door.ENTRY_OFF_RECORD, door.ENTRY_JOINING]


def test_starting_the_recording_does_not_end_it_and_says_why() -> None:
    story = off_the_record()
    reply = story.asks(SetRecording(CONFERENCE, True))
    assert isinstance(reply, Refused)
    assert reply.reason == OffRecordReason.OFF()


def test_the_recording_can_be_ended_off_the_record_and_the_next_is_on_it() -> None:
    story = off_the_record()
    first = mix_of(story)
    story.keys(HOST, "*9")
    assert story.done(StopRecording) == [StopRecording(MIX, first)]
    assert story.done(SilenceRecording) == []
    story.happens(RecordingEnded(story.now_s, first, 9.0))
    story.asks(SetRecording(CONFERENCE, True))
    assert len(story.done(StartRecording)) == 1
    assert state(story) is OffRecord.NO


def test_when_everybody_has_gone_the_next_meeting_is_on_the_record() -> None:
    story = off_the_record()
    first = mix_of(story)
    story.hangs_up(HOST)
    story.hangs_up(ANNA)
    story.passes(story.policy[ConferencePolicy].empty_s + 1)
    story.happens(RecordingEnded(story.now_s, first, 9.0))
    story.joins("next")
    assert state(story) is OffRecord.NO
    assert len(story.done(StartRecording)) == 1


def test_the_end_of_the_meeting_makes_nothing_audible() -> None:
    story = off_the_record()
    story.asks(EndConference(CONFERENCE))
    story.passes(60)
    assert story.done(SilenceRecording) == []
    assert story.done(StopRecording)


@pytest.mark.parametrize("answered", [True, False])
def test_a_restart_leaves_it_off_the_record(answered: bool) -> None:
    """Whether Asterisk had been asked before, or not."""
    story = meeting()
    story.asks(OFF)
    if answered:
        obeys(story)
    recording = mix_of(story)
    fresh = story.restarted()
    fresh.telephony_comes_up(*LIVE, mixes={MIX}, recordings={recording})
    if answered:
        assert fresh.done(SilenceRecording) == [], "Asterisk has kept it"
    else:
        assert obeys(fresh).silent is True
    assert state(fresh) is OffRecord.YES
    assert announced(fresh) == ([] if answered else [prompts.MEETING_OFF_RECORD])
    fresh.asks(ON)
    fresh.passes(TOLD_S + 1)
    assert obeys(fresh).silent is False
    assert state(fresh) is OffRecord.NO


def test_a_restart_on_the_way_back_says_the_rest_of_its_time_and_records_again() -> None:
    story = off_the_record()
    story.asks(ON)
    recording = mix_of(story)
    fresh = story.restarted()
    fresh.telephony_comes_up(*LIVE, mixes={MIX}, recordings={recording})
    fresh.passes(TOLD_S - 1)
    assert fresh.done(SilenceRecording) == []
    fresh.passes(2)
    assert obeys(fresh).silent is False
    assert state(fresh) is OffRecord.NO


def test_a_restart_of_asterisk_begins_no_recording_off_the_record() -> None:
    story = off_the_record()
    story.telephony_goes_down()
    story.telephony_comes_up(*LIVE, mixes={MIX})
    assert story.done(StartRecording) == []
    assert state(story) is OffRecord.YES
    story.asks(ON)
    story.passes(TOLD_S + 1)
    assert len(story.done(StartRecording)) == 1
