"""The meeting: mute, floor, keys, recording, end."""

import pytest

from bridge.domain.conference import prompts as conference_prompts
from bridge.domain.conference.commands import (
    EndConference,
    GiveFloor,
    LockConference,
    RemoveParticipant,
    RequestFloor,
    SetFloorMode,
    SetMuted,
    TakeFloor,
)
from bridge.domain.conference.effects import WithdrawCodes
from bridge.domain.conference.passing import HEARD
from bridge.domain.conference.policy import ConferencePolicy
from bridge.domain.conference.records import (
    CONFERENCES,
    LEGS,
    PARTICIPANTS,
    ROOMS,
    ConferenceState,
    FloorMode,
    RecordingState,
    Role,
    SeatState,
)
from bridge.domain.kernel.again import AGAIN
from bridge.domain.kernel.events import Fate
from bridge.domain.kernel.ids import ChannelId, ConferenceId, ParticipantId, RecordingId
from bridge.domain.kernel.journal import Note
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.recording import prompts as recording_prompts
from bridge.domain.recording.commands import SetRecording
from bridge.domain.recording.effects import ArchiveRecording, StartRecording, StopRecording
from bridge.domain.recording.events import RecordingArchived, RecordingEnded, RecordingFailed, RecordingStarted
from bridge.domain.recording.notes import RecordingNote
from bridge.domain.recording.records import RECORDINGS, ArchiveState, Recording
from bridge.domain.saved import Saved
from bridge.domain.telephony.effects import Announce, Answer, DestroyMix, HangUpLeg, SetHeard, Whisper
from bridge.domain.telephony.events import LiveChannel, TelephonyUp
from tests.harness.reasons import because, english
from tests.harness.story import CONFERENCE, MIX, Story


def meeting(*, recorded: bool = False) -> Story:
    """A host and two others, all in."""
    story = Story()
    story.opens(recorded=recorded)
    story.joins("host", Role.HOST)
    story.passes(1)
    story.joins("anna")
    story.joins("bo")
    story.forget_effects()
    return story


def recorded_meeting() -> Story:
    """As `meeting`, with the order to record still to be seen."""
    story = meeting(recorded=True)
    recording = story.conference.recording.recording
    assert recording is not None
    story.effects.append(StartRecording(MIX, recording))
    return story


def mode(story: Story, wanted: FloorMode) -> None:
    assert isinstance(story.asks(SetFloorMode(CONFERENCE, wanted)), Done)


def heard(story: Story) -> set[str]:
    """Whose microphone is open now."""
    return {name for name in ("host", "anna", "bo") if story.node[HEARD][ChannelId(name)]}


# --- mute ---


def test_star_six_mutes_and_unmutes_the_caller() -> None:
    story = meeting()
    story.keys(ChannelId("anna"), "*6")
    assert heard(story) == {"host", "bo"}
    assert story.said_to("anna") == [conference_prompts.MUTED]
    story.keys(ChannelId("anna"), "*6")
    assert heard(story) == {"host", "anna", "bo"}


def test_no_single_key_does_anything() -> None:
    story = meeting()
    story.keys(ChannelId("host"), "0123456789#ABCD")
    assert story.effects == []


def test_a_lonely_star_is_forgotten() -> None:
    story = meeting()
    story.keys(ChannelId("anna"), "*")
    story.passes(5)
    story.keys(ChannelId("anna"), "6")
    assert heard(story) == {"host", "anna", "bo"}


def test_the_api_mutes_anyone_and_he_can_always_unmute_himself() -> None:
    story = meeting()
    story.asks(SetMuted(CONFERENCE, story.who("bo").id, True))
    assert heard(story) == {"host", "anna"}
    assert story.said_to("bo") == [conference_prompts.MUTED_BY_HOST]
    story.keys(ChannelId("bo"), "*6")
    assert heard(story) == {"host", "anna", "bo"}


def test_a_muted_person_who_talks_is_told_but_not_nagged() -> None:
    story = meeting()
    story.asks(SetMuted(CONFERENCE, story.who("bo").id, True))
    story.forget_effects()
    for _ in range(3):
        story.talks("bo")
        story.falls_silent("bo")
    assert story.said_to("bo") == [conference_prompts.MUTED_TALKING]
    assert not story.who("bo").talking


def test_muting_all_spares_the_hosts() -> None:
    story = meeting()
    story.keys(ChannelId("host"), "*3")
    assert heard(story) == {"host"}


def test_the_hosts_keys_do_nothing_for_others() -> None:
    story = meeting()
    story.keys(ChannelId("anna"), "*3*8*7*#*#")
    assert heard(story) == {"host", "anna", "bo"}
    assert story.conference.state is ConferenceState.ACTIVE
    assert not story.conference.locked


# --- floor ---


def test_in_a_lecture_exactly_the_host_is_heard_until_he_gives_the_word() -> None:
    story = meeting()
    mode(story, FloorMode.LECTURE)
    assert heard(story) == {"host"}
    story.keys(ChannelId("bo"), "*5")
    assert story.floor.queue == (story.who("bo").id,)
    assert conference_prompts.FLOOR_REQUEST_FOR_HOST in story.said_to("host")
    story.keys(ChannelId("host"), "*1")
    assert heard(story) == {"bo"}
    assert conference_prompts.FLOOR_YOURS in story.said_to("bo")
    story.keys(ChannelId("bo"), "*5")
    assert heard(story) == {"host"}


def test_in_the_queue_the_word_passes_by_itself_in_order() -> None:
    story = meeting()
    mode(story, FloorMode.QUEUE)
    assert heard(story) == set()
    for name in ("bo", "anna", "host"):
        story.keys(ChannelId(name), "*5")
    assert heard(story) == {"bo"}
    assert story.floor.queue == (story.who("anna").id, story.who("host").id)
    story.keys(ChannelId("bo"), "*5")
    assert heard(story) == {"anna"}
    story.hangs_up("anna")
    assert story.node[HEARD][ChannelId("host")]


def test_a_request_can_be_taken_back() -> None:
    story = meeting()
    mode(story, FloorMode.LECTURE)
    story.keys(ChannelId("bo"), "*5*5")
    assert story.floor.queue == ()
    assert conference_prompts.FLOOR_WITHDRAWN in story.said_to("bo")


def test_the_host_can_give_the_word_out_of_order_and_take_it_back() -> None:
    story = meeting()
    mode(story, FloorMode.QUEUE)
    story.keys(ChannelId("bo"), "*5")
    story.asks(GiveFloor(CONFERENCE, story.who("anna").id))
    assert heard(story) == {"anna"}
    story.asks(TakeFloor(CONFERENCE))
    assert heard(story) == set()


def test_giving_the_word_to_nobody_is_refused_with_the_reason() -> None:
    story = meeting()
    reply = story.asks(GiveFloor(CONFERENCE))
    assert isinstance(reply, Refused)
    assert reply.code == "conflict"


def test_mute_goes_before_the_floor() -> None:
    story = meeting()
    story.asks(SetMuted(CONFERENCE, story.who("host").id, True))
    mode(story, FloorMode.LECTURE)
    assert heard(story) == set()


def test_who_joins_a_lecture_comes_in_silent() -> None:
    story = meeting()
    mode(story, FloorMode.LECTURE)
    story.joins("cia")
    assert not story.is_heard("cia")


def test_open_again_everybody_is_heard_and_requests_stay() -> None:
    story = meeting()
    mode(story, FloorMode.LECTURE)
    story.keys(ChannelId("bo"), "*5")
    mode(story, FloorMode.OPEN)
    assert heard(story) == {"host", "anna", "bo"}
    assert story.floor.queue == (story.who("bo").id,)


# --- recording ---


def test_recording_starts_with_the_first_participant_and_ends_in_the_archive() -> None:
    story = Story()
    story.opens(recorded=True)
    story.joins("anna")
    start = story.done(StartRecording)
    assert [one.mix for one in start] == [MIX]
    story.happens(RecordingStarted(story.now_s, start[0].recording))
    story.asks(EndConference(CONFERENCE))
    story.passes(10)
    assert story.done(StopRecording)
    story.happens(RecordingEnded(story.now_s, start[0].recording, 12.0))
    assert story.done(ArchiveRecording) == [ArchiveRecording(start[0].recording)]
    story.happens(RecordingArchived(story.now_s, start[0].recording, "2026/a.flac", "ab", 12.0))
    kept = [one for one in story.records if getattr(one, "id", "") == start[0].recording][-1]
    assert getattr(kept, "state", None) is ArchiveState.ARCHIVED
    assert not story.node[CONFERENCES]
    assert not story.node[RECORDINGS]


def test_a_full_disk_ends_the_recording_not_the_meeting_and_all_hear_it() -> None:
    story = recorded_meeting()
    story.fails(story.done(StartRecording)[-1], reason="disk: no space left")
    assert story.conference.recording.state is RecordingState.FAILED
    assert "no space" in english(story.conference.recording.failure)
    assert [one.prompts for one in story.done(Announce)] == [(recording_prompts.MEETING_RECORDING_FAILED,)]
    assert len(story.present()) == 3


def test_recording_goes_on_by_itself_when_the_disk_is_free_and_is_announced_once_each_way() -> None:
    story = recorded_meeting()
    for _ in range(3):
        story.fails(story.done(StartRecording)[-1], reason="disk: no space left")
        story.passes(story.policy[ConferencePolicy].recording_retry_s + 1)
    [*_, last] = story.done(StartRecording)
    assert len(story.done(StartRecording)) == 4
    story.happens(RecordingStarted(story.now_s, last.recording))
    assert story.conference.recording.state is RecordingState.ON
    assert story.conference.recording.failure is None
    assert [one.prompts for one in story.done(Announce)] == [(recording_prompts.MEETING_RECORDING_FAILED,)]
    told = [one.channel for one in story.done(Whisper) if recording_prompts.MEETING_RECORDING_STARTED in one.prompts]
    assert sorted(told) == sorted({story.line_of(one.id) for one in story.present()})


def test_a_recording_that_the_host_switched_off_meanwhile_is_not_tried_again() -> None:
    story = recorded_meeting()
    story.fails(story.done(StartRecording)[-1], reason="disk: no space left")
    story.asks(SetRecording(CONFERENCE, on=False))
    story.passes(120)
    assert len(story.done(StartRecording)) == 1


def test_a_standing_conference_records_the_next_meeting_although_this_one_could_not_be() -> None:
    story = Story()
    story.opens(recorded=True)
    story.joins("anna")
    story.fails(story.done(StartRecording)[-1], reason="disk: no space left")
    story.hangs_up("anna")
    story.passes(200)
    story.joins("bo")
    assert len(story.done(StartRecording)) == 2


def test_a_failed_archiving_is_tried_again_by_itself_until_it_succeeds() -> None:
    story = recorded_meeting()
    [start] = story.done(StartRecording)
    story.happens(RecordingStarted(story.now_s, start.recording))
    story.asks(SetRecording(CONFERENCE, on=False))
    story.happens(RecordingEnded(story.now_s, start.recording, 12.0))
    for tries in range(1, 5):
        assert len(story.done(ArchiveRecording)) == tries
        story.fails(ArchiveRecording(start.recording), reason="archive: no space left on device")
        story.passes(1000)
    story.happens(RecordingArchived(story.now_s, start.recording, "a.flac", "00", 12.0))
    story.passes(5000)
    assert len(story.done(ArchiveRecording)) == 5
    assert not story.node[AGAIN]


def test_a_recording_that_will_not_stop_is_ordered_to_until_it_does() -> None:
    story = recorded_meeting()
    [start] = story.done(StartRecording)
    story.happens(RecordingStarted(story.now_s, start.recording))
    story.asks(SetRecording(CONFERENCE, on=False))
    [stop] = story.done(StopRecording)
    story.fails(stop, Fate.UNKNOWN)
    story.passes(2)
    assert story.done(StopRecording) == [stop, stop]
    story.fails(stop, Fate.GONE)
    assert story.conference.recording.state is RecordingState.OFF


def test_a_microphone_that_could_not_be_closed_is_closed_again_as_things_are_then() -> None:
    story = meeting()
    [anna, *_] = [one for one in story.present() if one.role is Role.PARTICIPANT]
    story.asks(SetMuted(CONFERENCE, anna.id, True))
    story.fails(story.done(SetHeard)[-1], Fate.UNKNOWN)
    story.passes(1)
    assert story.done(SetHeard) == [SetHeard(story.line_of(anna.id), False)] * 2
    story.fails(story.done(SetHeard)[-1], Fate.UNKNOWN)
    story.asks(SetMuted(CONFERENCE, anna.id, False))
    story.passes(2)
    assert story.is_heard(story.line_of(anna.id))


def test_a_removed_participant_hears_why_and_is_heard_no_more() -> None:
    story = meeting()
    [anna, *_] = [one for one in story.present() if one.role is Role.PARTICIPANT]
    line = story.line_of(anna.id)
    story.asks(RemoveParticipant(CONFERENCE, anna.id))
    assert story.node[PARTICIPANTS][anna.id].state is SeatState.LEFT
    assert not story.is_heard(line)
    assert story.said_to(line)[-1] == conference_prompts.MEETING_REMOVED
    story.prompt_ends(line)
    assert HangUpLeg(line) in story.fresh


@pytest.mark.slow
def test_a_standing_conference_keeps_no_crowd_of_those_who_left() -> None:
    story = Story()
    story.opens()
    story.joins("host", Role.HOST)
    for index in range(story.policy[ConferencePolicy].most_left + 50):
        story.joins(f"in-{index}")
        story.hangs_up(f"in-{index}")
    assert len(story.node[PARTICIPANTS]) == story.policy[ConferencePolicy].most_left + 1
    story.hangs_up("host")
    story.passes(story.policy[ConferencePolicy].empty_s + 1)
    assert not story.node[PARTICIPANTS]


def test_recording_turned_on_in_the_middle_is_announced_to_all() -> None:
    story = meeting()
    story.asks(SetRecording(CONFERENCE, on=True))
    [order] = story.done(StartRecording)
    story.happens(RecordingStarted(story.now_s, order.recording))
    told = [one.channel for one in story.done(Whisper) if recording_prompts.MEETING_RECORDING_STARTED in one.prompts]
    assert sorted(told) == sorted({story.line_of(one.id) for one in story.present()})


def test_an_empty_meetings_recording_is_closed_and_begins_anew_with_the_next() -> None:
    story = Story()
    story.opens(recorded=True)
    story.joins("anna")
    first = story.done(StartRecording)[0].recording
    story.happens(RecordingStarted(story.now_s, first))
    story.hangs_up("anna")
    assert story.conference.state is ConferenceState.OPEN
    story.passes(61)
    assert [one.recording for one in story.done(StopRecording)] == [first]
    story.happens(RecordingEnded(story.now_s, first, 5.0))
    story.joins("bo")
    assert len(story.done(StartRecording)) == 2


# --- after a restart ---


def restarted(story: Story, *lines: str, recorded: bool = True) -> Story:
    """The controller died; these lines are still in the mix, and so is the recording unless told otherwise."""
    node = story.node
    kinds = (CONFERENCES, ROOMS, PARTICIPANTS, LEGS, RECORDINGS)
    saved = Saved.of(*(record for kind in kinds for record in node[kind].values()))
    fresh = Story(story.policy, saved)
    fresh._counter = story._counter
    channels = tuple(LiveChannel(ChannelId(line), answered=True, mix=MIX) for line in lines)
    recordings = frozenset(node[RECORDINGS]) if recorded else frozenset[RecordingId]()
    fresh.happens(TelephonyUp(fresh.now_s, channels, frozenset({MIX}), recordings))
    return fresh


def recorded_meeting_of(*lines: str) -> Story:
    story = Story()
    story.opens(recorded=True)
    for line in lines:
        story.joins(line)
    story.happens(RecordingStarted(story.now_s, story.done(StartRecording)[0].recording))
    return story


def test_killed_during_the_farewell_the_meeting_ends_all_the_same() -> None:
    story = recorded_meeting_of("anna")
    story.asks(EndConference(CONFERENCE))
    fresh = restarted(story, "anna", "stranger")
    assert {one.channel for one in fresh.done(HangUpLeg)} == {"anna", "stranger"}
    assert fresh.done(StopRecording)
    assert fresh.done(DestroyMix)
    assert fresh.done(Answer) == [], "nobody is greeted in a meeting that is over"
    [recording] = fresh.node[RECORDINGS]
    fresh.happens(RecordingEnded(fresh.now_s, recording, 3.0))
    fresh.happens(RecordingArchived(fresh.now_s, recording, "2026/a.flac", "ab", 3.0))
    assert not fresh.node[CONFERENCES]


def test_a_recording_that_was_being_stopped_when_it_was_killed_is_stopped() -> None:
    story = recorded_meeting_of("anna")
    story.asks(SetRecording(CONFERENCE, on=False))
    fresh = restarted(story, "anna")
    assert len(fresh.done(StopRecording)) == 1


def test_an_empty_meetings_recording_is_closed_also_when_it_was_killed_meanwhile() -> None:
    story = recorded_meeting_of("anna")
    story.hangs_up("anna")
    fresh = restarted(story)
    fresh.passes(61)
    assert len(fresh.done(StopRecording)) == 1


def test_a_recording_whose_order_died_with_the_controller_is_failed_once_and_another_begins() -> None:
    story = Story()
    story.opens(recorded=True)
    story.joins("anna")
    lost = story.done(StartRecording)[0].recording
    fresh = restarted(story, "anna", recorded=False)
    assert fresh.done(ArchiveRecording) == [ArchiveRecording(lost)]
    [begun] = fresh.done(StartRecording)
    fresh.happens(RecordingFailed(fresh.now_s, lost, because("the recording is not in the spool")))
    kept = [one for one in fresh.records if getattr(one, "id", "") == lost][-1]
    assert isinstance(kept, Recording)
    assert (kept.state, kept.failure) == (ArchiveState.FAILED, because("the recording is not in the spool"))
    assert list(fresh.node[RECORDINGS]) == [begun.recording]
    again = restarted(fresh, "anna")
    assert again.done(ArchiveRecording) == []


def test_a_meeting_that_is_over_is_forgotten_also_when_its_recording_was_never_made() -> None:
    story = recorded_meeting_of("anna")
    story.asks(EndConference(CONFERENCE))
    fresh = restarted(story, recorded=False)
    [lost] = fresh.node[RECORDINGS]
    fresh.happens(RecordingFailed(fresh.now_s, lost, because("the recording is not in the spool")))
    assert not fresh.node[RECORDINGS]
    assert not fresh.node[CONFERENCES]


# --- the end ---


def test_the_host_ends_the_meeting_by_keying_twice() -> None:
    story = meeting()
    story.keys(ChannelId("host"), "*#")
    assert story.conference.state is ConferenceState.ACTIVE
    story.keys(ChannelId("host"), "*#")
    assert story.conference.state is ConferenceState.ENDED
    assert WithdrawCodes(CONFERENCE) in story.fresh
    story.passes(5)
    assert len(story.done(HangUpLeg)) == 3
    assert DestroyMix(MIX) in story.effects
    assert not story.node[PARTICIPANTS]


def test_everybody_leaving_leaves_the_meeting_open_for_those_who_come_back() -> None:
    story = meeting()
    for name in ("host", "anna", "bo"):
        story.hangs_up(name)
    assert story.conference.state is ConferenceState.OPEN
    story.joins("anna")
    assert story.who("anna").state is SeatState.PRESENT


def test_an_unknown_conference_or_participant_is_refused_by_name() -> None:
    story = meeting()

    for command in (
        EndConference(ConferenceId("cnf-x")),
        SetMuted(CONFERENCE, ParticipantId("prt-x"), True),
        SetMuted(ConferenceId("cnf-x"), story.who("bo").id, True),
    ):
        reply = story.asks(command)
        assert isinstance(reply, Refused)
        assert reply.code == "not_found"


def test_every_change_by_the_api_is_audited() -> None:
    story = meeting()
    story.asks(SetMuted(CONFERENCE, story.who("bo").id, True))
    story.asks(LockConference(CONFERENCE, True))
    actions = [getattr(line, "action", "") for line in story.audited]
    assert actions[-2:] == ["participant.mute", "conference.lock"]


def on_the_way_in(story: Story, channel: str) -> ParticipantId:
    """Admitted, and not in the mix yet."""
    line = story.calls(channel)
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE, Role.HOST)
    story.prompt_ends(line)
    return story.who(channel).id


def test_who_is_still_on_the_way_in_gets_no_word_neither_by_key_nor_by_the_api() -> None:
    story = Story()
    story.opens()
    story.asks(SetFloorMode(CONFERENCE, FloorMode.QUEUE))
    person = on_the_way_in(story, "anna")
    story.keys(ChannelId("anna"), "*5")
    reply = story.asks(RequestFloor(CONFERENCE, person))
    assert (story.floor.holder, story.floor.queue) == (None, ())
    assert isinstance(reply, Refused)
    assert reply.retry


def test_keys_of_who_is_still_on_the_way_in_give_no_order() -> None:
    """They could not hear what it did: a host would end the meeting, or be muted, without a word."""
    story = Story()
    story.opens()
    on_the_way_in(story, "anna")
    story.keys(ChannelId("anna"), "*6*#*#")
    assert not story.who("anna").muted
    assert story.conference.state is not ConferenceState.ENDED


def test_the_hosts_key_locks_the_door_and_opens_it_again() -> None:
    story = Story()
    story.opens()
    story.joins("in-1", Role.HOST)
    for is_locked in (True, False):
        story.keys(ChannelId("in-1"), "*8")
        assert story.conference.locked is is_locked


def test_switching_recording_on_while_the_last_ones_still_runs_keeps_hold_of_it() -> None:
    story = recorded_meeting()
    [order] = story.done(StartRecording)
    story.happens(RecordingStarted(story.now_s, order.recording))
    for line in ("host", "anna", "bo"):
        story.hangs_up(line)
    story.asks(SetRecording(CONFERENCE, True))
    story.passes(61)
    assert story.done(StopRecording) == [StopRecording(MIX, order.recording)]


@pytest.mark.parametrize(("heard_s", "missing_s"), [(60.0, None), (59.5, None), (47.5, 12.5)])
def test_a_recording_that_is_shorter_than_its_time_is_marked_in_the_timeline(
    heard_s: float, missing_s: float | None
) -> None:
    """As when Asterisk stood still in the middle of it."""
    story = recorded_meeting()
    [order] = story.done(StartRecording)
    story.happens(RecordingStarted(story.now_s, order.recording))
    story.passes(60)
    story.asks(SetRecording(CONFERENCE, on=False))
    story.happens(RecordingEnded(story.now_s, order.recording, 60.0))
    story.happens(RecordingArchived(story.now_s, order.recording, "file", "sum", heard_s))
    found = [
        dict(one.detail) for one in story.notes if isinstance(one, Note) and one.kind is RecordingNote.RECORDING_GAP
    ]
    wanted = [] if missing_s is None else [{"recording": order.recording, "missing_s": missing_s}]
    assert found == wanted


def test_the_minute_in_which_nobody_is_there_any_more_is_no_gap_in_the_recording() -> None:
    """Asterisk writes nothing of an empty mix, and nothing comes after it."""
    story = recorded_meeting()
    [order] = story.done(StartRecording)
    story.happens(RecordingStarted(story.now_s, order.recording))
    began_s = story.now_s
    story.passes(60)
    for one in story.present():
        story.hangs_up(story.line_of(one.id))
    story.passes(61)
    story.happens(RecordingEnded(story.now_s, order.recording, 60.0))
    assert story.node[RECORDINGS][order.recording].ended_at_s == began_s + 60
    story.happens(RecordingArchived(story.now_s, order.recording, "file", "sum", 60.0))
    assert [one for one in story.notes if isinstance(one, Note) and one.kind is RecordingNote.RECORDING_GAP] == []
